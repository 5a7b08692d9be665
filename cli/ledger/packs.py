"""`writ ledger pack` and, of a pack, `verify`: evidence about one thing or of one time, in one file."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import moments
from cli.api import Api
from cli.ledger.pack_picture import counted_in, document, picture, refused
from cli.ledger.verify import open_copy
from cli.links import fetched
from cli.output import CommandError, JsonFlag, Output, UsageError, reporting
from cli.plane import Plane
from cli.progress import Bars
from writ.contracts.errors import ContractError
from writ.ledger.archive import MAX_ARCHIVE, is_archive
from writ.ledger.checkpoint import log_verifier
from writ.ledger.errors import VerificationError
from writ.ledger.logcopy import LogCopy
from writ.ledger.pack_copy import pack_of_copy
from writ.ledger.question import Question
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify_pack import VerifiedPack, verify_pack, verify_receipt
from writ.ledger.witness_policy import Policy, WitnessQuorum

_DIGEST_LENGTH: Final = 64
_POLL_S: Final = 0.5
_PATIENCE_S: Final = 1800.0
_SLOW: Final = "writ logs packs"

Subject = Annotated[
    str | None,
    typer.Option(metavar="THING", help="A SHA-256, or a thing's name as statements give it: `task:42`."),
]
Release = Annotated[str | None, typer.Option(metavar="VERSION", help="Short for --subject release:VERSION.")]
Customer = Annotated[str | None, typer.Option(metavar="ID", help="Short for --subject customer:ID.")]
Control = Annotated[str | None, typer.Option(metavar="ID", help="Short for --subject control:ID.")]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Stated from then on, such as 2026-01-31T08:00:00Z.")
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Stated before then.")]
Target = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to put the pack.")]
Copy = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Make it offline, out of this copy of a log; by the plane if absent."),
]
Trust = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A trust root you have from elsewhere; the copy's own if absent."),
]


def pack(
    target: Target,
    *,
    subject: Subject = None,
    release: Release = None,
    customer: Customer = None,
    control: Control = None,
    since: Since = None,
    until: Until = None,
    copy: Copy = None,
    trust: Trust = None,
    as_json: JsonFlag = False,
) -> None:
    """Make an evidence pack: statements about a thing or of a time, with all that proves them, in one zip."""
    with reporting(as_json) as output:
        names = {"release": release, "customer": customer, "control": control}
        question = _question(subject, names, since, until)
        with Bars(output) as bars:
            if copy is None:
                data, evidence = _exported(question, bars)
            else:
                data, evidence = _made(open_copy(copy), trust, question, bars), None
        verified = verify_pack(data, None if trust is None else read_trust(_trust_file(trust)))
        _write(target, data)
        _show_made(output, target, data, verified, evidence)


def is_pack(path: Path) -> bool:
    """Whether a file begins as a pack does."""
    with path.open("rb") as file:
        return is_archive(file.read(4))


def verify(
    output: Output,
    path: Path,
    trust: Path | None,
    receipt: Path | None = None,
    policy: Policy | None = None,
) -> None:
    """Verify a pack's file offline, with its receipt if there is one, and show what it proves or why not.

    `policy` says which witnesses must have cosigned its checkpoint. Raises UsageError for what is missing on
    the command line, VerificationError for a trust root that does not read.
    """
    root = None if trust is None else read_trust(_trust_file(trust))
    if path.stat().st_size > MAX_ARCHIVE:
        raise UsageError(f"a pack has {MAX_ARCHIVE} bytes at most", field="PATH")
    if root is None and (receipt is not None or policy is not None):
        raise UsageError("receipts and witnesses go with a trust root that you hold", field="--trust")
    if receipt is not None and not receipt.is_file():
        raise UsageError(f"there is no {receipt}", field="--receipt")
    witnesses = None
    if root is not None and policy is not None:
        keys = tuple(log_verifier(root.origin, key) for key, _ in root.every_log_key())
        witnesses = WitnessQuorum(policy, keys, datetime.now(UTC))
    by = None
    try:
        data = path.read_bytes()
        verified = verify_pack(data, root, witnesses)
        if receipt is not None and root is not None:
            by = verify_receipt(data, verified, receipt.read_bytes(), root)
    except VerificationError as error:
        finding = {"code": error.code, "message": error.message, "field": error.field, "severity": "fault"}
        output.show(
            {"ok": False, "pack": str(path), "faults": 1, "findings": [finding]}, refused(path, error)
        )
        output.found_problem()
        return
    received = {} if by is None else {"asked_by": by}
    output.show(
        {"ok": True, "pack": str(path), **document(verified), **received}, picture(path, verified, by)
    )


def _question(
    subject: str | None, names: dict[str, str | None], since: str | None, until: str | None
) -> Question:
    """The question of a command line. Raises UsageError that names the option."""
    given = [("--subject", subject)] if subject is not None else []
    given += [(f"--{kind}", f"{kind}:{name}") for kind, name in names.items() if name is not None]
    if len(given) > 1:
        raise UsageError("a pack is about one thing", field=given[1][0])
    about = given[0][1] if given else None
    digest = about is not None and len(about) == _DIGEST_LENGTH and ":" not in about
    try:
        return Question.of(
            subject=about if digest else None,
            name=None if digest else about,
            since=None if since is None else moments.moment(since, "--since"),
            until=None if until is None else moments.moment(until, "--until"),
        )
    except ContractError as error:
        option = given[0][0] if given and error.field in {"subject", "name"} else f"--{error.field}"
        raise UsageError(error.message, field=option) from None


def _exported(question: Question, bars: Bars) -> tuple[bytes, str | None]:
    """The pack as the plane makes it, by its API, and the entry that says so."""
    given = {name: value for name, value in question.document().items() if value is not None}
    if question.name is not None:
        del given["subject"]
    with Api.of(Plane.load()) as api:
        made = api.request("POST", "v1/evidence/packs", body=given)
        place = made.headers.get("Location", "")
        shown = made.json()
        if "id" not in shown:
            hint = f"writ actions show {shown['action']}"
            raise CommandError("a person has to approve the export", code="pack.waiting", hint=hint)
        deadline = time.monotonic() + _PATIENCE_S
        while shown["state"] in {"running", "waiting"}:
            if time.monotonic() > deadline:
                raise CommandError(f"{place} is still {shown['state']}", code="pack.slow", hint=_SLOW)
            bars.step("exporting", int(shown.get("statements", 0)))
            time.sleep(_POLL_S)
            shown = api.get(place)
    if shown["state"] != "ready":
        problem = shown["problem"] or {}
        raise CommandError(
            str(problem.get("message") or f"the pack {shown['state']}"),
            code=str(problem.get("code") or "pack.failed"),
        )
    bars.step("fetching", int(shown["bytes"]))
    data = fetched(str(shown["link"]), MAX_ARCHIVE, "pack")
    if sha256(data).hexdigest() != shown["sha256"]:
        raise CommandError("what came is not the pack that was made", code="pack.damaged")
    return data, str(shown["evidence"])


def _made(log: LogCopy, trust: Path | None, question: Question, bars: Bars) -> bytes:
    root = read_trust(log.trust_root() if trust is None else _trust_file(trust))
    made = pack_of_copy(
        log, root, question, lambda done, size: bars.step("looking through the log", done, size)
    )
    if not made.items:
        raise CommandError("no statement in the log answers this", code="not_found.evidence")
    return made.encode()


def _trust_file(path: Path) -> bytes:
    if not path.is_file():
        raise UsageError(f"there is no {path}", field="--trust")
    return path.read_bytes()


def _write(target: Path, data: bytes) -> None:
    try:
        target.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}", field="--output") from None


def _show_made(
    output: Output, target: Path, data: bytes, verified: VerifiedPack, evidence: str | None
) -> None:
    digest = sha256(data).hexdigest()
    told = {"file": str(target), "bytes": len(data), "sha256": digest, "evidence": evidence}
    receipt = "" if evidence is None else f"receipt: writ ledger bundle {evidence} -o receipt.json\n"
    output.show(
        {**told, **document(verified)},
        f"{target}: {counted_in(verified)}, {len(data)} bytes, SHA-256 {digest}\n"
        f"{receipt}next: writ ledger verify {target} --trust trust.json",
    )
