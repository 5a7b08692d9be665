"""Statements of IAM policies, in templates of CloudFormation and in policy documents, and which are new.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import yaml

from writ.contracts.errors import ContractError
from writ.gates.licences.inventory import is_ours
from writ.gates.security.nodes import child, items, line, pairs, parse, scalar
from writ.gates.tree import Kind, Tree, text

_ENDINGS: Final = (".json", ".yaml", ".yml", ".template")
_POLICY: Final = re.compile(rb"\bStatement\b")
_EFFECT: Final = re.compile(rb"\bEffect\b")
_PARTS: Final = ("Action", "NotAction", "Resource", "NotResource")
_MOST: Final = 5000
_LONGEST: Final = 300
_UNKNOWN: Final = "${…}"


def facts(tree: Tree, assembly: Mapping[str, bytes]) -> tuple[dict[str, Any], dict[str, int]]:
    """Groups of statements that one principal gets together, and files whose statements cannot be read.

    With a base only groups with a statement that no file of it has; which those are, `new` says.
    """
    changes = tree.changes()
    before = _before(tree) if changes is not None else frozenset()
    paths = tree.paths() if changes is None else [c.path for c in changes if c.kind is not Kind.DELETED]
    files = {path: tree.read(path) for path in paths if path.endswith(_ENDINGS) and is_ours(path)}
    groups: list[dict[str, Any]] = []
    unread: list[dict[str, Any]] = []
    number = 0
    for path, content in {**files, **assembly}.items():
        if not _is_policy(content):
            continue
        try:
            found = _groups(path, content)
        except ContractError as error:
            unread.append({"path": path, "why": error.message})
            continue
        for where, statements in found.items():
            number += len(statements)
            told = [{**each, "new": _spelt(each) not in before} for each in statements]
            if any(each["new"] for each in told):
                allowed = [action for each in told if each["allows"] for action in each["action"]]
                granted = _by_service(allowed)
                groups.append({"path": path, "where": where, "statements": told, "granted": granted})
    if number > _MOST:
        unread.append({"path": "", "why": f"there are more than {_MOST} statements"})
        groups = []
    return {"policies": groups, "unread_policies": unread}, {"statements": number}


def _before(tree: Tree) -> frozenset[str]:
    """Every statement of the files that the change touches, as they were; of what is no policy, none."""
    found: set[str] = set()
    for change in tree.changes() or ():
        if not change.path.endswith(_ENDINGS) or not _is_policy(change.before):
            continue
        try:
            groups = _groups(change.path, change.before)
        except ContractError:
            continue
        found |= {_spelt(each) for statements in groups.values() for each in statements}
    return frozenset(found)


def _is_policy(content: bytes | None) -> bool:
    return content is not None and bool(_POLICY.search(content) and _EFFECT.search(content))


def _groups(path: str, content: bytes | None) -> dict[str, list[dict[str, Any]]]:
    """Statements by whose they are: a resource's, else the document's. Raises ContractError."""
    written = text(content)
    if written is None:
        raise ContractError(f"{path} is no UTF-8 text", field=path)
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place, statement in _walk(parse(path, written), ()):
        group = ".".join(place[:2] if place[:1] == ("Resources",) else place)
        groups[group[:_LONGEST] or "the document"].append(_statement(statement))
    return dict(groups)


def _walk(
    node: yaml.Node | None, place: tuple[str, ...], within: bool = False
) -> Iterator[tuple[tuple[str, ...], yaml.Node]]:
    """Every statement with the names that lead to its document; those of an `Fn::If` are within it."""
    names = {name for name, _, _ in pairs(node)}
    if within and "Effect" in names:
        if node is not None:
            yield place, node
        return
    for name, _, value in pairs(node):
        begins = name == "Statement"
        yield from _walk(value, place if within or begins else (*place, name), within or begins)
    for item in items(node):
        yield from _walk(item, place, within)


def _statement(node: yaml.Node) -> dict[str, Any]:
    found: dict[str, Any] = {
        "line": line(node),
        "allows": scalar(child(node, "Effect")) != "Deny",  # what only a deployment knows may allow
        "conditioned": any(True for _ in pairs(child(node, "Condition"))),
        "principals": sorted(set(_principals(child(node, "Principal")))),
        "others": child(node, "NotPrincipal") is not None,
    }
    for part in _PARTS:
        given = child(node, part)
        many = items(given) if isinstance(given, yaml.SequenceNode) else [] if given is None else [given]
        found[part.lower()] = [_text(item)[:_LONGEST] for item in many]
    found["named"] = found["action"]
    found["action"] = [action.lower() for action in found["action"]]
    found["granted"] = _by_service(found["action"])
    return found


def _by_service(actions: Iterable[str]) -> dict[str, list[str]]:
    """Actions and patterns of them by their service, which no pattern of IAM leaves open but `*` itself."""
    found: dict[str, list[str]] = defaultdict(list)
    for action in sorted(set(actions)):
        service, colon, _ = action.partition(":")
        if colon and service != "*":
            found[service].append(action)
    return dict(found)


def _principals(node: yaml.Node | None) -> Iterator[str]:
    """`*`, or `AWS:*` and the like; a service or an account is `Service:…`, `AWS:…`."""
    single = scalar(node)
    if single:
        yield single
    for kind, _, value in pairs(node):
        many = items(value) if isinstance(value, yaml.SequenceNode) else [value]
        for item in many:
            yield f"{kind}:{_text(item)[:_LONGEST]}"


def _text(node: yaml.Node) -> str:
    """The text of a value; what only a deployment knows stands in it as `${Name}`.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
    """
    single = scalar(node)
    name = node.tag.removeprefix("!")
    if not node.tag.startswith("!") and single is None:
        name, node = next(((name, value) for name, _, value in pairs(node)), ("", node))
        name = name.removeprefix("Fn::")
    parts = items(node)
    if name == "Join" and len(parts) == 2:
        return (scalar(parts[0]) or "").join(_text(item) for item in items(parts[1]))
    if name == "Sub":
        return scalar(parts[0] if parts else node) or _UNKNOWN
    if name in ("Ref", "GetAtt", "ImportValue"):
        return f"${{{scalar(node) or '.'.join(scalar(part) or '' for part in parts)}}}"
    return single if single is not None else _UNKNOWN


def _spelt(statement: Mapping[str, Any]) -> str:
    """A statement as one text, whatever line it is on."""
    return json.dumps({name: value for name, value in statement.items() if name != "line"}, sort_keys=True)
