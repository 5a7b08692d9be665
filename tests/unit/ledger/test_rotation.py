"""The rule by which one trust root may follow another: whatever would make old evidence fail is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from tests.support.log_forge import NOW, Forge
from tests.support.witnesses import note_key
from writ.contracts.retirement import KeyKind, Retirement
from writ.ledger.errors import VerificationError
from writ.ledger.rotation import (
    KINDS,
    LEAST_OVERLAP,
    MOST_OVERLAP,
    RotationError,
    check_extension,
    successor,
    trusted_keys,
)
from writ.ledger.trust import Retired, TrustRoot

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
NOBODY: frozenset[str] = frozenset()
# How the parts of a trust root are called, by kind of key.
IN_USE = {"ca": "authorities", "ct": "ct_key", "log": "log_key", "note": "note_key"}
RETIRED = {"ca": "authorities", "ct": "ct_keys", "log": "log_keys", "note": "note_keys"}


def a_root() -> TrustRoot:
    return replace(Forge().trust, note_key=note_key(Ed25519PrivateKey.generate()))


OLD, NEW, STRANGER = a_root(), a_root(), a_root()


def key_of(root: TrustRoot, kind: KeyKind) -> Any:
    found = getattr(root, IN_USE[kind])
    return found[0] if kind == "ca" else found


def with_key(root: TrustRoot, kind: KeyKind, other: TrustRoot) -> TrustRoot:
    """A trust root that has another's key of a kind in use."""
    return replace(root, **{IN_USE[kind]: getattr(other, IN_USE[kind])})


def with_retired(root: TrustRoot, kind: KeyKind, *items: tuple[Any, datetime]) -> TrustRoot:
    return replace(root, retired=replace(root.retired, **{RETIRED[kind]: items}))


def id_of(root: TrustRoot, kind: KeyKind) -> str:
    (id,) = [key.id for key in trusted_keys(root) if key.kind == kind and key.end is None]
    return id


def rotated(kind: KeyKind, end: datetime = NOW + DAY) -> TrustRoot:
    """OLD after one of its keys was replaced by NEW's."""
    return with_retired(with_key(OLD, kind, NEW), kind, (key_of(OLD, kind), end))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> KeyKind:
    found: KeyKind = request.param
    return found


def test_replaced_key_stays_with_its_end(kind: KeyKind) -> None:
    declared = {kind: (Retirement(id=id_of(OLD, kind), end=NOW + DAY),)}
    after = successor(OLD, with_key(OLD, kind, NEW), declared, NOW)
    assert after == rotated(kind)
    assert TrustRoot.decode(after.encode()) == after


def test_nothing_follows_from_what_did_not_change() -> None:
    assert successor(OLD, OLD, {}, NOW) == OLD
    after = rotated("log")
    declared: dict[KeyKind, tuple[Retirement, ...]] = {
        "log": (Retirement(id=id_of(OLD, "log"), end=NOW + DAY),)
    }
    assert successor(after, with_key(OLD, "log", NEW), declared, NOW + 9 * DAY) == after


def test_all_keys_may_be_replaced_at_once() -> None:
    declared: dict[KeyKind, tuple[Retirement, ...]] = {
        kind: (Retirement(id=id_of(OLD, kind), end=NOW + DAY),) for kind in KINDS
    }
    in_use = OLD
    for each in KINDS:
        in_use = with_key(in_use, each, NEW)
    after = successor(OLD, in_use, declared, NOW)
    assert {key.id for key in trusted_keys(OLD)} < {key.id for key in trusted_keys(after)}


def test_plane_may_get_a_second_key_and_not_lose_it() -> None:
    without = replace(OLD, note_key=None)
    assert successor(without, OLD, {}, NOW) == OLD
    with pytest.raises(RotationError):
        successor(OLD, without, {}, NOW)


Shrink = Callable[[KeyKind], tuple[TrustRoot, TrustRoot]]
TWICE = timedelta(days=30)


def _again(kind: KeyKind) -> TrustRoot:
    return with_key(rotated(kind), kind, STRANGER)


SHRINKS: dict[str, Shrink] = {
    "the key in use is dropped": lambda kind: (OLD, with_key(OLD, kind, NEW)),
    "a retired key is dropped": lambda kind: (rotated(kind), with_key(OLD, kind, NEW)),
    "a retired key is dropped when the next one is retired": lambda kind: (
        rotated(kind),
        with_retired(_again(kind), kind, (key_of(NEW, kind), NOW + DAY)),
    ),
    "a retired key is in use again": lambda kind: (rotated(kind), OLD),
    "a retired key is in use again, and retired": lambda kind: (
        rotated(kind),
        with_key(rotated(kind), kind, OLD),
    ),
    "a retired key counts for longer": lambda kind: (rotated(kind), rotated(kind, NOW + DAY + SECOND)),
    "a retired key counts for less": lambda kind: (rotated(kind), rotated(kind, NOW + DAY - SECOND)),
    "the key in use is retired as well": lambda kind: (
        OLD,
        with_retired(OLD, kind, (key_of(OLD, kind), NOW + DAY)),
    ),
    "a key is retired that nobody trusted": lambda kind: (
        OLD,
        with_retired(OLD, kind, (key_of(STRANGER, kind), NOW + DAY)),
    ),
    "its end is before what it signed last": lambda kind: (OLD, rotated(kind, NOW - SECOND)),
    "its end is before its last certificates end": lambda kind: (
        OLD,
        rotated(kind, NOW + LEAST_OVERLAP - SECOND),
    ),
    "its end is far away": lambda kind: (OLD, rotated(kind, NOW + MOST_OVERLAP + SECOND)),
}


