"""Flows as pictures: every state in its place, and lines that tell on from back and from error."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cli.making.flow_picture import HEIGHT, WIDTH, svg
from stacks.flows import Flow, flows_of
from stacks.manifest import load_folders
from tests.conftest import ROOT

_STEP = {"Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"Payload": {"step": {"type": "A.v1"}}}}
RELEASE = {
    "StartAt": "Begin",
    "States": {
        "Begin": {"Type": "Pass", "Next": "Shift"},
        "Shift": {"Type": "Task", **_STEP, "Next": "Look", "Catch": [{"Next": "Revert"}]},
        "Look": {"Type": "Choice", "Choices": [{"Next": "Done"}, {"Next": "Rest"}], "Default": "Revert"},
        "Rest": {"Type": "Wait", "Seconds": 30, "Next": "Shift"},
        "Revert": {"Type": "Task", **_STEP, "Next": "Reverted", "Catch": [{"Next": "Broken"}]},
        "Done": {"Type": "Succeed"},
        "Reverted": {"Type": "Fail", "Error": "release.<bad>"},
        "Broken": {"Type": "Fail", "Error": "flow.broken"},
    },
}


def flow(definition: object = RELEASE) -> Flow:
    return Flow("release", Path("release.asl.json"), json.dumps(definition))


def real() -> list[Flow]:
    return list(flows_of(load_folders(ROOT.parent / "functions"), ROOT.parent / "statemachines"))


def boxes(text: str) -> list[tuple[float, float]]:
    found = re.findall(r'class="box" x="([\d.]+)" y="([\d.]+)"', text)
    return [(float(x), float(y)) for x, y in found]


def styles(text: str) -> list[str]:
    return sorted(re.findall(r'<path class="(on|back|error)" d=', text))


def test_lines_lead_on_back_and_out_of_errors_that_are_made_good() -> None:
    drawn = svg(flow())
    assert styles(drawn) == ["back", "error", *["on"] * 6]
    assert "Whatever breaks for good ends as Broken." in drawn
    assert "fails: release.&lt;bad&gt;" in drawn
    assert "waits 30 s" in drawn


@pytest.mark.parametrize("drawn", [flow(), *real()], ids=lambda drawn: drawn.name)
def test_every_state_has_its_place_on_the_page_and_none_covers_another(drawn: Flow) -> None:
    text = svg(drawn)
    ET.fromstring(text)
    width, height = map(float, re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)[0])
    placed = boxes(text)
    assert len(placed) == len(drawn.definition["States"])
    for number, (x, y) in enumerate(placed):
        assert 0 < x < width - WIDTH
        assert 0 < y < height - HEIGHT
        for left, top in placed[number + 1 :]:
            assert abs(x - left) >= WIDTH or abs(y - top) >= HEIGHT


def test_the_same_flow_is_the_same_picture() -> None:
    assert svg(flow()) == svg(flow())
