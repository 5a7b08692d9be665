"""`writ backlog`: the list of repetitive work, by the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from rich.console import Group

from cli.api import Api
from cli.output import JsonFlag, facts, reporting, table
from cli.plane import Plane

app = typer.Typer(no_args_is_help=True, help="The list of repetitive work, scored and in order.")

Method = Literal["rice", "wsjf"]
Per = Literal["day", "week", "month"]
Status = Literal["candidate", "accepted", "automated", "retired"]
Source = Literal["check", "workflow", "deployment", "issue", "person"]
TaskId = Annotated[str, typer.Argument(metavar="TASK", help="The id of a task.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")]


@app.command("list")
def list_tasks(
    *,
    limit: Limit = 20,
    method: Annotated[Method, typer.Option(help="By which score.")] = "rice",
    status: Annotated[Status | None, typer.Option(help="Only tasks of this status.")] = None,
    source: Annotated[Source | None, typer.Option(help="Only tasks found there.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only tasks of this owner.")] = None,
    text: Annotated[str | None, typer.Option("--search", help="Only tasks whose title has this.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Tasks, the most worthwhile first."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        filters = {"method": method, "status": status, "source": source, "owner": owner, "q": text}
        tasks = list(api.items("v1/backlog", limit, **filters))
        rows = [
            (
                t["score"],
                t["quadrant"],
                t["status"],
                t["occurrences"],
                t["hours_per_month"],
                t["title"],
                t["id"],
            )
            for t in tasks
        ]
        columns = (f">{method}", "quadrant", "status", ">seen", ">h/month", "title", "=task")
        output.show({"items": tasks}, table(None, columns, rows))


@app.command()
def show(task: TaskId, as_json: JsonFlag = False) -> None:
    """One task with its figures, its evidence and its scores."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        found = api.get(f"v1/backlog/{task}")
        output.show(found, _task(found))


@app.command()
def add(
    title: Annotated[str, typer.Argument(help="What is done over and over.")],
    *,
    owner: Annotated[str, typer.Option(help="The team that does it.")],
    count: Annotated[float, typer.Option(min=0.001, help="How often one person does it …")],
    minutes: Annotated[float, typer.Option(min=0.001, help="Minutes it takes each time.")],
    effort: Annotated[float, typer.Option(min=0.1, help="Days it takes to automate it.")],
    per: Annotated[Per, typer.Option(help="… in a day, a week or a month.")] = "week",
    people: Annotated[int, typer.Option(min=1, help="How many people do it.")] = 1,
    impact: Annotated[float, typer.Option(min=0.25, max=3, help="0.25 minimal to 3 massive.")] = 1.0,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="In these figures.")] = 0.5,
    as_json: JsonFlag = False,
) -> None:
    """Put a task on the list."""
    body = {
        "title": title,
        "owner": owner,
        "frequency": {"count": count, "per": per},
        "minutes_each": minutes,
        "people": people,
        "impact": impact,
        "confidence": confidence,
        "effort": effort,
    }
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        made = api.post("v1/backlog", body)
        output.show(made, _task(made))


@app.command()
def score(
    task: TaskId,
    method: Annotated[Method, typer.Option(help="By which score.")] = "rice",
    as_json: JsonFlag = False,
) -> None:
    """Score a task now, and remember the score."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        scored = api.post(f"v1/backlog/{task}/score", {"method": method})
        output.show(scored, _task(scored))


@app.command()
def leaderboard(limit: Limit = 10, as_json: JsonFlag = False) -> None:
    """Hours saved a month, and hours that could be."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        board = api.get("v1/backlog/leaderboard", limit=limit)
        total = board["total"]
        summary = facts(
            "all tasks",
            {
                "tasks": total["tasks"],
                "hours saved a month": total["hours_saved"],
                "hours that could be": total["hours_potential"],
            },
        )
        output.show(
            board,
            summary,
            _ranking("tasks", "title", board["tasks"]),
            _ranking("bots", "bot", board["bots"]),
            _ranking("owners", "owner", board["owners"]),
        )


def _ranking(title: str, name: str, lines: list[dict[str, Any]]) -> Any:
    rows = [
        (place, line[name], line["hours_saved"], line["hours_potential"])
        for place, line in enumerate(lines, 1)
    ]
    return table(f"\n{title}", (">", name, ">saved", ">potential"), rows)


def _task(task: dict[str, Any]) -> Any:
    if "id" not in task:  # it waits for a person, or goes on without us
        return facts("accepted", task)
    head = facts(
        task["title"],
        {
            "task": task["id"],
            "status": task["status"],
            "quadrant": task["quadrant"],
            f"score ({task['method']})": task["score"],
            "hours a month": task["hours_per_month"],
            "minutes each": task["minutes_each"],
            "times a month": task["times_per_month"],
            "people": task["people"],
            "impact": task["impact"],
            "confidence": task["confidence"],
            "effort (days)": task["effort"],
            "owner": task["owner"],
            "repository": task.get("repository"),
            "bot": task.get("bot"),
            "seen": task["occurrences"],
            "version": task["version"],
        },
    )
    evidence = [(e["at"], e["event_type"], e["event_id"]) for e in task.get("evidence", [])]
    history = [(s["at"], s["rice"], s["wsjf"], s["because"]) for s in task.get("history", [])]
    return Group(
        head,
        *([table("\nevidence", ("at", "event", "id"), evidence)] if evidence else []),
        *([table("\nscores", ("at", ">rice", ">wsjf", "because"), history)] if history else []),
    )
