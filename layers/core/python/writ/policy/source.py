"""Reads from Rego source what its engines do not tell: package, rule names and annotated entrypoints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_PACKAGE: Final = re.compile(r"^package\s+([A-Za-z_][\w.]*)", re.MULTILINE)
_HEAD: Final = re.compile(r"^(?:default\s+)?([a-z_]\w*)(?=[\s(.\[:=])")
_REFERENCE: Final = re.compile(r"\bdata((?:\.[A-Za-z_]\w*)*)")
_MESSAGE: Final = re.compile(r"\(errormsg \d+:(.*?)\)")
_PLACE: Final = re.compile(r"\(error \d+:([^|]+)\|")
_KEYWORDS: Final = frozenset({"package", "import", "else"})


@dataclass(frozen=True)
class Module:
    """One Rego file: its path inside the bundle and its text, in the layout of `opa fmt`."""

    path: str
    source: str

    @property
    def is_test(self) -> bool:
        return self.path.endswith("_test.rego")

    @cached_property
    def package(self) -> str:
        """The package as a path, `writ/actions` say; empty where the file declares none."""
        match = _PACKAGE.search(self.source)
        return match[1].replace(".", "/") if match else ""

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """Names of the rules in order of appearance, each once."""
        heads = (_head(line) for line in self.source.splitlines())
        return tuple(dict.fromkeys(name for name in heads if name))

    @cached_property
    def references(self) -> frozenset[str]:
        """Paths under `data` that the text names, `writ/authz/allow` say; an empty one where it means all."""
        return frozenset(name[1:].replace(".", "/") for name in _REFERENCE.findall(self.source))

    @cached_property
    def entrypoints(self) -> tuple[str, ...]:
        """Paths of the rules that OPA's metadata marks with `entrypoint: true`.

        Source: https://www.openpolicyagent.org/docs/policy-language#metadata
        """
        marked, found = False, []
        for line in self.source.splitlines():
            if line.strip() == "# entrypoint: true":
                marked = True
            elif marked and not line.startswith("#"):
                found.append(f"{self.package}/{_head(line)}")
                marked = False
        return tuple(found)


def _head(line: str) -> str | None:
    match = _HEAD.match(line)
    return match[1] if match and match[1] not in _KEYWORDS else None


def complaint(error: Exception) -> str:
    """One line out of rego-cpp's error, which is a whole syntax tree: what is wrong, and in which file."""
    text = str(error)
    message, place = _MESSAGE.search(text), _PLACE.search(text)
    said = message[1] if message else text.splitlines()[0]
    return f"the policies do not compile: {said}" + (f" in {place[1]}" if place else "")
