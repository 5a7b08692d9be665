"""What a release looks like in its notes and in a changelog that was there before."""

from __future__ import annotations

from datetime import date

import pytest

from writ.release.bump import Change, effects
from writ.release.changelog import with_release
from writ.release.conventions import ANGULAR
from writ.release.links import Links
from writ.release.notes import changelog_section, entries, release_notes

LINKS = Links("https://github.com/o/r")
MESSAGES = (
    "fix: a <b> of @ann (#3)",
    "fix: a <b> of @ann (#4)",
    "docs: left out",
    "feat(api): `raw_*` stays",
    "chore!: drop Python 3.10",
    "feat: x\n\nBREAKING CHANGE: y\nis gone",
)
SECTION = "## 1.1.0 - 2026-11-25\n\n### Fixed\n\n- x\n"


def listed() -> tuple[str, ...]:
    changes = [Change(f"{place:x}" * 40, message) for place, message in enumerate(MESSAGES, 1)]
    return tuple(release_notes(entries(effects(changes, ANGULAR)), LINKS, ("v1.0.0", "v2.0.0")).split("\n"))


def test_notes_begin_with_what_breaks_and_link_what_they_name() -> None:
    commit = "https://github.com/o/r/commit/"
    assert listed() == (
        "## Breaking changes",
        "",
        f"- Drop Python 3.10 ([5555555]({commit}{'5' * 40}))".replace("Drop", "drop"),
        f"- y is gone ([6666666]({commit}{'6' * 40}))",
        "",
        "## Added",
        "",
        f"- **api:** `raw_*` stays ([4444444]({commit}{'4' * 40}))",
        "",
        "## Fixed",
        "",
        "- A \\<b\\> of @\u200bann ([#3](https://github.com/o/r/pull/3), [#4](https://github.com/o/r/pull/4))",
        "",
        "**Everything:** [v1.0.0...v2.0.0](https://github.com/o/r/compare/v1.0.0...v2.0.0)",
        "",
    )


def test_a_section_has_its_version_and_day() -> None:
    text = changelog_section("1.1.0", date(2026, 11, 25), (), LINKS, ("v1.0.0", "v1.1.0"))
    assert text.startswith("## [1.1.0](https://github.com/o/r/compare/v1.0.0...v1.1.0) - 2026-11-25\n\n")
    assert changelog_section("1.1.0", date(2026, 11, 25), (), None, (None, "v1.1.0")).startswith(
        "## 1.1.0 - "
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Log\n\n", "## 1.0.0 - 2025-01-01\n\n- old\n"),
        ("# Log\n\n## [Unreleased]\n\n- kept\n\n", "## [1.0.0] - 2025-01-01\n"),
        ("# Log\n\n```\n## 0.9.0\n```\n\n", "## v1.0.0\n"),
        ("# Log\n\nprose\n\n", ""),
        ("# Log\n\nprose\n\n", "[1.0.0]: https://example.org\n"),
        ("# Log\r\n\r\n", "## 1.0.0\r\n\r\n- old\r\n"),
    ],
)
def test_a_release_is_put_above_earlier_ones_and_the_rest_is_kept(before: str, after: str) -> None:
    made = with_release(before + after, "1.1.0", SECTION)
    newline = "\r\n" if "\r\n" in before else "\n"
    section = SECTION.replace("\n", newline)
    assert made.startswith(before.rstrip())
    assert made.endswith(section + (newline + after if after else ""))
    assert with_release(made, "1.1.0", SECTION) == made


def test_a_new_changelog_has_a_title() -> None:
    made = with_release("", "1.1.0", SECTION)
    assert made.startswith("# Changelog\n\n")
    assert made.endswith(SECTION)


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("git@github.com:o/r.git", "https://github.com/o/r"),
        ("https://name:secret@github.com/o/r", "https://github.com/o/r"),
        ("ssh://git@gitlab.example:2222/a/b/c.git", "https://gitlab.example/a/b/c"),
        ("/srv/git/r", None),
        ("https://forge.example/o/r", None),
    ],
)
def test_links_come_from_the_remote_without_its_secrets(remote: str, url: str | None) -> None:
    links = Links.of(remote)
    assert (links.url if links else None) == url
