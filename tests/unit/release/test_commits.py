"""Messages as people, git and GitHub write them, and what is read from each."""

from __future__ import annotations

from typing import Any

import pytest

from writ.release.commits import parse
from writ.release.references import Reference

SHA = "6c2f270d193a01b68f4705ea105be5374776d2b5"

MESSAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "a plain commit": ("fix: array parsing", {"type": "fix", "description": "array parsing"}),
    "a scope": ("feat(lang): polish", {"type": "feat", "scope": "lang"}),
    "a scope with a path": ("fix(@scope/pkg, cli): x", {"scope": "@scope/pkg, cli"}),
    "the type in capitals": ("FEAT: x", {"type": "feat"}),
    "no blank after the colon": ("feat:x", {"type": "feat", "description": "x"}),
    "breaking by its header": ("feat(api)!: drop v1", {"bang": True, "breaking": ("drop v1",)}),
    "the mark before the scope": ("feat!(api): drop", {"scope": "api", "breaking": ("drop",)}),
    "breaking by footer": ("fix: x\n\nBREAKING CHANGE: y is gone", {"breaking": ("y is gone",)}),
    "breaking by the other token": ("fix: x\n\nBREAKING-CHANGE: y", {"breaking": ("y",)}),
    "breaking with a number": ("fix: x\n\nBREAKING CHANGE #4", {"breaking": ("#4",)}),
    "breaking with the text below": ("fix: x\n\nBREAKING CHANGE:\n\ngone", {"breaking": ("gone",)}),
    "breaking under a heading": ("fix: x\n\nBREAKING CHANGE\ny is gone", {"breaking": ("y is gone",)}),
    "breaking and nothing said": ("fix: x\n\nBREAKING CHANGE:", {"breaking": ("breaking change",)}),
    "breaking over paragraphs": (
        "fix: x\n\nbody\n\nBREAKING CHANGE: a\nb\n\nc\n\nRefs: #4",
        {"body": "body", "breaking": ("a\nb\n\nc",)},
    ),
    "both mark and footer": ("fix!: x\n\nBREAKING CHANGE: y", {"breaking": ("y",)}),
    "breaking in the middle of a body": ("fix: x\n\nbody\nBREAKING CHANGE: y\nz", {"breaking": ("y\nz",)}),
    "breaking in a list": ("fix: x (#1)\n\n* fix: a\n* BREAKING CHANGE: y\n* ci: z", {"breaking": ("y",)}),
    "breaking without a type": ("rename x\n\nBREAKING CHANGE: y", {"type": None, "breaking": ("y",)}),
    "in lower case it breaks nothing": ("fix: x\n\nbreaking change: y", {"breaking": ()}),
    "in the plural it breaks nothing": ("fix: x\n\nBREAKING CHANGES: y", {"breaking": ()}),
    "inside a line it breaks nothing": ("fix: x\n\nno BREAKING CHANGE: here", {"breaking": ()}),
    "as a type it breaks nothing": ("BREAKING CHANGE: x", {"type": None, "breaking": ()}),
    "notes of others in HTML": (
        "build: bump\n\n<details>\n\nBREAKING CHANGE: theirs\n\n</details>",
        {"breaking": ()},
    ),
    "notes of others in a quote": ("build: bump\n\n> BREAKING CHANGE: theirs", {"breaking": ()}),
    "notes of others in a fence": ("build: bump\n\n```\nBREAKING CHANGE: x\n```", {"breaking": ()}),
    "ours after a fence": ("fix: b\n\n```\nx\n```\n\nBREAKING CHANGE: y", {"breaking": ("y",)}),
    "no type": ("Fix the bug", {"type": None, "description": "Fix the bug"}),
    "a type of two words": ("Fix bug: x", {"type": None}),
    "nothing after the colon": ("fix:", {"type": None, "description": "fix:"}),
    "an unclosed scope": ("fix(x: y", {"type": None}),
    "an address": ("see https://example.org", {"type": None}),
    "an emoji": (":bug: Fix entry", {"type": None, "emoji": ":bug:", "description": "Fix entry"}),
    "an emoji before a type": ("✨ feat: x", {"type": "feat", "emoji": "✨"}),
    "an empty message": ("", {"type": None, "header": ""}),
    "blank lines first": ("\n\n  fix: x\n", {"type": "fix"}),
    "lines as Windows ends them": ("fix: x\r\n\r\nbody\r\n", {"body": "body"}),
    "a squash": ("fix: x (#12)", {"pull": 12, "style": "squash", "description": "x"}),
    "a squash of a squash": ("fix: x (#1) (#2)", {"pull": 2, "description": "x (#1)"}),
    "a merge of a pull request": (
        "Merge pull request #7 from a/b\n\nfeat(x): y\n\nbody",
        {"style": "merge", "pull": 7, "type": "feat", "scope": "x", "body": "body"},
    ),
    "a merge of a branch": ("Merge branch 'feat: x' into y", {"style": "merge", "type": None}),
    "a merge without a title": ("Merge pull request #7 from a/b", {"style": "merge", "type": None}),
    "prose that begins as a merge": ("Merge the two readers", {"style": "plain"}),
    "to be squashed": ("fixup! feat: x", {"style": "autosquash", "type": None}),
    "a revert by git": (
        f'Revert "feat: x"\n\nThis reverts commit {SHA}.',
        {"type": "revert", "reverted": "feat: x", "reverts": (SHA,), "breaking": ()},
    ),
    "a revert by GitHub": ('Revert "feat!: x (#1)" (#2)', {"reverted": "feat!: x (#1)", "pull": 2}),
    "a revert of a revert": (
        f'Revert "Revert "feat: x""\n\nThis reverts commit {SHA}.',
        {"reverted": 'Revert "feat: x"', "reverts": (SHA,)},
    ),
    "a reapplied commit": (f'Reapply "feat: x"\n\nThis reverts commit {SHA}.', {"reverts": (SHA,)}),
    "a revert of a merge": (
        f'Revert "Merge x"\n\nThis reverts commit {SHA}, reversing\nchanges made to {SHA[::-1]}.',
        {"reverts": (SHA,)},
    ),
    "a revert by the convention": (
        "revert: let us never\n\nRefs: 676104e, a215868",
        {"type": "revert", "reverts": ("676104e", "a215868")},
    ),
    "a revert with a quoted header": (
        f'revert: "feat: x"\n\nThis reverts commit {SHA}.',
        {"reverts": (SHA,)},
    ),
    "a fix that names a commit": ("fix: x\n\nRefs: 676104e", {"reverts": ()}),
    "prose about a revert": ("Revert removal of escapes", {"type": None}),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_read_as_it_was_meant(name: str) -> None:
    message, expected = MESSAGES[name]
    commit = parse(message)
    assert {field: getattr(commit, field) for field in expected} == expected


