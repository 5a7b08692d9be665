"""Any text is read, and what was written by the convention is read as it was."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from writ.release.commits import Commit, parse, write
from writ.release.footers import Footer
from writ.release.message_check import TYPES, check

PIECES = st.sampled_from(
    (
        "feat", "fix", "(", ")", "!", ":", ": ", " #", "#1", "(#1)", "\n", "\n\n", "\r\n", "* ", "- ",
        "BREAKING CHANGE",         "BREAKING-CHANGE: ", "Revert ", '"', "This reverts commit ", "abcdef0",
        "Refs: ", "```", "<details>",
        "</details>", "> ", "---", "Merge pull request #1 from a/b", "✨", "fixup! ", "\0", "word", " ",
    )
)  # fmt: skip
TEXTS = st.text() | st.lists(PIECES, max_size=25).map("".join)
WORDS = st.text("abcdefgh0123", min_size=1, max_size=8)
SENTENCES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
FOOTERS = st.builds(Footer, st.sampled_from(("Refs", "Reviewed-by", "BREAKING CHANGE")), SENTENCES)


@st.composite
def commits(draw: st.DrawFn) -> Commit:
    """A commit by the convention, with what follows from its parts left to the reader."""
    pull = draw(st.none() | st.integers(1, 99999))
    return Commit(
        header="",
        type=draw(st.sampled_from([each for each in TYPES if each != "revert"])),
        scope=draw(st.none() | WORDS),
        bang=draw(st.booleans()),
        description=draw(SENTENCES),
        body=draw(st.just("") | st.lists(SENTENCES, min_size=1, max_size=3).map("\n\n".join)),
        footers=tuple(draw(st.lists(FOOTERS, max_size=3))),
        pull=pull,
        style="plain" if pull is None else "squash",
    )


@given(TEXTS)
def test_any_text_is_read_and_judged(text: str) -> None:
    commit = parse(text)
    assert commit.type is None or commit.type == commit.type.lower()
    assert not commit.bang or commit.breaking
    assert all(problem.message and problem.remedy for problem in check(text))


@given(commits())
def test_what_is_written_by_the_convention_is_read_as_it_was(commit: Commit) -> None:
    message = write(commit)
    read = parse(message)
    assert replace(read, header="", breaking=(), references=()) == commit
    assert bool(read.breaking) == (commit.bang or any(footer.is_breaking for footer in commit.footers))
    assert check(message) == ()


@given(TEXTS)
def test_line_ends_do_not_matter(text: str) -> None:
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    assert parse(unix.replace("\n", "\r\n")) == parse(unix)
