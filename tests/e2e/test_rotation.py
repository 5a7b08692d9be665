"""Keys replaced on a plane that runs: deployed twice over, with what people hold verifying on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.ledger.verify import verify
from cli.local import elsewhere
from cli.local.emulator import Emulator
from cli.login import sign_in
from cli.plane import STATE
from stacks.settings import Settings, settings_for
from tests.e2e.conftest import Person, World, brought_up, eventually, world_of
from tests.e2e.test_people import failing
from tests.support.forged_world import Case
from tests.support.redeploying import redeploy
from tests.support.stock import python_verdict
from writ.contracts.retirement import KeyKind, Retirement, Retirements
from writ.ledger.errors import VerificationError
from writ.ledger.rotation import trusted_keys
from writ.ledger.trust import TrustRoot
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify_bundle import IdentityPolicy, verify_bundle

BY = IdentityPolicy("backlog")

pytestmark = pytest.mark.skipif(
    elsewhere.endpoint() is not None, reason="the plane there is shared, and would keep the new keys"
)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A plane of its own: what is retired on one stays retired."""
    emulator = Emulator(STATE / "e2e-rotation")
    yield from world_of(brought_up(emulator), tmp_path_factory.mktemp("rotation"))
    emulator.stop()


def test_old_and_new_evidence_verify_when_keys_are_replaced_and_not_under_a_stolen_one(
    apart: World, tmp_path: Path
) -> None:
    operator = apart.bearer(sign_in(apart.plane))
    first = logged(apart, operator, 1)
    old_trust, held = trust(operator), bundle(operator, first)

    planned = datetime.now(UTC) + timedelta(hours=2)
    retired: Retirements = {kind: (spent(old_trust, kind, planned),) for kind in ("log", "ca")}
    redeploy(apart.plane, retiring(retired), tmp_path / "planned")
    new_trust = eventually(lambda: rotated(operator, 2), 120)
    between = datetime.now(UTC)
    second = logged(apart, operator, 2)
    made = bundle(operator, second)
    assert accepted(held, old_trust)
    assert accepted(held, new_trust)
    assert accepted(made, new_trust)
    assert not accepted(made, old_trust)
    assert verify(apart.copy()).ok

    stolen = taken(spent(new_trust, "ct", between))
    redeploy(apart.plane, retiring({**retired, "ct": (stolen,)}), tmp_path / "stolen")
    last_trust = eventually(lambda: rotated(operator, 3), 120)
    assert accepted(held, last_trust)
    assert not accepted_here(
        made, last_trust
    )  # the stock client does not ask until when a timestamp's key counts
    faults = {finding.entry for finding in verify(apart.copy()).findings if finding.severity == "fault"}
    assert second in faults
    assert first not in faults


def logged(world: World, operator: Person, number: int) -> str:
    """Have the plane act on a check that failed; the intent it signed."""
    before = {item["id"] for item in operator("GET", "v1/actions").json()["items"]}
    world.send(failing(f"check {number}"))
    world.settle()
    (action,) = {item["id"] for item in operator("GET", "v1/actions").json()["items"]} - before
    return f"{action}.intent"


def bundle(operator: Person, entry: str) -> bytes:
    """Promised by the key in use, as soon as the notary knows it."""

    def asked() -> bytes | None:
        answer = operator("GET", f"v1/evidence/{entry}/bundle")
        return answer.content if answer.status_code == 200 else None

    found: bytes = eventually(asked, 60)
    return found


def trust(operator: Person) -> TrustRoot:
    return read_trust(operator("GET", "v1/log/trust-root").content)


def rotated(operator: Person, ended: int) -> TrustRoot | None:
    """The trust root, once it has so many keys with an end."""
    found = trust(operator)
    return found if sum(key.end is not None for key in trusted_keys(found)) == ended else None


def spent(root: TrustRoot, kind: KeyKind, end: datetime) -> Retirement:
    (id,) = [key.id for key in trusted_keys(root) if key.kind == kind and key.end is None]
    return Retirement(id=id, end=end)


def taken(planned: Retirement) -> Retirement:
    """The same of a key that others have."""
    return planned.model_copy(update={"compromised": True})


def retiring(retired: Retirements) -> Settings:
    return replace(settings_for("local"), retired=retired)


def accepted(data: bytes, root: TrustRoot) -> bool:
    """Whether our verifier accepts a bundle, and the stock client says the same."""
    ours = accepted_here(data, root)
    assert (python_verdict(Case(data, root, BY)) is None) == ours
    return ours


def accepted_here(data: bytes, root: TrustRoot) -> bool:
    try:
        return bool(verify_bundle(data, root, BY))
    except VerificationError:
        return False
