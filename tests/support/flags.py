"""Flags in memory: answers that a test sets, and versions of what people set."""

from __future__ import annotations

from dataclasses import dataclass, field

from functions.flags.versions import Version
from stacks.flag_catalogue import unset
from writ.contracts.errors import ConflictError


@dataclass
class MemoryFlags:
    """Every flag has its default, but for those a test turned off or on."""

    answers: dict[str, bool] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def enabled(self, name: str, tenant: str, *, default: bool) -> bool:
        self.asked.append((name, tenant))
        return self.answers.get(name, default)


@dataclass
class MemorySettings:
    """Versions by number, as AppConfig keeps them, and which is deployed."""

    texts: dict[int, str] = field(default_factory=lambda: {1: unset()})
    labels: dict[int, str] = field(default_factory=lambda: {1: ""})
    live: int = 1

    def versions(self) -> list[Version]:
        return [Version(number, self.labels[number]) for number in sorted(self.texts)]

    def text(self, number: int) -> str:
        return self.texts[number]

    def add(self, text: str, *, after: int, label: str) -> int:
        if after != max(self.texts):
            raise ConflictError("not the newest")
        self.texts[after + 1], self.labels[after + 1] = text, label
        return after + 1

    def deployed(self) -> int:
        return self.live

    def deploy(self, number: int) -> None:
        self.live = number
