"""Policy inputs of every kind, and ways to spoil one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.unit.policy.facts import NOW, complete, exception, freeze
from writ.policy.input import utc_text

BOTS = ("release", "canary", "policy")
ACTIONS = ("publish", "lift-freeze", "rollback")
RULES = (
    "action_paused",
    "bot_paused",
    "budget_low",
    "budget_spent",
    "freeze",
    "limit_blast_radius",
    "limit_per_hour",
    "limit_per_target",
    "risk_high",
    "window_closed",
)
PEOPLE = ("ada", "bob")
Path = tuple[str | int, ...]


def _some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True)


exceptions = st.lists(
    st.builds(
        exception,
        id=st.sampled_from(["ex-1", "ex-2", "ex-3"]),
        rule=st.sampled_from(RULES),
        scope=st.fixed_dictionaries(
            {
                "bot": st.sampled_from(["*", "rel*", "canary", "?elease"]),
                "action": st.sampled_from(["*", "publish", "roll*"]),
                "target": st.sampled_from(["*", "repository:octo/*", "repository:*.world", "task:*"]),
            }
        ),
        expires_at=st.integers(-3, 3).map(lambda hours: utc_text(NOW + timedelta(hours=hours))),
    ),
    max_size=3,
)
freezes = st.lists(
    st.builds(
        freeze,
        id=st.sampled_from(["f-1", "f-2"]),
        scope=st.fixed_dictionaries({"bots": _some(BOTS), "actions": _some(ACTIONS)}),
    ),
    max_size=2,
)
limits = st.none() | st.integers(0, 5)
approvals = st.none() | st.sampled_from(PEOPLE).map(
    lambda person: {"by": person, "at": "2026-11-23T02:00:00Z", "approved": True, "reason": "looked at it"}
)
documents = st.builds(
    complete,
    bot__name=st.sampled_from(BOTS),
    bot__paused=st.sampled_from([False, False, False, True]),
    actor__kind=st.sampled_from(["bot", "person"]),
    actor__id=st.sampled_from(PEOPLE),
    action__name=st.sampled_from(ACTIONS),
    action__risk=st.sampled_from(["low", "medium", "high"]),
    action__paused=st.sampled_from([False, False, False, True]),
    action__blast_radius=st.integers(1, 6),
    limits__per_hour=limits,
    limits__per_target_per_hour=limits,
    usage__hour=st.integers(0, 5),
    usage__target_hour=st.integers(0, 5),
    change__window_open=st.booleans(),
    change__freezes=freezes,
    budget__bot=st.sampled_from(["normal", "normal", "review", "freeze"]),
    budget__target=st.sampled_from(["normal", "normal", "review", "freeze"]),
    exceptions=exceptions,
    approval=approvals,
)

# A limit that is null or absent is a definition, not a fact that went missing.
DEFINITIONS = {("limits", "per_hour"), ("limits", "per_target_per_hour"), ("approval",)}
REPLACEMENTS: tuple[Any, ...] = (
    None,
    "",
    "none",
    0,
    -1,
    2**64,
    0.5,
    float("nan"),
    True,
    [],
    {},
    [None],
    {"a": 1},
)


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    """The path of every member of every object and array inside."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield (*at, key)
        yield from places(member, (*at, key))


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], Path]:
    """A document, the same with one fact removed or of another type, and where."""
    document = draw(documents)
    where = draw(st.sampled_from(sorted(places(document), key=str)))
    broken = copy.deepcopy(document)
    *parents, last = where
    place: Any = broken
    for key in parents:
        place = place[key]
    old = place[last]
    replacements = [new for new in REPLACEMENTS if type(new) is not type(old)]
    if where in DEFINITIONS:
        replacements = [new for new in replacements if new is not None]
    elif not isinstance(last, int) and draw(st.booleans()):
        del place[last]
        return document, broken, where
    place[last] = draw(st.sampled_from(replacements))
    return document, broken, where
