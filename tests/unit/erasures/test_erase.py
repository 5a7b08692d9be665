"""Erasing a person: all of it or not yet, whatever fails where, and a log that verifies as before."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.erasures import erase, perform
from functions.erasures.model import Hold, KeyState
from tests.support.erasing import Crash, FaultAt, People
from tests.support.memory_ledger import MemoryEntries
from writ.contracts.action import Action, Target
from writ.contracts.errors import PermanentError, TransientError
from writ.ledger.edges import hour_edge, subject_edge


def erasing(ref: str, name: str = "erase-subject") -> Action:
    target = Target(kind="data-subject", id=ref)
    return Action.of("erasures", name, target, reason="asked for", once_per=(name,))


@pytest.fixture
def people() -> People:
    """Octocat in three statements, one of them with ann; ann in another; one about nobody. A minute ago."""
    world = People()
    for number, persons in enumerate([("octocat",), ("ann", "octocat"), ("ann",), (), ("Octocat",)]):
        world.state(number, *persons)
    world.clock.forward(seconds=61)
    return world


def octocat(people: People) -> str:
    return people.vault.lookup("octocat") or ""


def test_everything_about_a_person_is_gone_and_the_rest_stays(people: People, tmp_path: Path) -> None:
    ref, before = octocat(people), people.about("octocat")
    assert len(before) == 2  # a third one spells the name otherwise
    done = perform.erase_subject(erasing(ref), people.ports())
    assert done == {"entries": 3, "erasure": f"{ref}.erasure"}
    assert people.about("octocat") == people.about("Octocat") == []
    assert people.about("ann")
    assert len(people.records.forgotten) == 3
    report = people.verified(tmp_path)
    assert (report.faults, report.erased, report.statements) == (0, 3, 3)
    said = people.erasures.get(f"{ref}.erasure")
    assert said is not None
    assert [leaf["leaf"] for leaf in said.payload["predicate"]["erased"]] == [0, 1, 4]
    assert said.payload["predicate"]["erasure"]["cause"] == "request"


def test_the_index_forgets_what_the_erased_were_about_and_says_that_they_are_erased(people: People) -> None:
    subjects = [e.subjects[0] for e in people.index.locations.values() if e.index in (0, 1, 4)]
    perform.erase_subject(erasing(octocat(people)), people.ports())
    assert [list(people.index.page(subject_edge(subject), -1, 9)) for subject in subjects] == [[], [], []]
    listed = people.index.page(hour_edge(people.clock.now()), -1, 9)
    assert [(entry.index, entry.erased) for entry in listed if entry.erased] == [
        (0, True),
        (1, True),
        (4, True),
    ]
    assert all(not entry.subjects for entry in listed if entry.erased)


def outcome_of(people: People, ref: str, fault: FaultAt) -> bool:
    """One attempt over ports that fail once; whether it says that it is done."""
    try:
        perform.erase_subject(erasing(ref), people.ports(fault.wrap))
    except (Crash, TransientError):
        return False
    return True


@pytest.mark.parametrize("crash", [True, False], ids=["crash", "error"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_fault_at_any_port_call_leaves_nothing_half_erased_that_is_called_done(
    tmp_path: Path, after: bool, crash: bool
) -> None:
    number = 0
    while True:
        people = People()
        for place, persons in enumerate([("octocat",), ("ann", "octocat")]):
            people.state(place, *persons)
        people.clock.forward(seconds=61)
        ref, fault = octocat(people), FaultAt(number, after=after, crash=crash)
        done = outcome_of(people, ref, fault)
        if done and not fault.reached:
            assert number > 15
            return
        observed = perform.observe_erasure(erasing(ref), people.ports())
        if done or observed is not None:
            assert people.about("octocat") == []
        # Whoever comes next brings it to its end, and the log names every leaf once.
        finished = perform.erase_subject(erasing(ref), people.ports())
        assert perform.observe_erasure(erasing(ref), people.ports()) == finished
        assert finished["entries"] == 2
        assert (people.about("octocat"), people.vault.members(ref)) == ([], [])
        assert ref not in people.vault.secrets
        report = people.verified(tmp_path / str(number))
        assert (report.faults, report.erased, report.statements) == (0, 2, 1), f"call {number}"
        number += 1


def test_from_the_destroyed_key_on_another_attempt_goes_on_without_its_secret(people: People) -> None:
    ref = octocat(people)
    people.vault.fence(ref, "act-1", people.clock.now())
    people.vault.destroy(ref)
    done = perform.finish_erasure(erasing(ref, "finish-erasure"), people.ports())
    assert done["entries"] == 3
    assert people.about("octocat") == []


def test_what_is_stated_after_the_fence_is_under_another_key(people: People) -> None:
    ref = octocat(people)
    people.vault.fence(ref, "act-1", people.clock.now())
    later = people.state(9, "octocat")
    perform.finish_erasure(erasing(ref, "finish-erasure"), people.ports())
    assert people.about("octocat") == [later]
    assert octocat(people) != ref


def test_it_waits_until_everything_is_in_the_log_for_a_minute(people: People) -> None:
    ref = octocat(people)
    people.state(8, "octocat", log=False)
    for wait in (0, 61):
        people.clock.forward(seconds=wait)
        with pytest.raises(TransientError, match="settling"):
            perform.erase_subject(erasing(ref), people.ports())
    assert ref in people.vault.secrets
    people.integrate()
    assert perform.erase_subject(erasing(ref), people.ports())["entries"] == 4


def test_an_open_action_about_the_person_refuses_before_anything_happened(people: People) -> None:
    ref = octocat(people)
    people.records.open.add(people.vault.members(ref)[0].stream)
    with pytest.raises(PermanentError, match="still open"):
        perform.erase_subject(erasing(ref), people.ports())
    assert people.vault.records[ref].state is KeyState.ACTIVE


def test_who_approves_his_own_erasure_is_refused(people: People) -> None:
    ref = octocat(people)
    action = erasing(ref)
    people.vault.sealed[ref].append(type(people.vault.members(ref)[0])(f"{action.id}.approval", action.id))
    with pytest.raises(PermanentError, match="own_erasure"):
        perform.erase_subject(action, people.ports())


@pytest.mark.parametrize("scope", ["everything", "ref"])
@pytest.mark.parametrize("begun", [False, True])
def test_a_hold_stops_an_erasure_whose_key_is_not_destroyed(people: People, scope: str, begun: bool) -> None:
    ref = octocat(people)
    if begun:
        people.vault.fence(ref, "act-1", people.clock.now())
    hold = Hold("case-1", ref if scope == "ref" else scope, people.clock.now(), "act-9")
    people.vault.place(hold)
    with pytest.raises(PermanentError, match="held"):
        perform.erase_subject(erasing(ref), people.ports())
    assert len(people.about("octocat")) == 2
    people.vault.lift("case-1", "act-10")
    assert perform.erase_subject(erasing(ref), people.ports())["entries"] == 3


def test_two_people_of_one_entry_are_erased_one_after_the_other(people: People, tmp_path: Path) -> None:
    first, second = octocat(people), people.vault.lookup("ann") or ""
    assert perform.erase_subject(erasing(first), people.ports())["entries"] == 3
    assert perform.erase_subject(erasing(second), people.ports())["entries"] == 1
    report = people.verified(tmp_path)
    assert (report.faults, report.erased) == (0, 4)


def test_a_long_list_of_leaves_is_stated_in_parts(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "LEAVES_A_PART", 2)
    ref = octocat(people)
    perform.erase_subject(erasing(ref), people.ports())
    stated: MemoryEntries = people.entries
    assert {f"{ref}.erasure", f"{ref}.erasure.2"} <= stated.entries.keys()
    report = people.verified(tmp_path)
    assert (report.faults, report.erased) == (0, 3)


def test_repeating_a_finished_erasure_changes_nothing(people: People) -> None:
    ref = octocat(people)
    first = perform.erase_subject(erasing(ref), people.ports())
    entries = dict(people.entries.entries)
    assert perform.erase_subject(erasing(ref), people.ports()) == first
    assert people.entries.entries == entries
