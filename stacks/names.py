"""Physical names and ARNs: `writ-<env>-<thing>`, so that no stack has to ask another for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aws_cdk import Aws

from stacks.settings import Settings
from writ.contracts.preview_site import PreviewSite

PREVIEW_ROLE: Final = "preview-stacks"
PREVIEW_BOUNDARY: Final = "preview-boundary"
# A name in AWS that is not the manifest's own: the table that other tools know by its full name.
_TABLE_NAMES: Final = {"backlog": "bot_backlog"}


@dataclass(frozen=True)
class Names:
    """Names and ARNs of one environment."""

    env: str
    account: str
    region: str
    services: str = "service-"

    @classmethod
    def of(cls, settings: Settings) -> Names:
        account, region = settings.account or Aws.ACCOUNT_ID, settings.region or Aws.REGION
        return cls(settings.env, account, region, settings.services)

    def thing(self, name: str) -> str:
        return f"writ-{self.env}-{name}"

    @property
    def bus(self) -> str:
        return f"writ-{self.env}"

    def table(self, logical: str) -> str:
        return self.thing(_TABLE_NAMES.get(logical, logical))

    def bucket(self, logical: str) -> str:
        return f"{self.thing(logical)}-{self.account}"

    def alias(self, key: str) -> str:
        return f"alias/{self.thing(key)}"

    def retired_alias(self, key: str, id: str) -> str:
        """How a key that was replaced is found, by the id that the trust root knows it by."""
        return f"{self.alias(key)}-{id[:16]}"

    def bus_arn(self) -> str:
        return self._arn("events", f"event-bus/{self.bus}")

    def table_arn(self, logical: str) -> str:
        return self._arn("dynamodb", f"table/{self.table(logical)}")

    def bucket_arn(self, logical: str) -> str:
        return f"arn:{Aws.PARTITION}:s3:::{self.bucket(logical)}"

    def secret_arn(self, logical: str) -> str:
        """Secrets Manager adds a hyphen and six characters of its own.

        https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
        """
        return self._arn("secretsmanager", f"secret:{self.thing(logical)}-??????")

    def parameter(self, logical: str) -> str:
        return f"/{self.thing(logical)}"

    def parameter_arn(self, logical: str) -> str:
        return self._arn("ssm", f"parameter{self.parameter(logical)}")

    def function_arn(self, function: str) -> str:
        return self._arn("lambda", f"function:{self.thing(function)}")

    def services_arn(self) -> str:
        """Every function that the organisation deploys itself, and its aliases."""
        return self._arn("lambda", f"function:{self.services}*")

    def service_tables_arn(self) -> str:
        """Every table that the organisation deploys itself."""
        return self._arn("dynamodb", f"table/{self.services}*")

    @property
    def previews(self) -> str:
        """What the names of all stacks of previews begin with, and of all that is in them."""
        return f"preview-{self.env}-"

    def preview_arn(self, service: str, kind: str) -> str:
        """Everything of one kind in the name space of previews, as its ARN says it: `table/` say."""
        return self._arn(service, f"{kind}{self.previews}*")

    def preview_roles_arn(self) -> str:
        """The roles that previews make for themselves."""
        return f"arn:{Aws.PARTITION}:iam::{self.account}:role/{self.previews}*"

    def policy_arn(self, name: str) -> str:
        return f"arn:{Aws.PARTITION}:iam::{self.account}:policy/{self.thing(name)}"

    def preview_site(self) -> PreviewSite:
        """Where previews are, and whose rights make them."""
        role, boundary = self.role_arn(PREVIEW_ROLE), self.policy_arn(PREVIEW_BOUNDARY)
        return PreviewSite(self.env, self.previews, role, boundary)

    def flow_arn(self, flow: str) -> str:
        return self._arn("states", f"stateMachine:{self.thing(flow)}")

    def runs_arn(self, flow: str) -> str:
        """Every execution of a flow."""
        return self._arn("states", f"execution:{self.thing(flow)}:*")

    def flow_role(self, flow: str) -> str:
        return self.thing(f"flow-{flow}")

    def flags_arn(self, application: str) -> str:
        """An application of AppConfig, by the id it was given."""
        return self._arn("appconfig", f"application/{application}")

    def strategy_arn(self, strategy: str) -> str:
        return self._arn("appconfig", f"deploymentstrategy/{strategy}")

    def role_arn(self, function: str) -> str:
        return f"arn:{Aws.PARTITION}:iam::{self.account}:role/{self.thing(function)}"

    def session_arn(self, function: str) -> str:
        """Every session of a function's role."""
        return f"arn:{Aws.PARTITION}:sts::{self.account}:assumed-role/{self.thing(function)}/*"

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:{Aws.PARTITION}:{service}:{self.region}:{self.account}:{resource}"
