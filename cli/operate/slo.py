"""`writ slo`: objectives, what is left of their error budgets, and how fast they burn, by the API."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.api import Api
from cli.output import JsonFlag, facts, reporting, table
from cli.plane import Plane

SERVICE: Final = "service"
_WIDTH: Final = 10
_STYLES: Final = {"normal": "green", "review": "yellow", "freeze": "bold red"}
_BURNING: Final = {"page": "bold red", "ticket": "yellow"}

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="A bot or service; else all of them.")]


def slo(name: Name = None, as_json: JsonFlag = False) -> None:
    """Objectives and what is left of their error budgets; exit code 1 while one of them pages."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = [api.get(f"v1/slo/{name}")] if name else list(api.items("v1/slo", 1000))
        document = found[0] if name else {"items": found}
        output.show(document, one(found[0]) if name else everything(found))
        if any(item["burning"] == "page" for item in found):
            output.found_problem()


def everything(found: list[dict[str, Any]]) -> RenderableType:
    """A line for each bot and each indicator of a service; burn rates stand under their windows."""
    bots = [item for item in found if item["kind"] != SERVICE]
    others = ", ".join(
        f"{item['name']} ({', '.join(item['indicators'])})" for item in bots if not item["counted"]
    )
    services = [item for item in found if item["kind"] == SERVICE]
    blind = ", ".join(
        f"{item['name']} ({each['name']})"
        for item in services
        for each in item["objectives"]
        if not each["measured"]
    )
    lines = [(item["name"], item) for item in bots if item["counted"]]
    for item in services:
        measured = [each for each in item["objectives"] if each["measured"]]
        lines += [(f"{item['name']} {each['name']}", each) for each in measured]
    notes = [
        f"by alarms and dashboards only: {others}" if others else "",
        f"not measured here: {blind}" if blind else "",
    ]
    told = "\n".join(note for note in notes if note)
    return Group(_lines(lines), Text(f"\n{told}" if told else "", style="dim"))


def _lines(lines: list[tuple[str, dict[str, Any]]], first: str = "name") -> RenderableType:
    columns = (f"={first}", ">objective", ">success", ">failed / may", "=error budget left", "=state")
    rows = [
        (
            name,
            _promise(item),
            _percent(item["success"]),
            f"{item['events']['bad']} / {item['allowed']:g}",
            _bar(item),
            _state(item),
            *(_rate(burn) for burn in item["burn"]),
        )
        for name, item in lines
    ]
    windows = [f">{_span(burn['long_minutes'])}" for burn in (lines[0][1]["burn"] if lines else ())]
    return table(None, (*columns, *windows), rows)


def _service(item: dict[str, Any]) -> RenderableType:
    """One service, indicator by indicator."""
    head = facts(
        item["name"],
        {
            "owner": item["owner"],
            "state": _state(item),
            "policy goes by": item["recorded"]["budget"] or "unreadable",
            "since": item["recorded"]["since"],
            "runbook": item["runbook"],
        },
    )
    measured = [(each["name"], each) for each in item["objectives"] if each["measured"]]
    blind = ", ".join(each["name"] for each in item["objectives"] if not each["measured"])
    return Group(
        head,
        Text(""),
        _lines(measured, "indicator"),
        Text(f"\nnot measured here: {blind}" if blind else "", style="dim"),
    )


def one(item: dict[str, Any]) -> RenderableType:
    """One objective, and what each rule sees and needs; of a service, each of its indicators."""
    if item["kind"] == SERVICE:
        return _service(item)
    events = item["events"]
    head = facts(
        item["name"],
        {
            "objective": f"{item['objective']:g} % succeed, p95 within {item['p95_ms']} ms",
            "measured by": ", ".join(item["indicators"]),
            "owner": item["owner"],
            f"in {item['period_days']} days": f"{events['good']} good, {events['bad']} bad; "
            f"{item['allowed']:g} may be",
            "success": _percent(item["success"]),
            "budget left": _bar(item),
            "state": _state(item),
            "policy goes by": item["recorded"]["budget"] or "unreadable",
            "since": item["recorded"]["since"],
            "runbook": item["runbook"],
        },
    )
    columns = ("rule", ">long window", ">short window", ">failed", ">needed", "")
    rows = [
        (
            f"{burn['severity']} at {burn['factor']:g} ×",
            f"{_rate(burn)} in {_span(burn['long_minutes'])}",
            f"{_times(burn['short_rate'])} in {_span(burn['short_minutes'])}",
            burn["failed"],
            burn["needed"],
            Text("burns", style=_BURNING[burn["severity"]]) if burn["breached"] else "",
        )
        for burn in item["burn"]
    ]
    return Group(head, table("\nburn", columns, rows))


def _bar(item: dict[str, Any]) -> Text:
    left = item["budget_left"]
    full = round(_WIDTH * left / 100)
    style = _STYLES[item["budget"]]
    return Text.assemble(("█" * full, style), ("░" * (_WIDTH - full), "dim"), f" {left:.2f} %")


def _promise(item: dict[str, Any]) -> str:
    within = item.get("threshold_ms")
    return f"{item['objective']:g} %" + (f" in {within} ms" if within else "")


def _state(item: dict[str, Any]) -> Text:
    state = Text(item["budget"], style=_STYLES[item["budget"]])
    if item["burning"] != "none":
        state.append(f", {item['burning']}", style=_BURNING[item["burning"]])
    return state


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} %"


def _rate(burn: dict[str, Any]) -> str:
    return _times(burn["long_rate"])


def _times(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:g} ×"


def _span(minutes: int) -> str:
    for length, unit in ((1440, "d"), (60, "h")):
        if minutes % length == 0:
            return f"{minutes // length} {unit}"
    return f"{minutes} min"
