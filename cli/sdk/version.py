"""Which version a client gets: the one that the changes of its document ask for by SemVer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from semver import Version

from writ.contracts.errors import ContractError
from writ.openapi.diff import diff
from writ.release.versions import core, parse_version


def decide(document: Any, before: Any, today: date) -> str:
    """The version of a document's client.

    Without an earlier document it is `info.version`. Else it is what the changes ask for, or `info.version`
    where that is more. Raises ContractError for a version that is not one of SemVer, or that goes back.
    """
    own = version_of(document, "info.version")
    if before is None:
        return str(own)
    released = version_of(before, "--since info.version")
    found = diff(before, document, today)
    wanted = parse_version(found.next_version or str(released))
    if core(own) < core(released):
        message = f"info.version is {own}, and {released} is released"
        raise ContractError(message, code="sdk.version", field="info.version")
    return str(max(own, wanted))


def least(document: Any, before: Any, released: Version, today: date) -> Version:
    """The least version of a release after `released`, which had the document `before`."""
    earlier = {**before, "info": {**before.get("info", {}), "version": str(core(released))}}
    return parse_version(diff(earlier, document, today).next_version or str(core(released)))


def check_release(document: Any, before: Any, released: Version, version: Version, today: date) -> None:
    """Raise ContractError `sdk.version` where the changes of a document ask for more than a release is."""
    wanted = least(document, before, released, today)
    if core(version) < wanted:
        message = f"what changed in the API since {released} asks for {wanted}, and the release is {version}"
        raise ContractError(message, code="sdk.version", field="WRIT_VERSION")


def version_of(document: Any, field: str) -> Version:
    """`info.version` of a document. Raises ContractError that names it."""
    info = document.get("info") if isinstance(document, Mapping) else None
    text = info.get("version") if isinstance(info, Mapping) else None
    if not isinstance(text, str):
        raise ContractError("the document does not say its version", code="sdk.version", field=field)
    try:
        return parse_version(text)
    except ContractError as error:
        raise ContractError(error.message, code="sdk.version", field=field) from None
