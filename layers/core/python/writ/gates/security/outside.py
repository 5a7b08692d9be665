"""What the gate is told beside the tree: advisories, dates of releases, a linter, a synthesized app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from writ.gates.security.mirror import Mirror


@dataclass(frozen=True, slots=True)
class Remark:
    """What a linter says of a template; `severity` is error, warning or informational."""

    rule: str
    severity: str
    message: str
    line: int
    link: str = ""


class Linter(Protocol):
    """Checks CloudFormation templates against the schemas of their resources."""

    def lint(self, templates: Mapping[str, bytes]) -> Mapping[str, Sequence[Remark]]:
        """Remarks by path. Raises ContractError where it could not look."""


@dataclass(frozen=True, slots=True)
class Outside:
    """`released` maps package URLs with versions to ISO 8601 times; `assembly` is files of a `cdk.out`."""

    mirror: Mirror | None = None
    released: Mapping[str, str] = field(default_factory=dict)
    linter: Linter | None = None
    assembly: Mapping[str, bytes] = field(default_factory=dict)
