"""All stacks of one environment, and how they hang together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import App, Tags

from stacks import flag_catalogue
from stacks.api import ApiStack
from stacks.bots import BotStack
from stacks.bus import BusStack
from stacks.constructs.shared import Code, Plane
from stacks.environment import identities
from stacks.flows import flows_of
from stacks.foundation import FoundationStack
from stacks.grants import AUTHORITY, Resources, replies_of
from stacks.identity import IdentityStack
from stacks.manifest import BotFolder
from stacks.metrics import measured
from stacks.names import Names
from stacks.observability import ObservabilityStack
from stacks.service_manifest import load_services
from stacks.service_manifest import staged as staged_services
from stacks.services import ServicesStack
from stacks.settings import Settings
from stacks.staging import MAX_UNZIPPED_BYTES, Staging, StagingError, catalog, unzipped_bytes
from stacks.witness import WitnessStack
from stacks.workflows import WorkflowsStack
from writ.runtime.doors import RUNS

# Functions that are given every manifest.
CATALOGUED: Final = frozenset({"registry", "slo"})
OBJECTIVES: Final = "slo"
FLAGS: Final = "flags"
ANCHOR: Final = "anchor"
DEPENDENCIES: Final = "dependencies"
# The secret of who asks the forge, each by a token with no more rights than its own.
FORGE: Final = "forge"


@dataclass(frozen=True)
class ControlPlane:
    """The stacks of one environment; dependencies point from the last to the first."""

    foundation: FoundationStack
    bus: BusStack
    bots: tuple[BotStack, ...]
    workflows: WorkflowsStack
    identity: IdentityStack
    api: ApiStack
    observability: ObservabilityStack
    services: ServicesStack


def build(
    app: App, settings: Settings, folders: Sequence[BotFolder], staging: Staging | None = None
) -> ControlPlane:
    """Add the whole control plane to an app."""
    names = Names.of(settings)
    folders = deployed(folders, settings)
    flows = flows_of(folders)
    staging = staging or Staging.of(settings)
    common: dict[str, Any] = {"env": settings.environment(), "termination_protection": settings.protected}
    foundation = FoundationStack(app, names.thing("foundation"), settings=settings, folders=folders, **common)
    bus = BusStack(app, names.thing("bus"), settings=settings, **common)
    plane = Plane(
        settings=settings,
        bus=bus.bus,
        streams=foundation.tables,
        boundary=foundation.boundary,
        alarms=foundation.alarm_topic,
        resources=Resources(
            keys={name: key.key_arn for name, key in foundation.keys.items()},
            event_conditions=settings.target.event_conditions,
            replies=replies_of(flows),
            task_resources=settings.target.task_resources,
            flags=foundation.flags.exported() if foundation.flags else None,
            flag_arns=settings.target.flag_arns,
        ),
        measured=measured(folders),
    )
    bots = tuple(
        BotStack(
            app,
            names.thing(f"bot-{folder.name}"),
            folder=folder,
            plane=plane,
            code=_code(folder, folders, staging, settings),
            extra=extra_variables(folder, folders, settings),
            **common,
        )
        for folder in folders
    )
    workflows = WorkflowsStack(
        app, names.thing("workflows"), plane=plane, flows=flows, folders=folders, **common
    )
    identity = IdentityStack(app, names.thing("identity"), settings=settings, **common)
    api = ApiStack(
        app,
        names.thing("api"),
        settings=settings,
        identity=identity,
        bots=[stack.bot for stack in bots],
        **common,
    )
    observability = ObservabilityStack(
        app,
        names.thing("observability"),
        settings=settings,
        folders=folders,
        flows=flows,
        alarm_topic=foundation.alarm_topic,
        **common,
    )
    services = ServicesStack(
        app,
        names.thing("services"),
        settings=settings,
        services=load_services(folders),
        parameters={"api-id": api.api.api_id},
        alarm_topic=foundation.alarm_topic,
        **common,
    )
    for stack in bots:  # tables and buckets are known by name, which CDK cannot see
        stack.add_stack_dependency(foundation)
        if stack.bot.folder.forwards_metrics:
            for other in bots:  # whose logs it reads
                if other.bot.folder is not stack.bot.folder:
                    stack.add_stack_dependency(other)
    Tags.of(app).add("writ:env", settings.env)
    return ControlPlane(foundation, bus, bots, workflows, identity, api, observability, services)


def build_apart(
    app: App, settings: Settings, folders: Sequence[BotFolder], staging: Staging | None = None
) -> tuple[WitnessStack, ...]:
    """Add what stands apart from the control plane to an app, where its settings and its target have it."""
    if not (settings.witness and settings.target.ed25519):
        return ()
    own = settings.apart
    staging = staging or Staging.of(own)
    return tuple(
        WitnessStack(
            app,
            f"writ-{own.env}",
            settings=own,
            name=settings.witness_name,
            folder=folder,
            code=_code(folder, folders, staging, own),
            env=own.environment(),
            termination_protection=own.protected,
        )
        for folder in folders
        if folder.manifest.apart
    )


def deployed(folders: Sequence[BotFolder], settings: Settings) -> tuple[BotFolder, ...]:
    """The folders of a control plane: all but what its target does by itself and what stands apart."""
    native = settings.target.embedded_metrics
    return tuple(
        folder for folder in folders if not (folder.manifest.apart or (native and folder.forwards_metrics))
    )


def _code(folder: BotFolder, folders: Sequence[BotFolder], staging: Staging, settings: Settings) -> Code:
    made = made_files(folder, folders, settings)
    near = settings.target.linked_layer
    kernel = staging.linked_kernel() if near else staging.kernel()
    libraries = staging.linked_libraries() if near else staging.libraries()
    code = Code(own=staging.bot(folder, made), kernel=kernel, libraries=libraries)
    size = unzipped_bytes(code.archives)
    if size > MAX_UNZIPPED_BYTES:
        raise StagingError(f"{folder.name}: {size} bytes unzipped, more than Lambda's {MAX_UNZIPPED_BYTES}")
    return code


def made_files(
    folder: BotFolder, folders: Sequence[BotFolder], settings: Settings
) -> Mapping[str, bytes] | None:
    """Files that a folder finds beside its modules although nobody wrote them there."""
    made: dict[str, bytes] = {}
    if folder.name in CATALOGUED:
        made["catalog.json"] = catalog(folders)
        if folder.name == OBJECTIVES:
            made["services.json"] = staged_services(load_services(folders), settings.target)
    if folder.name == FLAGS:
        flags, uses = flag_catalogue.load(), flag_catalogue.uses()
        flag_catalogue.check(flags, uses)
        made["catalogue.json"] = flag_catalogue.staged(folders, flags, uses)
    if served := served_runs(folder, settings):
        made[RUNS] = json.dumps(served).encode()
    return made or None


def served_runs(folder: BotFolder, settings: Settings) -> Mapping[str, Any]:
    """Whose runs may call which routes of a folder; nothing where none is for them.

    A file, for the variables of a function have room for 4 KB in all.
    """
    site = settings.workflows
    routes = [route.route for route in folder.manifest.routes if route.workflows]
    if site is None or not routes:
        return {}
    return {
        "repositories": site.repositories,
        "owner_ids": [str(id) for id in site.owner_ids],  # as tokens have them
        "gates": site.gates,
        "routes": routes,
    }


def extra_variables(folder: BotFolder, folders: Sequence[BotFolder], settings: Settings) -> Mapping[str, str]:
    """Variables that one folder alone has."""
    if folder.name == AUTHORITY:
        return {"WRIT_IDENTITIES": identities(folders, Names.of(settings))}
    if folder.name == ANCHOR and settings.anchor is not None:
        return {"WRIT_ANCHOR": settings.anchor.model_dump_json(exclude_none=True)}
    if FORGE in folder.manifest.needs.secrets and settings.forge is not None:
        known = {"WRIT_FORGE": settings.forge.model_dump_json()}
        if folder.name == DEPENDENCIES and settings.dependencies is not None:
            known["WRIT_DEPENDENCIES"] = settings.dependencies.model_dump_json(exclude_none=True)
        return known
    return {}
