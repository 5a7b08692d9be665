"""Advisories that concern a component, one fact for each weakness, whatever number of databases tell it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from writ.gates.licences.component import Component
from writ.gates.security import ranges, severity
from writ.gates.security.advisory import Advisory, Affected, key_of, matches, repository_key
from writ.gates.security.mirror import Key

# What people look up comes first.
_FIRST: Final = ("CVE-", "GHSA-", "MAL-")
_LISTED: Final = 8
# `git+https://host/owner/name@commit#egg=name`, `git@host:owner/name.git@v1`; an archive is no repository.
_REPOSITORY: Final = re.compile(
    r"((?:git\+[a-z+]+://|ssh://|git://|git@)[^\s#]+?|[a-z]+://[^\s#]+?\.git)(?:@([\w.-]+))?(?:#.*)?"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What advisories are looked up by: the key of a component's package, and its version or commit."""

    key: Key
    version: str


@dataclass(frozen=True, slots=True)
class _Hit:
    advisory: Advisory
    parts: tuple[Affected, ...]


def subject_of(component: Component) -> Subject | None:
    """How a component is looked up; None for one that advisories have no name for."""
    key = key_of(component.purl)
    if key is not None:
        return Subject(key, component.version)
    match = _REPOSITORY.fullmatch(component.name)
    return Subject(repository_key(match[1]), match[2] or "") if match else None


def weaknesses(component: Component, subject: Subject, known: Sequence[Advisory]) -> list[dict[str, Any]]:
    """A fact for each weakness of the component, and one for each advisory that cannot be decided."""
    hits: list[_Hit] = []
    undecided: list[Advisory] = []
    for advisory in known:
        parts = [part for part in advisory.affected if matches(part, subject.key)]
        verdicts = [_verdict(part, subject) for part in parts]
        if True in verdicts:
            hit = [part for part, verdict in zip(parts, verdicts, strict=True) if verdict]
            hits.append(_Hit(advisory, tuple(hit)))
        elif None in verdicts:
            undecided.append(advisory)
    groups = _groups(hits)
    told = {name for group in groups for hit in group for name in hit.advisory.names}
    rest = [advisory for advisory in undecided if told.isdisjoint(advisory.names)]
    clear = _clear(hits, known, subject)
    facts = [_fact(component, group, subject, clear) for group in groups]
    return facts + ([_undecided(component, subject, rest)] if rest else [])


def _verdict(part: Affected, subject: Subject) -> bool | None:
    if not subject.version:
        return None
    return ranges.is_affected(part, subject.key[0], subject.version)


def _groups(hits: Iterable[_Hit]) -> list[list[_Hit]]:
    """Hits that name each other, or a third, as the same."""
    groups: list[tuple[set[str], list[_Hit]]] = []
    for hit in hits:
        names, mine = set(hit.advisory.names), [hit]
        for group in [group for group in groups if not names.isdisjoint(group[0])]:
            groups.remove(group)
            names |= group[0]
            mine = [*group[1], *mine]
        groups.append((names, mine))
    return [mine for _, mine in groups]


def _fact(component: Component, group: Sequence[_Hit], subject: Subject, clear: str) -> dict[str, Any]:
    names = sorted({name for hit in group for name in hit.advisory.names}, key=_rank)
    ids = sorted((hit.advisory.id for hit in group), key=_rank)
    ratings = [severity.rating(hit.advisory, hit.parts) for hit in group]
    word = severity.worst(word for word, _ in ratings)
    score = max((score for _, score in ratings if score is not None), default=None)
    said = next((hit.advisory.summary or hit.advisory.details for hit in group if hit.advisory.summary), None)
    return {
        **_component(component),
        "decided": True,
        "id": names[0],
        "others": names[1:_LISTED],
        "said": said or next((hit.advisory.details for hit in group if hit.advisory.details), None) or "",
        "severity": word,
        "score": "" if score is None else f"{score:.1f}",
        "malicious": any(hit.advisory.says_malicious for hit in group),
        "fix": _fix(group, subject),
        "clear": clear,
        "link": f"https://osv.dev/vulnerability/{ids[0]}",
    }


def _undecided(component: Component, subject: Subject, rest: Sequence[Advisory]) -> dict[str, Any]:
    names = sorted((advisory.id for advisory in rest), key=_rank)
    return {
        **_component(component),
        "decided": False,
        "id": names[0],
        "others": names[1:_LISTED],
        "number": len(names),
        "pinned": bool(subject.version),
        "link": f"https://osv.dev/vulnerability/{names[0]}",
    }


def _component(component: Component) -> dict[str, Any]:
    return {
        "name": component.shown,
        "purl": component.purl,
        "scope": component.scope,
        "place": {"path": component.path} | ({"line": component.line} if component.line else {}),
    }


def _fix(group: Sequence[_Hit], subject: Subject) -> str:
    """The lowest version above the present one that none of the group's advisories affects."""
    found = [text for hit in group for text in _above(hit.parts, subject)]
    return next((text for text in _sorted(found, subject) if not _harmed(text, group, subject)), "")


def _clear(hits: Sequence[_Hit], known: Sequence[Advisory], subject: Subject) -> str:
    """The lowest such version that no advisory which is known of the package affects."""
    whole = [
        _Hit(each, tuple(part for part in each.affected if matches(part, subject.key))) for each in known
    ]
    return _fix([*hits, *whole], subject) if hits else ""


def _above(parts: Iterable[Affected], subject: Subject) -> list[str]:
    return [text for part in parts for text in ranges.fixes(part, subject.key[0], subject.version)]


def _harmed(version: str, group: Iterable[_Hit], subject: Subject) -> bool:
    verdicts = (ranges.is_affected(part, subject.key[0], version) for hit in group for part in hit.parts)
    return any(verdict is not False for verdict in verdicts)


def _sorted(versions: Iterable[str], subject: Subject) -> list[str]:
    order = ranges.order_of("ECOSYSTEM", subject.key[0]) or ranges.order_of("SEMVER", subject.key[0])
    assert order is not None  # noqa: S101 - SEMVER has one everywhere
    kept = []
    for text in dict.fromkeys(versions):
        try:
            kept.append((order(text), text))
        except ValueError:
            continue
    return [text for _, text in sorted(kept, key=lambda pair: pair[0])]


def _rank(name: str) -> tuple[int, str]:
    return next((at for at, start in enumerate(_FIRST) if name.startswith(start)), len(_FIRST)), name
