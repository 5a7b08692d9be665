"""`writ exceptions`: waivers of rules of gates, in a repository's file or in the control plane's registry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic import TypeAdapter, ValidationError
from rich.text import Text

from cli import moments
from cli.api import Api
from cli.gates import exception_file
from cli.output import CommandError, JsonFlag, Output, UsageError, facts, reporting, table
from cli.plane import Plane
from cli.waiting import is_waiting, show_waiting
from writ.contracts.errors import ContractError, from_validation
from writ.gates import exceptions as waivers
from writ.gates import versions
from writ.gates.exceptions import Known
from writ.gates.model import Source
from writ.policy.controls import GateException

app = typer.Typer(no_args_is_help=True, help="Rules of gates that are waived, where and until when.")

ROUTE: Final = "v1/policy/gate-exceptions"
ACTIONS: Final = "v1/policy/exceptions"
_EXCEPTION: Final = TypeAdapter(GateException)
_STYLES: Final = {"expired": "bold red", "expiring": "yellow", "in force": "green"}

Id = Annotated[str, typer.Argument(metavar="EXCEPTION", help="A name of its own: left-pad, say.")]
Repo = Annotated[Path, typer.Option(help=f"The checkout, whose {waivers.FILE} is meant.")]
InPlane = Annotated[bool, typer.Option("--api", help="The control plane's registry instead of the file.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it goes into the evidence.")]


def plane_exceptions(api: Api) -> list[Known]:
    """The exceptions that a control plane keeps. Raises CommandError for one that is none."""
    try:
        found = [_EXCEPTION.validate_python(item) for item in api.items(ROUTE, 1000)]
    except ValidationError as error:
        raise CommandError(from_validation(error, "an exception of the plane").message) from None
    return [Known(item, Source.PLANE) for item in found]


@app.command("list")
def list_exceptions(repo: Repo = Path(), api: InPlane = False, as_json: JsonFlag = False) -> None:
    """Exceptions of the checkout; with --api those of the plane, to rules for actions too."""
    with reporting(as_json) as output:
        now = datetime.now(UTC)
        if api:
            with Api.of(Plane.load()) as client:
                known, others = plane_exceptions(client), list(client.items(ACTIONS, 1000))
        else:
            known, others = _of_file(repo), []
        items = [{**_json(item.exception), "state": _state(item, now)} for item in known]
        rows = [_row(item, now) for item in sorted(known, key=lambda item: item.exception.expires_at)]
        rows += [_action_row(item) for item in others]
        columns = ("=state", "=exception", "=rule", "where", "=until", "owner", "reason")
        output.show({"items": [*items, *others]}, table(None, columns, rows))


@app.command()
def show(exception: Id, repo: Repo = Path(), api: InPlane = False, as_json: JsonFlag = False) -> None:
    """One exception."""
    with reporting(as_json) as output:
        if api:
            with Api.of(Plane.load()) as client:
                known = plane_exceptions(client)
        else:
            known = _of_file(repo)
        found = next((item for item in known if item.exception.id == exception), None)
        if found is None:
            raise UsageError(f"there is no exception {exception}", field="EXCEPTION")
        document = {**_json(found.exception), "state": _state(found, datetime.now(UTC))}
        scope = found.exception.scope.model_dump()
        shown = {**document, "scope": ", ".join(f"{name} {value}" for name, value in scope.items())}
        output.show(document, facts(exception, shown))


@app.command()
def add(
    exception: Id,
    *,
    rule: Annotated[str, typer.Option(help="The rule to waive: licences/unknown, say.")],
    owner: Annotated[str, typer.Option(help="The team that answers for it.")],
    reason: Why,
    until: Annotated[str, typer.Option(help=f"When it ends: {moments.EXAMPLE}, say.")],
    path: Annotated[str, typer.Option(help="For which files: * and ? match anything.")] = "*",
    component: Annotated[str, typer.Option(help="For which package URLs, without versions.")] = "*",
    in_versions: Annotated[str, typer.Option("--versions", help="vers:npm/>=1.0|<2.0, say.")] = "*",
    repository: Annotated[str, typer.Option(help="For which repositories, as owner/name.")] = "*",
    repo: Repo = Path(),
    api: InPlane = False,
    as_json: JsonFlag = False,
) -> None:
    """Waive a rule: in the checkout's file, to be reviewed with it, or in the plane, by a second person."""
    body = {
        "id": exception,
        "rule": rule,
        "scope": {"repository": repository, "path": path, "component": component, "versions": in_versions},
        "owner": owner,
        "reason": reason,
    }
    with reporting(as_json) as output:
        body["expires_at"] = moments.moment(until, "--until").isoformat()
        if api:
            with Api.of(Plane.load()) as client:
                _done(output, f"exception {exception}", client.post(ROUTE, body))
            return
        added = _read(body)
        if added.expires_at <= datetime.now(UTC):
            raise UsageError("is in the past", field="--until")
        exception_file.add(repo / waivers.FILE, added)
        _done(output, f"exception {exception}, in {waivers.FILE}", _json(added))


@app.command()
def remove(
    exception: Id,
    reason: Annotated[str | None, typer.Option(help="Why; it goes into the evidence of the plane.")] = None,
    repo: Repo = Path(),
    api: InPlane = False,
    as_json: JsonFlag = False,
) -> None:
    """End an exception before its time."""
    with reporting(as_json) as output:
        if not api:
            exception_file.remove(repo / waivers.FILE, exception)
            _done(output, f"exception {exception}", {"id": exception, "state": "removed"})
            return
        if not reason:
            raise UsageError("say why, with --reason", field="--reason")
        with Api.of(Plane.load()) as client:
            _done(output, f"exception {exception}", client.delete(f"{ROUTE}/{exception}", reason=reason))


def _of_file(repo: Path) -> list[Known]:
    return [Known(item, Source.FILE) for item in exception_file.read(repo / waivers.FILE)]


def _read(body: dict[str, Any]) -> GateException:
    try:
        found = _EXCEPTION.validate_python({**body, "requested_by": body["owner"]})
        versions.check(found.scope.versions)
    except ValidationError as error:
        problem = from_validation(error, "exception")
        raise UsageError(problem.message, field=problem.field) from None
    except ContractError as error:
        raise UsageError(error.message, field="--versions") from None
    return found


def _row(item: Known, now: datetime) -> Sequence[object]:
    found = item.exception
    scope = found.scope.model_dump()
    where = ", ".join(f"{name} {value}" for name, value in scope.items() if value != "*")
    state = _state(item, now)
    return (
        Text(state, style=_STYLES[state]),
        found.id,
        found.rule,
        where or "everywhere",
        f"{found.expires_at:%Y-%m-%d %H:%M}",
        found.owner,
        found.reason,
    )


def _action_row(item: dict[str, Any]) -> Sequence[object]:
    where = ", ".join(f"{name} {value}" for name, value in item["scope"].items())
    until = item["expires_at"][:16].replace("T", " ")
    return ("in force", item["id"], item["rule"], where, until, item["owner"], item["reason"])


def _state(item: Known, now: datetime) -> str:
    return "expired" if item.expired(now) else "expiring" if item.expires_soon(now) else "in force"


def _json(item: GateException) -> dict[str, Any]:
    return item.model_dump(mode="json")


def _done(output: Output, title: str, done: dict[str, Any]) -> None:
    if is_waiting(done):
        show_waiting(output, title, done)
        return
    shown = {name: value for name, value in done.items() if not isinstance(value, dict | list)}
    output.show(done, facts(title, shown))
