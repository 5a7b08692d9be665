"""The detectors together: `scan(text)` says where personal data and secrets are, and of what kind.

>>> from writ.pii.scan import scan
>>> [(found.kind, found.sample) for found in scan("to jo@corp.co")]
[('mail', 'xx@xxxx.xx')]
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final

from writ.contracts.errors import ContractError
from writ.pii import assigned, codes, dates, mail, network, numbers, people, tokens
from writ.pii.allowed import RESERVED, Allowed
from writ.pii.finding import Confidence, Finding, shape
from writ.pii.kinds import BY_ID, KINDS, Group
from writ.pii.sheet import Sheet

_Detector = Callable[[Sheet], Iterator[tuple[int, int, str, Confidence]]]
_SHORTEST: Final = 6
_NUMBERS: Final = frozenset(kind.id for kind in KINDS if kind.group is Group.NATIONAL) | {"card", "phone"}
_CODES: Final = frozenset(
    {"iban", "es_dni", "uk_nino", "it_codice_fiscale", "fi_hetu", "mx_curp", "passport", "driver_licence"}
)
_ASSIGNED: Final = frozenset(
    {"password", "assigned_secret", "aws_secret_key", "bearer_token", "connection_string"}
)
_TOKENS: Final = frozenset(kind.id for kind in KINDS if kind.group is Group.SECRET) - _ASSIGNED
_DETECTORS: Final[tuple[tuple[_Detector, frozenset[str]], ...]] = (
    (tokens.find, _TOKENS),
    (assigned.find, _ASSIGNED),
    (mail.find, frozenset({"mail"})),
    (numbers.find, _NUMBERS - _CODES),
    (codes.find, _CODES),
    (network.find, frozenset({"ip_address", "mac_address"})),
    (dates.find, frozenset({"date_of_birth"})),
    (people.find, frozenset({"person", "postal_address"})),
)
ALL: Final = frozenset(BY_ID)


def scan(
    text: str,
    *,
    kinds: Collection[str] = ALL,
    least: Confidence = Confidence.MEDIUM,
    allowed: Allowed = RESERVED,
) -> list[Finding]:
    """What a text has of these kinds, in order; of findings that would overlap the surest is kept.

    Raises ContractError for a kind that does not exist. Time grows with the text and not faster.
    """
    wanted = frozenset(kinds)
    if not wanted <= ALL:
        raise ContractError(f"there is no kind {', '.join(sorted(wanted - ALL))}", field="kinds")
    if len(text) < _SHORTEST:
        return []
    spans = (
        span
        for span in candidates(Sheet(text), wanted)
        if span[3] >= least and text[span[0] : span[1]] not in allowed
    )
    return [
        Finding(start, end, kind, sure, sample_of(kind, text[start:end]))
        for start, end, kind, sure in disjoint(spans)
    ]


def candidates(sheet: Sheet, kinds: frozenset[str]) -> Iterator[tuple[int, int, str, Confidence]]:
    """Start, end, kind and confidence of everything that detectors of these kinds say; it may overlap."""
    for find in _detectors(kinds):
        for span in find(sheet):
            if span[2] in kinds:
                yield span


@lru_cache(32)
def _detectors(kinds: frozenset[str]) -> tuple[_Detector, ...]:
    return tuple(find for find, finds in _DETECTORS if not finds.isdisjoint(kinds))


def disjoint(
    spans: Iterable[tuple[int, int, str, Confidence]],
) -> list[tuple[int, int, str, Confidence]]:
    """Of spans that overlap the surest, then the longest, then the first; in order of their places."""
    kept: list[tuple[int, int, str, Confidence]] = []
    group: list[tuple[int, int, str, Confidence]] = []
    reach = -1
    for span in sorted(set(spans)):
        if span[0] >= reach and group:
            kept += _best(group)
            group = []
        group.append(span)
        reach = max(reach, span[1])
    return sorted([*kept, *_best(group)])


def _rank(span: tuple[int, int, str, Confidence]) -> tuple[int, int, int, bool, str]:
    """The surest, the longest, the first; of equals what the value is goes before the name it is given to."""
    start, end, kind, sure = span
    return -sure, start - end, start, kind in _ASSIGNED, kind


def _best(group: list[tuple[int, int, str, Confidence]]) -> list[tuple[int, int, str, Confidence]]:
    if len(group) < 2:
        return group
    kept: list[tuple[int, int, str, Confidence]] = []
    for span in sorted(group, key=_rank):
        if all(span[1] <= other[0] or span[0] >= other[1] for other in kept):
            kept.append(span)
    return kept


def sample_of(kind: str, value: str) -> str:
    """What may be shown of a value: a credential's public prefix, the shape of anything else."""
    if kind in _TOKENS:
        return tokens.sample(value)
    return "********" if kind in _ASSIGNED else shape(value)
