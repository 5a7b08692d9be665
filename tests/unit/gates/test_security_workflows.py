"""The gate of security on GitHub's workflows and actions."""

from __future__ import annotations

import pytest

from tests.unit.gates.advisories import advisory, mirror
from tests.unit.gates.running import judged, rules
from writ.contracts.action import Verdict
from writ.gates.model import Report
from writ.gates.security.outside import Outside

PATH = ".github/workflows/test.yml"
COMMIT = "08c6903cd8c0fde910a37f88322edcfb5dd907a8"
BOMB = "x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 8)}]\n" for n in range(1, 9)
)
KNOWN = Outside(mirror(advisory(name="other/action", ecosystem="GitHub Actions")))


def workflow(steps: str, on: str = "push", head: str = "permissions: {}") -> Report:
    indented = "".join(f"      {line}\n" for line in steps.splitlines())
    text = f"on: {on}\n{head}\njobs:\n  a:\n    runs-on: x\n    steps:\n{indented}"
    return judged({PATH: text}, "security", beside={"security": KNOWN})


def places(report: Report) -> list[tuple[str, int | None]]:
    return [(item.rule, item.place.line if item.place else None) for item in report.standing]


@pytest.mark.parametrize(
    ("used", "stands"),
    [
        (f"actions/checkout@{COMMIT} # v5.0.0", []),
        (f"actions/checkout/sub@{COMMIT} # v5.0.0", []),
        ("./.github/actions/own", []),
        ("$/.github/actions/own", []),
        ("docker://alpine@sha256:" + "a" * 64, []),
        ("actions/checkout@v5", ["security/unpinned-action"]),
        (f"actions/checkout@{COMMIT[:12]}", ["security/unpinned-action"]),
        ("actions/checkout", ["security/unpinned-action"]),
        ("docker://alpine:3", ["security/unpinned-image"]),
    ],
)
def test_what_runs_is_pinned(used: str, stands: list[str]) -> None:
    assert rules(workflow(f"- uses: {used}")) == stands


def test_a_workflow_that_is_called_is_pinned_too() -> None:
    text = "on: push\npermissions: {}\njobs:\n  a:\n    uses: o/r/.github/workflows/w.yml@main\n"
    report = judged({PATH: text}, "security", beside={"security": KNOWN})
    assert places(report) == [("security/unpinned-action", 5)]


def test_a_pinned_action_without_its_version_is_a_note() -> None:
    report = workflow(f"- uses: actions/checkout@{COMMIT}")
    assert report.verdict is Verdict.ALLOW
    assert "security/unnamed-action" in [item.rule for item in report.violations]


def test_composite_actions_and_images_of_actions_are_looked_at() -> None:
    composite = (
        "runs:\n  using: composite\n  steps:\n    - uses: actions/cache@v4\n    - run: echo ${{ inputs.x }}\n"
    )
    image = "runs:\n  using: docker\n  image: docker://alpine:3\n"
    files = {"tools/a/action.yml": composite, "action.yaml": image, "node_modules/b/action.yml": composite}
    report = judged(files, "security", beside={"security": KNOWN})
    assert [(item.rule, item.place and item.place.path) for item in report.standing] == [
        ("security/unpinned-action", "tools/a/action.yml"),
        ("security/unpinned-image", "action.yaml"),
    ]
    assert "security/script-injection" in [item.rule for item in report.violations]


@pytest.mark.parametrize(
    ("head", "stands"),
    [
        ("permissions: {}", []),
        ("permissions: read-all", []),
        ("permissions: write-all", ["security/workflow-permissions"]),
        ("env: {}", ["security/workflow-permissions"]),
    ],
)
def test_rights_are_named(head: str, stands: list[str]) -> None:
    assert rules(workflow("- run: make", head=head)) == stands


