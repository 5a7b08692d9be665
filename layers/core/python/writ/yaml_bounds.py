"""Bounds for YAML of strangers: aliases and merge keys (`<<`) can make much of a few lines."""

from __future__ import annotations

from typing import Any, Final

import yaml

MOST_NODES: Final = 1_000_000
# libyaml's loader calls itself for each level and ends the process where its stack does.
MOST_DEEP: Final = 300
# What people write by hand is smaller by far.
MOST_BYTES: Final = 256 * 1024
_EVENTS: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_small(written: str) -> Any:
    """The value of a small document. Raises ValueError, also for what is too large, and yaml.YAMLError."""
    if len(written.encode(errors="surrogatepass")) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES} bytes")
    return load(written, yaml.SafeLoader, MOST_BYTES)


def load(written: str, loader: Any, most: int = MOST_NODES) -> Any:
    """The value of a document that has at most so many nodes with all aliases written out.

    Raises ValueError for one that has more or is part of itself, yaml.YAMLError and RecursionError.
    """
    _check_depth(written)
    made = loader(written)
    try:
        node = _single(made, most)
        return None if node is None else made.construct_document(node)
    finally:
        made.dispose()


def compose(written: str, loader: Any, most: int = MOST_NODES) -> yaml.Node | None:
    """The nodes of a document, which know their lines; bounds and errors are those of `load`."""
    _check_depth(written)
    made = loader(written)
    try:
        return _single(made, most)
    finally:
        made.dispose()


def _single(made: Any, most: int) -> yaml.Node | None:
    node: yaml.Node | None = made.get_single_node()
    if node is not None and _expanded(node, {}) > most:
        raise ValueError("its aliases make too much of it")
    return node


def _check_depth(written: str) -> None:
    """Raise ValueError for what is nested deeper than MOST_DEEP; events come without recursion.

    They are libyaml's where it is there: PyYAML's own scanner takes half a second over 50,000 brackets.
    """
    depth = 0
    try:
        for event in yaml.parse(written, Loader=_EVENTS):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MOST_DEEP:
                    raise ValueError("it is nested too deeply")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except (yaml.YAMLError, UnicodeError):
        return  # up to here it is not too deep, and the loader says what is wrong


def _expanded(node: yaml.Node, sizes: dict[int, int | None]) -> int:
    """How many nodes there are with every alias written out; counted once for each node."""
    key = id(node)
    if key in sizes:
        known = sizes[key]
        if known is None:
            raise ValueError("a part of it has itself as a part")
        return known
    sizes[key] = None
    size = 1
    for child in node.value if isinstance(node, yaml.CollectionNode) else ():
        parts = child if isinstance(child, tuple) else (child,)
        size += sum(_expanded(part, sizes) for part in parts)
    sizes[key] = size
    return size
