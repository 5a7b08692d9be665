"""Packs by REST: asked for, made part by part as their flow asks, handed out by a link."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from functions.packs import erased, export, job, perform, selection
from functions.packs.api import api
from functions.packs.handler import bot
from functions.packs.job import Place
from stacks.tables import EXPIRY_DAYS
from tests.support.http import Answer, call
from tests.support.log_forge import NOW, stamp
from tests.support.packs_plane import PacksPlane
from writ.contracts.errors import TransientError
from writ.contracts.statement import ERASER, ErasedLeaf, Erasure, erasure
from writ.ledger import archive
from writ.ledger.dsse import decode
from writ.ledger.pack import Kind
from writ.ledger.question import Question
from writ.ledger.verify_pack import VerifiedPack, verify_pack
from writ.ports.controls import pause_key
from writ.ports.flows import RunState
from writ.ports.ledger import Erased, KeptPromise, StoredEntry

MONTH = {"since": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> PacksPlane:
    world = PacksPlane()
    world.connect(monkeypatch)
    return world


def ask(body: dict[str, Any]) -> Answer:
    return call(api, "POST", "/v1/evidence/packs", body, name="Ann")


def show(answer: Answer) -> Any:
    shown = call(api, "GET", answer.headers["Location"])
    assert shown.status == 200, shown.body
    return shown.body


def verified(world: PacksPlane) -> VerifiedPack:
    return verify_pack(world.pack(), world.log.forge.trust)


def test_pack_is_made_and_handed_out(world: PacksPlane) -> None:
    names = [world.log.append(number) for number in range(5)]
    answer = ask(MONTH)
    assert (answer.status, answer.body["state"]) == (202, "running")
    assert show(answer)["link"] is None
    world.settle()
    shown = show(answer)
    data = world.pack()
    assert (shown["state"], shown["statements"], shown["parts"]) == ("ready", 5, 1)
    assert (shown["sha256"], shown["bytes"]) == (sha256(data).hexdigest(), len(data))
    assert "AKIA" in shown["link"]
    assert shown["link_seconds"] == 900
    assert [item.entry for item in verified(world).items] == names
    assert {item.kind for item in verified(world).items} == {Kind.BUNDLE}


def test_export_is_evidence_itself(world: PacksPlane) -> None:
    world.log.append(0)
    shown = ask(MONTH)
    world.settle()
    entry = show(shown)["evidence"]
    statement = world.plane.evidence.entries[entry]
    observed = statement["predicate"]["outcome"]["observed"]
    assert observed["sha256"] == sha256(world.pack()).hexdigest()
    assert (observed["by"], observed["question"]["since"]) == ("Ann", "2026-03-01T00:00:00.000Z")
    (news,) = [event for event in world.plane.bus.events if event.type == "EvidencePackExported.v1"]
    told = news.data.model_dump()
    assert (told["sha256"], told["statements"]) == (observed["sha256"], 1)


def test_each_entry_comes_with_the_first_checkpoint_that_covered_it(world: PacksPlane) -> None:
    for number in range(6):
        world.log.append(number)
    ask(MONTH)
    world.settle()
    assert [checkpoint.size for checkpoint in verified(world).earlier] == [1, 2, 3, 4, 5]


def test_what_is_logged_after_the_start_is_not_in_the_pack(
    world: PacksPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PART", 2)
    for number in range(5):
        world.log.append(number)
    answer = ask(MONTH)
    world.step()
    for number in range(5, 9):
        world.log.append(number)
    world.settle()
    assert (show(answer)["parts"], show(answer)["size"]) == (3, 5)
    assert [item.index for item in verified(world).items] == [0, 1, 2, 3, 4]
    assert verified(world).head.size == 5


@pytest.mark.parametrize("part", [1, 2, 3, 4, 5, 250])
def test_pack_has_the_same_bytes_whatever_parts_it_was_made_in(
    world: PacksPlane, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    for number in range(5):
        world.log.append(number)
    ask(MONTH)
    world.settle()
    whole = world.pack()
    world.vault.files.clear()
    monkeypatch.setattr(export, "PART", part)
    ask(MONTH)
    world.settle()
    assert world.pack() == whole


def test_subject_is_asked_for_by_digest_or_by_name(world: PacksPlane) -> None:
    for number in range(3):
        world.log.append(number)
    for body in ({"name": "task:task-1"}, {"subject": sha256(b"task:task-1").hexdigest()}):
        world.vault.files.clear()
        ask(body)
        world.settle()
        assert [item.index for item in verified(world).items] == [1]


def test_late_entry_is_there_without_a_promise(world: PacksPlane) -> None:
    name = world.log.append(0, logged=False)
    world.log.clock.instant += timedelta(minutes=61)
    world.log.sequencer.integrate([name])
    ask(MONTH)
    world.settle()
    (item,) = verified(world).items
    assert (item.kind, item.statement is not None) == (Kind.PROOF, True)


def erasure_of(world: PacksPlane, *parts: list[str], **changes: Any) -> list[dict[str, Any]]:
    """The statements of an erasure of these entries, a list of them a part, with changes to each leaf."""
    log, made = world.log, list[dict[str, Any]]()
    for number, names in enumerate(parts, 1):
        places = [log.index.locations[name].index for name in names]
        digests = [decode(entries(world)[name].envelope).payload_sha256 for name in names]
        leaves = [ErasedLeaf(*one) for one in zip(places, names, digests, strict=True)]
        leaves = [replace(leaf, **changes) for leaf in leaves]
        said = Erasure("ds-1", "request", "act-1", leaves, part=number, parts=len(parts))
        made.append(erasure(said, None, stamp(ERASER, log.clock.instant, f"part {number}")))
    return made


def entries(world: PacksPlane) -> dict[str, StoredEntry]:
    return world.log.entries.entries


def strip(world: PacksPlane, *names: str, by: str = "ds-1.erasure") -> None:
    """What an erasure does to the entries."""
    for name in names:
        entry = entries(world)[name]
        gone = Erased(decode(entry.envelope).payload_sha256, by)
        entries(world)[name] = replace(entry, envelope=b"", erased=gone)


def test_erased_entry_is_there_with_the_erasure_that_names_it(world: PacksPlane) -> None:
    names = [world.log.append(number) for number in range(3)]
    world.log.clock.instant += timedelta(days=60)
    (said,) = erasure_of(world, [names[1]])
    world.log.tell(said)
    strip(world, names[1])
    answer = ask(MONTH)
    world.settle()
    pack = verified(world)
    kinds = [(item.entry, item.kind) for item in pack.items]
    assert kinds == [(names[0], Kind.BUNDLE), (names[1], Kind.ERASED), (names[2], Kind.BUNDLE)]
    assert [(item.entry, item.kind) for item in pack.erasures] == [("ds-1.erasure", Kind.BUNDLE)]
    assert show(answer)["statements"] == 3


def test_erasure_of_the_time_that_is_asked_for_is_there_once(world: PacksPlane) -> None:
    names = [world.log.append(number) for number in range(3)]
    (said,) = erasure_of(world, [names[1]])
    world.log.tell(said)
    strip(world, names[1])
    ask(MONTH)
    world.settle()
    assert [item.entry for item in verified(world).items] == [*names, "ds-1.erasure"]
    assert not verified(world).erasures


@pytest.mark.parametrize("part", [1, 2, 250])
def test_only_those_parts_of_an_erasure_are_there_that_are_needed(
    world: PacksPlane, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(export, "PART", part)
    monkeypatch.setattr(erased, "_AT_ONCE", part)
    names = [world.log.append(number) for number in range(6)]
    world.log.clock.instant += timedelta(days=60)
    for said in erasure_of(world, [names[0], names[4]], [names[5]], [names[1]]):
        world.log.tell(said)
    strip(world, names[0], names[4], names[1])
    ask(MONTH)
    world.settle()
    assert [item.entry for item in verified(world).erasures] == ["ds-1.erasure", "ds-1.erasure.3"]


@pytest.mark.parametrize("stated", ["not at all", "not in the log", "after the pack was begun", "in part"])
def test_erasure_that_the_log_does_not_state_yet_holds_the_pack_up(world: PacksPlane, stated: str) -> None:
    names = [world.log.append(number) for number in range(2)]
    first, second = erasure_of(world, [names[0]], [names[1]])
    if stated != "after the pack was begun":
        strip(world, *names)
    if stated == "not in the log":
        world.log.tell(first, logged=False)
        world.log.tell(second, logged=False)
    if stated == "in part":
        world.log.tell(first)
    answer = ask(MONTH)
    if stated == "after the pack was begun":
        world.log.tell(first)
        world.log.tell(second)
        strip(world, *names)
    world.settle()
    shown = show(answer)
    assert (shown["state"], shown["problem"]["code"]) == ("failed", "pack.erasing")
    if stated == "after the pack was begun":
        assert ask(MONTH).status == 202
        world.settle()
        assert [item.kind for item in verified(world).items[:2]] == [Kind.ERASED, Kind.ERASED]


@pytest.mark.parametrize("lie", ["lost", "of another payload", "of another entry"])
def test_entry_that_is_gone_without_an_erasure_of_it_gives_no_pack(world: PacksPlane, lie: str) -> None:
    names = [world.log.append(number) for number in range(2)]
    changes = {"of another payload": {"payload": "0" * 64}, "of another entry": {"entry": names[0]}}
    (said,) = erasure_of(world, [names[1]], **changes.get(lie, {}))
    world.log.tell(said)
    if lie == "lost":
        del entries(world)[names[1]]
    else:
        strip(world, names[1])
    answer = ask(MONTH)
    world.settle()
    assert (show(answer)["state"], show(answer)["problem"]["code"]) == ("failed", "ledger.erasure")
    assert names[1] in show(answer)["problem"]["message"]


def test_statement_that_was_altered_gives_no_pack_and_says_why(world: PacksPlane) -> None:
    names = [world.log.append(number) for number in range(2)]
    entries = world.log.entries.entries
    object.__setattr__(entries[names[1]], "envelope", entries[names[0]].envelope)
    answer = ask(MONTH)
    world.settle()
    shown = show(answer)
    assert (shown["state"], shown["link"]) == ("failed", None)
    assert shown["problem"]["code"].startswith("ledger.")
    assert not [path for path in world.vault.files if path.startswith("packs/")]


def test_notary_that_is_away_holds_the_pack_up_and_no_more(
    world: PacksPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.log.append(0)
    answer = ask(MONTH)

    def away(_index: int) -> KeptPromise:
        raise TransientError("away", code="notary.failed")

    with monkeypatch.context() as patch:
        patch.setattr(world.log, "promise", away)
        world.step()
    assert show(answer)["state"] == "running"
    world.settle()
    assert show(answer)["state"] == "ready"


def test_flow_that_is_started_again_does_nothing_twice(world: PacksPlane) -> None:
    world.log.append(0)
    ask(MONTH)
    world.settle()
    actions, data = dict(world.plane.actions.records), world.pack()
    world.runs.again()
    world.settle()
    assert world.plane.actions.records.keys() == actions.keys()
    assert world.pack() == data


def test_flow_is_called_like_its_pack_and_starts_once(world: PacksPlane) -> None:
    world.log.append(0)
    pack = ask(MONTH).headers["Location"].rpartition("/")[2]
    assert list(world.plane.flows.runs) == [("evidence-pack", pack, 1)]
    (started,) = world.plane.actions.records
    world.plane.flows.runs.clear()  # the process died before it: the next attempt has to start it
    observed = perform.ACTIONS["start-export"].observe(
        world.plane.actions.records[started].action, world.ports
    )
    assert observed is None
    perform.ACTIONS["start-export"].perform(world.plane.actions.records[started].action, world.ports)
    assert list(world.plane.flows.runs) == [("evidence-pack", pack, 1)]


@pytest.mark.parametrize(
    ("state", "code", "shown"),
    [
        (RunState.ABORTED, "", "flow.aborted"),
        (RunState.TIMED_OUT, "States.Timeout", "flow.timed_out"),
        (RunState.FAILED, "flow.broken", "flow.failed"),
        (RunState.FAILED, "notary.failed", "notary.failed"),
    ],
)
def test_pack_whose_flow_is_over_has_failed_and_says_why(
    world: PacksPlane, state: RunState, code: str, shown: str
) -> None:
    world.log.append(0)
    answer = ask(MONTH)
    world.plane.flows.end("evidence-pack", show(answer)["id"], state, code, "Traceback: secret")
    assert (show(answer)["state"], show(answer)["problem"]["code"]) == ("failed", shown)
    assert ("secret" in show(answer)["problem"]["message"]) is (code == "notary.failed")
    world.runs.again()
    world.settle()
    assert (show(answer)["state"], show(answer)["problem"]) == ("ready", None)


@pytest.mark.parametrize("name", ["export-part", "seal-pack"])
def test_crash_between_the_file_and_the_job_is_made_good(
    world: PacksPlane, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    world.log.append(0)
    answer = ask(MONTH)
    replace = world.jobs.replace
    failing = [name == "export-part", name == "seal-pack"]

    def crash(before: Any, after: Any) -> None:
        if failing[int(after.sealed is not None)]:
            failing[int(after.sealed is not None)] = False
            raise TransientError("the store is away")
        replace(before, after)

    monkeypatch.setattr(world.jobs, "replace", crash)
    world.settle()
    assert failing == [False, False]
    assert show(answer)["state"] == "ready"
    assert len(verified(world).items) == 1


def test_too_many_statements_are_refused_with_what_to_do(
    world: PacksPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MAX_ENTRIES", 3)
    monkeypatch.setattr(export, "PART", 2)
    for number in range(4):
        world.log.append(number)
    answer = ask(MONTH)
    world.settle()
    problem = show(answer)["problem"]
    assert (problem["code"], show(answer)["state"]) == ("pack.too_large", "failed")
    assert "shorter" in problem["message"]


def test_paused_bot_makes_no_part_and_the_pack_says_so(world: PacksPlane) -> None:
    world.log.append(0)
    answer = ask(MONTH)
    world.plane.controls.documents[pause_key("packs")] = json.dumps({"paused": True})
    world.settle()
    shown = show(answer)
    assert (shown["state"], shown["problem"]["status"]) == ("failed", "denied")
    assert ask(MONTH).status == 403


def test_pack_expires_and_its_evidence_stays(world: PacksPlane) -> None:
    world.log.append(0)
    answer = ask(MONTH)
    world.settle()
    world.plane.clock.forward(days=7)
    shown = show(answer)
    assert (shown["state"], shown["link"]) == ("expired", None)
    assert shown["sha256"] == sha256(world.pack()).hexdigest()
    assert shown["evidence"] in world.plane.evidence.entries


def test_bucket_forgets_packs_when_the_bot_says_they_do() -> None:
    assert timedelta(days=EXPIRY_DAYS["packs"]) == job.KEPT


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "subject"),
        ({"since": "2026-03-01T00:00:00Z"}, 400, "subject"),
        ({"subject": "a"}, 400, "subject"),
        ({"name": ""}, 400, "name"),
        ({"name": "a\nb"}, 400, "name"),
        ({"name": "task:1", "release": "1"}, 400, "release"),
        ({"customer": 7}, 400, "customer"),
        ({"since": "2026-03-01T00:00:00", "until": "2026-03-02T00:00:00Z"}, 400, "since"),
        ({"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, 400, "until"),
        ({"since": "2025-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, 400, "since"),
        ({"everything": True}, 400, "everything"),
        ({"release": "9.9.9"}, 404, "name"),
        ({"customer": "4711"}, 404, "name"),
        ({"control": "CC8.1"}, 404, "name"),
        ({"subject": "a" * 64}, 404, "subject"),
        ({"since": "2020-03-01T00:00:00Z", "until": "2020-03-02T00:00:00Z"}, 404, "since"),
    ],
)
def test_question_that_has_no_answer_names_the_field_and_leaves_nothing(
    world: PacksPlane, body: dict[str, Any], status: int, field: str
) -> None:
    world.log.append(0)
    answer = ask(body)
    assert (answer.status, answer.body["field"]) == (status, field), answer.body
    assert not world.plane.actions.records
    assert not world.plane.bus.events
    assert not world.jobs.jobs


def test_question_before_the_first_checkpoint_says_so(world: PacksPlane) -> None:
    assert ask(MONTH).status == 404


@pytest.mark.parametrize("id", ["pack-" + "0" * 32, "nonsense", "pack-%2E%2E"])
def test_pack_that_is_not_there_is_not_found(world: PacksPlane, id: str) -> None:
    answer = call(api, "GET", f"/v1/evidence/packs/{id}")
    assert (answer.status, answer.body["field"]) == (404, "id")


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_selection_finds_each_entry_once_whatever_the_limit(world: PacksPlane, limit: int) -> None:
    for number in range(7):
        world.log.append(number // 2)
    question = Question.of(since=NOW, until=NOW + timedelta(days=1))
    found: list[int] = []
    place: Place | None = Place()
    while place is not None:
        chosen = selection.select(question, 6, world.log.index, limit=limit, place=place)
        assert len(chosen.entries) <= limit
        found += [entry.index for entry in chosen.entries]
        place = chosen.following
    assert found == sorted(entry.index for entry in world.log.index.locations.values() if entry.index < 6)


def test_part_is_an_archive_like_a_pack(world: PacksPlane) -> None:
    world.log.append(0)
    ask(MONTH)
    world.step()
    (part,) = world.vault.files.values()
    assert archive.decode(part).keys() == {"bundles/00000000000000000000.json", "entries.json"}


def test_bot_takes_no_other_event_for_its_own(world: PacksPlane) -> None:
    world.log.append(0)
    ask(MONTH)
    completed = next(event for event in world.plane.bus.events if event.type == "ActionCompleted.v1")
    assert bot.run(completed) == []
