"""What the route of a witness takes and answers, for the description of the API."""

from __future__ import annotations

from typing import Final

from writ.ledger.witness import SIZE_TYPE
from writ.openapi.operation import TEXT, Operation, Operations

_SAID: Final = (str, (TEXT,))

OPERATIONS: Final[Operations] = {
    "POST /v1/witness/add-checkpoint": Operation(
        str,
        body=str,
        media=(TEXT,),
        others={400: _SAID, 403: _SAID, 404: _SAID, 409: (str, (SIZE_TYPE,)), 422: _SAID},
    ),
}
