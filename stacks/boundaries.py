"""Permissions boundaries: the most that any role of an environment may do, of functions and of flows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from string import Template
from typing import Final

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.acknowledge import acknowledge_wildcards
from stacks.grants import flag_statements, measure, reply, serve
from stacks.manifest import BotFolder
from stacks.names import PREVIEW_BOUNDARY, Names
from stacks.preview_grants import preview_stack_statements, preview_statements
from stacks.settings import Settings
from writ.contracts.flag_site import FlagSite

_FOLDER: Final = Path(__file__).parent.parent / "policies" / "boundaries"
_NAMES: Final = {
    "function": ("Boundary", "boundary"),
    "flow": ("FlowBoundary", "flow-boundary"),
    "preview": ("PreviewBoundary", PREVIEW_BOUNDARY),
    "preview-stack": ("PreviewStackBoundary", "preview-stack-boundary"),
}
_REASON: Final = "A boundary grants nothing: it limits every role to the resources of its environment."


def function_boundary(
    stack: Stack, settings: Settings, folders: Sequence[BotFolder], flags: FlagSite | None
) -> iam.ManagedPolicy:
    """The boundary of every function: its document, and what only the target or the stack can name."""
    names, target = Names.of(settings), settings.target
    measured = chain.from_iterable(measure(folder.manifest, target.event_conditions) for folder in folders)
    replies = () if target.task_resources else reply(["every"], names, task_resources=False)
    verbs = {verb for folder in folders for verb in folder.manifest.needs.flags}
    flagged = flag_statements(verbs, names, flags, target.flag_arns)
    services = serve([folder.manifest for folder in folders], names)
    manifests = [folder.manifest for folder in folders]
    previews = preview_statements(manifests, names, target.event_conditions)
    return _boundary(stack, settings, "function", [*measured, *replies, *flagged, *services, *previews])


def flow_boundary(stack: Stack, settings: Settings) -> iam.ManagedPolicy:
    """The boundary of every flow: it calls functions, and has its logs and traces delivered."""
    return _boundary(stack, settings, "flow")


def preview_boundaries(scope: Construct, settings: Settings) -> tuple[iam.ManagedPolicy, iam.ManagedPolicy]:
    """Of what is in a preview, which reaches that preview alone, and of what makes it."""
    made = preview_stack_statements(Names.of(settings))
    return _boundary(scope, settings, "preview"), _boundary(scope, settings, "preview-stack", made)


def _boundary(
    stack: Construct, settings: Settings, kind: str, more: Sequence[iam.PolicyStatement] = ()
) -> iam.ManagedPolicy:
    text = Template((_FOLDER / f"{kind}.json").read_text(encoding="utf-8")).substitute(
        env=settings.env, Partition=Aws.PARTITION, Region=Aws.REGION, AccountId=Aws.ACCOUNT_ID
    )
    document = json.loads(text)
    id, name = _NAMES[kind]
    boundary = iam.ManagedPolicy(
        stack,
        id,
        managed_policy_name=Names.of(settings).thing(name),
        description=f"The most that any {kind} of this environment may ever do",
        document=iam.PolicyDocument.from_json(document),
    )
    boundary.add_statements(*more)
    wildcards = [arn for statement in document["Statement"] for arn in _listed(statement["Resource"])]
    wildcards += [arn for statement in more for arn in statement.resources]
    acknowledge_wildcards(boundary, dict.fromkeys(wildcards), _REASON)
    return boundary


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
