"""Reads schemas of a document into nodes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from writ.openapi.change import Found, shown
from writ.openapi.document import Document, UnreadableError, as_list, as_object, flag, kind_of
from writ.openapi.node import ANY, Bound, Choice, Kind, Node, Parts, expanded, text_of

_COUNTS: Final = (
    "minLength",
    "minItems",
    "minProperties",
    "maxLength",
    "maxItems",
    "maxProperties",
)
# Sub-schemas, or lists or objects of them, of which nothing is said but that they changed.
_UNDECIDED: Final = (
    "not",
    "if",
    "then",
    "else",
    "contains",
    "minContains",
    "maxContains",
    "prefixItems",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_ELSEWHERE: Final = ("$dynamicRef", "$recursiveRef")
_LONGEST_CHAIN: Final = 32


class Reader:
    """Nodes of one document; a schema is read once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._read: dict[tuple[int, ...], tuple[Parts, Node]] = {}

    def node(self, parts: Parts) -> Node:
        """What the parts of a schema say together. What cannot be read is a problem of it; never raises."""
        key = tuple(id(part) for part in parts)
        known = self._read.get(key)
        if known is None:
            # The parts are kept with the node, so that no other object takes over the id of one.
            known = self._read[key] = (parts, self._together(parts, ()).settled())
        return known[1]

    def _together(self, parts: Parts, chain: tuple[str, ...]) -> Node:
        node = Node()
        for part in parts:
            try:
                node = node.and_(self._part(part, chain))
            except UnreadableError as error:
                node = node.and_(Node(problems=(Found(error.code, error.message),)))
        return node

    def _part(self, part: Any, chain: tuple[str, ...]) -> Node:
        if isinstance(part, bool):
            return Node() if part else Node(types=frozenset())
        if not isinstance(part, Mapping):
            raise UnreadableError(f"a schema is {kind_of(part)}")
        if "$ref" in part:
            name = part["$ref"]
            target = self._document.target(name)
            if name in chain or len(chain) > _LONGEST_CHAIN:
                raise UnreadableError(f"`{shown(name)}` is made of itself")
            node = self._together((target,), (*chain, name))
            node.names = (name,)
            # In 3.0 a reference stands alone; in 3.1 what is beside it applies as well.
            beside = {key: value for key, value in part.items() if key != "$ref"}
            return node if self._document.minor == 0 or not beside else node.and_(self._own(beside, chain))
        return self._own(part, chain)

    def _own(self, part: Mapping[str, Any], chain: tuple[str, ...]) -> Node:
        if any(name in part for name in _ELSEWHERE):
            raise UnreadableError("dynamic references are not followed", code="reference.unresolvable")
        node = _assertions(part, self._document.minor)
        for member in as_list(part.get("allOf", ()), "allOf"):
            within = self._together((member,), chain)
            within.names = ()
            node = node.and_(within)
        kinds: tuple[Kind, Kind] = ("oneOf", "anyOf")
        for kind in kinds:
            if kind in part:
                node = node.and_(self._choice(kind, as_list(part[kind], kind), chain))
        if self._document.minor == 0 and "type" not in part and part.get("nullable") is True:
            # By the letter of 3.0.3 this does nothing; those who write it mean it.
            node.types |= {"null"}
        return node

    def _choice(self, kind: Kind, members: Any, chain: tuple[str, ...]) -> Node:
        """Alternatives; one beside null is itself, nullable, and fixed values are an enumeration."""
        if not members:
            raise UnreadableError(f"{kind} has no member")
        rest = [member for member in members if not _is_null(member)]
        if len(rest) == 1:
            node = self._together((rest[0],), chain)
            if len(members) > 1:
                node.types |= {"null"}
                node.values = None if node.values is None else {**node.values, text_of(None): None}
            return node
        fixed = [_fixed(member) for member in members]
        if all(values is not None for values in fixed):
            together: dict[str, Any] = {}
            for values in fixed:
                together.update(values or {})
            return Node(values=together)
        return Node(choices=(Choice(kind, tuple((member,) for member in members)),))