@pytest.mark.parametrize("how", SHRINKS)
def test_trust_root_that_does_not_extend_the_one_before_is_refused(kind: KeyKind, how: str) -> None:
    before, after = SHRINKS[how](kind)
    with pytest.raises(RotationError) as refused:
        check_extension(before, after, NOBODY, NOW)
    assert refused.value.field == f"retired.{kind}"


def test_cases_of_the_rule_are_refused_for_what_they_say() -> None:
    """Each is one edit away from a legal step, so that no case is refused for another's reason."""
    for each in KINDS:
        check_extension(OLD, rotated(each), NOBODY, NOW)
        check_extension(OLD, rotated(each, NOW + LEAST_OVERLAP), NOBODY, NOW)
        check_extension(OLD, rotated(each, NOW + MOST_OVERLAP), NOBODY, NOW)
        both = ((key_of(OLD, each), NOW + DAY), (key_of(NEW, each), NOW + 2 * DAY))
        check_extension(rotated(each), with_retired(_again(each), each, *both), NOBODY, NOW + DAY)


@pytest.mark.parametrize("name", ["origin", "identity_base", "issuer"])
def test_trust_root_of_another_log_or_issuer_is_refused(name: str) -> None:
    changed: dict[str, Any] = {name: "https://elsewhere.example/"}
    with pytest.raises(RotationError) as refused:
        check_extension(OLD, replace(OLD, **changed), NOBODY, NOW)
    assert refused.value.field == name


def test_last_authority_is_not_taken_away() -> None:
    after = with_retired(replace(OLD, authorities=()), "ca", (key_of(OLD, "ca"), NOW + DAY))
    with pytest.raises(RotationError, match="none would be in use"):
        check_extension(OLD, after, NOBODY, NOW)


def test_compromised_key_ends_in_the_past_and_no_other_does(kind: KeyKind) -> None:
    id = id_of(OLD, kind)
    check_extension(OLD, rotated(kind, NOW - DAY), frozenset({id}), NOW)
    for end, compromised in ((NOW - DAY, NOBODY), (NOW + DAY, frozenset({id}))):
        with pytest.raises(RotationError):
            check_extension(OLD, rotated(kind, end), compromised, NOW)


def test_end_of_a_retired_key_moves_to_earlier_for_a_compromise_only(kind: KeyKind) -> None:
    id = id_of(OLD, kind)
    earlier, later = rotated(kind, NOW - DAY), rotated(kind, NOW + 2 * DAY)
    check_extension(rotated(kind), earlier, frozenset({id}), NOW)
    with pytest.raises(RotationError):
        check_extension(rotated(kind), later, frozenset({id}), NOW)


@pytest.mark.parametrize("compromised", [True, False])
def test_id_that_was_never_trusted_is_refused_and_named(kind: KeyKind, compromised: bool) -> None:
    declared = {kind: (Retirement(id="0" * 64, end=NOW - DAY, compromised=compromised),)}
    with pytest.raises(RotationError, match="0" * 64) as refused:
        successor(OLD, OLD, declared, NOW)
    assert refused.value.field == f"retired.{kind}"


def test_id_of_the_key_in_use_is_refused(kind: KeyKind) -> None:
    declared = {kind: (Retirement(id=id_of(OLD, kind), end=NOW + DAY),)}
    with pytest.raises(RotationError, match="still in use"):
        successor(OLD, OLD, declared, NOW)


def test_id_of_another_kind_is_refused() -> None:
    declared: dict[KeyKind, tuple[Retirement, ...]] = {
        "ct": (Retirement(id=id_of(OLD, "log"), end=NOW + DAY),)
    }
    with pytest.raises(RotationError) as refused:
        successor(OLD, with_key(OLD, "log", NEW), declared, NOW)
    assert refused.value.field == "retired.ct"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "A" * 64}, "id"),
        ({"id": "a" * 63}, "id"),
        ({"end": "2026-12-01T03:00:00"}, "end"),
        ({"end": "tonight"}, "end"),
        ({"reason": "x"}, "reason"),
    ],
)
def test_declaration_that_does_not_read_names_its_field(changes: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Retirement.model_validate({"id": "a" * 64, "end": "2026-12-01T03:00:00Z", **changes})
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


def test_trust_root_with_a_retired_second_key_of_another_log_is_refused() -> None:
    other = note_key(Ed25519PrivateKey.generate(), "log.elsewhere.example")
    data = replace(OLD, retired=Retired(note_keys=((other, NOW),))).encode()
    with pytest.raises(VerificationError, match=r"ledger\.trust_root"):
        TrustRoot.decode(data)
