"""The pictures of a judgement: what they show is what was found."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from rich.console import Console

from cli.operate.canary_picture import picture
from tests.unit.judge.cases import BOTH, LATENCY, latencies, only, seen, values
from writ.judge.criteria import Bad, Criteria
from writ.judge.picture import in_bins, panels, quantiles
from writ.judge.svg import svg
from writ.judge.verdict import judge
from writ.judge.window import Events, Window

SVG = "{http://www.w3.org/2000/svg}"


def window(times: float = 1.0, errors: int = 0) -> Window:
    return Window(
        baseline={"latency": tuple(latencies(300)), "errors": Events(events=1, exposure=3000)},
        canary={"latency": tuple(latencies(100, 2, times)), "errors": Events(events=errors, exposure=1000)},
    )


def drawn(criteria: Criteria, *windows: Window) -> tuple[str, str]:
    """In the terminal, and as SVG."""
    state = seen(criteria, *windows)
    judgement = judge(criteria, state)
    found = panels(criteria, state, judgement, windows)
    written = io.StringIO()
    Console(width=160, file=written).print(picture(judgement, found))
    return written.getvalue(), svg(judgement, found)


@pytest.mark.parametrize(
    ("times", "errors", "verdict"), [(1.0, 0, "pass"), (2.0, 30, "fail"), (1.0, 3, "unknown")]
)
def test_both_pictures_say_the_verdict_and_every_reason(times: float, errors: int, verdict: str) -> None:
    state = seen(BOTH, *[window(times, errors)] * (1 if verdict == "unknown" else 2))
    judgement = judge(BOTH, state)
    assert judgement.verdict == verdict
    terminal, image = drawn(BOTH, *[window(times, errors)] * judgement.looks)
    root = ElementTree.fromstring(image)
    words = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    for reason in (verdict, *judgement.reasons, *(reason for m in judgement.metrics for reason in m.reasons)):
        assert reason in terminal
        assert reason in words


def test_same_judgement_gives_the_same_file_without_what_a_name_could_bring_in() -> None:
    title = "<script>alert(1)</script>"
    state = seen(BOTH, window())
    judgement = judge(BOTH, state)
    one, other = (svg(judgement, panels(BOTH, state, judgement, [window()]), title) for _ in range(2))
    assert one == other
    assert "<script" not in one
    ElementTree.fromstring(one)


def test_nothing_is_drawn_outside_the_page() -> None:
    _, image = drawn(BOTH, window(40.0, 900))
    root = ElementTree.fromstring(image)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(element.attrib.get(name, 0)) <= width
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(element.attrib.get(name, 0)) <= height


def test_metrics_without_data_are_drawn_as_such() -> None:
    terminal, image = drawn(BOTH, Window())
    ElementTree.fromstring(image)
    assert terminal.count("the canary has reported nothing") == 2
    assert "nothing reported" in terminal


def test_versions_stand_on_the_same_scale() -> None:
    bins = in_bins([1.0] * 50 + [2.0] * 50, [2.0] * 10)
    assert bins is not None
    assert sum(bins.baseline) == pytest.approx(1)
    assert sum(bins.canary) == pytest.approx(1)
    assert bins.baseline.index(0.5) == 0
    assert bins.canary[-1] == 1
    assert in_bins([], []) is None


@pytest.mark.parametrize("level", [0.0, 7.0])
def test_values_without_variance_stand_in_the_middle(level: float) -> None:
    bins = in_bins([level] * 5, [level] * 5)
    assert bins is not None
    assert bins.edges[0] <= level < bins.edges[-1]
    assert max(bins.baseline) == max(bins.canary) == 1


def test_quantiles_are_values_that_were_there() -> None:
    found = quantiles([1.0, 2.0, 3.0, 4.0])
    assert found is not None
    assert (found.median, found.p95) == (2.0, 4.0)
    assert quantiles([]) is None


def test_limits_of_what_is_bad_when_it_decreases_lie_below_one() -> None:
    metric = LATENCY.model_copy(update={"bad": Bad.DECREASE})
    made = values(latencies(200), latencies(200, 2))
    state = seen(only(metric), made)
    (panel,) = panels(only(metric), state, judge(only(metric), state), [made])
    assert panel.harmful < panel.allowed < 1
    terminal, _ = drawn(only(metric), made)
    (scale,) = [line for line in terminal.splitlines() if "from 1/4 to 4 times" in line]
    assert scale.split()[1].startswith("░")
