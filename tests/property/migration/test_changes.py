"""Changes of items: to do one twice is to do it once, and what can be undone brings back what was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from writ.migration.changes import Change, Mode, added, dropped, edit, problem
from writ.migration.samples import masked
from writ.migration.values import Item, UnfitError, same

CHANGE: TypeAdapter[Change] = TypeAdapter(Change)
SOURCES, TARGETS = ("a", "b", "c"), ("x", "y", "z")
HOWS = ("text", "number", "lower", "upper", "trim", "part", "scale")

TEXT = st.text(alphabet=st.sampled_from("aBÄ 9.-,é"), max_size=8)
NUMBER = st.integers(-(10**6), 10**6).map(str) | st.sampled_from(["1.50", "-0", "1E+3", "0.1"])
VALUES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    TEXT.map(lambda text: {"S": text}),
    NUMBER.map(lambda number: {"N": number}),
    st.booleans().map(lambda value: {"BOOL": value}),
    st.just({"NULL": True}),
    st.lists(st.just({"S": "s"}), max_size=2).map(lambda held: {"L": held}),
    st.sets(st.sampled_from("pq"), min_size=1).map(lambda held: {"SS": sorted(held)}),
)
ITEMS = st.dictionaries(st.sampled_from((*SOURCES, "other")), VALUES, max_size=4)


@st.composite
def changes(draw: st.DrawFn, *, undoable: bool = False) -> tuple[Change, ...]:
    """Changes that go together."""
    sources, made = list(draw(st.permutations(SOURCES))), list[dict[str, Any]]()
    for target in TARGETS[: draw(st.integers(1, 3))]:
        kind = draw(st.sampled_from(["rename", "copy", "derive", "concat", "default"]))
        if kind == "rename" and sources:
            made.append({"kind": kind, "source": sources.pop(), "target": target})
        elif kind == "copy":
            made.append({"kind": kind, "source": draw(st.sampled_from(SOURCES)), "target": target})
        elif kind == "default":
            made.append({"kind": kind, "target": target, "value": draw(st.sampled_from([1, "EUR", None]))})
        elif kind == "concat":
            made.append(
                {"kind": "derive", "how": kind, "sources": SOURCES[:2], "separator": " ", "target": target}
            )
        else:
            source, how = draw(st.sampled_from(SOURCES)), draw(st.sampled_from(HOWS))
            more: dict[str, dict[str, Any]] = {
                "part": {"separator": ",", "index": draw(st.integers(0, 1))},
                "scale": {"by": "100"},
            }
            made.append(
                {"kind": "derive", "how": how, "sources": [source], "target": target, **more.get(how, {})}
            )
    if not undoable and sources and draw(st.booleans()):
        made.append({"kind": "delete", "target": sources.pop()})
    return tuple(CHANGE.validate_python(one) for one in made)


def done(mode: Mode, wanted: tuple[Change, ...], item: Item) -> Item | None:
    """The item as the mode leaves it; None where it cannot be read."""
    try:
        return edit(mode, wanted, item).applied(item)
    except UnfitError:
        return None


@given(changes(), ITEMS)
def test_to_do_it_twice_is_to_do_it_once(wanted: tuple[Change, ...], item: Item) -> None:
    assert problem(wanted) is None
    filled = done(Mode.FILL, wanted, item)
    if filled is None:
        return
    assert edit(Mode.FILL, wanted, filled).empty
    dropped_once = done(Mode.DROP, wanted, filled)
    assert dropped_once is not None
    assert edit(Mode.DROP, wanted, dropped_once).empty
    assert not set(dropped(wanted)) & dropped_once.keys()


@given(changes(undoable=True), ITEMS)
def test_what_can_be_undone_brings_back_what_was(wanted: tuple[Change, ...], item: Item) -> None:
    filled = done(Mode.FILL, wanted, item)
    if filled is None:
        return
    assert done(Mode.CLEAN, wanted, filled) == item
    gone = done(Mode.DROP, wanted, filled)
    assert gone is not None
    restored = done(Mode.RESTORE, wanted, gone)
    assert restored == filled
    assert restored is not None
    assert edit(Mode.RESTORE, wanted, restored).empty
    assert done(Mode.CLEAN, wanted, restored) == item


@given(changes(), ITEMS, st.sampled_from(Mode))
def test_an_edit_depends_on_nothing_but_what_it_has_seen(
    wanted: tuple[Change, ...], item: Item, mode: Mode
) -> None:
    """Whatever else of an item somebody writes meanwhile, the edit stays right, and leaves that alone."""
    try:
        made = edit(mode, wanted, item)
    except UnfitError:
        return
    assert {*made.sets, *made.removes} <= made.seen.keys()
    other = {**{name: item[name] for name in made.seen if name in item}, "other": {"S": "newer"}}
    again = edit(mode, wanted, other)
    assert (again.sets, again.removes) == (made.sets, made.removes)
    assert again.applied(other)["other"] == {"S": "newer"}


@given(changes(), ITEMS)
def test_nothing_is_dropped_of_an_item_that_the_backfill_has_not_reached(
    wanted: tuple[Change, ...], item: Item
) -> None:
    filled = done(Mode.FILL, wanted, item)
    if filled is not None and set(filled) - set(item):
        with pytest.raises(UnfitError):
            edit(Mode.DROP, wanted, item)


@given(changes(), ITEMS)
def test_an_item_of_the_new_shape_alone_is_not_cleaned_away(wanted: tuple[Change, ...], item: Item) -> None:
    only_new = {name: value for name, value in item.items() if name not in SOURCES}
    only_new |= {name: {"S": "kept"} for name in added(wanted)}
    if all(change.kind == "default" for change in wanted if change.kind != "delete"):
        assert edit(Mode.CLEAN, wanted, only_new).removes
    else:
        with pytest.raises(UnfitError):
            edit(Mode.CLEAN, wanted, only_new)


@pytest.mark.parametrize(
    ("how", "given", "expected"),
    [
        ({"how": "text"}, {"N": "1.50"}, {"S": "1.5"}),
        ({"how": "text"}, {"BOOL": False}, {"S": "false"}),
        ({"how": "number"}, {"S": " 12.30 "}, {"N": "12.3"}),
        ({"how": "scale", "by": "100"}, {"N": "19.99"}, {"N": "1999"}),
        ({"how": "scale", "by": "0.01"}, {"S": "1999"}, {"N": "19.99"}),
        ({"how": "lower"}, {"S": "ÄNN"}, {"S": "änn"}),
        ({"how": "upper"}, {"S": "Ann"}, {"S": "ANN"}),
        ({"how": "trim"}, {"S": " Ann\n"}, {"S": "Ann"}),
        ({"how": "part", "separator": " ", "index": 1}, {"S": "Ann Lee"}, {"S": "Lee"}),
    ],
)
def test_each_way_to_derive_says_what_it_makes(how: dict[str, Any], given: Any, expected: Any) -> None:
    change = CHANGE.validate_python({"kind": "derive", "sources": ["a"], "target": "x", **how})
    assert edit(Mode.FILL, [change], {"a": given}).sets == {"x": expected}
    assert edit(Mode.FILL, [change], {}).empty


@pytest.mark.parametrize(
    ("how", "given"),
    [
        ({"how": "number"}, {"S": "12 Euro"}),
        ({"how": "lower"}, {"N": "1"}),
        ({"how": "part", "separator": " ", "index": 1}, {"S": "Ann"}),
        ({"how": "scale", "by": "3"}, {"N": "9" * 38}),
        ({"how": "text"}, {"L": []}),
    ],
)
def test_what_cannot_be_read_is_said_and_not_guessed(how: dict[str, Any], given: Any) -> None:
    change = CHANGE.validate_python({"kind": "derive", "sources": ["a"], "target": "x", **how})
    with pytest.raises(UnfitError):
        edit(Mode.FILL, [change], {"a": given})


@pytest.mark.parametrize(
    "wanted",
    [
        [{"kind": "copy", "source": "a", "target": "a"}],
        [{"kind": "copy", "source": "a", "target": "x"}, {"kind": "default", "target": "x", "value": 1}],
        [{"kind": "copy", "source": "a", "target": "x"}, {"kind": "copy", "source": "x", "target": "y"}],
        [
            {"kind": "rename", "source": "a", "target": "x"},
            {"kind": "rename", "source": "a", "target": "y"},
        ],
        [{"kind": "rename", "source": "a", "target": "x"}, {"kind": "delete", "target": "a"}],
    ],
)
def test_changes_that_do_not_go_together_are_found(wanted: list[dict[str, Any]]) -> None:
    assert problem([CHANGE.validate_python(one) for one in wanted]) is not None


@pytest.mark.parametrize("value", [[], {}, 10**40 + 1])
def test_a_default_is_a_plain_value(value: Any) -> None:
    with pytest.raises(ValidationError):
        CHANGE.validate_python({"kind": "default", "target": "x", "value": value})


@given(VALUES)
def test_a_mask_shows_no_letter_and_no_digit_of_a_value(value: dict[str, Any]) -> None:
    ((kind, held),) = value.items()
    shown = masked(value).removeprefix(f"{kind} ")
    if kind in {"S", "N"}:
        assert not set(shown) & set("BÄé0123456780")
        assert len(shown) <= 25
    assert same(value, {kind: held})
