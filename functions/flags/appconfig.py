"""SettingStore on AWS AppConfig: a hosted configuration profile, its versions labelled by the actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from functions.flags.versions import Version
from writ.adapters import aws
from writ.contracts.errors import ConflictError, TransientError
from writ.contracts.flag_site import FlagSite

_PAGE: Final = 50
_GONE: Final = frozenset({"ROLLED_BACK", "ROLLING_BACK", "REVERTED"})


class AppConfigSettings:
    """See SettingStore. https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/"""

    def __init__(self, site: FlagSite) -> None:
        self._site = site
        self._profile = {"ApplicationId": site.application, "ConfigurationProfileId": site.settings}
        self._place = {"ApplicationId": site.application, "EnvironmentId": site.environment}

    def versions(self) -> list[Version]:
        found = self._pages(
            "list_hosted_configuration_versions", "listing versions of flags", **self._profile
        )
        listed = (Version(int(item["VersionNumber"]), item.get("VersionLabel", "")) for item in found)
        versions = sorted(listed, key=lambda version: version.number)
        if not versions:
            raise TransientError("no configuration of flags is deployed", code="dependency.unreadable")
        return versions

    def text(self, number: int) -> str:
        answer = _call(
            "get_hosted_configuration_version", "reading flags", **self._profile, VersionNumber=number
        )
        return str(answer["Content"].read().decode())

    def add(self, text: str, *, after: int, label: str) -> int:
        answer = _call(
            "create_hosted_configuration_version",
            "writing flags",
            **self._profile,
            Content=text.encode(),
            ContentType="application/json",
            LatestVersionNumber=after,
            VersionLabel=label,
        )
        return int(answer["VersionNumber"])

    def deployed(self) -> int:
        name = _call("get_configuration_profile", "finding flags", **self._profile)["Name"]
        found = self._pages("list_deployments", "listing deployments of flags", **self._place)
        return max(
            (
                int(item["ConfigurationVersion"])
                for item in found
                if item["ConfigurationName"] == name and item["State"] not in _GONE
            ),
            default=0,
        )

    def deploy(self, number: int) -> None:
        try:
            _call(
                "start_deployment",
                "deploying flags",
                **self._place,
                ConfigurationProfileId=self._site.settings,
                ConfigurationVersion=str(number),
                DeploymentStrategyId=self._site.strategy,
            )
        except ConflictError:
            message = "another configuration is being deployed"
            raise TransientError(message, code="dependency.contended") from None

    def _pages(self, method: str, doing: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        while True:
            answer = _call(method, doing, **arguments, **more, MaxResults=_PAGE)
            yield from answer["Items"]
            if not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}


def _call(method: str, doing: str, **arguments: Any) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return getattr(aws.client("appconfig"), method)(**arguments)
    except (BotoCoreError, ClientError) as error:
        if aws.error_code(error) == "ConflictException":
            raise ConflictError(f"{doing}: somebody else was faster") from None
        raise aws.failure(error, doing) from error
