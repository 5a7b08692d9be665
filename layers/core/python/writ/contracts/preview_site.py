"""The name space of previews: what everything in it is called, and whose rights make it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Where seed sets lie in their bucket; nothing else of it is read.
SEED_SETS: Final = "sets/"


@dataclass(frozen=True, slots=True)
class PreviewSite:
    """`prefix` begins every name, `role` makes what is in a stack, `boundary` is the most that may do."""

    env: str
    prefix: str
    role: str
    boundary: str
