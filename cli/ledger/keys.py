"""`writ ledger keys`: the keys that vouch for the evidence, those in use and those that were retired."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.ledger.log_source import PlaneLog
from cli.output import CommandError, JsonFlag, Output, UsageError, reporting, table
from cli.plane import Plane
from writ.contracts.statement import rfc3339
from writ.ledger.checkpoint import key_id, log_verifier
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.rotation import TrustedKey, note_key_id, trusted_keys
from writ.ledger.trust import TrustRoot
from writ.ledger.trusted_root import read_trust


def keys(
    trust: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A trust root's file; what the plane publishes if absent."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the keys of the trust root with their ids; docs/runbooks/key-rotation.md replaces one."""
    with reporting(as_json) as output:
        show(output, _published() if trust is None else _read(trust), datetime.now(UTC))


def show(output: Output, root: TrustRoot, now: datetime) -> None:
    """Print the keys of a trust root."""
    found, verifiers = list(trusted_keys(root)), _verifiers(root)
    document = [
        {
            "kind": key.kind,
            "id": key.id,
            "end": None if key.end is None else rfc3339(key.end),
            "verifier_key": verifiers.get(key.id),
        }
        for key in found
    ]
    rows = [(key.kind, key.id, _state(key, now)) for key in found]
    output.show({"origin": root.origin, "keys": document}, table(None, ("key", "id", "counts"), rows))
    output.verbatim("\nverifier keys, for witnesses and other tools that read C2SP notes")
    for key in found:
        if key.id in verifiers:
            output.verbatim(f"{key.kind:<5} {verifiers[key.id]}")


def _verifiers(root: TrustRoot) -> dict[str, str]:
    """The keys of checkpoints as https://c2sp.org/signed-note writes them, by their ids."""
    logs = (root.log_key, *(key for key, _ in root.retired.log_keys))
    second = () if root.note_key is None else (root.note_key,)
    notes = (*second, *(key for key, _ in root.retired.note_keys))
    found = {key_id(key).hex(): log_verifier(root.origin, key).encode() for key in logs}
    return found | {note_key_id(key): key.encode() for key in notes}


def _state(key: TrustedKey, now: datetime) -> str:
    if key.end is None:
        return "in use"
    return f"{'until' if key.end > now else 'ended'} {rfc3339(key.end)}"


def _read(path: Path) -> TrustRoot:
    if not path.is_file():
        raise UsageError(f"there is no {path}", field="--trust")
    return read_trust(path.read_bytes())


def _published() -> TrustRoot:
    data = PlaneLog(Plane.load()).object(TRUST_ROOT)
    if data is None:
        raise CommandError(
            "the log has no trust root yet", code="ledger.no_checkpoint", hint="writ logs sequencer"
        )
    return TrustRoot.decode(data)
