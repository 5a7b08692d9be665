"""What a repository says is known or nobody's: its baseline of findings, and values that it allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from writ.contracts.errors import ContractError, from_validation
from writ.gates.tree import Change, Tree, text
from writ.pii.baseline import Baseline, Entry, read

BASELINE: Final = ".gates/secrets.baseline"
ALLOWED: Final = ".gates/secrets.yaml"
_NONE: Final = Baseline(b"", frozenset())


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, strict=True)

    value: Annotated[str, Field(min_length=6, max_length=4096)]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class _Values(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, strict=True)

    allow: list[_Value] = Field(max_length=500)


_VALUES: Final = TypeAdapter(_Values)


@dataclass(frozen=True)
class Said:
    """What one state of a repository says."""

    baseline: Baseline = _NONE
    allowed: frozenset[str] = frozenset()

    def entry(self, path: str, kind: str, value: str) -> Entry | None:
        return self.baseline.entry(path, kind, value)


@dataclass
class Known:
    """What the repository says now, and what its base said, None where nothing is compared."""

    now: Said
    base: Said | None
    used: set[Entry] = field(default_factory=set)

    def of(self, path: str, kind: str, value: str) -> str:
        """`allowed`, `listed` on the baseline, `proposed` where the change itself says either, or `no`."""
        entry = self.now.entry(path, kind, value)
        if entry:
            self.used.add(entry)
        settled = self.now if self.base is None else self.base
        if value in settled.allowed and value in self.now.allowed:
            return "allowed"
        if entry and (settled is self.now or settled.entry(path, kind, value)):
            return "listed"
        return "proposed" if entry or value in self.now.allowed else "no"

    def stale(self) -> list[Entry]:
        """Entries of the baseline that nothing was asked about that has them."""
        return sorted(self.now.baseline.entries - self.used)


@dataclass(frozen=True)
class Unlisted:
    """A tree as if it had no baseline and no base: what would have to be on it."""

    tree: Tree

    def paths(self) -> Sequence[str]:
        return self.tree.paths()

    def read(self, path: str) -> bytes | None:
        return None if path == BASELINE else self.tree.read(path)

    def chunks(self, path: str) -> Iterator[bytes]:
        return self.tree.chunks(path)

    def read_base(self, _path: str) -> bytes | None:
        return None

    def changes(self) -> Sequence[Change] | None:
        return None


def of_tree(tree: Tree) -> Known:
    """What a repository says. Raises ContractError, whose field begins with the file at fault.

    A base that cannot be read says nothing, so that all the change says is its own word.
    """
    now = _said(tree.read)
    if tree.changes() is None:
        return Known(now, None)
    try:
        return Known(now, _said(tree.read_base))
    except ContractError:
        return Known(now, Said())


def parse_baseline(content: bytes | None) -> Baseline:
    """The baseline in a file, an empty one where there is none. Raises ContractError."""
    if content is None:
        return _NONE
    try:
        return read(text(content) or "")
    except ContractError as error:
        raise ContractError(error.message, code=error.code, field=f"{BASELINE}, {error.field}") from None


def _said(content: Callable[[str], bytes | None]) -> Said:
    return Said(parse_baseline(content(BASELINE)), _allowed(content(ALLOWED)))


def _allowed(content: bytes | None) -> frozenset[str]:
    import yaml

    from writ.yaml_bounds import load_small

    if content is None:
        return frozenset()
    try:
        return frozenset(
            item.value for item in _VALUES.validate_python(load_small(text(content) or "")).allow
        )
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said, where = "not YAML, or more of it than is read", ""
        if isinstance(error, ValidationError):
            problem = from_validation(error, "not as expected")
            said, where = problem.message, f", {problem.field}"
        raise ContractError(said, field=f"{ALLOWED}{where}") from None
