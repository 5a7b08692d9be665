"""Approvals are signed by who takes people's answers: a stolen bot role cannot state its own unnoticed."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from stacks.manifest import load_folders
from tests.support.faults import Faults
from tests.support.log_forge import NOW, Entry, Forge, an_action, an_intent, an_outcome, stamp
from tests.support.plane import Plane
from writ.contracts import statement as statements
from writ.contracts.action import Approval, Target, Verdict
from writ.contracts.errors import WritError
from writ.contracts.statement import ACTION, APPROVAL, APPROVERS
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Report
from writ.ledger.logcopy import LogCopy
from writ.ledger.verify import verify_log
from writ.ledger.verify_bundle import IdentityPolicy, verify_bundle
from writ.ports.actions import Cause

ANSWER = Approval(approved=True, by="ann", at=NOW, reason="looked at it")
FOLDERS = load_folders()


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


def reviewed(forge: Forge, author: str, **changes: Any) -> list[Entry]:
    """A reviewed action whose approval `author` states and signs, with changes to predicate or type."""
    action, bot = an_action(), forge.session()
    intent = forge.entry(bot, an_intent(action, Verdict.REVIEW))
    made = statements.approval(action, ANSWER, intent.link, stamp(author, seed="a"))
    made["predicateType"] = changes.pop("type", APPROVAL)
    made["predicate"].update(changes)
    approval = forge.entry(forge.session(author), made)
    return [intent, approval, forge.entry(bot, an_outcome(action, approval.link))]


def verified(forge: Forge, folder: Path, entries: list[Entry]) -> Report:
    return verify_log(LogCopy(forge.write_copy(folder, entries)), forge.trust)


@pytest.mark.parametrize("author", sorted(APPROVERS))
def test_approval_of_who_takes_answers_verifies(forge: Forge, tmp_path: Path, author: str) -> None:
    entries = reviewed(forge, author)
    assert verified(forge, tmp_path, entries).findings == []
    bundle = forge.bundle(entries, 1).encode()
    assert verify_bundle(bundle, forge.trust, IdentityPolicy(author)).identity.endswith(author)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"type": ACTION},
        {"phase": None},
        {"entry": "elsewhere"},
        {"type": ACTION, "phase": None},
        {"type": ACTION, "entry": "elsewhere"},
        {"type": "https://writ.example/note/v1", "phase": "outcome"},
    ],
)
def test_bot_that_approves_its_own_action_is_found(
    forge: Forge, tmp_path: Path, changes: dict[str, Any]
) -> None:
    entries = reviewed(forge, "backlog", **changes)
    report = verified(forge, tmp_path, entries)
    (found,) = [finding for finding in report.findings if finding.code == "ledger.author"]
    assert (found.index, found.entry) == (1, entries[1].id)
    assert "not by backlog" in found.message
    with pytest.raises(VerificationError, match=r"ledger\.author"):
        verify_bundle(forge.bundle(entries, 1).encode(), forge.trust, IdentityPolicy("backlog"))


def test_kernel_states_no_approval_in_the_name_of_another_function() -> None:
    plane = Plane(Faults(random.Random(1), rate=0))
    action = an_action(bot="probe").model_copy(
        update={"name": "high", "target": Target(kind="thing", id="1")}
    )
    record = plane.worker().run(action, Cause("CheckFailed.v1", "event-1"))
    with pytest.raises(WritError, match=r"approval\.author"):
        plane.answers("probe").attest(record, ANSWER)
    assert f"{action.id}.approval" not in plane.evidence.entries
    plane.answers("approvals").attest(record, ANSWER)
    assert f"{action.id}.approval" in plane.evidence.entries


def test_functions_that_take_answers_are_those_that_may_state_them() -> None:
    taking = {
        folder.name
        for folder in FOLDERS
        if any("answers(environment)" in module.read_text() for module in folder.path.glob("*.py"))
    }
    assert taking == APPROVERS
