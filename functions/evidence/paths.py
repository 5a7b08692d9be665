"""The shortest way between two nodes: breadth first from both ends. Pure; whose links are whose is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

N = TypeVar("N")
L = TypeVar("L")

# How many nodes one search asks for their links at most.
MOST_ASKED: Final = 48


@dataclass(frozen=True, slots=True)
class Asked(Generic[N, L]):
    """The links of a node, each with the node it leads to; whether they are all that it has."""

    links: Sequence[tuple[N, L]]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Step(Generic[N, L]):
    """One link of a way."""

    start: N
    link: L
    end: N


@dataclass(frozen=True, slots=True)
class Way(Generic[N, L]):
    """The links from one node to another; None where there is no way, empty from a node to itself.

    Not `complete` when links were left out: then there may be a shorter way, or one at all.
    """

    steps: Sequence[Step[N, L]] | None
    complete: bool


@dataclass(slots=True)
class _Side(Generic[N, L]):
    """What one end has reached: each node with the step that reached it first, and those reached last."""

    reached: dict[N, Step[N, L] | None]
    edge: list[N]
    depth: int = 0

    def steps_to(self, node: N) -> list[Step[N, L]]:
        """The steps from this end to a node."""
        steps: list[Step[N, L]] = []
        while (step := self.reached[node]) is not None:
            steps.append(step)
            node = step.start
        return steps[::-1]


@dataclass(slots=True)
class _Search(Generic[N, L]):
    ask: Callable[[N], Asked[N, L]]
    budget: int
    complete: bool = True
    asked: dict[N, Asked[N, L]] = field(default_factory=dict)

    def links(self, node: N) -> Sequence[tuple[N, L]]:
        known = self.asked.get(node)
        if known is None:
            if len(self.asked) >= self.budget:
                self.complete = False
                return ()
            known = self.asked[node] = self.ask(node)
        self.complete &= known.complete
        return known.links

    def widen(self, side: _Side[N, L], other: Mapping[N, object]) -> list[N]:
        """One more link from every node at the edge; the nodes at which both sides meet."""
        edge: dict[N, None] = {}
        for node in side.edge:
            for end, link in self.links(node):
                if end not in side.reached:
                    side.reached[end] = Step(node, link, end)
                    edge[end] = None
        side.edge, side.depth = list(edge), side.depth + 1
        return [node for node in edge if node in other]


def shortest(
    start: N, end: N, ask: Callable[[N], Asked[N, L]], *, depth: int, budget: int = MOST_ASKED
) -> Way[N, L]:
    """A shortest way of at most `depth` links, along links that `ask` gives at both of their ends.

    Asks at most `budget` nodes. A link that only one end knows of may be missed.
    """
    search = _Search(ask, budget)
    near, far = _Side[N, L]({start: None}, [start]), _Side[N, L]({end: None}, [end])
    if start == end:
        return Way((), True)
    while near.edge and far.edge and near.depth + far.depth < depth:
        side, other = (near, far) if len(near.edge) <= len(far.edge) else (far, near)
        # Both sides are whole levels, so the first level on which they meet holds a shortest way.
        if met := search.widen(side, other.reached):
            backward = (Step(s.end, s.link, s.start) for s in reversed(far.steps_to(met[0])))
            return Way((*near.steps_to(met[0]), *backward), search.complete)
    return Way(None, search.complete)
