"""Feature flags in AWS AppConfig: what the catalogue declares, and what people set over it.

Two configuration profiles, because a deployment brings a new version of the first and must not undo the
second, which the bot `flags` writes.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from aws_cdk import Stack
from aws_cdk import aws_appconfig as appconfig
from constructs import Construct

from stacks import flag_catalogue
from stacks.names import Names
from writ.contracts.flag_site import FlagSite

_JSON: Final = "application/json"


class FlagStore(Construct):
    """Application, environment, profiles with their validator, first versions and how they are deployed."""

    def __init__(self, scope: Construct, id: str, *, names: Names) -> None:
        super().__init__(scope, id)
        self._application = appconfig.CfnApplication(
            self, "Application", name=names.thing("flags"), description="Feature flags of Writ"
        )
        self._environment = appconfig.CfnEnvironment(
            self, "Environment", application_id=self._application.ref, name=names.env
        )
        # Gradual is the share of tenants, which the flag itself says; a kill must not wait for a bake.
        self._strategy = appconfig.CfnDeploymentStrategy(
            self,
            "Strategy",
            name=names.thing("flags-at-once"),
            deployment_duration_in_minutes=0,
            growth_factor=100,
            growth_type="LINEAR",
            final_bake_time_in_minutes=0,
            replicate_to="NONE",
        )
        flags = flag_catalogue.load()
        declared, first = self._profile("Declared", flag_catalogue.declared(flags))
        settings, second = self._profile("Settings", flag_catalogue.unset())
        second.add_dependency(first)  # an environment takes one deployment at a time
        self.site = FlagSite(
            application=self._application.ref,
            environment=self._environment.ref,
            declared=declared.ref,
            settings=settings.ref,
            strategy=self._strategy.ref,
        )

    def exported(self) -> FlagSite:
        """The same, for other stacks."""
        stack = Stack.of(self)
        return FlagSite(**{name: stack.export_value(id) for name, id in asdict(self.site).items()})

    def _profile(
        self, name: str, content: str
    ) -> tuple[appconfig.CfnConfigurationProfile, appconfig.CfnDeployment]:
        profile = appconfig.CfnConfigurationProfile(
            self,
            name,
            application_id=self._application.ref,
            name=name.lower(),
            location_uri="hosted",
            type="AWS.Freeform",
            validators=[
                appconfig.CfnConfigurationProfile.ValidatorsProperty(
                    type="JSON_SCHEMA", content=flag_catalogue.SCHEMA
                )
            ],
        )
        common: dict[str, Any] = {"application_id": self._application.ref}
        version = appconfig.CfnHostedConfigurationVersion(
            self,
            f"{name}Version",
            configuration_profile_id=profile.ref,
            content=content,
            content_type=_JSON,
            **common,
        )
        deployment = appconfig.CfnDeployment(
            self,
            f"{name}Deployment",
            environment_id=self._environment.ref,
            deployment_strategy_id=self._strategy.ref,
            configuration_profile_id=profile.ref,
            configuration_version=version.ref,
            **common,
        )
        return profile, deployment
