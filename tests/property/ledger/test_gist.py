"""The fast ways to read evidence accept what the exact ones accept, and nothing else."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.log_forge import Forge
from writ.contracts.errors import ContractError
from writ.ledger import dsse
from writ.ledger.canonical import canonical
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import read_statement
from writ.ledger.gist import read_gist

FORGE = Forge()
ENTRIES = FORGE.actions(1)
BASE64 = rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
ENVELOPE = re.compile(
    rb'\{"payload":"(%b)","payloadType":"application/vnd\.in-toto\+json","signatures":\[\{"sig":"(%b)"\}\]\}'
    % (BASE64, BASE64)
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inside for place in places(item, (*path, key)))]


def spelt(value: Any, *, canonically: bool) -> bytes:
    """A value in canonical form, where it has one and that is wanted."""
    if canonically:
        with suppress(ContractError):
            return canonical(value)
    return json.dumps(value).encode()


def outcome(read: Any, data: bytes) -> object:
    try:
        statement = read(data)
    except VerificationError as error:
        return (error.code, error.field, error.message)
    predicate = statement.predicate
    return (
        statement.predicate_type,
        predicate.entry,
        predicate.stream,
        predicate.prev,
        predicate.time,
        predicate.phase,
        predicate.actor,
        predicate.decision,
        predicate.outcome,
    )


@given(st.data())
def test_gist_is_read_by_the_rules_of_statements(data: st.DataObject) -> None:
    statement = json.loads(data.draw(st.sampled_from(ENTRIES)).signed.envelope.payload)
    place = data.draw(st.sampled_from(places(statement)))
    value = data.draw(json_values)
    if place:
        inside = statement
        for key in place[:-1]:
            inside = inside[key]
        if data.draw(st.booleans()):
            inside[place[-1]] = value
        elif isinstance(inside, dict):
            inside[data.draw(st.text(max_size=8))] = value
            del inside[place[-1]]
    else:
        statement = value
    payload = spelt(statement, canonically=data.draw(st.integers(0, 4)) > 0)
    assert outcome(read_gist, payload) == outcome(read_statement, payload)


def exactly(data: bytes) -> dsse.Envelope | None:
    """What the grammar and the only spelling of base64 let through."""
    from base64 import b64decode

    match = ENVELOPE.fullmatch(data)
    if match is None:
        return None
    parts = [b64decode(match[number]) for number in (1, 2)]
    spelt = all(b64encode(part) == match[number] for number, part in enumerate(parts, 1))
    return dsse.Envelope(*parts) if spelt else None


def decoded(data: bytes) -> dsse.Envelope | None:
    try:
        return dsse.decode(data)
    except VerificationError:
        return None


@given(st.binary(max_size=40), st.binary(max_size=12), st.data())
def test_envelope_is_decoded_by_its_grammar(payload: bytes, signature: bytes, data: st.DataObject) -> None:
    encoded = dsse.Envelope(payload, signature).encode()
    assert decoded(encoded) == exactly(encoded) == dsse.Envelope(payload, signature)
    start = data.draw(st.integers(0, len(encoded)))
    end = data.draw(st.integers(start, min(len(encoded), start + 4)))
    changed = (
        encoded[:start]
        + data.draw(st.binary(max_size=4) | st.sampled_from([b'"', b"=", b"\n"]))
        + encoded[end:]
    )
    assert decoded(changed) == exactly(changed)


@pytest.mark.parametrize("cut", [b'"signatures":[{"sig":"}]}', b'"signatures":[{"sig":""}]}', b""])
def test_envelope_whose_parts_overlap_is_none(cut: bytes) -> None:
    data = b'{"payload":"","payloadType":"application/vnd.in-toto+json",' + cut
    assert decoded(data) == exactly(data)
