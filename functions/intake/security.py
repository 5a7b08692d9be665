"""Security alerts of four kinds, as one pair of events, and advisories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from functions.intake.family import Family, by_action
from functions.intake.reading import From, Source, as_name, as_title, some
from writ.contracts.events import security

_RAISING: Final = (
    "create",
    "created",
    "reopened",
    "reopened_by_user",
    "auto_reopened",
    "reintroduced",
    "appeared_in_branch",
    "publicly_leaked",
)
_RESOLVING: Final = (
    "fixed",
    "closed_by_user",
    "dismiss",
    "dismissed",
    "auto_dismissed",
    "resolve",
    "resolved",
    "revoked",
)


def _alert(kind: str, fields: Mapping[str, Source]) -> Family:
    raising = dict.fromkeys(_RAISING, security.SecurityAlertRaised)
    resolving = dict.fromkeys(_RESOLVING, security.SecurityAlertResolved)
    return Family(
        by_action({**raising, **resolving}, otherwise=security.SecurityAlertChanged),
        {
            "kind": From((), default=kind),
            "number": some("alert.number"),
            "state": some("alert.state"),
            "url": some("alert.html_url"),
            **fields,
        },
    )


def _packages(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [_package(item) for item in value[:100]]


def _package(value: Any) -> Any:
    package = value.get("package") if isinstance(value, Mapping) else None
    if not isinstance(package, Mapping):
        return None  # refused by the contract, with the index
    return as_name(f"{package.get('ecosystem')}:{package.get('name')}")


_ADVISORY: Final = "alert.security_advisory"
_VULNERABILITY: Final = "alert.security_vulnerability"

FAMILIES: Final[Mapping[str, Family]] = {
    "dependabot_alert": _alert(
        "dependency",
        {
            "rule": some(f"{_ADVISORY}.ghsa_id"),
            "severity": some(f"{_VULNERABILITY}.severity", f"{_ADVISORY}.severity"),
            "summary": some(f"{_ADVISORY}.summary", via=as_title),
            "package": some("alert.dependency.package.name", f"{_VULNERABILITY}.package.name", via=as_name),
            "ecosystem": some("alert.dependency.package.ecosystem", f"{_VULNERABILITY}.package.ecosystem"),
            "patched": some(f"{_VULNERABILITY}.first_patched_version.identifier"),
            "reason": some("alert.dismissed_reason"),
        },
    ),
    "repository_vulnerability_alert": _alert(
        "dependency",
        {
            "rule": some("alert.ghsa_id", "alert.external_identifier"),
            "severity": some("alert.severity"),
            "package": some("alert.affected_package_name", via=as_name),
            "reason": some("alert.dismiss_reason"),
        },
    ),
    "code_scanning_alert": _alert(
        "code",
        {
            "rule": some("alert.rule.id", via=as_name),
            "severity": some("alert.rule.security_severity_level", "alert.rule.severity"),
            "summary": some("alert.rule.description", via=as_title),
            "reason": some("alert.dismissed_reason"),
        },
    ),
    "secret_scanning_alert": _alert(
        "secret",
        {
            "rule": some("alert.secret_type", via=as_name),
            "summary": some("alert.secret_type_display_name", via=as_title),
            "reason": some("alert.resolution"),
        },
    ),
    "security_advisory": Family(
        by_action(
            {
                "published": security.SecurityAdvisoryPublished,
                "updated": security.SecurityAdvisoryPublished,
                "performed": security.SecurityAdvisoryPublished,
                "withdrawn": security.SecurityAdvisoryWithdrawn,
            }
        ),
        {
            "ghsa_id": some("security_advisory.ghsa_id"),
            "cve_id": some("security_advisory.cve_id"),
            "severity": some("security_advisory.severity"),
            "summary": some("security_advisory.summary", via=as_title),
            "packages": some("security_advisory.vulnerabilities", via=_packages),
            "published_at": some("security_advisory.published_at"),
        },
    ),
}
