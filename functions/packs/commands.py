"""Asking for a pack: an action through the loop, in the caller's name."""

import uuid
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from functions.packs import views
from functions.packs.handler import bot
from functions.packs.ports import Ports
from writ.contracts.errors import ContractError, TransientError
from writ.contracts.events.evidence import EvidencePackRequested
from writ.runtime.commands import answer, carry_out
from writ.runtime.rest import Request, Response

_Id = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class Wanted(BaseModel):
    """A question: one thing, or a time, or both. The last three are short for names that begin so."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    subject: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=560)] | None = None
    release: _Id | None = None
    customer: _Id | None = None
    control: _Id | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def about(self) -> tuple[str | None, str | None]:
        """Digest and name of the thing, one of them at most. Raises ContractError for two things."""
        short = {kind: getattr(self, kind) for kind in ("release", "customer", "control")}
        names = {"name": self.name, **{kind: value and f"{kind}:{value}" for kind, value in short.items()}}
        given = {field: value for field, value in {"subject": self.subject, **names}.items() if value}
        if len(given) > 1:
            raise ContractError("a pack is about one thing", field=list(given)[1])
        name = next((value for field, value in given.items() if field != "subject"), None)
        return self.subject, name


def start(request: Request, ports: Ports) -> Response:
    """Start an export, and answer where to see how far it is."""
    wanted = request.parse(Wanted)
    subject, name = wanted.about()
    pack = f"pack-{uuid.uuid4().hex}"
    command = EvidencePackRequested(
        pack=pack, subject=subject, name=name, since=wanted.since, until=wanted.until, by=request.caller.shown
    )
    record = carry_out(bot, request, command, field="subject")
    job = ports.jobs.get(pack)
    if record.outcome is not None and job is None:
        raise TransientError("the pack was started but cannot be read")
    done = None if job is None else views.pack(job, None, None, ports.clock.now())
    return answer(record, done, status=202, location=f"/v1/evidence/packs/{pack}")
