"""What is said to whoever wrote a message that breaks the convention."""

from __future__ import annotations

import pytest

from writ.release.message_check import Convention, check

KEPT = (
    "fix: x",
    "feat(api)!: x (#12)",
    "docs: x\n\nbody\n\nRefs: #1",
    "Merge pull request #7 from a/b\n\nwhatever",
    "Merge branch 'x'",
    'Revert "feat: x"\n\nThis reverts commit 6c2f270.',
    "revert: x\n\nRefs: 6c2f270",
    "build: x\n\n> breaking changes: theirs",
)
BROKEN = {
    "": ("header.empty", "type: what changes"),
    "Add a thing": ("type.missing", "one of build"),
    "fixed the bug": ("type.missing", "fix: fixed the bug"),
    "feature: x": ("type.unknown", "Write `feat`."),
    "refctor: x": ("type.unknown", "Write `refactor`."),
    "improvement: x": ("type.unknown", "Take one of"),
    "Fix: x": ("type.case", "Write `fix`."),
    "fix:": ("description.empty", "fix: what changes"),
    "fix(api):x": ("colon.space", "fix(api): x"),
    "fix :  x": ("colon.space", "`fix: x`"),
    "fix(): x": ("scope.empty", "fix: "),
    "feat!(api): x": ("bang.place", "feat(api)!: "),
    "✨ feat: x": ("header.emoji", "`feat: x`"),
    "fixup! feat: x": ("header.autosquash", "--autosquash"),
    'Revert "feat: x"': ("revert.unnamed", "This reverts commit"),
    "revert: x": ("revert.unnamed", "Refs:"),
    "fix: x\nbody": ("body.blank", "Put one"),
    "fix: x\n\nBreaking change: y": ("breaking.token", "BREAKING CHANGE: "),
    "fix: x\n\nBREAKING CHANGE\ny": ("breaking.token", "BREAKING CHANGE: "),
    "fix: x\n\nBREAKING CHANGES: y": ("breaking.token", "BREAKING CHANGE: "),
}


@pytest.mark.parametrize("message", KEPT)
def test_nothing_is_said_of_a_message_that_keeps_the_convention(message: str) -> None:
    assert check(message) == ()


@pytest.mark.parametrize("message", BROKEN)
def test_a_problem_is_named_with_what_to_write_instead(message: str) -> None:
    code, remedy = BROKEN[message]
    (problem,) = check(message)
    assert problem.code == code
    assert remedy in problem.remedy


def test_a_repository_says_its_types_scopes_and_length() -> None:
    own = Convention(types=("feat", "improv"), scopes=("api", "cli"), scope_required=True, longest_header=20)
    assert check("improv(api): x", own) == ()
    assert [problem.code for problem in check("fix(apl): " + "x" * 20, own)] == [
        "type.unknown",
        "scope.unknown",
        "header.long",
    ]
    assert check("feat(apl): x", own)[0].remedy == "Write `api`."
    assert [problem.code for problem in check("feat: x", own)] == ["scope.missing"]


def test_every_problem_is_named_at_once() -> None:
    assert [problem.code for problem in check("Feature(x):y\nz")] == [
        "type.unknown",
        "colon.space",
        "body.blank",
    ]
