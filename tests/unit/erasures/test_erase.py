"""Erasing a person: all of it or not yet, whatever fails where, and a log that verifies as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from functions.erasures import erase, facts, perform
from functions.erasures.model import Hold, KeyState
from tests.support.controls import command
from tests.support.erasing import Crash, FaultAt, People, carried_on
from tests.support.memory_ledger import MemoryEntries
from writ.contracts.action import Action, Target
from writ.contracts.errors import PermanentError, TransientError
from writ.ledger.edges import hour_edge, subject_edge
from writ.ports.flows import RunState


def erasing(ref: str, name: str = "finish-erasure") -> Action:
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
    assert carried_on(ref, "act-1", people.ports()).entries == 3
    done = perform.observe_erasure(erasing(ref), people.ports())
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
    carried_on(octocat(people), "act-1", people.ports())
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
        carried_on(ref, "act-1", people.ports(fault.wrap))
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
        finished = carried_on(ref, "act-1", people.ports())
        assert perform.observe_erasure(erasing(ref), people.ports()) is not None
        assert finished.entries == 2
        assert (people.about("octocat"), people.vault.members(ref)) == ([], [])
        assert ref not in people.vault.secrets
        report = people.verified(tmp_path / str(number))
        assert (report.faults, report.erased, report.statements) == (0, 2, 1), f"call {number}"
        number += 1


@pytest.mark.parametrize("batch", [1, 2, 3, 250])
def test_stages_are_batches_that_may_each_be_the_last_of_a_run(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(erase, "BATCH", batch)
    ref = octocat(people)
    erase.begin(ref, "act-1", people.ports())
    after, last = "", False
    while not last:
        done = erase.prepare(ref, after, people.ports())
        assert len({member.entry_id for member in people.vault.members(ref) if member.nodes}) <= 3
        after, last = done.after, done.last
    parts = erase.destroy(ref, people.ports()).parts
    assert parts == -(-3 // batch)
    taken = [erase.erase_batch(ref, people.ports()) for _ in range(parts)]
    assert [part.number for part in taken] == list(range(1, parts + 1))
    assert [part.last for part in taken] == [False] * (parts - 1) + [True]
    assert all(part.entries <= batch for part in taken)
    assert erase.finish(ref, people.ports()).entries == sum(part.entries for part in taken) == 3
    report = people.verified(tmp_path)
    assert (report.faults, report.erased) == (0, 3)


def test_stage_that_comes_before_its_time_is_refused(people: People) -> None:
    ref = octocat(people)
    for stage in (erase.destroy, erase.erase_batch, erase.finish):
        with pytest.raises(PermanentError, match="not_begun"):
            stage(ref, people.ports())
    with pytest.raises(PermanentError, match="not_begun"):
        erase.prepare(ref, "", people.ports())
    erase.begin(ref, "act-1", people.ports())
    for stage in (erase.destroy, erase.erase_batch):
        with pytest.raises(PermanentError, match="unprepared"):
            stage(ref, people.ports())
    with pytest.raises(PermanentError, match="unfinished"):
        erase.finish(ref, people.ports())
    assert len(people.about("octocat")) == 2
    assert ref in people.vault.secrets


def test_stage_that_comes_again_after_the_end_changes_nothing(people: People) -> None:
    ref = octocat(people)
    done = carried_on(ref, "act-1", people.ports())
    entries = dict(people.entries.entries)
    assert erase.prepare(ref, "", people.ports()).last
    assert erase.erase_batch(ref, people.ports()).last
    assert erase.destroy(ref, people.ports()) == erase.finish(ref, people.ports()) == done
    assert people.entries.entries == entries


def test_two_runs_at_once_state_each_part_once(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "BATCH", 1)
    ref = octocat(people)
    advance, other = people.vault.advance, [True]

    def overtaken(*given: Any) -> None:
        if other.pop() if other else False:
            erase.erase_batch(ref, people.ports())
        advance(*given)

    monkeypatch.setattr(people.vault, "advance", overtaken)
    with pytest.raises(TransientError, match="contended"):
        carried_on(ref, "act-1", people.ports())
    assert carried_on(ref, "act-1", people.ports()).entries == 3
    report = people.verified(tmp_path)
    assert (report.faults, report.erased) == (0, 3)


def test_flow_is_started_with_the_fence_and_again_by_number(people: People) -> None:
    ref = octocat(people)
    action = erasing(ref, "erase-subject")
    assert perform.observe_begun(action, people.ports()) is None
    assert perform.erase_subject(action, people.ports()) == {"flow": "erasure", "attempt": 1}
    assert perform.observe_begun(action, people.ports()) == {"flow": "erasure", "attempt": 1}
    assert people.flows.inputs == {("erasure", ref, 1): {"subject": ref}}
    again = action.model_copy(update={"name": "resume-erasure", "parameters": {"attempt": 2}})
    assert perform.observe_resumed(again, people.ports()) is None
    for _ in range(2):
        perform.resume_erasure(again, people.ports())
    assert perform.observe_resumed(again, people.ports()) == {"flow": "erasure", "attempt": 2}
    assert list(people.flows.runs) == [("erasure", ref, 1), ("erasure", ref, 2)]


def test_only_an_erasure_that_was_begun_is_started_again(people: People) -> None:
    action = erasing(octocat(people), "resume-erasure")
    with pytest.raises(PermanentError, match="not_begun"):
        perform.resume_erasure(action.model_copy(update={"parameters": {"attempt": 2}}), people.ports())
    assert people.flows.runs == {}


def test_tick_finds_what_stopped_and_leaves_what_runs(people: People) -> None:
    tick = command("ScheduleTicked.v1", "tick-1", people.clock.now(), schedule="rate(1 hour)")
    ref = octocat(people)
    perform.erase_subject(erasing(ref, "erase-subject"), people.ports())
    assert facts.gather(tick, people.ports()).unfinished == {}
    people.clock.forward(minutes=11)
    assert facts.gather(tick, people.ports()).unfinished == {}
    for state in (RunState.FAILED, RunState.SUCCEEDED):  # the second by a hold that came in time
        people.flows.end("erasure", ref, state)
        assert facts.gather(tick, people.ports()).unfinished == {ref: 2}
    people.flows.start("erasure", ref, {}, 2)
    assert facts.gather(tick, people.ports()).unfinished == {}
    people.flows.runs.clear()  # it died before the start, or executions are kept no longer
    assert facts.gather(tick, people.ports()).unfinished == {ref: 1}
    carried_on(ref, "act-1", people.ports())
    assert facts.gather(tick, people.ports()).unfinished == {}


def test_what_is_stated_after_the_fence_is_under_another_key(people: People) -> None:
    ref = octocat(people)
    people.vault.fence(ref, "act-1", people.clock.now())
    later = people.state(9, "octocat")
    carried_on(ref, "act-1", people.ports())
    assert people.about("octocat") == [later]
    assert octocat(people) != ref


def test_it_waits_until_everything_is_in_the_log_for_a_minute(people: People) -> None:
    ref = octocat(people)
    people.state(8, "octocat", log=False)
    for wait in (0, 61):
        people.clock.forward(seconds=wait)
        with pytest.raises(TransientError, match="settling"):
            carried_on(ref, "act-1", people.ports())
    assert ref in people.vault.secrets
    people.integrate()
    assert carried_on(ref, "act-1", people.ports()).entries == 4


def test_an_open_action_about_the_person_refuses_before_anything_happened(people: People) -> None:
    ref = octocat(people)
    people.records.open.add(people.vault.members(ref)[0].stream)
    with pytest.raises(PermanentError, match="still open"):
        perform.erase_subject(erasing(ref), people.ports())
    assert people.vault.records[ref].state is KeyState.ACTIVE
    assert people.flows.runs == {}


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
        carried_on(ref, "act-1", people.ports())
    assert len(people.about("octocat")) == 2
    people.vault.lift("case-1", "act-10")
    assert carried_on(ref, "act-1", people.ports()).entries == 3


def test_two_people_of_one_entry_are_erased_one_after_the_other(people: People, tmp_path: Path) -> None:
    first, second = octocat(people), people.vault.lookup("ann") or ""
    assert carried_on(first, "act-1", people.ports()).entries == 3
    assert carried_on(second, "act-2", people.ports()).entries == 1
    report = people.verified(tmp_path)
    assert (report.faults, report.erased) == (0, 4)


def test_a_long_list_of_leaves_is_stated_in_parts(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "BATCH", 2)
    ref = octocat(people)
    carried_on(ref, "act-1", people.ports())
    stated: MemoryEntries = people.entries
    assert {f"{ref}.erasure", f"{ref}.erasure.2"} <= stated.entries.keys()
    report = people.verified(tmp_path)
    assert (report.faults, report.erased) == (0, 3)
