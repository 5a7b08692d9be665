"""The pages that are made from manifests, contracts and the command itself, never written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from stacks.flows import Flow
from stacks.manifest import BotFolder
from writ.contracts.action_spec import ActionSpec
from writ.contracts.event import EventData
from writ.contracts.manifest import Route, Trigger

BOTS: Final = "docs/reference/bots"
EVENTS: Final = "docs/reference/events"
ROUTES: Final = "docs/reference/routes.md"
GRAPH: Final = "docs/reference/graph.graphql"

NOTE: Final = "<!-- Made by `writ generate`; change its source instead. -->\n"


def bot_table(folders: Sequence[BotFolder], base: str) -> str:
    """The bots, for README and the index; `base` leads to their pages."""
    rows = [
        (
            f"[{folder.name}]({base}/{folder.name}.md)",
            folder.manifest.kind,
            folder.manifest.summary,
            ", ".join(f"`{name}`" for name in folder.manifest.actions) or "–",
            folder.manifest.owner,
        )
        for folder in folders
    ]
    return table(("bot", "kind", "what it does", "actions", "owner"), rows)


def bot_pages(folders: Sequence[BotFolder]) -> dict[str, str]:
    """One page a bot, and their index."""
    index = f"{NOTE}\n# Bots\n\n{bot_table(folders, '.')}"
    pages = {f"{BOTS}/index.md": index}
    pages.update({f"{BOTS}/{folder.name}.md": _bot_page(folder) for folder in folders})
    return pages


def _bot_page(folder: BotFolder) -> str:
    manifest = folder.manifest
    parts = [
        f"{NOTE}\n# {manifest.name}\n\n{manifest.summary}\n",
        table(
            ("owner", "kind", "objective", "at once", "timeout", "runbook"),
            [
                (
                    manifest.owner,
                    manifest.kind,
                    f"{manifest.slo.success:g} % succeed, p95 within {manifest.slo.p95_ms} ms",
                    manifest.concurrency,
                    f"{manifest.timeout_s} s",
                    _runbook(manifest.runbook),
                )
            ],
        ),
        _section("Acts on", ("trigger", "only where"), [_trigger(trigger) for trigger in manifest.triggers]),
        _section(
            "Actions",
            ("action", "risk", "what it does", "an hour", "an hour and target", "blast radius", "approval"),
            [_action(name, spec) for name, spec in manifest.actions.items()],
        ),
        _section("Publishes", ("event",), [(event_link(name, ".."),) for name in manifest.emits]),
        _section("Routes", ("route", "caller"), [(f"`{r.route}`", _caller(r)) for r in manifest.routes]),
        _section("May touch", ("what", "how"), list(_needs(folder))),
    ]
    return "\n".join(part for part in parts if part)


def _runbook(path: str) -> str:
    return f"[{path.rpartition('/')[2]}](../../{path.removeprefix('docs/')})"


def _trigger(trigger: Trigger) -> tuple[str, str]:
    where = ", ".join(
        f"`{field}` is {' or '.join(f'`{value}`' for value in values)}"
        for field, values in trigger.where.items()
    )
    if trigger.event is not None:
        return event_link(trigger.event, ".."), where or "–"
    if trigger.alarms:
        return "every alarm", "–"
    if trigger.metrics:
        return "metrics in logs", "the target does not read them there itself"
    return (
        f"schedule `{trigger.schedule}`" if trigger.schedule else f"stream of table `{trigger.stream}`"
    ), "–"


def _action(name: str, spec: ActionSpec) -> Sequence[object]:
    limits = spec.limits
    return (
        f"`{name}`",
        spec.risk.value,
        spec.summary,
        limits.per_hour or "–",
        limits.per_target_per_hour or "–",
        limits.blast_radius,
        f"within {spec.approval_hours} h" if spec.risk.value == "high" else "–",
    )


def _caller(route: Route) -> str:
    if route.reason:
        return f"anyone: {route.reason}"
    return "who has a token, runs of workflows" if route.workflows else "who has a token"


def _needs(folder: BotFolder) -> Iterable[tuple[str, str]]:
    needs = folder.manifest.needs
    kinds: Mapping[str, Mapping[str, Sequence[str]]] = {
        "table": needs.tables,
        "bucket": needs.buckets,
        "key": needs.keys,
    }
    for kind, things in kinds.items():
        yield from ((f"{kind} `{name}`", ", ".join(verbs)) for name, verbs in things.items())
    yield from ((f"secret `{name}`", "read") for name in needs.secrets)
    yield from ((f"parameter `{name}`", "read") for name in needs.parameters)
    yield from ((f"flow [{name}](../flows.md#{name})", "start") for name in needs.flows)
    yield from ((f"function `{name}`", "invoke") for name in needs.functions)
    yield from (("metrics", verb) for verb in needs.metrics)


def event_pages(
    types: Mapping[str, type[EventData]], folders: Sequence[BotFolder], flows: Sequence[Flow]
) -> dict[str, str]:
    """One page a domain of events, and their index."""
    domains: dict[str, dict[str, type[EventData]]] = {}
    for name, model in types.items():
        domains.setdefault(model.domain, {})[name] = model
    rows = [
        (event_link(name, "."), f"[{domain}]({domain}.md)", _summary(model))
        for domain, models in sorted(domains.items())
        for name, model in models.items()
    ]
    pages = {f"{EVENTS}/index.md": f"{NOTE}\n# Events\n\n{table(('event', 'domain', 'what it says'), rows)}"}
    for domain, models in domains.items():
        sections = [_event(name, model, folders, flows) for name, model in models.items()]
        pages[f"{EVENTS}/{domain}.md"] = f"{NOTE}\n# Events: {domain}\n\n" + "\n".join(sections)
    return pages


def _event(name: str, model: type[EventData], folders: Sequence[BotFolder], flows: Sequence[Flow]) -> str:
    schema: Mapping[str, Any] = model.model_json_schema()
    required = set(schema.get("required", ()))
    rows = [
        (f"`{field}`", _type(part, schema.get("$defs", {})), "yes" if field in required else "no")
        for field, part in schema.get("properties", {}).items()
    ]
    said = _summary(model)
    made_by = [folder.name for folder in folders if name in folder.manifest.emits]
    read_by = [f.name for f in folders if any(trigger.event == name for trigger in f.manifest.triggers)]
    told = f"Published by {_bot_links(made_by)}; read by {_bot_links(read_by)}."
    for flow in flows:
        if name in flow.events:
            told = (
                f"Carried by the flow [{flow.name}](../flows.md#{flow.name}) to {_bot_links(flow.functions)}."
            )
    return "\n".join(
        (
            f"## {name}\n",
            *([f"{said}\n"] if said else []),
            f"{told}\n",
            table(("field", "type", "required"), rows),
        )
    )


def _bot_links(names: Sequence[str]) -> str:
    return ", ".join(f"[{name}](../bots/{name}.md)" for name in names) or "the kernel or nobody yet"


def event_link(name: str, base: str) -> str:
    """An event type, linked to where it is explained; `base` leads to the folder of events."""
    domain = _domains().get(name)
    anchor = name.lower().replace(".", "")
    folder = "" if base == "." else f"{base}/events/"
    return f"[{name}]({folder}{domain}.md#{anchor})" if domain else f"`{name}`"


def _domains() -> Mapping[str, str]:
    from writ.contracts.event import event_types

    return {name: model.domain for name, model in event_types().items()}


def _summary(model: type[EventData]) -> str:
    """The first paragraph of a type's own docstring, not of the class it extends."""
    said = model.__dict__.get("__doc__") or ""
    return " ".join(said.split("\n\n")[0].split())