def test_footers_are_trailers_of_the_last_paragraphs() -> None:
    commit = parse(
        "fix: x\n\nNote: a body that begins so.\n\nThen prose.\n\n"
        "Reviewed-by: Z\nFixes #12\nRefs: a\n b\n\nCo-authored-by: A <a@example.org>"
    )
    assert commit.body == "Note: a body that begins so.\n\nThen prose."
    assert [footer.line for footer in commit.footers] == [
        "Reviewed-by: Z",
        "Fixes #12",
        "Refs: a\nb",
        "Co-authored-by: A <a@example.org>",
    ]


def test_a_squash_lists_its_commits() -> None:
    commit = parse(
        "docs: guide (#9)\n\n* feat: a\n\nmore of a\n\n* fix!: b\n\n* wip\n\n"
        "---------\n\nCo-authored-by: A <a@b>"
    )
    assert [(each.type, each.description, each.body) for each in commit.squashed] == [
        ("feat", "a", "more of a"),
        ("fix", "b", ""),
        (None, "wip", ""),
    ]
    assert commit.squashed[1].breaking == ("b",)
    assert not commit.breaking
    assert [footer.token for footer in commit.footers] == ["Co-authored-by"]


def test_a_list_of_no_commits_is_prose() -> None:
    assert parse("fix: x\n\n* apples\n* pears").squashed == ()


def test_references_say_whether_they_are_closed() -> None:
    commit = parse("fix: x\n\nSee #1 and owner/name#2, closes #3; &#39; a/b/c#4 no\n\nFixes: GH-5\nRefs: #3")
    assert commit.references == (
        Reference(1),
        Reference(2, "owner/name"),
        Reference(3, closes=True),
        Reference(5, closes=True),
    )
