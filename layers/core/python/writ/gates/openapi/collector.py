"""The gate of APIs: what a change of an OpenAPI document does to the clients of the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from writ.contracts.errors import ContractError
from writ.gates.gate import Collected, Context, Gap, Gate
from writ.gates.model import Place, Rule, Severity
from writ.gates.tree import Change, Kind, Tree, lines, text

if TYPE_CHECKING:
    from writ.openapi.diff import ApiDiff

_GUIDE: Final = "https://writ.example/guides/gates#apis"
_ENDINGS: Final = (".json", ".yaml", ".yml")
_MOST_TOLD: Final = 200


def collect(tree: Tree, context: Context) -> Collected:
    """Every OpenAPI document that the change modifies, moves or deletes, against what it was in the base."""
    changes = tree.changes()
    if changes is None:
        return Collected(skipped="documents are compared with a base: --base")
    documents: list[dict[str, Any]] = []
    gaps: list[Gap] = []
    today = context.now.astimezone(UTC).date()
    for change, path, after in _pairs(changes):
        before = _document(change.before)
        if not isinstance(before, Mapping):
            continue  # it was none, or none that could be read: nobody could rely on it
        if after is None:
            documents.append({"path": path, "gone": True, "changes": []})
            continue
        try:
            new = _parsed(after)
        except ContractError as error:
            remedy = "Mend the document."
            gaps.append(Gap(path, f"{path} cannot be read: {error.message}", remedy, Place(path=path)))
            continue
        from writ.openapi.diff import diff

        documents.append({"path": path, "gone": False, **_facts(diff(before, new, today), after)})
    if not documents and not gaps:
        return Collected(skipped="no OpenAPI document was changed")
    return Collected({"documents": documents}, tuple(gaps), {"documents": len(documents)})


def _pairs(changes: Sequence[Change]) -> Iterator[tuple[Change, str, bytes | None]]:
    """Changed documents with the path and the content that each has now; one of the same title was moved."""
    added = {change.path: change for change in changes if change.kind is Kind.ADDED and _maybe(change.after)}
    for change in changes:
        if not change.path.endswith(_ENDINGS) or not _maybe(change.before):
            continue
        if change.kind is not Kind.DELETED:
            yield change, change.path, change.after
            continue
        title = _title(change.before)
        moved = [path for path, other in added.items() if title and _title(other.after) == title]
        if len(moved) == 1:
            yield change, moved[0], added[moved[0]].after
        else:
            yield change, change.path, None


def _maybe(content: bytes | None) -> bool:
    return content is not None and b"openapi" in content


def _document(content: bytes | None) -> Any:
    """The OpenAPI document in a file, None where there is none."""
    try:
        value = _parsed(content)
    except ContractError:
        return None
    return value if isinstance(value, Mapping) and "openapi" in value else None


def _title(content: bytes | None) -> str | None:
    info = (_document(content) or {}).get("info")
    title = info.get("title") if isinstance(info, Mapping) else None
    return title if isinstance(title, str) else None


def _parsed(content: bytes | None) -> Any:
    """The JSON value in a file. Raises ContractError for what is no text, or neither JSON nor YAML."""
    from writ.openapi.text import parse

    written = text(content)
    if written is None:
        raise ContractError("it is no UTF-8 text")
    return parse(written)


def _facts(found: ApiDiff, after: bytes) -> dict[str, Any]:
    """Changes that harm, the worst first and those of a shared schema once; counts are of all of them."""
    told: dict[tuple[str, ...], dict[str, Any]] = {}
    written = lines(after)
    for change in found.changes:
        if change.verdict.value == "non-breaking":
            continue
        own = (change.schema,) if change.schema else (change.operation, change.place)
        key = (change.rule, change.verdict.value, change.direction.value, *own, change.message)
        where = " ".join(part for part in (change.operation, change.place) if part) or "the whole document"
        fact = told.setdefault(
            key,
            {
                "rule": change.rule,
                "verdict": change.verdict.value,
                "where": where[:500],
                "message": change.message[:500],
                "line": _line(written, change.operation),
                "others": 0,
            },
        )
        fact["others"] += where != fact["where"]
    worst = sorted(told.values(), key=lambda fact: str(fact["verdict"]))
    return {
        "changes": worst[:_MOST_TOLD],
        "more": len(worst[_MOST_TOLD:]),
        "bump": found.bump.word,
        "declared": found.declared,
        "old": found.old_version,
        "new": found.new_version,
        "next": found.next_version,
    }


def _line(written: Sequence[str], operation: str) -> int:
    """The line of an operation's path, the first where the document has it no more."""
    path = operation.partition(" ")[2]
    starts = tuple(f"{quote}{path}{quote}:" for quote in ('"', "'", ""))
    return next((at for at, line in enumerate(written, 1) if path and line.lstrip().startswith(starts)), 1)


def _rule(id: str, title: str, severity: Severity) -> Rule:
    return Rule(id=f"openapi/{id}", title=title, severity=severity, link=_GUIDE)


GATE: Final = Gate(
    name="openapi",
    summary="Compatibility of APIs",
    rules=(
        _rule("breaking", "A change breaks no client, or the version says that it does", Severity.HIGH),
        _rule("undecided", "It can be said what a change does to clients", Severity.HIGH),
        _rule("gone", "A description of an API is not deleted unseen", Severity.MEDIUM),
        _rule("version", "The version is raised by as much as the changes ask for", Severity.LOW),
    ),
    collect=collect,
)
