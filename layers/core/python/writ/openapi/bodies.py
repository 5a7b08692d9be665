"""Bodies of requests and responses: media types and their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from writ.openapi.change import Direction, shown
from writ.openapi.context import Where
from writ.openapi.document import Document, as_object, flag
from writ.openapi.node import Parts, text_of


def compare_request_bodies(where: Where, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Record what changed in the body that two operations take."""
    at = where.below("request body" if where.direction is Direction.REQUEST else "callback body")
    with at.readable():
        before = at.context.old.object(old["requestBody"]) if "requestBody" in old else None
        after = at.context.new.object(new["requestBody"]) if "requestBody" in new else None
        if before is None and after is None:
            return
        if before is None or after is None:
            if after is None:
                at.add("request-body.removed", "is taken no more")
            else:
                must = flag(after, "required")
                word = "must" if must else "may"
                at.add(
                    f"request-body.added-{'required' if must else 'optional'}", f"is new, and {word} be sent"
                )
                compare_content(at.added, after, after)
            return
        if flag(before, "required") != flag(after, "required"):
            must = flag(after, "required")
            word, said = ("required", "must be sent now") if must else ("optional", "may be left out now")
            at.add(f"request-body.{word}", said)
        compare_content(at, before, after)


def compare_content(where: Where, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Record what changed in what two parts contain, by media type; a range stands for what it covers."""
    before, after = _content(where.context.old, old), _content(where.context.new, new)
    for name, part in before.items():
        at = where.below(shown(name))
        covering = name if name in after else _covering(name, after)
        if covering is None:
            at.add("media-type.removed", "the media type is gone")
            continue
        with at.readable():
            _compare(at, where.context.old.object(part), where.context.new.object(after[covering]))
    for name, part in after.items():
        if name in before:
            continue
        at = where.below(shown(name))
        with at.readable():
            covering = _covering(name, before)
            if covering is None:
                at.add("media-type.added", "the media type is new")
                added = where.context.new.object(part)
                _compare(at.added, added, added)
            else:
                _compare(at, where.context.old.object(before[covering]), where.context.new.object(part))


def _compare(at: Where, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    at.found(at.context.schemas.compare(_schema(old), _schema(new), at.direction))
    before, after = (as_object(each.get("encoding", {}), "encoding") for each in (old, new))
    for name in sorted(before.keys() | after.keys()):
        if text_of(before.get(name)) != text_of(after.get(name)):
            at.add("media-type.encoding-changed", f"encoding of {shown(name)} changed")


def _schema(owner: Mapping[str, Any]) -> Parts:
    return (owner["schema"],) if "schema" in owner else ()


def _content(document: Document, owner: Mapping[str, Any]) -> dict[str, Any]:
    """Media types in lower case, without blanks and without a charset of UTF-8, which is the default."""
    made: dict[str, Any] = {}
    for name, part in document.named(owner, "content").items():
        kind, *options = (piece.strip().lower() for piece in name.split(";"))
        kept = sorted(option for option in options if option.replace('"', "") != "charset=utf-8" and option)
        made[";".join((kind, *kept))] = part
    return made


def _covering(name: str, among: Mapping[str, Any]) -> str | None:
    """The narrowest range that a media type falls under (RFC 9110, section 12.5.1)."""
    kind = name.partition(";")[0]
    ranges = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    return next((each for each in ranges if each in among and each != name), None)
