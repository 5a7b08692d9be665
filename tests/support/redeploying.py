"""A plane that is up, deployed anew with other settings, as an operator does who edits stacks/settings.py."""

from __future__ import annotations

from pathlib import Path

from cli.local import cdk
from cli.local.emulator import credentials
from cli.plane import Plane
from stacks.settings import Settings
from tests.infrastructure.synthesis import synthesize_with


def redeploy(plane: Plane, settings: Settings, work: Path, *bots: str) -> None:
    """All of it, or the stacks of some bots alone. Raises CommandError.

    No other deployment of this checkout goes on meanwhile: they share files.
    """
    assembly = synthesize_with(settings, work).assembly
    target = credentials(str(plane.file.aws_endpoint_url))
    with cdk.one_at_a_time("up"):
        cdk.deploy(assembly, target, lambda *_: None, only=[plane.thing(f"bot-{name}") for name in bots])
