"""What the plan must know: which checkpoint there is, and whether anything under it answers."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from functions.packs.asking import question_of
from writ.contracts.event import AnyEvent
from writ.contracts.events.evidence import EvidencePackRequested

if TYPE_CHECKING:
    from functions.packs.ports import Ports


class Facts(BaseModel):
    """`size` is that of the log; `found` whether a statement in it answers. None where nobody asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    size: int | None = None
    found: bool | None = None


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Look a question up. Raises NotFoundError before the log's first checkpoint."""
    if not isinstance(event.data, EvidencePackRequested):
        return Facts()
    from functions.packs import selection

    question = question_of(event.data)
    size = ports.log().head.size
    return Facts(size=size, found=bool(selection.select(question, size, ports.index, limit=1).entries))
