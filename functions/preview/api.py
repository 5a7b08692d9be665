"""REST routes of previews: which there are, how they stand, let one live on, have one removed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from functions.preview import views
from functions.preview.table import PreviewTable
from writ.contracts.errors import NotFoundError
from writ.contracts.events.previews import PREVIEW_ID
from writ.runtime.environment import current
from writ.runtime.rest import Api, Request, Response

if TYPE_CHECKING:
    from functions.preview.model import Preview
    from functions.preview.ports import Previews

api = Api("preview")
handler = api.handler


@api.get("/v1/previews")
def list_previews(request: Request) -> Response:
    """Previews by id: those that are there, and how those that are over ended."""
    previews = _ports().previews
    found = {each.id: views.brief(each) for each in (*previews.past(), *previews.live())}
    names, following = request.page(sorted(found))
    return Response({"items": [found[name] for name in names], "next_cursor": following})


@api.get("/v1/previews/{id}")
def show_preview(request: Request) -> Response:
    """How a preview stands."""
    return Response(views.whole(known(request)))


@api.post("/v1/previews/{id}/extend")
def extend_preview(request: Request) -> Response:
    """Let a preview live on, up to its last day."""
    from functions.preview import commands

    return commands.extend(request, known(request))


@api.delete("/v1/previews/{id}")
def remove_preview(request: Request) -> Response:
    """Have everything of a preview removed before its time."""
    from functions.preview import commands

    return commands.remove(request, known(request))


def known(request: Request) -> Preview:
    """The preview that a path names. Raises NotFoundError."""
    id = request.path["id"]
    found = _ports().previews.read(id) if re.fullmatch(PREVIEW_ID, id) else None
    if found is None:
        raise NotFoundError("there is no preview of this id", field="id")
    return found


@dataclass(frozen=True, slots=True)
class _Ports:
    """All that the routes read from."""

    previews: Previews


@cache
def _ports() -> _Ports:
    return _Ports(PreviewTable(current().table("previews")))
