"""The `writ` command: what it offers, and under which names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any, Final, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info, get_group
from typer.models import CommandInfo

# A command, or a group of them, by its module and its name there.
_PLACES: Final[Mapping[str, str]] = {
    "run": "cli.local.commands:run",
    "up": "cli.local.commands:up",
    "down": "cli.local.commands:down",
    "status": "cli.local.commands:status",
    "replay": "cli.local.sending:replay",
    "rollback": "cli.operate.rollouts:rollback",
    "whoami": "cli.operate.whoami:whoami",
    "slo": "cli.operate.slo:slo",
    "logs": "cli.local.commands:logs",
    "trace": "cli.trace.commands:trace",
    "synth": "cli.local.delivery:synth",
    "deploy": "cli.local.delivery:deploy",
    "generate": "cli.making.commands:generate",
    "new-bot": "cli.making.commands:new_bot",
    "bots": "cli.operate.bots:app",
    "backlog": "cli.operate.backlog:app",
    "actions": "cli.operate.actions:app",
    "flows": "cli.operate.flows:app",
    "forge": "cli.local.forge:app",
    "policy": "cli.operate.policy:app",
    "gate": "cli.gates.gate:app",
    "exceptions": "cli.gates.exceptions:app",
    "flags": "cli.operate.flags:app",
    "break-glass": "cli.operate.break_glass:app",
    "ledger": "cli.ledger.commands:app",
    "evidence": "cli.graph.evidence:app",
    "witness": "cli.ledger.witness_commands:app",
    "canary": "cli.operate.canary:app",
    "incidents": "cli.operate.incidents:app",
    "previews": "cli.operate.previews:app",
    "bumps": "cli.operate.bumps:app",
    "release": "cli.release.commands:app",
    "migrations": "cli.operate.migrations:app",
    "api": "cli.sdk.api_diff:app",
    "sdk": "cli.sdk.commands:app",
    "erasures": "cli.operate.erasures:app",
    "holds": "cli.operate.erasures:holds",
    "demo": "cli.demo.commands:app",
}


class _Parts(Mapping[str, Any]):
    """Loads a command when it is asked for: none waits for what others import, which is most of a second."""

    def __getitem__(self, name: str) -> Any:
        module, _, member = _PLACES[name].partition(":")
        found: typer.Typer | Callable[..., Any] = getattr(import_module(module), member)
        if not isinstance(found, typer.Typer):
            info = CommandInfo(name, callback=found)
            return get_command_from_info(info, pretty_exceptions_short=True, rich_markup_mode=None)
        found.rich_markup_mode = None
        group = get_group(found)
        group.name = name
        return group

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


class _Root(TyperGroup):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = cast("MutableMapping[str, Any]", _Parts())


app = typer.Typer(
    name="writ",
    cls=_Root,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Run, look at and steer the control plane.",
)


@app.callback()
def _writ() -> None:
    """Has no options of its own."""
