"""Where a repository's commits, pull requests and comparisons can be looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

_REMOTE: Final = re.compile(
    r"(?:https://(?:[^@/\s]+@)?|ssh://(?:[^@/\s]+@)?|(?:[^@/\s]+@))(?P<host>[A-Za-z0-9.-]+)(?::[0-9]+)?[:/]"
    r"(?P<path>[\w.-]+(?:/[\w.-]+)+)/?"
)


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses below a repository's own; `infix` is what GitLab puts before its pages."""

    url: str
    infix: str = ""
    pulls: str = "pull"

    @classmethod
    def of(cls, url: str) -> Self | None:
        """The links of a repository, from the address of its page or its remote; None for a host not known.

        A name or a token in the address is left out.
        """
        found = _REMOTE.fullmatch(url.strip())
        if not found:
            return None
        host, path = found["host"].lower(), found["path"].removesuffix(".git")
        if "gitlab" in host:
            return cls(f"https://{host}/{path}", "/-", "merge_requests")
        return cls(f"https://{host}/{path}") if "github" in host else None

    def commit(self, sha: str) -> str:
        return f"{self.url}{self.infix}/commit/{sha}"

    def pull(self, number: int) -> str:
        return f"{self.url}{self.infix}/{self.pulls}/{number}"

    def compare(self, earlier: str, later: str) -> str:
        return f"{self.url}{self.infix}/compare/{earlier}...{later}"
