"""A linter of templates that says what it was given to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from writ.contracts.errors import ContractError
from writ.gates.security.outside import Remark


@dataclass
class FakeLinter:
    """Says what it was given to say, of every template."""

    remarks: Sequence[Remark] = ()
    broken: str = ""
    seen: list[str] = field(default_factory=list)

    def lint(self, templates: Mapping[str, bytes]) -> Mapping[str, Sequence[Remark]]:
        self.seen += sorted(templates)
        if self.broken:
            raise ContractError(self.broken)
        return dict.fromkeys(templates, self.remarks)
