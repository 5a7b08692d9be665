"""Payloads to events: the real ones, altered ones and arbitrary JSON."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake.normalize import FAMILIES, Delivered, normalize
from tests.support.memory_intake import DELIVERY, PAYLOADS, SAMPLES, payload
from writ.contracts.errors import ContractError
from writ.contracts.event import event_types, make_event, parse_event
from writ.contracts.events.fields import GitHubData

EXPECTED = {
    "check_run/completed.1": "CheckFailed.v1",
    "check_suite/completed.1": "CheckCompleted.v1",
    "check_suite/requested.payload.with-email-with-special-characters": "CheckRequested.v1",
    "code_scanning_alert/created": "SecurityAlertRaised.v1",
    "create/payload": "RefCreated.v1",
    "dependabot_alert/fixed": "SecurityAlertResolved.v1",
    "deployment/payload": "DeploymentRequested.v1",
    "deployment_status/payload": "DeploymentStatusReported.v1",
    "issue_comment/created": "CommentCreated.v1",
    "issue_comment/deleted": "CommentChanged.v1",
    "issues/unlabeled": "IssueChanged.v1",
    "merge_group/checks_requested": "MergeGroupRequested.v1",
    "ping/with-app_id": "GitHubEventIgnored.v1",
    "pull_request/converted_to_draft": "PullRequestChanged.v1",
    "pull_request_review/submitted.payload": "ReviewSubmitted.v1",
    "push/payload": "CodePushed.v1",
    "release/edited": "ReleaseChanged.v1",
    "release/published": "ReleasePublished.v1",
    "repository/created": "RepositoryCreated.v1",
    "repository/privatized": "RepositoryChanged.v1",
    "repository_vulnerability_alert/create": "SecurityAlertRaised.v1",
    "secret_scanning_alert/reopened": "SecurityAlertRaised.v1",
    "security_advisory/updated": "SecurityAdvisoryPublished.v1",
    "security_advisory/withdrawn": "SecurityAdvisoryWithdrawn.v1",
    "status/with-installation": "CommitStatusReported.v1",
    "workflow_job/waiting": "WorkflowJobChanged.v1",
    "workflow_run/requested.payload": "WorkflowRunRequested.v1",
}
KINDS = sorted({*FAMILIES, "ping", "star"})


def normalized(kind: str, document: Any) -> GitHubData:
    return normalize(Delivered(DELIVERY, kind, f"github/{DELIVERY}.json", "ab" * 32), document)


def sample(name: str) -> dict[str, Any]:
    found = [path for path in PAYLOADS if str(path.relative_to(SAMPLES)).startswith(name)]
    return payload(found[0])


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: str(path.relative_to(SAMPLES)))
def test_every_real_payload_becomes_an_event_its_consumers_can_read(path: Path, instant: Any) -> None:
    data = normalized(path.parent.name, payload(path))
    event = make_event(data, id=f"gh-{DELIVERY}", time=instant, producer="intake")
    again = parse_event(event.type, json.loads(json.dumps(event.detail())))
    assert again.data == data
    document = payload(path)
    assert data.sender == document.get("sender", {}).get("login")
    assert data.repository == document.get("repository", {}).get("full_name")


@pytest.mark.parametrize(("name", "detail_type"), EXPECTED.items())
def test_type_says_what_happened(name: str, detail_type: str) -> None:
    assert normalized(name.partition("/")[0], sample(name)).detail_type == detail_type


def test_every_github_type_has_a_way_to_arise() -> None:
    """Altered real payloads reach each declared type, so that none is dead."""
    reached = {normalized(path.parent.name, payload(path)).detail_type for path in PAYLOADS}
    label = {"label": {"name": "toil"}}
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("pull_request", "pull_request/unlocked", {"action": "opened"}),
        ("pull_request", "pull_request/unlocked", {"action": "labeled", **label}),
        ("pull_request", "pull_request/unlocked", {"action": "closed"}),
        ("pull_request", "pull_request/unlocked", {"action": "closed", "pull_request.merged": True}),
        ("pull_request_review", "pull_request_review/sub", {"action": "dismissed"}),
        ("issues", "issues/pinned", {"action": "opened"}),
        ("issues", "issues/pinned", {"action": "closed"}),
        ("issues", "issues/pinned", {"action": "labeled", **label}),
        ("delete", "create/payload", {}),
        ("workflow_run", "workflow_run/req", {"action": "in_progress"}),
        ("workflow_run", "workflow_run/req", {"action": "in_progress", "workflow_run.run_attempt": 2}),
        ("workflow_run", "workflow_run/req", {"action": "completed", "workflow_run.conclusion": "success"}),
        ("workflow_run", "workflow_run/req", {"action": "completed", "workflow_run.conclusion": "failure"}),
        ("workflow_job", "workflow_job/wait", {"action": "completed"}),
        ("merge_group", "merge_group/", {"action": "destroyed"}),
        ("code_scanning_alert", "code_scanning_alert/", {"action": "updated_assignment"}),
    ]
    for kind, name, change in changes:
        document = sample(name)
        for field, value in change.items():
            part, _, last = field.rpartition(".")
            (document[part] if part else document)[last] = value
        reached.add(normalized(kind, document).detail_type)
    assert reached == {name for name, model in event_types().items() if model.domain == "github"}


def test_unknown_kind_is_recorded_with_the_reason() -> None:
    data = normalized("star", {"action": "created", "repository": "not an object"})
    assert (data.detail_type, getattr(data, "reason", None)) == ("GitHubEventIgnored.v1", "unknown_event")


def test_unknown_action_is_recorded_when_actions_differ_in_kind() -> None:
    data = normalized("deployment", {**sample("deployment/payload"), "action": "teleported"})
    assert getattr(data, "reason", None) == "unknown_action"


def test_label_missing_means_changed_when_an_issue_is_labelled() -> None:
    data = normalized("issues", {**sample("issues/pinned"), "action": "labeled"})
    assert data.detail_type == "IssueChanged.v1"


def test_deployment_is_manual_when_a_person_or_a_dispatched_run_asked_for_it() -> None:
    by_person = sample("deployment/payload")
    dispatched = {**by_person, "workflow_run": {"event": "workflow_dispatch"}}
    pushed = {**by_person, "workflow_run": {"event": "push"}}
    answers = [
        getattr(normalized("deployment", doc), "manual", None) for doc in (by_person, dispatched, pushed)
    ]
    assert answers == [True, True, False]


@pytest.mark.parametrize(
    ("kind", "name", "path", "value", "code"),
    [
        ("issues", "issues/pinned", "issue.number", None, "contract.missing_field"),
        ("issues", "issues/pinned", "issue.number", "seven", "contract.invalid"),
        ("issues", "issues/pinned", "issue.number", True, "contract.invalid"),
        ("issues", "issues/pinned", "issue", [], "contract.invalid"),
        ("issues", "issues/pinned", "action", None, "contract.missing_field"),
        ("issues", "issues/pinned", "repository", None, "contract.missing_field"),
        ("push", "push/payload", "after", "xyz", "contract.invalid"),
        ("push", "push/payload", "commits", None, "contract.missing_field"),
        ("check_run", "check_run/completed", "check_run.head_sha", None, "contract.missing_field"),
        ("workflow_run", "workflow_run/requested", "workflow_run", "x", "contract.invalid"),
    ],
)
def test_rejection_names_the_field_of_the_payload(
    kind: str, name: str, path: str, value: Any, code: str
) -> None:
    document = sample(name)
    part, _, last = path.rpartition(".")
    (document[part] if part else document)[last] = value
    with pytest.raises(ContractError) as refused:
        normalized(kind, document)
    assert refused.value.code == code
    assert (refused.value.field or "").startswith(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in inner for place in [(*path, key), *places(item, (*path, key))]]


READ_NAMES = {
    *("action", "repository", "sender", "full_name", "login", "label", "labels", "name", "user", "number"),
    *("title", "head", "base", "ref", "sha", "commits", "conclusion", "run_attempt", "rule", "package"),
    *("deployment", "creator", "workflow_run", "release", "issue", "pull_request", "review", "alert"),
}


@given(data=st.data())
def test_mutated_payload_gives_an_event_or_a_named_rejection(data: st.DataObject) -> None:
    """I10 over the shapes that GitHub sends, with what is read altered, dropped or replaced."""
    path = data.draw(st.sampled_from(PAYLOADS))
    document = copy.deepcopy(payload(path))
    for _ in range(data.draw(st.integers(1, 3))):
        known = [place for place in places(document) if place[-1] in READ_NAMES and len(place) < 5]
        if not known:
            break
        place = data.draw(st.sampled_from(known))
        parent: Any = document
        for key in place[:-1]:
            parent = parent[key]
        if data.draw(st.booleans()) and isinstance(parent, dict):
            del parent[place[-1]]
        else:
            parent[place[-1]] = data.draw(JSON)
    check_outcome(path.parent.name, document)


@given(kind=st.sampled_from(KINDS), document=st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_arbitrary_json_gives_an_event_or_a_named_rejection(kind: str, document: dict[str, Any]) -> None:
    check_outcome(kind, document)


def check_outcome(kind: str, document: Any) -> None:
    problem: ContractError | None = None
    try:
        data = normalized(kind, document)
    except ContractError as error:
        problem = error
    if problem is None:
        assert data == type(data).model_validate(data.model_dump())
    else:
        assert problem.field
        assert problem.code in {"contract.missing_field", "contract.invalid"}


@given(
    path=st.sampled_from(PAYLOADS),
    secret=st.sampled_from(
        ["someone@mail.example", "ghp_" + "a1B2" * 9, "AKIA" + "Q2" * 8, "password=hunter2hunter2"]
    ),
    before=st.text(alphabet=" abc", max_size=5),
)
def test_no_secret_or_address_reaches_an_event(path: Path, secret: str, before: str) -> None:
    """I9: put into every free text of a payload, none comes out."""
    text = normalized(path.parent.name, poisoned(payload(path), f"{before} {secret}")).model_dump_json()
    assert secret not in text
    assert "hunter2" not in text


FREE_TEXT = {
    "title",
    "message",
    "name",
    "summary",
    "description",
    "context",
    "environment",
    "html_url",
    "body",
}


def poisoned(value: Any, secret: str, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: poisoned(item, secret, name) for name, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, secret) for item in value]
    return f"{value} {secret}" if isinstance(value, str) and key in FREE_TEXT else value


def test_samples_hold_mail_addresses_so_that_keeping_them_out_is_tested() -> None:
    assert any("@" in path.read_text() for path in PAYLOADS)
    for path in PAYLOADS:
        assert "@" not in normalized(path.parent.name, payload(path)).model_dump_json()


@pytest.mark.parametrize(
    ("head", "fork", "repository"),
    [
        ({"repo": {"full_name": "Codertocat/Hello-World"}}, False, "Codertocat/Hello-World"),
        ({"repo": {"full_name": "codertocat/hello-world"}}, False, "codertocat/hello-world"),
        ({"repo": {"full_name": "mallory/Hello-World"}}, True, "mallory/Hello-World"),
        ({"repo": None}, True, None),  # it was deleted since
        ({}, None, None),
    ],
)
def test_a_pull_request_tells_a_branch_from_a_fork(
    head: dict[str, Any], fork: bool | None, repository: str | None
) -> None:
    document = sample("pull_request/unlocked")
    document["repository"]["full_name"] = "Codertocat/Hello-World"
    known = document["pull_request"]["head"]
    document["pull_request"]["head"] = {"ref": known["ref"], "sha": known["sha"], **head}
    data = normalized("pull_request", document)
    assert (getattr(data, "fork", ""), getattr(data, "head_repository", "")) == (fork, repository)
