"""The one error tree: a stable code, a message for people and, where one is at fault, the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

# The pattern of a text that says something.
NOT_BLANK: Final = r"\S"

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import ValidationError


class WritError(Exception):
    """Base of every error Writ raises on purpose.

    Parameters
    ----------
    message
        A sentence for a person; never contains a secret or a payload.
    code
        Stable, dotted, lower case; callers branch on this and never on the message.
    field
        Dotted path of the offending field, where one is at fault.
    """

    code = "internal"
    retryable = False

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.field = field

    def __str__(self) -> str:
        place = f" (field: {self.field})" if self.field else ""
        return f"{self.code}: {self.message}{place}"


class ContractError(WritError):
    """Input does not satisfy its contract; retrying cannot help."""

    code = "contract.invalid"


class NotFoundError(WritError):
    """The thing named does not exist."""

    code = "not_found"


class ConflictError(WritError):
    """The thing exists already, or changed since it was read."""

    code = "conflict"


class LimitExceededError(WritError):
    """A counter would pass its limit; facts must be read and the action decided again."""

    code = "limit.exceeded"


class TransientError(WritError):
    """A dependency failed in a way that may pass; the caller should try again later."""

    code = "dependency.unavailable"
    retryable = True


class ContendedError(TransientError):
    """Others are at the same thing: a race was lost, a lease is held, there are too many calls.

    It is over within seconds; `until` is when it is at the latest, where that is known.
    """

    code = "dependency.contended"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        until: datetime | None = None,
    ) -> None:
        super().__init__(message, code=code, field=field)
        self.until = until


class BusyError(ContendedError):
    """Another attempt holds the lease on this action."""

    code = "action.busy"


class ForgeBusyError(TransientError):
    """Where code is hosted, they ask to be left alone until an instant."""

    code = "forge.busy"

    def __init__(self, message: str, until: datetime, *, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.until = until


class PermanentError(WritError):
    """An effect cannot be carried out, now or later; becomes a failed outcome."""

    code = "effect.failed"


class MisfitError(ValueError):
    """What a validator raises of a part that does not fit; `place` is its dotted path from there."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def from_validation(error: ValidationError, subject: str) -> ContractError:
    """Turn pydantic's first complaint into a ContractError that names the field.

    The offending value is left out on purpose: it may be a secret.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    place, message, context = [str(part) for part in first["loc"]], first["msg"], first.get("ctx", {})
    if first["type"] == "value_error":
        message = str(context["error"])  # without the word that pydantic puts before it
        if isinstance(context["error"], MisfitError):
            place.append(context["error"].place)
    elif first["type"] == "string_pattern_mismatch" and context["pattern"] == NOT_BLANK:
        message = "there is nothing in it but blanks"
    code = "contract.missing_field" if first["type"] == "missing" else "contract.invalid"
    return ContractError(f"{subject}: {message}", code=code, field=".".join(place) or None)
