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
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.rotation import TrustedKey, trusted_keys
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
    found = list(trusted_keys(root))
    document = [
        {
            "kind": key.kind,
            "id": key.id,
            "end": None if key.end is None else rfc3339(key.end),
            "verifier_key": None if key.verifier is None else key.verifier.encode(),
        }
        for key in found
    ]
    rows = [(key.kind, key.id, _state(key, now)) for key in found]
    output.show({"origin": root.origin, "keys": document}, table(None, ("key", "id", "counts"), rows))
    output.verbatim("\nverifier keys, for witnesses and other tools that read C2SP notes")
    for key in found:
        if key.verifier is not None:
            output.verbatim(f"{key.kind:<5} {key.verifier.encode()}")


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
