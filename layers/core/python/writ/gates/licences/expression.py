"""SPDX licence expressions as alternatives, one of which is enough: `A AND (B OR C)` is A and B, or A and C.

Source: https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from writ.gates.licences import names

LONGEST: Final = 1000
MOST: Final = 128
# Ids that SPDX deprecated because `WITH` says it. https://spdx.org/licenses/#deprecated
DEPRECATED: Final = {
    "GPL-2.0-with-autoconf-exception": "GPL-2.0-only WITH Autoconf-exception-2.0",
    "GPL-2.0-with-bison-exception": "GPL-2.0-only WITH Bison-exception-2.2",
    "GPL-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "GPL-2.0-with-font-exception": "GPL-2.0-only WITH Font-exception-2.0",
    "GPL-2.0-with-GCC-exception": "GPL-2.0-only WITH GCC-exception-2.0",
    "GPL-3.0-with-autoconf-exception": "GPL-3.0-only WITH Autoconf-exception-3.0",
    "GPL-3.0-with-GCC-exception": "GPL-3.0-only WITH GCC-exception-3.1",
    "eCos-2.0": "GPL-2.0-or-later WITH eCos-exception-2.0",
    "wxWindows": "LGPL-2.0-or-later WITH WxWindows-exception-3.1",
    "StandardML-NJ": "SMLNJ",
    "Nunit": "zlib-acknowledgement",
    "BSD-2-Clause-FreeBSD": "BSD-2-Clause-Views",
    "BSD-2-Clause-NetBSD": "BSD-2-Clause",
    "bzip2-1.0.5": "bzip2-1.0.6",
}
_ID: Final = re.compile(r"[A-Za-z0-9.+-]+")
_DEPRECATED: Final = {key.lower(): value for key, value in DEPRECATED.items()}


@dataclass(frozen=True, slots=True)
class Licence:
    """`alternatives` are lists of (id, exception or empty), `shown` is the normalised expression.

    Where it cannot be told what is licensed how, there are none, and `problem` says why.
    """

    shown: str
    alternatives: tuple[tuple[tuple[str, str], ...], ...] = ()
    problem: str = ""


def declared(licences: Sequence[str], joined_by: str) -> Licence:
    """The licence that several declarations make, joined by AND or OR as the ecosystem means a list."""
    said = tuple(dict.fromkeys(text.strip() for text in licences if text.strip()))
    if not said:
        return Licence("", problem="no licence is declared")
    parts = [_one(text) for text in said]
    if len(parts) == 1:
        return parts[0]
    known = [part for part in parts if not part.problem]
    shown = f" {joined_by} ".join(
        f"({part.shown})" if " " in part.shown and not part.problem else part.shown or "?" for part in parts
    )
    if joined_by == "AND" and len(known) < len(parts):
        problem = next(part.problem for part in parts if part.problem)
        return Licence(shown, problem=problem)
    if not known:
        return Licence(shown, problem=parts[0].problem)
    # Of a choice, a branch that nobody can read is none to choose.
    return parse(f" {joined_by} ".join(f"({part.shown})" for part in known))


@lru_cache(maxsize=4096)
def _one(text: str) -> Licence:
    found = parse(text)
    if not found.problem:
        return found
    named = names.expression(text)
    if named is not None:
        return parse(named)
    if names.is_family(text):
        return Licence(text, problem=f"“{text}” names several licences; which one is not said")
    return found


@lru_cache(maxsize=4096)
def parse(text: str) -> Licence:
    """An expression read; ids are known in any case, and those that SPDX deprecated are replaced."""
    from license_expression import ExpressionError

    if len(text) > LONGEST:
        return Licence(f"{text[:60]}…", problem=f"the expression is longer than {LONGEST} characters")
    text = _ID.sub(lambda match: _DEPRECATED.get(match[0].lower(), match[0]), text)
    try:
        tree = _licensing().parse(text, strict=True)
        if tree is None:
            return Licence("", problem="no licence is declared")
        alternatives = _alternatives(tree)
    except (ExpressionError, TypeError, AttributeError, IndexError, RecursionError):
        return Licence(text[:120], problem=f"“{text[:120]}” is no SPDX expression")
    if alternatives is None:
        return Licence(tree.render(), problem=f"the expression has more than {MOST} alternatives")
    for id in dict.fromkeys(id for alternative in alternatives for id, _ in alternative):
        if not _known(id):
            return Licence(tree.render(), problem=f"“{id}” is no licence that SPDX lists")
    return Licence(tree.render(), alternatives)


def _known(id: str) -> bool:
    return id.startswith(("LicenseRef-", "DocumentRef-")) or id in _licensing().known_symbols


def _alternatives(tree: Any) -> tuple[tuple[tuple[str, str], ...], ...] | None:
    """The disjunctive normal form, None where it is too long to be read by anyone."""
    kind = type(tree).__name__
    if kind == "LicenseWithExceptionSymbol":
        return (((tree.license_symbol.key, tree.exception_symbol.key),),)
    if kind in ("LicenseSymbol", "LicenseSymbolLike"):
        return (((tree.key, ""),),)
    parts = [_alternatives(part) for part in tree.args]
    if any(part is None for part in parts):
        return None
    known = [part for part in parts if part is not None]
    if kind == "OR":
        found = tuple(dict.fromkeys(alternative for part in known for alternative in part))
        return found if len(found) <= MOST else None
    product: tuple[tuple[tuple[str, str], ...], ...] = ((),)
    for part in known:
        product = tuple(
            dict.fromkeys(tuple(dict.fromkeys((*left, *right))) for left in product for right in part)
        )
        if len(product) > MOST:
            return None
    return product


@cache
def _licensing() -> Any:
    """SPDX's ids and their older spellings (`GPL-2.0+`).

    Not what the library knows beside them: to it `GPL` is a version of it, and a `LicenseRef-`, which means
    something in one document only, may be MIT.
    """
    from license_expression import build_spdx_licensing, get_license_index

    index = [
        {**entry, "other_spdx_license_keys": [key for key in entry["other_spdx_license_keys"] if _is_id(key)]}
        for entry in get_license_index()
        if _is_id(entry.get("spdx_license_key") or "LicenseRef-")
    ]
    return build_spdx_licensing(index)


def _is_id(key: str) -> bool:
    return not key.startswith("LicenseRef-") and not names.is_family(key)
