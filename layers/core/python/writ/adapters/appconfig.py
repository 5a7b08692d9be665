"""Feature flags out of AWS AppConfig by Powertools: two configurations, the declared one and what people set.

Powertools' own store makes a boto3 session and forgets what it knew when a refresh fails; this one does
neither. Import it when a flag is asked for: Powertools' module costs a start a quarter of a second.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, Final

from aws_lambda_powertools.utilities.feature_flags import FeatureFlags
from aws_lambda_powertools.utilities.feature_flags.base import StoreProvider
from aws_lambda_powertools.utilities.feature_flags.exceptions import ConfigurationStoreError
from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.contracts.flag_site import FlagSite
from writ.contracts.flags import context

_INTERVAL_S: Final = 60  # a change is known everywhere a minute later; AppConfig's own minimum is 15
_RETRY_S: Final = 15
_PATIENCE_S: Final = 300

_log = logging.getLogger(__name__)


class _Configuration:
    """One configuration profile, polled by a session token.

    https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_appconfigdata_GetLatestConfiguration.html
    """

    def __init__(self, site: FlagSite, profile: str) -> None:
        self._site, self._profile = site, profile
        self._token: str | None = None
        self._due = float("-inf")
        self._known: dict[str, Any] | None = None

    def features(self, now: float) -> dict[str, Any]:
        """The features. Raises ConfigurationStoreError while there never was an answer."""
        if now >= self._due:
            try:
                self._refresh(now)
            except (BotoCoreError, ClientError, ValueError, KeyError, TypeError) as error:
                self._token, self._due = None, now + _RETRY_S
                _log.warning("flags cannot be read: %s", aws.error_code(error) or type(error).__name__)
        if self._known is None:
            raise ConfigurationStoreError("the flags were never read")
        return self._known

    def _refresh(self, now: float) -> None:
        client = aws.client("appconfigdata")
        if self._token is None:
            self._token = client.start_configuration_session(
                ApplicationIdentifier=self._site.application,
                EnvironmentIdentifier=self._site.environment,
                ConfigurationProfileIdentifier=self._profile,
                RequiredMinimumPollIntervalInSeconds=_INTERVAL_S,
            )["InitialConfigurationToken"]
        answer = client.get_latest_configuration(ConfigurationToken=self._token)
        content = answer["Configuration"].read()
        if content:  # empty: what is known is the newest
            features = json.loads(content)["features"]
            if not isinstance(features, dict):
                raise TypeError("features is not an object")
            self._known = features
        elif self._known is None:
            raise ValueError("no configuration is deployed")
        self._token = answer["NextPollConfigurationToken"]
        self._due = now + max(_RETRY_S, min(int(answer["NextPollIntervalInSeconds"]), _PATIENCE_S))


class _Layers(StoreProvider):
    """What is declared, and over it what people set; the same object until one of them changes.

    What was set of a flag that has left the catalogue since is no flag any more.
    """

    def __init__(self, site: FlagSite, clock: Callable[[], float]) -> None:
        self._declared = _Configuration(site, site.declared)
        self._settings = _Configuration(site, site.settings)
        self._clock = clock
        self._merged: tuple[dict[str, Any], dict[str, Any], dict[str, Any]] | None = None

    @property
    def get_raw_configuration(self) -> dict[str, Any]:
        return self.get_configuration()

    def get_configuration(self) -> dict[str, Any]:
        now = self._clock()
        declared, settings = self._declared.features(now), self._settings.features(now)
        if self._merged is None or self._merged[0] is not declared or self._merged[1] is not settings:
            merged = {name: settings.get(name, feature) for name, feature in declared.items()}
            self._merged = (declared, settings, merged)
        return self._merged[2]


class AppConfigFlags:
    """See Flags and FlagStates. `clock` is monotonic, in seconds."""

    def __init__(self, site: FlagSite, clock: Callable[[], float]) -> None:
        self._flags = FeatureFlags(store=_Layers(site, clock))

    def has(self, name: str, tenant: str) -> bool | None:
        """See FlagStates. What depends on the default is not known."""
        found = {self.enabled(name, tenant, default=default) for default in (True, False)}
        return found.pop() if len(found) == 1 else None

    def enabled(self, name: str, tenant: str, *, default: bool) -> bool:
        from aws_lambda_powertools.utilities.feature_flags.exceptions import SchemaValidationError

        try:
            return bool(self._flags.evaluate(name=name, context=context(name, tenant), default=default))
        except SchemaValidationError:
            _log.warning("flags are not as Powertools reads them")
            return default
