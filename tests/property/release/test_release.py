"""Order of versions, and text of others in Markdown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from semver import Version

from writ.release.changelog import with_release
from writ.release.conventions import ANGULAR
from writ.release.markdown import escaped
from writ.release.plan import Earlier, Released, next_version
from writ.release.versions import LINES, Bump, difference, parse_version, raised, write_version

NUMBERS = st.integers(0, 30)
LINE = st.sampled_from(LINES)
VERSIONS = st.builds(
    Version, NUMBERS, NUMBERS, NUMBERS, st.none() | st.builds("{}.{}".format, LINE, st.integers(0, 30))
)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_of_versions_is_total_and_the_same_by_pep440(a: Version, b: Version, c: Version) -> None:
    assert (a < b) + (a == b) + (a > b) == 1
    assert not (a <= b <= c) or a <= c
    for each in (a, b, c):
        assert parse_version(str(each)) == each
        assert parse_version(write_version(each, "pep440"), "pep440") == each


@given(VERSIONS, st.sampled_from([bump for bump in Bump if bump]))
def test_a_raised_version_is_greater_by_that_bump(version: Version, bump: Bump) -> None:
    assert raised(version, bump) > version
    assert difference(version, raised(version, bump)) is bump


@given(VERSIONS, st.sampled_from([bump for bump in Bump if bump]), LINE)
def test_pre_releases_go_up_and_end_in_their_release(version: Version, bump: Bump, line: str) -> None:
    last = Released(version.replace(prerelease=None), "v")
    first = next_version(Earlier(last), bump, ANGULAR, line)  # type: ignore[arg-type]
    after = Earlier(last, (Released(first, "v"),))
    second = next_version(after, bump, ANGULAR, line)  # type: ignore[arg-type]
    assert last.version < first < second < next_version(after, bump, ANGULAR)


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from([*"`*_[]()<>#-+1.! ~&;:\\\n@aZ", "&amp;", "http://"]), max_size=25).map(
        "".join
    )
)
def test_escaped_text_is_one_paragraph_without_markup(text: str) -> None:
    blocks = MarkdownIt("commonmark").parse(escaped(text))
    assert {block.type for block in blocks} <= {"paragraph_open", "inline", "paragraph_close"}
    inline = [part for block in blocks for part in block.children or ()]
    assert {part.type for part in inline} <= {"text", "text_special", "code_inline"}
    if "`" not in text:
        shown = "".join(part.content for part in inline).replace("@\u200b", "@")
        assert (
            shown.split()
            == "".join(
                " " if ord(sign) < 32 or 127 <= ord(sign) < 160 or sign in "\u2028\u2029" else sign
                for sign in text
            )
            .replace("@\u200b", "@")
            .split()
        )


@given(st.text(max_size=80))
def test_a_changelog_keeps_every_line(existing: str) -> None:
    made = with_release(existing, "1.1.0", "## 1.1.0 - 2026-11-25\n\n- x\n")
    kept = [line for line in existing.splitlines() if line.strip()]
    lines = iter(made.splitlines())
    assert all(line in lines for line in kept)
