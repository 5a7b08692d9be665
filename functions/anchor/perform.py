"""The anchor bot's one effect: a commit status on GitHub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from functions.anchor.memory import Memory, Post
from functions.anchor.statuses import Posted
from writ.contracts.action import Action
from writ.contracts.errors import ForgeBusyError
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.anchor.ports import Ports


def post_checkpoint(action: Action, ports: Ports) -> Observation:
    """Post the status. What GitHub refuses for good fails with its `github.` code."""
    post = _of(action)
    with _asking(action, ports) as before:
        ports.memory.replace(action.target.id, before, before.beginning(post))
        posted = ports.statuses.post(post.repository, post.commit, *_words(action))
    return _settled(post, posted, ports, action)


def observe(action: Action, ports: Ports) -> Observation | None:
    """The status, if it is there. Raises when GitHub cannot be asked now."""
    post = _of(action)
    with _asking(action, ports):
        posted = ports.statuses.find(post.repository, post.commit, *_words(action))
    return None if posted is None else _settled(post, posted, ports, action)


@contextmanager
def _asking(action: Action, ports: Ports) -> Iterator[Memory]:
    """Keep away from GitHub for as long as it asked, over all attempts."""
    origin = action.target.id
    memory = ports.memory.read(origin)
    until = memory.waiting_until
    if until is not None and ports.clock.now() < until:
        raise ForgeBusyError("GitHub asked to wait", until, code="github.busy")
    try:
        yield memory
    except ForgeBusyError as error:
        before = ports.memory.read(origin)
        ports.memory.replace(origin, before, before.waiting(error.until))
        raise


def _settled(post: Post, posted: Posted, ports: Ports, action: Action) -> Observation:
    """Remember it. An attempt may have died between the two, so that observing does it as well."""
    before = ports.memory.read(action.target.id)
    ports.memory.replace(action.target.id, before, before.having_posted(post.size))
    return {"status": posted.id, "url": posted.url, "commit": post.commit, "size": post.size}


def _of(action: Action) -> Post:
    return Post.model_validate({name: action.parameters[name] for name in Post.model_fields})


def _words(action: Action) -> tuple[str, str]:
    return str(action.parameters["context"]), str(action.parameters["description"])


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {"post-checkpoint": Effect(post_checkpoint, observe)}