@pytest.mark.parametrize(
    ("event", "step", "stands"),
    [
        ("pull_request_target", "ref: ${{ github.event.pull_request.head.sha }}", True),
        ("[push, pull_request_target]", "ref: ${{ github.head_ref }}", True),
        ("{workflow_run: {workflows: [x]}}", "ref: ${{ github.event.workflow_run.head_sha }}", True),
        ("pull_request_target", "ref: refs/pull/1/merge", True),
        ("pull_request_target", "ref: main", False),
        ("pull_request", "ref: ${{ github.event.pull_request.head.sha }}", False),
    ],
)
def test_code_of_strangers_is_not_taken_where_there_are_rights(event: str, step: str, stands: bool) -> None:
    report = workflow(f"- uses: actions/checkout@{COMMIT} # v5.0.0\n  with:\n    {step}", on=event)
    assert rules(report) == (["security/untrusted-checkout"] if stands else [])


def test_code_of_strangers_is_not_fetched_by_hand() -> None:
    report = workflow("- run: |\n    gh pr checkout 1\n    make", on="issue_comment")
    assert rules(report) == ["security/untrusted-checkout"]


@pytest.mark.parametrize(
    ("expression", "stands"),
    [
        ("github.event.issue.title", True),
        ("github.event.pull_request['head']['ref']", True),
        ("GITHUB.HEAD_REF", True),
        ("github.event.commits[0].message", True),
        ("toJSON(github.event)", True),
        ("toJSON(github)", True),
        ("format('{0}', github.event.comment.body)", True),
        ("github.event.number", False),
        ("github.event.pull_request.head.sha", False),
        ("github.sha", False),
        ("inputs.name", False),
        ("secrets.TOKEN", False),
    ],
)
def test_no_text_of_outsiders_becomes_part_of_a_script(expression: str, stands: bool) -> None:
    report = workflow("- run: |\n    make\n    echo ${{ " + expression + " }}")
    assert places(report) == ([("security/script-injection", 9)] if stands else [])
    quiet = workflow("- env:\n    TEXT: ${{ " + expression + ' }}\n  run: echo "$TEXT"')
    assert rules(quiet) == []


def test_a_text_of_outsiders_is_followed_through_variables_and_into_other_scripts() -> None:
    step = "- env:\n    T: ${{ github.event.issue.title }}\n  run: echo ${{ env.T }}"
    assert rules(workflow(step)) == ["security/script-injection"]
    used = f"- uses: actions/github-script@{COMMIT} # v8.0.0\n"
    script = used + "  with:\n    script: f('${{ github.head_ref }}')"
    assert rules(workflow(script)) == ["security/script-injection"]


def test_advisories_concern_actions_too() -> None:
    known = Outside(
        mirror(
            advisory(
                name="tj-actions/changed-files",
                ecosystem="GitHub Actions",
                events=[{"introduced": "0"}, {"fixed": "46.0.1"}],
            )
        )
    )
    for version, stands in (
        ("v45.0.0", ["security/vulnerable"]),
        ("v46.0.1", []),
        ("v45", ["security/undecided"]),
    ):
        step = f"- uses: tj-actions/changed-files@{COMMIT} # {version}\n"
        text = f"on: push\npermissions: {{}}\njobs:\n  a:\n    steps:\n      {step}"
        assert rules(judged({PATH: text}, "security", beside={"security": known})) == stands


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: " + "[" * 100_000,
        b"\xff\xfe",
        b"\0",
        BOMB,
        "a: 1\n---\nb: 2\n",
        "#" * 9_000_000,
    ],
)
def test_a_workflow_that_cannot_be_read_is_unknown(text: str | bytes) -> None:
    report = judged({PATH: text}, "security", beside={"security": KNOWN})
    assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["security/unreadable"])


@pytest.mark.parametrize(
    "text", ["", "jobs: []", "jobs: {a: 7, b: [1]}", "on:\njobs:\n  a: {steps: {uses: 1}}", "7"]
)
def test_a_workflow_of_another_shape_ends_no_run(text: str) -> None:
    report = judged({PATH: text}, "security", beside={"security": KNOWN})
    assert set(rules(report)) <= {"security/workflow-permissions"}
