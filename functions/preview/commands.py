"""What people ask of previews: each is an action in their name."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from functions.preview import views
from functions.preview.handler import bot
from functions.preview.model import Preview, extended
from functions.preview.settings import settings
from writ.contracts.errors import ConflictError, NotFoundError, from_validation
from writ.contracts.events.previews import PreviewExtensionRequested, PreviewRemovalRequested
from writ.contracts.redaction import redact_text
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response

_LONGEST = 200


class Removal(BaseModel):
    """Why it goes; a DELETE has no body, so it comes as a query parameter."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST),
        AfterValidator(lambda text: redact_text(text)[:_LONGEST]),
    ] = Field()


def extend(request: Request, preview: Preview) -> Response:
    """Let it live on. 409 when it cannot live longer than it will already."""
    _require_up(preview)
    terms = settings().terms(preview.repository)
    if terms is None or extended(preview, terms.lifetime, bot.wiring.clock.now()) <= preview.expires_at:
        message = f"it lives until {preview.expires_at.isoformat()} already, and no longer now"
        raise ConflictError(message, code="conflict.lifetime", field="id")
    command = PreviewExtensionRequested(preview=preview.id, by=request.caller.shown)
    record = carry_out(bot, request, command, field="id")
    return answer(record, _seen(preview.id))


def remove(request: Request, preview: Preview) -> Response:
    """Have it removed; the flow that does so goes on after the answer."""
    _require_up(preview)
    request.only(("reason",))
    try:
        reason = Removal.model_validate(dict(request.query)).reason
    except ValidationError as error:
        raise from_validation(error, "query") from None
    command = PreviewRemovalRequested(preview=preview.id, reason=reason, by=request.caller.shown)
    record = carry_out(bot, request, command, field="id")
    return answer(record, _seen(preview.id), status=202, location=f"/v1/previews/{preview.id}")


def _require_up(preview: Preview) -> None:
    if not preview.live or preview.goal.way == "down":
        raise NotFoundError("this preview is over, or about to be", field="id")


def _seen(id: str) -> object:
    found = bot.wiring.ports.previews.read(id)
    return None if found is None else views.brief(found)
