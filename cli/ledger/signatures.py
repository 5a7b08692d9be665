"""`writ ledger signatures`: what CloudTrail says the log's keys signed, against what the log shows for it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.ledger.key_use import Counted, Key, LogKey, count, keys_of
from cli.ledger.log_source import PlaneLog
from cli.output import CommandError, JsonFlag, UsageError, reporting, table
from cli.plane import Plane
from writ.contracts.statement import rfc3339
from writ.ledger.errors import VerificationError
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.tally import SignCall, calls_on, read_signatures
from writ.ledger.trust import TrustRoot
from writ.ledger.trusted_root import read_trust

# Beside the logs CloudTrail keeps digests of them, which list files and no calls:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
_DIGESTS: Final = "CloudTrail-Digest"
_MAX_FILE: Final = 512 * 1024 * 1024
_SHOWN: Final = 50


def signatures(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="CloudTrail logs: a file or a folder of .json and .json.gz."),
    ],
    *,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="ARN",
            help="The log's KMS key; all keys of its checkpoints, also former, if absent.",
        ),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A trust root you have from elsewhere; the log's own if absent."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Count what the log's keys signed against what carries a signature; exit code 1 names what is over."""
    with reporting(as_json) as output:
        files = list(log_files(path))
        plane = Plane.load()
        root = _trust_root(plane, trust)
        keys: list[Key] = keys_of(plane, root) if key is None else [LogKey(root.log_key, key)]
        calls = _calls(files, {each.arn for each in keys})
        if not any(calls.values()):
            message = f"these logs hold no signature by {keys[0].arn}, and a log signs every ten minutes"
            raise CommandError(message, code="cloudtrail.none", hint="other logs, or --key ARN")
        notes: dict[str, bytes] = {}
        counted = [count(plane, root, each, calls[each.arn], notes) for each in keys if calls[each.arn]]
        output.show(document(counted, len(files)), Group(*picture(counted, len(files))))
        if not _ok(counted):
            output.found_problem()


def log_files(path: Path) -> Iterator[Path]:
    """CloudTrail log files below a path. Raises UsageError where there are none."""
    if path.is_file():
        yield path
        return
    found = [
        file
        for file in sorted(path.rglob("*"))
        if file.name.endswith((".json", ".json.gz")) and _DIGESTS not in file.parts and file.is_file()
    ]
    if not found:
        raise UsageError(f"{path} holds no CloudTrail logs", field="PATH")
    yield from found


def document(counted: list[Counted], files: int) -> dict[str, Any]:
    """A count, ready for JSON."""
    return {"ok": _ok(counted), "files": files, "keys": [_of_key(each) for each in counted]}


def _of_key(counted: Counted) -> dict[str, Any]:
    key, found = counted.key, counted.tally
    return {
        "id": key.id,
        "key": key.arn,
        "end": None if key.end is None else rfc3339(key.end),
        "signatures": found.calls,
        "checkpoints": found.checkpoints,
        "promises": found.promises,
        "unrecorded": found.unrecorded,
        "unmatched": [
            {**asdict(each.call), "at": rfc3339(each.call.at), "why": each.why} for each in found.unmatched
        ],
    }


def picture(counted: list[Counted], files: int) -> Iterator[RenderableType]:
    """The same for people."""
    calls = sum(each.tally.calls for each in counted)
    over = [unmatched for each in counted for unmatched in each.tally.unmatched]
    if over:
        rest = f" signatures {'has' if len(over) == 1 else 'have'} nothing to show"
        yield Text.assemble(("✘ ", "bold red"), (f"{len(over)} of {calls}", "bold"), rest)
    else:
        yield Text.assemble(("✔ ", "bold green"), f"{calls} signatures, and each is accounted for")
    yield Text(f"  in {files} files of CloudTrail", style="dim")
    for each in counted:
        yield from _lines(each)
    if over:
        rows = [
            (rfc3339(each.call.at), each.call.principal, each.call.source, each.call.id, each.why)
            for each in over[:_SHOWN]
        ]
        yield table(None, ("=when", "for whom", "from", "event", "why"), rows)


def _lines(counted: Counted) -> Iterator[Text]:
    key, found = counted.key, counted.tally
    until = "" if key.end is None else f", retired, ends {rfc3339(key.end)}"
    yield Text(f"  {key.arn}{until}", style="dim")
    promised = f", {found.promises} on promises" if isinstance(key, LogKey) else ", as the second line"
    yield Text(f"    {found.calls}: {found.checkpoints} on checkpoints{promised}", style="dim")
    if found.unrecorded:
        missing = f"    {found.unrecorded} checkpoints have no record: logs are missing"
        yield Text(missing, style="yellow")


def _ok(counted: list[Counted]) -> bool:
    return all(each.tally.ok for each in counted)


def _calls(files: list[Path], arns: set[str]) -> dict[str, list[SignCall]]:
    """The calls of each key, each once though two files hold it."""
    found: dict[str, dict[str, SignCall]] = {arn: {} for arn in arns}
    for file in files:
        try:
            records = read_signatures(_read(file))
            for arn, calls in found.items():
                calls.update((call.id, call) for call in calls_on(arn, records))
        except VerificationError as error:
            raise CommandError(f"{file}: {error.message}", code=error.code) from None
    return {arn: list(calls.values()) for arn, calls in found.items()}


def _read(file: Path) -> bytes:
    try:
        with gzip.open(file) if file.name.endswith(".gz") else file.open("rb") as opened:
            data = opened.read(_MAX_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CommandError(f"{file}: {error}", code="cloudtrail.unreadable") from None
    if len(data) > _MAX_FILE:
        raise CommandError(f"{file} is larger than any log of CloudTrail", code="cloudtrail.unreadable")
    return data


def _trust_root(plane: Plane, trust: Path | None) -> TrustRoot:
    if trust is not None and not trust.is_file():
        raise UsageError(f"there is no {trust}", field="--trust")
    data = trust.read_bytes() if trust is not None else PlaneLog(plane).object(TRUST_ROOT)
    if data is None:
        raise CommandError("the log has no trust root yet", code="ledger.no_checkpoint")
    return read_trust(data)
