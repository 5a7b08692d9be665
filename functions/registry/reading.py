"""What every route reads: the bot that the path names, and whether it is paused."""

from __future__ import annotations

from collections.abc import Mapping

from functions.registry.pause import Pause
from functions.registry.ports import Ports
from writ.contracts.errors import NotFoundError
from writ.contracts.manifest import Manifest
from writ.ports.controls import pause_key
from writ.runtime.rest import Request


def find(request: Request, ports: Ports) -> Manifest:
    """Raises NotFoundError for a bot that is not in the catalog."""
    manifest = ports.catalog().get(request.path["name"])
    if manifest is None:
        raise NotFoundError("there is no such bot", field="bot")
    return manifest


def pause_of(manifest: Manifest, ports: Ports) -> Pause:
    """The bot's pause; one without actions has nothing to hold."""
    return Pause.parse(ports.controls.read(pause_key(manifest.name))) if manifest.actions else Pause()


def paused_actions(manifest: Manifest, ports: Ports) -> Mapping[str, Pause]:
    """The pause of each action of a bot."""
    names = sorted(manifest.actions)
    return {name: Pause.parse(ports.controls.read(pause_key(manifest.name, name))) for name in names}