def _type(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "$ref" in part:
        return _type(definitions[part["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in part:
        return " or ".join(_type(option, definitions) for option in part["anyOf"])
    if "enum" in part:
        return " or ".join(f"`{value}`" for value in part["enum"])
    kind = str(part.get("type", "any"))
    if kind == "array":
        return f"list of {_type(part.get('items', {}), definitions)}"
    return f"{part['format']}" if "format" in part else kind


def route_page(folders: Sequence[BotFolder]) -> dict[str, str]:
    """Every route of the API."""
    rows = sorted(
        (route.route.split(" ")[1], route.route.split(" ")[0], folder.name, _caller(route))
        for folder in folders
        for route in folder.manifest.routes
    )
    shown = table(
        ("route", "answered by", "caller"),
        [(f"`{method} {path}`", f"[{bot}](bots/{bot}.md)", caller) for path, method, bot, caller in rows],
    )
    return {ROUTES: f"{NOTE}\n# Routes\n\n{shown}"}


def graph_schema() -> dict[str, str]:
    """The schema of the evidence graph, for whoever writes queries or makes a client."""
    from graphql import build_schema, print_schema

    from functions.evidence.schema import sdl

    printed = print_schema(build_schema(sdl()))
    return {GRAPH: f"# Made by `writ generate`; change its source instead.\n\n{printed}\n"}


def _section(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return f"## {title}\n\n{table(columns, rows)}" if rows else ""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows in Markdown."""
    lines = [_row(columns), _row(["---"] * len(columns)), *(_row(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
