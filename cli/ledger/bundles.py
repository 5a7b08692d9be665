"""`writ ledger bundle`, `trust` and, of a bundle, `verify`: one statement with all that proves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli import moments
from cli.api import Api
from cli.output import JsonFlag, Output, UsageError, facts, reporting
from cli.plane import Plane
from writ.contracts.statement import rfc3339
from writ.ledger.checkpoint import log_verifier
from writ.ledger.errors import VerificationError
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify_bundle import IdentityPolicy, Verified, verify_bundle
from writ.ledger.witness_policy import Policy, WitnessQuorum

Target = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to put it; standard output if absent."),
]


def bundle(
    entry: Annotated[str, typer.Argument(metavar="ID", help="An entry: the id of a statement.")],
    target: Target = None,
    as_json: JsonFlag = False,
) -> None:
    """Get one statement as a Sigstore bundle, which stock clients verify offline."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        data = api.request("GET", f"v1/evidence/{_segment(entry)}/bundle").content
        _hand_out(output, data, target, "writ ledger verify {} --trust trust.json --bot NAME")


def trust(target: Target = None, as_json: JsonFlag = False) -> None:
    """Get the log's trust root as stock Sigstore clients read it. Keep it: it is what later proofs go by."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        data = api.request("GET", "v1/log/trust-root").content
        _hand_out(output, data, target, "writ ledger verify b.json --trust {} --bot NAME")


def verify(
    output: Output, path: Path, trust: Path | None, policy: IdentityPolicy, witnesses: Policy | None = None
) -> None:
    """Verify a bundle's file offline, and show what it proves or why it does not.

    `witnesses` is a policy that the bundle's checkpoint must meet.

    Raises UsageError for what is missing on the command line, VerificationError for a trust root that does
    not read.
    """
    if trust is None:
        raise UsageError(
            "a bundle carries no trust root", field="--trust", hint="writ ledger trust -o trust.json"
        )
    if not trust.is_file():
        raise UsageError(f"there is no {trust}", field="--trust")
    root = read_trust(trust.read_bytes())
    if witnesses is not None:
        keys = tuple(log_verifier(root.origin, key) for key, _ in root.every_log_key())
        policy = replace(policy, witnesses=WitnessQuorum(witnesses, keys, datetime.now(UTC)))
    try:
        verified = verify_bundle(path.read_bytes(), root, policy)
    except VerificationError as error:
        finding = {"code": error.code, "message": error.message, "field": error.field, "severity": "fault"}
        output.show(
            {"ok": False, "bundle": str(path), "faults": 1, "findings": [finding]},
            _refused(path, error),
        )
        output.found_problem()
        return
    output.show(
        {"ok": True, "bundle": str(path), **_document(verified, root.origin)}, _picture(path, verified)
    )


def identity_policy(bot: str | None, issuer: str | None, not_before: str | None) -> IdentityPolicy:
    """The policy of a command line. Raises UsageError that names the option."""
    if bot is None:
        raise UsageError("say which bot must have signed it", field="--bot", hint="writ bots list")
    since = None if not_before is None else moments.moment(not_before, "--not-before")
    return IdentityPolicy(bot, issuer, since)


def _segment(entry: str) -> str:
    """An entry id that is one segment of a path."""
    if not entry or not entry.isascii() or not all(letter.isalnum() or letter in "._-" for letter in entry):
        raise UsageError(
            "an entry id has letters, digits, dots and hyphens", field="ID", hint="writ actions show"
        )
    return entry


def _hand_out(output: Output, data: bytes, target: Path | None, following: str) -> None:
    if target is None:
        typer.echo(data.decode().rstrip("\n"))
        return
    try:
        target.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}", field="--output") from None
    output.show({"file": str(target), "bytes": len(data)}, f"{target}\nnext: {following.format(target)}")


def _document(verified: Verified, origin: str) -> dict[str, Any]:
    statement, predicate = verified.statement, verified.statement.predicate
    return {
        "identity": verified.identity,
        "entry": predicate.entry,
        "type": statement.predicate_type,
        "phase": predicate.phase,
        "time": rfc3339(predicate.time),
        "subjects": [{"name": item.name, "sha256": item.digest.sha256} for item in statement.subject],
        "origin": origin,
        "index": verified.index,
        "size": verified.checkpoint.size,
        "root": verified.checkpoint.root.hex(),
        "integrated_at": rfc3339(verified.integrated_at),
    }


def _picture(path: Path, verified: Verified) -> RenderableType:
    predicate, checkpoint = verified.statement.predicate, verified.checkpoint
    kind = verified.statement.predicate_type.removeprefix("https://")
    subjects = ", ".join(
        f"{item.name or ''} {item.digest.sha256[:16]}…" for item in verified.statement.subject
    )
    return Group(
        Text.assemble(("✔ ", "bold green"), f"verified offline: {path}"),
        facts(
            "",
            {
                "signed by": verified.identity,
                "statement": f"{predicate.entry} ({kind})",
                "about": subjects.strip(),
                "stated": rfc3339(predicate.time),
                "in the log": f"leaf {verified.index} of {checkpoint.size}, {checkpoint.origin}",
                "since": rfc3339(verified.integrated_at),
                "root": checkpoint.root.hex(),
            },
        ),
    )


def _refused(path: Path, error: VerificationError) -> RenderableType:
    place = f" ({error.field})" if error.field else ""
    return Group(
        Text.assemble(
            ("✘ ", "bold red"), f"{path} does not prove what is asked: {error.message}", (place, "dim")
        ),
        Text(f"  {error.code}", style="dim"),
    )
