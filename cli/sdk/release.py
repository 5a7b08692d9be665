"""The version of a client that is built for a release: the release's own, if its changes allow that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from cli.output import CommandError
from cli.release.release import settings_of
from cli.sdk import version as sdk_version
from cli.sdk.openapi_file import parsed
from writ.adapters.git_history import GitHistory
from writ.release.versions import parse_version


def version_of(document: Any, spec: Path, environment: Mapping[str, str], today: date) -> str | None:
    """The version of the release that is being built, None where none is.

    `writ release build` says it, and the tag of the release before. Raises ContractError `sdk.version` where
    the document changed since then in a way that asks for more, CommandError for a tag that is not there.
    """
    version, previous = environment.get("WRIT_VERSION"), environment.get("WRIT_PREVIOUS")
    if version is None or previous is None:
        return version
    with GitHistory.open(spec.resolve().parent) as history:
        settings, tags = settings_of(history.root), history.tags()
        if previous not in tags:
            message = f"the checkout has no tag {previous}, which is the release before"
            raise CommandError(message, code="sdk.checkout", hint="fetch all tags: fetch-depth: 0")
        name = spec.resolve().relative_to(history.root.resolve()).as_posix()
        before = history.content(tags[previous], name)
    released = settings.pattern.read(previous)
    if before is not None and released is not None:
        given = parse_version(version, settings.scheme)
        earlier = parsed(before, f"{name} of {previous}", "WRIT_PREVIOUS")
        sdk_version.check_release(document, earlier, released, given, today)
    return version