def _assertions(part: Mapping[str, Any], minor: int) -> Node:
    """What the keywords of one schema object say, without those that combine schemas."""
    node = Node(types=_types(part, minor), values=_values(part))
    words = {word: part[word] for word in ("format", "contentEncoding", "contentMediaType") if word in part}
    node.formats = frozenset(
        _text(value, word) if word == "format" else f"{word} {_text(value, word)}"
        for word, value in words.items()
    )
    if "pattern" in part:
        node.patterns = frozenset((_text(part["pattern"], "pattern"),))
    _bounds(part, minor, node)
    node.unique = flag(part, "uniqueItems")
    node.read_only, node.write_only = flag(part, "readOnly"), flag(part, "writeOnly")
    properties = as_object(part.get("properties", {}), "properties")
    node.properties = {str(name): (schema,) for name, schema in properties.items()}
    required = as_list(part.get("required", ()), "required")
    node.required = frozenset(_text(name, "required") for name in required)
    others = part.get("additionalProperties", True)
    node.closed = others is False
    node.additional = () if isinstance(others, bool) or others == {} else (others,)
    items = part.get("items", True)
    node.items = () if items is True or items == {} else (items,)
    if "discriminator" in part:
        node.discriminator = as_object(part["discriminator"], "discriminator")
    node.others = {word: (part[word],) for word in _UNDECIDED if word in part}
    if "default" in part:
        node.default = part["default"]
    flag(part, "deprecated")
    node.lifetime = {word: part[word] for word in ("deprecated", "x-sunset") if word in part}
    node.title = part["title"] if isinstance(part.get("title"), str) else ""
    return node


def _types(part: Mapping[str, Any], minor: int) -> frozenset[str]:
    given = part.get("type")
    if given is None:
        # Who lists properties or items means an object or a list, and often leaves the type out.
        implied = [kind for word, kind in (("properties", "object"), ("items", "array")) if word in part]
        if "type" in part or len(implied) != 1:
            if "type" in part:
                raise UnreadableError("type is null where a name belongs")
            return ANY
        given = implied[0]
    names = [given] if isinstance(given, str) else as_list(given, "type")
    unknown = [name for name in names if not isinstance(name, str) or name not in ANY]
    if unknown or not names:
        raise UnreadableError(f"type {shown(unknown[0])} is none" if unknown else "type has no name")
    found = expanded(frozenset(names))
    return found | {"null"} if minor == 0 and flag(part, "nullable") else found


def _values(part: Mapping[str, Any]) -> dict[str, Any] | None:
    values = list(as_list(part["enum"], "enum")) if "enum" in part else None
    if "const" in part:
        fixed = part["const"]
        values = [fixed] if values is None or text_of(fixed) in map(text_of, values) else []
    return None if values is None else {text_of(value): value for value in values}


def _bounds(part: Mapping[str, Any], minor: int, node: Node) -> None:
    for word in ("minimum", "maximum", *_COUNTS):
        if word in part:
            bounds = node.lower if word.startswith("min") else node.upper
            bounds[word] = Bound(_number(part[word], word))
    for word, inclusive, bounds in (
        ("exclusiveMinimum", "minimum", node.lower),
        ("exclusiveMaximum", "maximum", node.upper),
    ):
        given = part.get(word, False)
        if isinstance(given, bool) and (minor == 0 or word not in part):
            if given and inclusive in bounds:
                bounds[inclusive] = Bound(bounds[inclusive].value, exclusive=True)
            continue
        limit = Bound(_number(given, word), exclusive=True)
        kept = bounds.get(inclusive)
        outside = kept is not None and (
            kept.value > limit.value if inclusive == "minimum" else kept.value < limit.value
        )
        if not outside:
            bounds[inclusive] = limit
    if "multipleOf" in part:
        number = _number(part["multipleOf"], "multipleOf")
        if number <= 0:
            raise UnreadableError("multipleOf is not above 0")
        node.multiples = frozenset((number,))


def _number(value: Any, word: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise UnreadableError(f"{word} is {kind_of(value)} where a number belongs")
    return value


def _text(value: Any, word: str) -> str:
    if not isinstance(value, str):
        raise UnreadableError(f"{word} is {kind_of(value)} where a text belongs")
    return value


def _is_null(member: Any) -> bool:
    if not isinstance(member, Mapping):
        return False
    return member.get("type") in ("null", ["null"]) or ("const" in member and member["const"] is None)


def _fixed(member: Any) -> dict[str, Any] | None:
    """The values of a member that is nothing but values."""
    told = {"enum", "const", "type", "title", "description", "example", "examples", "deprecated"}
    if not isinstance(member, Mapping) or not set(member) <= told or not ({"enum", "const"} & set(member)):
        return {text_of(None): None} if _is_null(member) else None
    try:
        return _values(member)
    except UnreadableError:
        return None
