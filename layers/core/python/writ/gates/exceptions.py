"""Exceptions to rules of gates, as facts for policy; a repository may keep its own in a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from writ.contracts.errors import ContractError, from_validation
from writ.gates import versions
from writ.gates.model import Listed, Source
from writ.gates.tree import Tree, text
from writ.policy.controls import GateException
from writ.policy.input import utc_text

if TYPE_CHECKING:
    from writ.gates.model import Finding, Violation

FILE: Final = ".gates/exceptions.yaml"
# Tell somebody while there is time to act.
EXPIRING: Final = timedelta(days=14)
LONGEST: Final = timedelta(days=366)
MOST: Final = 500
_EXCEPTION: Final = TypeAdapter(GateException)
_PURL: Final = re.compile(r"pkg:([a-z][a-z0-9.+-]*)/([^@?#]+)(?:@([^?#]+))?")


@dataclass(frozen=True, slots=True)
class Known:
    """An exception, where it is kept, and whether the change that is judged brings it itself."""

    exception: GateException
    source: Source
    proposed: bool = False

    def expires_soon(self, now: datetime) -> bool:
        return now < self.exception.expires_at <= now + EXPIRING

    def expired(self, now: datetime) -> bool:
        return self.exception.expires_at <= now


def of_tree(tree: Tree) -> tuple[Known, ...]:
    """The exceptions that a repository keeps. One that its base does not have alike is `proposed`.

    Raises ContractError, whose field is its place in the file, when the file cannot be read.
    """
    found = parse(tree.read(FILE))
    if tree.changes() is None:
        return tuple(Known(item, Source.FILE) for item in found)
    try:
        before = set(_dumped(parse(tree.read_base(FILE))))
    except ContractError:
        before = set()
    return tuple(
        Known(item, Source.FILE, proposed=dumped not in before)
        for item, dumped in zip(found, _dumped(found), strict=True)
    )


def parse(content: bytes | None) -> tuple[GateException, ...]:
    """The exceptions in the text of a file. Raises ContractError."""
    if content is None:
        return ()
    written = text(content)
    if written is None:
        raise ContractError(f"{FILE} is not UTF-8 text", field=FILE)
    document = _yaml(written)
    if not isinstance(document, dict) or set(document) != {"exceptions"}:
        raise ContractError(f"{FILE} has one key, exceptions", field="exceptions")
    items = document["exceptions"]
    if not isinstance(items, list) or len(items) > MOST:
        raise ContractError(f"{FILE}: exceptions is a list, of {MOST} at most", field="exceptions")
    found = tuple(_read(item, f"exceptions.{number}") for number, item in enumerate(items))
    ids = [item.id for item in found]
    if twice := sorted({id for id in ids if ids.count(id) > 1}):
        raise ContractError(f"{FILE} has {twice[0]} twice", field="exceptions")
    return found


def facts(known: Sequence[Known], findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Exceptions as policy reads them. The order of versions is told here: `purls` are those in the range."""
    purls = sorted({finding.purl for finding in findings if finding.purl})
    return [
        {
            "id": item.exception.id,
            "rule": item.exception.rule,
            "scope": item.exception.scope.model_dump(),
            "purls": [purl for purl in purls if in_range(item.exception.scope.versions, purl)],
            "owner": item.exception.owner,
            "reason": item.exception.reason,
            "expires_at": utc_text(item.exception.expires_at),
            "proposed": item.proposed,
        }
        for item in known
    ]


def listed(known: Sequence[Known], violations: Sequence[Violation], now: datetime) -> tuple[Listed, ...]:
    """The exceptions of a run for its report, those first that end first."""
    used = {id for violation in violations for id in violation.waived_by}
    return tuple(
        Listed(
            exception=item.exception,
            source=item.source,
            state=_state(item, used, now),
            proposed=item.proposed,
        )
        for item in sorted(known, key=lambda item: (item.exception.expires_at, item.exception.id))
    )


def _state(item: Known, used: set[str], now: datetime) -> str:
    if item.expired(now):
        return "expired"
    if item.expires_soon(now):
        return "expiring"
    return "used" if item.exception.id in used else "unused"


def in_range(range_: str, purl: str) -> bool:
    """Whether the version of a package URL lies in a range; one without a version only in `*`."""
    match = _PURL.fullmatch(purl.partition("?")[0].partition("#")[0])
    if range_ == versions.ALL:
        return True
    return bool(match and match[3]) and versions.within(range_, match[1], match[3])  # type: ignore[index]


def without_version(purl: str) -> str:
    """`pkg:npm/left-pad` of `pkg:npm/left-pad@1.3.0?x=y`."""
    match = _PURL.match(purl)
    return f"pkg:{match[1]}/{match[2]}" if match else purl


def _read(item: Any, field: str) -> GateException:
    if isinstance(item, dict):
        item = {"requested_by": item.get("owner"), **item}
        end = item.get("expires_at")
        if isinstance(end, date) and not isinstance(end, datetime):
            raise ContractError("expires_at is a time with its offset", field=f"{field}.expires_at")
    try:
        found = _EXCEPTION.validate_python(item)
        versions.check(found.scope.versions)
    except ValidationError as error:
        first = from_validation(error, f"{FILE}, {field}")
        place = f"{field}.{first.field}" if first.field else field
        raise ContractError(first.message, code=first.code, field=place) from None
    except ContractError as error:
        raise ContractError(error.message, field=f"{field}.scope.{error.field}") from None
    return found


def _yaml(written: str) -> Any:
    import yaml

    from writ.yaml_bounds import load_small

    try:
        return load_small(written)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ContractError(f"{FILE} is not YAML{line}", field=FILE) from None


def _dumped(items: Sequence[GateException]) -> list[str]:
    return [item.model_dump_json() for item in items]
