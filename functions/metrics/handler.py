"""Lines with metrics in them, from the logs of the functions to CloudWatch."""

from __future__ import annotations

from typing import Any, Final

from functions.metrics.lines import read
from functions.metrics.ports import put
from writ.contracts.errors import ContractError
from writ.runtime import telemetry

SERVICE: Final = "metrics"


def handler(message: dict[str, Any], _context: Any) -> dict[str, int]:
    """Lambda entry. What cannot be read is logged with its code and dropped; it writes no metrics itself."""
    log = telemetry.logger(SERVICE)
    try:
        found = read(message)
    except ContractError as error:
        log.error("delivery dropped", code=error.code, field=error.field, reason=error.message)
        return {"put": 0, "dropped": 1}
    for refused in found.refused:
        log.warning("line dropped", code=refused.code, field=refused.field, reason=refused.message)
    put(found.data)
    log.info("metrics put", count=len(found.data))
    return {"put": len(found.data), "dropped": len(found.refused)}
