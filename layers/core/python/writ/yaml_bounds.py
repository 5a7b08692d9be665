"""Bounds for YAML of strangers: aliases and merge keys (`<<`) can make much of a few lines."""

from __future__ import annotations

from typing import Any, Final

import yaml

MOST_NODES: Final = 1_000_000
# What people write by hand is smaller by far.
MOST_BYTES: Final = 256 * 1024


def load_small(written: str) -> Any:
    """The value of a small document. Raises ValueError, also for what is too large, and yaml.YAMLError."""
    if len(written.encode(errors="surrogatepass")) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES} bytes")
    return load(written, yaml.SafeLoader, MOST_BYTES)


def load(written: str, loader: Any, most: int = MOST_NODES) -> Any:
    """The value of a document that has at most so many nodes with all aliases written out.

    Raises ValueError for one that has more or is part of itself, yaml.YAMLError and RecursionError.
    """
    made = loader(written)
    try:
        node = made.get_single_node()
        if node is None:
            return None
        if _expanded(node, {}) > most:
            raise ValueError("its aliases make too much of it")
        return made.construct_document(node)
    finally:
        made.dispose()


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
