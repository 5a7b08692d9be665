"""The CDK app: `cdk synth -c env=local|dev|staging|prod`. Nothing here calls AWS."""

from __future__ import annotations

import sys
from pathlib import Path

from aws_cdk import App

sys.path.insert(0, str(Path(__file__).parent / "layers" / "core" / "python"))

from stacks.manifest import load_folders
from stacks.plane import build, build_apart
from stacks.settings import settings_for
from stacks.staging import StagingError
from writ.contracts.errors import ContractError


def main() -> None:
    """Synthesize; a mistake in a manifest or a setting is one line, not a stack trace."""
    app = App()
    try:
        settings = settings_for(app.node.try_get_context("env"), app.node.try_get_context("target"))
        folders = load_folders()
        if settings.plane:
            build(app, settings, folders)
        build_apart(app, settings, folders)
    except (ContractError, StagingError, ValueError) as error:
        sys.exit(f"writ: {error}")
    app.synth()


if __name__ == "__main__":
    main()
