"""Paths over any graph: as short as brute force finds them, within every cap, and always at an end."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from functions.evidence.paths import Asked, Way, shortest

Links = dict[int, set[int]]
NODES = st.integers(0, 11)
GRAPHS = st.lists(st.tuples(NODES, NODES), max_size=30)


def around(pairs: list[tuple[int, int]]) -> Links:
    """Links in both directions; those to itself, several of a pair and cycles included."""
    links: Links = defaultdict(set)
    for one, other in pairs:
        links[one].add(other)
        links[other].add(one)
    return links


def distances(links: Links, start: int) -> dict[int, int]:
    """How far every node is, by relaxing every link until nothing changes (Bellman and Ford)."""
    found = {start: 0}
    changed = True
    while changed:
        changed = False
        for one, ends in links.items():
            for other in ends:
                if one in found and found[one] + 1 < found.get(other, 99):
                    found[other] = found[one] + 1
                    changed = True
    return found


def search(
    links: Links, start: int, end: int, *, depth: int = 99, budget: int = 99, most: int = 99
) -> Way[int, str]:
    def ask(node: int) -> Asked[int, str]:
        ends = sorted(links[node])
        return Asked([(other, f"{node}-{other}") for other in ends[:most]], len(ends) <= most)

    return shortest(start, end, ask, depth=depth, budget=budget)


def holds(way: Way[int, str], links: Links, start: int, end: int) -> None:
    """The steps of a way follow one another along links that are there."""
    place = start
    for step in way.steps or ():
        assert step.start == place
        assert step.end in links[place]
        assert step.link in (f"{step.start}-{step.end}", f"{step.end}-{step.start}")
        place = step.end
    assert place == end


@given(GRAPHS, NODES, NODES)
def test_a_path_is_as_short_as_brute_force_finds_it(
    pairs: list[tuple[int, int]], start: int, end: int
) -> None:
    links = around(pairs)
    way = search(links, start, end)
    distance = distances(links, start).get(end)
    assert way.complete
    assert (None if way.steps is None else len(way.steps)) == distance
    if way.steps is not None:
        holds(way, links, start, end)


@given(GRAPHS, NODES, NODES, st.integers(1, 8))
def test_no_path_is_longer_than_its_cap_and_none_within_it_is_missed(
    pairs: list[tuple[int, int]], start: int, end: int, depth: int
) -> None:
    links = around(pairs)
    way = search(links, start, end, depth=depth)
    distance = distances(links, start).get(end)
    assert (way.steps is not None) == (distance is not None and distance <= depth)
    if way.steps is not None:
        assert len(way.steps) == distance


@given(GRAPHS, NODES, NODES, st.integers(0, 12), st.integers(0, 4))
def test_caps_hold_and_are_owned_up_to(
    pairs: list[tuple[int, int]], start: int, end: int, budget: int, most: int
) -> None:
    links, asked = around(pairs), 0

    def ask(node: int) -> Asked[int, str]:
        nonlocal asked
        asked += 1
        ends = sorted(links[node])
        return Asked([(other, f"{node}-{other}") for other in ends[:most]], len(ends) <= most)

    way = shortest(start, end, ask, depth=8, budget=budget)
    assert asked <= budget
    distance = distances(links, start).get(end)
    if way.steps is not None:
        holds(way, links, start, end)
        assert distance is not None
        assert len(way.steps) >= distance
    if way.complete:
        assert (None if way.steps is None else len(way.steps)) == (
            distance if distance is not None and distance <= 8 else None
        )
