"""A verified pack in words: as a document, and as what a person reads."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli.output import counted, facts
from writ.contracts.statement import rfc3339
from writ.ledger.errors import VerificationError
from writ.ledger.verify_pack import VerifiedPack


def document(verified: VerifiedPack) -> dict[str, Any]:
    kinds = Counter(item.kind.value for item in verified.items)
    return {
        "question": verified.question.document(),
        "origin": verified.origin,
        "size": verified.head.size,
        "root": verified.head.root.hex(),
        "entries": len(verified.items),
        "kinds": dict(sorted(kinds.items())),
        "erasures": len(verified.erasures),
        "bots": _bots(verified),
        "checkpoints": [checkpoint.size for checkpoint in verified.earlier],
        "trust": "own" if verified.own_trust else "given",
    }


def picture(path: Path, verified: VerifiedPack, by: str | None) -> RenderableType:
    question, head = verified.question, verified.head
    between = f"{_shown(question.since) or 'the beginning'} – {_shown(question.until) or 'the checkpoint'}"
    earlier = len(verified.earlier)
    rows = {
        "about": question.name or question.subject or "everything",
        "asked by": None if by is None else f"{by}, says the log",
        "stated": between if question.since or question.until else None,
        "holds": counted_in(verified),
        "erased": _erased(verified),
        "signed by": ", ".join(f"{bot} ({count})" for bot, count in _bots(verified).items()),
        "in the log": f"{verified.origin}, {head.size} leaves",
        "root": head.root.hex(),
        "earlier": f"{counted(earlier, 'checkpoint')}, proved to begin this one" if earlier else None,
    }
    notes: list[RenderableType] = [
        Text.assemble(("✔ ", "bold green"), f"verified offline: {path}"),
        facts("", rows),
    ]
    if verified.own_trust:
        notes.append(
            Text("  by the pack's own trust root: give --trust with the one you hold", style="yellow")
        )
    return Group(*notes)


def _bots(verified: VerifiedPack) -> dict[str, int]:
    signed = (item.statement for item in verified.items)
    return dict(sorted(Counter(one.predicate.actor.bot for one in signed if one is not None).items()))


def _erased(verified: VerifiedPack) -> str | None:
    count = sum(item.statement is None for item in verified.items)
    return f"{count}, each named by an erasure in the log" if count else None


def counted_in(verified: VerifiedPack) -> str:
    kinds = Counter(item.kind.value for item in verified.items)
    parts = [f"{count} {kind}" for kind, count in sorted(kinds.items())]
    return f"{counted(len(verified.items), 'statement')} ({', '.join(parts)})"


def _shown(time: datetime | None) -> str | None:
    return None if time is None else rfc3339(time)


def refused(path: Path, error: VerificationError) -> RenderableType:
    place = f" ({error.field})" if error.field else ""
    return Group(
        Text.assemble(("✘ ", "bold red"), f"{path} does not hold: {error.message}", (place, "dim")),
        Text(f"  {error.code}", style="dim"),
    )
