"""The CI of pull requests in the local forge: gates over what they change, handed in as the run of a job."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from dulwich import porcelain

from cli.api import Api
from cli.gates import gate
from cli.gates.cases import write_mirror
from cli.gates.outside import Places
from cli.localforge.repositories import cloned
from cli.localforge.runs import job_variables
from cli.plane import Plane
from cli.run_login import VARIABLES, RunLogin

_LISTED: Final = 1000


@dataclass(frozen=True, slots=True)
class Job:
    """What checks the head of a pull request; `git` is the repository that it clones."""

    repository: str
    number: int
    head: str
    base: str
    git: Path

    @classmethod
    def of(cls, payload: bytes, taken: Mapping[str, Any]) -> Self:
        """That of a webhook's payload, as the forge took it in."""
        name = str(json.loads(payload)["repository"]["full_name"])
        head, base = taken["head"]["sha"], taken["base"]["ref"]
        return cls(name, int(taken["number"]), head, base, Path(taken["git"]))

    @property
    def name(self) -> str:
        return f"{self.repository}#{self.number}"

    def run(self, plane: Plane, forge: str) -> bool:
        """Judge the head by every gate and hand in the result, once; whether it was not there yet.

        `forge` is the address that gives the run its tokens. The advisories are one, which is made up.
        Raises CommandError.
        """
        with Api.of(plane) as api:
            found = api.items(gate.RESULTS, _LISTED, repository=self.repository)
            if any(result["commit"] == self.head for result in found):
                return False
        with tempfile.TemporaryDirectory() as place:
            mirror, checkout = Path(place) / "advisories", Path(place) / "checkout"
            write_mirror(mirror, datetime.now(UTC).replace(microsecond=0))
            porcelain.reset(str(cloned(self.git, checkout, self.base)), "hard", self.head)
            asked = gate.Asked(checkout, f"origin/{self.base}", (), self.repository, Places(mirror))
            with Api.of_run(self._login(plane, forge)) as api:
                gate.hand_in(api, gate.judged_for(api, asked))
        return True

    def _login(self, plane: Plane, forge: str) -> RunLogin:
        variables = job_variables(forge, self.repository, self.number, self.head)
        url, bearer = (variables[name] for name in VARIABLES)
        return RunLogin(plane.file.api_url.rstrip("/"), url, bearer)
