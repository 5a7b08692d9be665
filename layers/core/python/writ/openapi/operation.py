"""What a route takes and answers, as the description of the API says it; see functions/*/operations.py.

Only what describes and what tests load these: where requests are answered, nothing of it is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from writ.contracts.action import Reason

JSON: Final = "application/json"
TEXT: Final = "text/plain"
BINARY: Final = "application/octet-stream"

ItemT = TypeVar("ItemT")


class Shown(BaseModel):
    """A part of an answer. It forbids what it does not name, so that a test meets every field."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Page(Shown, Generic[ItemT]):
    """Some items of a list; `next_cursor` is the `cursor` of the next page, null at the end."""

    items: list[ItemT]
    next_cursor: str | None


class Paging(Shown):
    """Which page of a list."""

    cursor: Annotated[str | None, Field(description="`next_cursor` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=100, description="Items a page, at most")] = 100


class ShortPaging(Paging):
    """Which page of a list whose items are many."""

    limit: Annotated[int, Field(ge=1, le=100, description="Items a page, at most")] = 20


class Why(Shown):
    """The reason of a request without a body (RFC 9110, section 9.3.5)."""

    reason: Annotated[str, Field(min_length=1, max_length=200, description="Why; kept in evidence")]


class Waiting(Shown):
    """A command whose action waits for a second person; `Location` says where it can be followed."""

    action: str
    state: Literal["waiting", "claimed"]
    reasons: list[Reason]


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is stable; `field` is given where one is at fault."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]*$")]
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One route but for its name, its method, its path and its words, which it has already.

    Parameters
    ----------
    answer
        The type of a success's body. `str` and `bytes` go as they are, by `media`; None is no body.
    status
        The statuses of a success.
    body, query
        Models of what is sent; a `query` field without a default has to be given.
    body_required
        Whether the body may not be left out.
    media
        The media types of a success.
    acts
        Whether it is a command through the loop: then it may wait for a person, and policy or a limit may
        refuse it.
    etag, if_match, if_none_match
        Whether the answer has an ETag, and what may be said of one.
    headers
        Further headers of the request by name, each required, and what they say.
    located
        Whether an answer with one of these statuses says in `Location` where its thing is.
    others
        Type and media types of what is answered with other statuses and is no problem document.
    errors
        Codes of problems beside those that any route may answer; `name.*` for all that begin so.
    """

    answer: Any
    status: tuple[int, ...] = (200,)
    body: Any = None
    body_required: bool = True
    query: type[BaseModel] | None = None
    media: tuple[str, ...] = (JSON,)
    acts: bool = False
    etag: bool = False
    if_match: Literal["required", "optional"] | None = None
    if_none_match: bool = False
    headers: Mapping[str, str] | None = None
    located: tuple[int, ...] = ()
    others: Mapping[int, tuple[Any, tuple[str, ...]]] = field(default_factory=dict)
    errors: tuple[str, ...] = ()


Operations = Mapping[str, Operation]
