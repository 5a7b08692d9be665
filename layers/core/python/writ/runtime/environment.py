"""What a function was deployed with, read once from its environment variables."""

import gc
import os
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError

from writ.contracts.action_spec import ActionSpec
from writ.contracts.errors import ContractError, WritError, from_validation
from writ.contracts.flag_site import FlagSite
from writ.contracts.preview_site import PreviewSite
from writ.contracts.retirement import KeyKind, Retirement

_PREFIX = "WRIT_"
_COLLECT_EVERY = 10_000  # objects; the interpreter's 700 is for processes that live in less memory


class Environment(BaseModel):
    """The typed environment of one function.

    Maps go from the logical names of the manifests to physical names, and hold only what the manifest
    needs: asking for anything else is a defect of the manifest and raises.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    env: str
    bot: str
    function: str
    owner: str
    bus: str
    version: str = "0"
    code_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    actions: Json[dict[str, ActionSpec]] = {}
    tables: Json[dict[str, str]] = {}
    buckets: Json[dict[str, str]] = {}
    keys: Json[dict[str, str]] = {}
    secrets: Json[dict[str, str]] = {}
    parameters: Json[dict[str, str]] = {}
    functions: Json[dict[str, str]] = {}
    flows: Json[dict[str, str]] = {}
    flags: Json[FlagSite] | None = None
    previews: Json[PreviewSite] | None = None
    authority: str = ""
    dlq: str = ""
    queue_url: str = ""
    log_origin: str = ""
    identity_base: str = ""
    issuer: str = ""
    witness_name: str = ""
    anchor: str = ""
    forge: str = ""
    dependencies: str = ""
    identities: Json[dict[str, str]] = {}
    retired: Json[dict[KeyKind, tuple[Retirement, ...]]] = {}
    timeout_s: int = 30

    @classmethod
    def load(cls, variables: Mapping[str, str] | None = None) -> Self:
        """Read `WRIT_*` variables. Raises ContractError that names the variable at fault."""
        source = os.environ if variables is None else variables
        values = {
            name.removeprefix(_PREFIX).lower(): value
            for name, value in source.items()
            if name.startswith(_PREFIX) and value
        }
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problem = from_validation(error, "environment")
            variable = _PREFIX + (problem.field or "").split(".")[0].upper()
            raise ContractError(problem.message, code=problem.code, field=variable) from None

    def table(self, name: str) -> str:
        return self._named("tables", name)

    def bucket(self, name: str) -> str:
        return self._named("buckets", name)

    def key(self, name: str) -> str:
        return self._named("keys", name)

    def secret(self, name: str) -> str:
        return self._named("secrets", name)

    def flow(self, name: str) -> str:
        """The ARN of a flow that this function starts."""
        return self._named("flows", name)

    def other_function(self, name: str) -> str:
        """The function of another folder that this one calls."""
        return self._named("functions", name)

    def flag_site(self) -> FlagSite:
        """Where the flags are kept."""
        if self.flags is None:
            message = f"the manifest of {self.bot} does not declare needs.flags"
            raise WritError(message, code="manifest.undeclared", field="needs.flags")
        return self.flags

    def preview_site(self) -> PreviewSite:
        """The name space of previews."""
        if self.previews is None:
            message = f"the manifest of {self.bot} does not declare needs.previews"
            raise WritError(message, code="manifest.undeclared", field="needs.previews")
        return self.previews

    def _named(self, kind: str, name: str) -> str:
        found: dict[str, str] = getattr(self, kind)
        if name not in found:
            raise WritError(
                f"the manifest of {self.bot} does not declare {name} under needs.{kind}",
                code="manifest.undeclared",
                field=f"needs.{kind}.{name}",
            )
        return found[name]


@cache
def current() -> Environment:
    """The environment of this process. Who asks has done its imports: what is there by now stays."""
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY)
    return Environment.load()
