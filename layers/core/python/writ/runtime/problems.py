"""Problem documents (RFC 9457): the HTTP status of every error code."""

from typing import Final

PROBLEM: Final = "application/problem+json"
PROBLEM_BASE: Final = "https://writ.example/problems/"

# The longest matching prefix of an error code decides.
_STATUS: Final = {
    "contract": 400,
    "authentication": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "evidence.erased": 410,
    "forge": 503,
    "forge.absent": 409,
    "release": 409,
    "approval": 409,
    "action.busy": 409,
    "precondition_failed": 412,
    "too_large": 413,
    "policy": 403,
    "precondition_required": 428,
    "limit": 429,
    "dependency": 503,
    "notary.failed": 503,
}
TITLES: Final = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Too large",
    422: "Unprocessable",
    428: "Precondition required",
    429: "Too many requests",
    500: "Internal error",
    503: "Temporarily unavailable",
}


def status_of(code: str) -> int:
    """The HTTP status of a problem with this code."""
    parts = code.split(".")
    for length in range(len(parts), 0, -1):
        if (status := _STATUS.get(".".join(parts[:length]))) is not None:
            return status
    return 500
