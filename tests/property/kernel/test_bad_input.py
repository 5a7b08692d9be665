"""I10: bad input gets a clear error that names the field, and changes nothing; never an error of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake import api as intake
from tests.support.memory_intake import DELIVERY, PAYLOADS, SECRET, MemoryIntake, headers, http_event
from tests.support.tasks import Plane
from writ.contracts.errors import ContractError, WritError
from writ.contracts.event import parse_event
from writ.runtime.batch import process

EVENTS = Path(__file__).parents[3] / "events"
ENVELOPES = [
    {"detail-type": path.name.removesuffix(".sample.json"), "detail": json.loads(path.read_text())}
    for path in sorted(EVENTS.glob("*/*.sample.json"))
]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(["", " ", "\x00", "x" * 5000, "2026-13-45T99:99:99Z", "../..", "{{", "\ud800"]),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)
Where = tuple[str | int, ...]


def places(value: Any, at: Where = ()) -> Iterator[Where]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield (*at, key)
        yield from places(member, (*at, key))


@st.composite
def spoiled(draw: st.DrawFn, documents: list[Any]) -> Any:
    """One of the documents with up to three members dropped or replaced."""
    document = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, 3))):
        options = list(places(document))
        if not options:
            break
        *parents, last = draw(st.sampled_from(options))
        place: Any = document
        for key in parents:
            place = place[key]
        if draw(st.booleans()):
            del place[last]
        else:
            place[last] = draw(JUNK)
    return document


class Letters:
    def __init__(self) -> None:
        self.sent: list[tuple[str, WritError]] = []

    def send(self, body: str, error: WritError, event_type: str) -> None:
        self.sent.append((body, error))


def is_untouched(plane: Plane) -> bool:
    return not (plane.tasks.tasks or plane.actions.records or plane.evidence.entries or plane.bus.events)


def deliver(body: str) -> tuple[Plane, Letters, list[dict[str, str]]]:
    plane, letters = Plane(), Letters()
    record = {"messageId": "m", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
    answer = process("backlog", {"Records": [record]}, None, plane.bot().run, letters)
    return plane, letters, answer["batchItemFailures"]


def judge(body: str, plane: Plane, letters: Letters, failures: list[dict[str, str]]) -> None:
    """Taken whole, or refused with code and field and nothing written: nothing in between."""
    assert failures == [], "an input of somebody else is no passing failure"
    for sent, error in letters.sent:
        assert sent == body
        assert not error.retryable, error
        assert error.code.startswith("contract.") or error.code in ("not_found", "action.unknown"), error
        assert error.field, error
        assert len(str(error)) < 1000
        assert is_untouched(plane)


@given(envelope=spoiled(ENVELOPES))
def test_spoiled_event_is_taken_whole_or_refused_by_field(envelope: Any) -> None:
    body = json.dumps(envelope)
    judge(body, *deliver(body))


@given(body=st.text() | st.recursive(JUNK, lambda inner: st.lists(inner, max_size=3)).map(json.dumps))
def test_anything_else_in_the_queue_is_refused_by_field(body: str) -> None:
    plane, letters, failures = deliver(body)
    judge(body, plane, letters, failures)
    assert len(letters.sent) == 1


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda envelope: envelope["detail-type"])
@pytest.mark.parametrize("part", ["meta", "data"])
def test_every_required_field_is_named_when_it_is_missing(envelope: dict[str, Any], part: str) -> None:
    for name in envelope["detail"][part]:
        broken = copy.deepcopy(envelope)
        del broken["detail"][part][name]
        refused = refusal(broken)
        if refused is not None:
            assert (refused.code, refused.field) == ("contract.missing_field", f"detail.{part}.{name}")


def refusal(envelope: dict[str, Any]) -> ContractError | None:
    try:
        parse_event(envelope["detail-type"], envelope["detail"])
    except ContractError as error:
        return error
    return None


def ask(body: bytes, sent: dict[str, str], *, encoded: bool) -> tuple[int, Any, MemoryIntake]:
    class Secrets:
        def valid(self) -> tuple[bytes, ...]:
            return (SECRET,)

    memory = MemoryIntake()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "connect", lambda: (memory.ports, Secrets()))
        answer = intake.handler(http_event(body, sent, encoded=encoded), None)
    return answer["statusCode"], json.loads(answer["body"]), memory


def judge_answer(status: int, body: Any, memory: MemoryIntake) -> None:
    if status == 202:
        assert len(memory.events) == len(memory.records) == len(memory.objects) == 1
        return
    assert status in (400, 401, 409, 413), body
    assert body["field"]
    assert body["code"]
    assert memory.is_empty()


@given(data=st.data(), path=st.sampled_from(PAYLOADS))
def test_spoiled_webhook_is_taken_whole_or_refused_by_field(data: st.DataObject, path: Path) -> None:
    payload = data.draw(spoiled([json.loads(path.read_bytes())]))
    body = json.dumps(payload).encode("utf-8", "surrogatepass")
    judge_answer(*ask(body, headers(body, event=path.parent.name), encoded=True))


@given(
    path=st.sampled_from(PAYLOADS[::7]),
    changes=st.dictionaries(
        st.sampled_from(
            ["x_github_event", "x_github_delivery", "x_hub_signature_256", "content_length", "content_type"]
        ),
        st.none() | st.text(max_size=80) | st.sampled_from(["sha256=" + "0" * 64, "9" * 5000, DELIVERY]),
        min_size=1,
    ),
)
def test_any_header_is_taken_or_refused_by_name(path: Path, changes: dict[str, Any]) -> None:
    body = path.read_bytes()
    judge_answer(*ask(body, headers(body, event=path.parent.name, **changes), encoded=False))


@given(body=st.binary(max_size=200), share=st.floats(0, 0.999), path=st.sampled_from(PAYLOADS[::7]))
def test_bytes_that_are_no_payload_are_refused_even_when_signed(
    body: bytes, share: float, path: Path
) -> None:
    whole = path.read_bytes().rstrip()
    for wrong in (body, whole[: int(len(whole) * share)]):
        status, answer, memory = ask(wrong, headers(wrong, event=path.parent.name), encoded=True)
        judge_answer(status, answer, memory)
        assert status == 400


@given(path=st.sampled_from(PAYLOADS), place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_flipped_bit_of_a_signed_body_is_refused(path: Path, place: int, bit: int) -> None:
    body = bytearray(path.read_bytes())
    sent = headers(bytes(body), event=path.parent.name)
    body[place % len(body)] ^= 1 << bit
    status, answer, memory = ask(bytes(body), sent, encoded=True)
    assert (status, answer["field"]) == (401, "X-Hub-Signature-256")
    assert memory.is_empty()
