"""How a release plan looks in a terminal, and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from cli.output import counted, facts, table
from writ.release.bump import Effect
from writ.release.plan import Plan
from writ.release.settings import ReleaseSettings
from writ.release.versions import Bump, write_version

_STYLES: Final = {Bump.MAJOR: "bold red", Bump.MINOR: "green", Bump.PATCH: "cyan", Bump.NONE: "dim"}
_LONGEST: Final = 72


def plan(each: Plan, version: str | None, settings: ReleaseSettings, everything: bool) -> RenderableType:
    """The version in one line, what it rests on, and a line for each commit that counts."""
    last = each.earlier.newest
    title = Text.assemble((each.package, "bold"), " ") if each.package else Text()
    if version is None:
        title.append("nothing to release", style="yellow")
    else:
        before = write_version(last.version, settings.scheme) if last else "–"
        title.append_text(Text.assemble(before, " → ", (version, f"bold {_STYLES[each.bump]}")))
    shown = [effect for effect in each.effects if everything or _counts(effect)]
    head = facts(
        "",
        {
            "why": each.why,
            "tag": each.tag,
            "since": _since(each),
            "rules": _rules(settings),
        },
    )
    head.title = None
    hidden = len(each.effects) - len(shown)
    tail = f"{hidden} more call{'s' if hidden == 1 else ''} for nothing; --all shows them" if hidden else ""
    rows = [(effect.change.sha[:7], _bump(effect), effect.why, _header(effect)) for effect in _ranked(shown)]
    parts: list[RenderableType] = [title, head]
    if rows:
        parts.append(table("\ncommits", ("=digest", "=effect", "because", "message"), rows))
    if tail:
        parts.append(Text(tail, style="dim"))
    return Group(*parts, Text(""))


def document(each: Plan, version: str | None, settings: ReleaseSettings) -> dict[str, Any]:
    """The same for programs; commits are the oldest first."""
    last, newest = each.earlier.last, each.earlier.newest
    return {
        "package": each.package,
        "last": last.tag if last else None,
        "newest": newest.tag if newest else None,
        "bump": each.bump.word,
        "version": version,
        "tag": each.tag,
        "why": each.why,
        "rules": settings.effective.name,
        "commits": [
            {
                "sha": effect.change.sha,
                "header": effect.commit.header,
                "bump": effect.bump.word,
                "why": effect.why,
                "cancelled_by": effect.cancelled_by,
            }
            for effect in each.effects
        ],
    }


def _counts(effect: Effect) -> bool:
    """Also what a revert took back: somebody will look for it."""
    return effect.bump is not Bump.NONE or effect.cancelled_by is not None


def _ranked(shown: Sequence[Effect]) -> list[Effect]:
    """What calls for most first; of those the newest first."""
    return [effect for bump in sorted(Bump, reverse=True) for effect in shown[::-1] if effect.bump is bump]


def _bump(effect: Effect) -> Text:
    if effect.cancelled_by:
        return Text("cancelled", style="dim")
    return Text("–" if effect.bump is Bump.NONE else effect.bump.word, style=_STYLES[effect.bump])


def _header(effect: Effect) -> Text:
    header = effect.commit.header
    short = header if len(header) <= _LONGEST else f"{header[: _LONGEST - 1]}…"
    return Text(short, style="dim strike" if effect.cancelled_by else "")


def _since(each: Plan) -> str:
    count = counted(len(each.effects), "commit")
    if each.earlier.last is None:
        return f"the beginning: {count}"
    extra = f", with {each.earlier.prereleases[-1].tag}" if each.earlier.prereleases else ""
    return f"{each.earlier.last.tag}: {count}{extra}"


def _rules(settings: ReleaseSettings) -> str:
    rules = settings.effective
    words: dict[str, list[str]] = {}
    for kind, bump in rules.types.items():
        words.setdefault(bump.word, []).append(kind)
    told = [f"{', '.join(words[bump.word])} → {bump.word}" for bump in reversed(Bump) if bump.word in words]
    return f"{rules.name} ({'; '.join(['breaking → ' + rules.breaking.word, *told])})"
