"""What operations answer, by status; ranges such as `2XX` and `default` stand for what has no entry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from writ.openapi.bodies import compare_content
from writ.openapi.change import shown
from writ.openapi.context import Where
from writ.openapi.document import UnreadableError
from writ.openapi.parameters import compare_headers

_STATUS: Final = re.compile(r"[1-5](?:[0-9]{2}|XX)|default")


def compare_responses(where: Where, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Record what changed in what two operations answer, in the direction of responses."""
    at = where.below("", where.direction.turned)
    with at.readable():
        before = _responses(where.context.old.named(old, "responses"))
        after = _responses(where.context.new.named(new, "responses"))
        for status, part in before.items():
            below = at.below(f"response {status}")
            covering = status if status in after else _covering(status, after)
            if covering is not None:
                _compare(below, part, after[covering])
            elif not (status.endswith("XX") and any(_covering(each, {status: part}) for each in after)):
                _removed(below, status)
        for status, part in after.items():
            if status in before:
                continue
            below = at.below(f"response {status}")
            covering = _covering(status, before)
            if covering is not None:
                _compare(below, before[covering], part)
            else:
                below.add("response.added", "the status is new")
                _compare(below.added, part, part)


def _compare(at: Where, old: Any, new: Any) -> None:
    with at.readable():
        before, after = at.context.old.object(old), at.context.new.object(new)
        compare_headers(at, before, after)
        compare_content(at, before, after)


def _removed(at: Where, status: str) -> None:
    if status == "default":
        at.add("response.default-removed", "what other statuses answer is said no more")
    elif status[0] in "45":
        at.add("response.error-removed", "the status is answered no more")
    else:
        at.add("response.success-removed", "the status is answered no more")


def _responses(named: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, part in named.items():
        if name.startswith("x-"):
            continue
        status = "default" if name == "default" else name.upper()
        if not _STATUS.fullmatch(status):
            raise UnreadableError(f"`{shown(name)}` is no status")
        found[status] = part
    return found


def _covering(status: str, among: Mapping[str, Any]) -> str | None:
    ranges = ("default",) if status.endswith("XX") else (f"{status[0]}XX", "default")
    return next((each for each in ranges if status != "default" and each in among), None)
