"""REST routes of flags. A change is an action through the loop; everything else reads."""

from __future__ import annotations

from functools import cache
from typing import Any

from functions.flags import book
from functions.flags.debt import FULL_DAYS, debt
from functions.flags.ports import Ports, connect
from writ.contracts.errors import NotFoundError
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

api = Api("flags")
handler = api.handler


@api.get("/v1/flags")
def list_flags(request: Request) -> Response:
    """Every flag by name, with who has its behaviour now."""
    ports = _ports()
    catalogue = ports.catalogue()
    names, following = request.page(sorted(catalogue.flags))
    settings = ports.settings()
    items = [book.view(catalogue.flags[name], settings, catalogue.uses.get(name, ())) for name in names]
    return Response({"items": items, "next_cursor": following})


@api.get("/v1/flags/{name}")
def show_flag(request: Request) -> Response:
    """One flag: what is declared, who has its behaviour now, who set it, and where it is asked for."""
    return Response(shown(request, _ports()))


@api.patch("/v1/flags/{name}")
def set_flag(request: Request) -> Response:
    """Give or take a flag's behaviour; what the body leaves out stays as it is."""
    from functions.flags import commands

    return commands.change(request, _ports())


@api.post("/v1/flags/{name}/kill")
def kill_flag(request: Request) -> Response:
    """Turn a flag off for everybody, at once."""
    from functions.flags import commands

    return commands.kill(request, _ports())


@api.get("/v1/flag-debt")
def show_debt(request: Request) -> Response:
    """Flags that expired, are on for everybody, belong to nobody or are asked for nowhere."""
    request.only(())
    ports = _ports()
    catalogue = ports.catalogue()
    items = debt(catalogue, ports.settings(), ports.clock.now())
    return Response(
        {
            "flags": len(catalogue.flags),
            "full_days": FULL_DAYS,
            "items": [item.model_dump(mode="json") for item in items],
        }
    )


def shown(request: Request, ports: Ports) -> dict[str, Any]:
    """The flag that the path names. Raises NotFoundError."""
    catalogue, name = ports.catalogue(), request.path["name"]
    if (flag := catalogue.flags.get(name)) is None:
        raise NotFoundError("there is no such flag", field="flag")
    return book.view(flag, ports.settings(), catalogue.uses.get(name, ()))


@cache
def _ports() -> Ports:
    return connect(current())
