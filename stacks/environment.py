"""The environment variables of a function, as `writ.runtime.environment` reads them."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from stacks.grants import AUTHORITY, METRICS_NAMESPACE, Resources, needs_of
from stacks.manifest import BotFolder
from stacks.names import Names
from stacks.settings import Settings
from stacks.staging import ROOT, Archive
from stacks.tables import WRAPPING_KEYS


def environment(
    folder: BotFolder, function: str, settings: Settings, resources: Resources, code: Iterable[Archive]
) -> dict[str, str]:
    """Variables of one function: what its manifest needs and nothing more, for Lambda allows 4 KB.

    Empty values are left out. The queue and the dead-letter queue are added where they are made.
    """
    manifest, names, needs = folder.manifest, Names.of(settings), needs_of(folder)
    variables = {
        "WRIT_ENV": settings.env,
        "WRIT_BOT": manifest.name,
        "WRIT_FUNCTION": function,
        "WRIT_OWNER": manifest.owner,
        "WRIT_VERSION": version(),
        "WRIT_CODE_DIGEST": _joined(code),
        "WRIT_ACTIONS": _json(
            {
                name: spec.model_dump(mode="json", exclude_defaults=True)
                for name, spec in manifest.actions.items()
            }
        ),
        "WRIT_BUS": names.bus,
        "WRIT_TABLES": _json({name: names.table(name) for name in needs.tables}),
        "WRIT_BUCKETS": _json({name: names.bucket(name) for name in needs.buckets}),
        "WRIT_KEYS": _json({name: resources.keys[name] for name in needs.keys if name in resources.keys}),
        "WRIT_SECRETS": _json({name: names.thing(name) for name in needs.secrets}),
        "WRIT_PARAMETERS": _json({name: names.parameter(name) for name in manifest.needs.parameters}),
        "WRIT_FUNCTIONS": _json({name: names.thing(name) for name in manifest.needs.functions}),
        "WRIT_FLOWS": _json({name: names.flow_arn(name) for name in needs.flows}),
        "WRIT_FLAGS": _json(asdict(resources.flags)) if manifest.needs.flags and resources.flags else "",
        "WRIT_PREVIEWS": _json(asdict(names.preview_site())) if manifest.needs.previews else "",
        "WRIT_AUTHORITY": names.thing(AUTHORITY) if AUTHORITY in needs.functions else "",
        "WRIT_LOG_ORIGIN": settings.log_origin,
        "WRIT_IDENTITY_BASE": settings.identity_base,
        "WRIT_ISSUER": settings.issuer,
        "WRIT_TIMEOUT_S": str(manifest.timeout_s),
        # On the embedded emulator functions inherit where to write them.
        "WRIT_TRACES": settings.collector.endpoint if settings.collector else "",
        "WRIT_TRACE_RATIO": str(settings.trace_ratio) if settings.collector else "",
        "WRIT_RETIRED": _retired(settings) if needs.keys.keys() - WRAPPING_KEYS else "",
        # Nobody reads it: a function whose variables change starts anew, and so with a new certificate.
        "WRIT_SESSIONS": settings.sessions if folder.signs else "",
        "POWERTOOLS_SERVICE_NAME": manifest.name,
        "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
        "POWERTOOLS_LOG_LEVEL": "INFO",
        # There are none, and looking for them reads the metadata of every library.
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
    }
    return {name: value for name, value in variables.items() if value}


def identities(folders: Iterable[BotFolder], names: Names) -> str:
    """Role name → bot, for the authority: only those that sign are in it."""
    return _json(
        {
            names.thing(function): folder.name
            for folder in folders
            if folder.signs
            for function in folder.functions
        }
    )


def _retired(settings: Settings) -> str:
    return _json(
        {
            kind: [item.model_dump(mode="json", exclude_defaults=True) for item in items]
            for kind, items in settings.retired.items()
            if items
        }
    )


@cache
def version() -> str:
    """The version of Writ that is deployed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _joined(code: Iterable[Archive]) -> str:
    return hashlib.sha256("".join(archive.digest for archive in code).encode()).hexdigest()


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True) if value else ""
