"""YAML and JSON as nodes that know their lines; no value is built, so that no tag does anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from writ.contracts.errors import ContractError
from writ.yaml_bounds import MOST_NODES, compose

MOST_BYTES: Final = 8 * 1024 * 1024
# What JSON writes for characters beyond 16 bits, and what libyaml does not take.
_SURROGATES: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


def parse(path: str, written: str) -> yaml.Node | None:
    """The one document of a file. Raises ContractError, whose field is the path; too much is refused too."""
    if len(written) > MOST_BYTES:
        raise ContractError(f"{path} is larger than is read: {MOST_BYTES} characters", field=path)
    if path.endswith((".json", ".template")) and written.lstrip().startswith("{"):
        # JSON takes tabs between its parts, YAML does not; within its texts there are none.
        written = _SURROGATES.sub(r"\\ufffd", written.replace("\t", " "))
    try:
        return compose(written, getattr(yaml, "CSafeLoader", yaml.SafeLoader), MOST_NODES)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        said = f"{error}" if isinstance(error, ValueError) else "it is neither YAML nor JSON"
        where = f", line {mark.line + 1}" if mark else ""
        raise ContractError(f"{path} cannot be read: {said[:200]}{where}", field=path) from None


def pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Names of a mapping with their own nodes and those of their values; none of any other node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield key.value, key, value


def child(node: yaml.Node | None, *names: str) -> yaml.Node | None:
    """What lies under names, one within the other; of a name that is there twice the last counts."""
    for name in names:
        found = [value for key, _, value in pairs(node) if key == name]
        node = found[-1] if found else None
    return node


def items(node: yaml.Node | None) -> list[yaml.Node]:
    """The items of a list; none of any other node."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def scalar(node: yaml.Node | None) -> str | None:
    """The text of a node that is neither a list nor a mapping."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else None


def line(node: yaml.Node) -> int:
    """The line that a node begins on, from 1."""
    return int(node.start_mark.line) + 1
