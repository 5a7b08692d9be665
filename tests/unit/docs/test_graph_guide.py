"""The guide to the evidence graph names what there is, and its query is answered."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

from functions.evidence.api import api
from functions.evidence.limits import MOST_BYTES, MOST_DEEP, MOST_NODES, MOST_TOKENS, PATH_NODES
from functions.evidence.schema import LONGEST_PATH
from tests.support.http import call
from tests.unit.evidence.conftest import Log
from tests.unit.evidence.conftest import log as log  # noqa: PLC0414 - a fixture
from writ.ledger.graph import MOST_MENTIONS, Kind, Relation

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "guides/graph.md").read_text(encoding="utf-8")


def test_every_kind_and_every_link_is_explained() -> None:
    rows = "\n".join(line for line in GUIDE.splitlines() if line.startswith("| `"))
    explained = set(re.findall(r"`(\w+)`", rows))
    assert {kind.value for kind in Kind} | {relation.value for relation in Relation} <= explained


def test_limits_are_those_of_the_code() -> None:
    assert f"| nodes a query | {MOST_NODES}; a path counts {PATH_NODES}," in GUIDE
    assert f"| fields nested | {MOST_DEEP} |" in GUIDE
    assert f"| size | {MOST_BYTES // 1024} KB, {MOST_TOKENS:,} tokens |" in GUIDE
    assert f"`maxDepth` ({LONGEST_PATH})" in GUIDE
    assert f"first {MOST_MENTIONS} of a statement" in GUIDE.replace("\n", " ")


def test_the_query_of_the_guide_is_answered(log: Log) -> None:
    log.append(0)
    (body,) = re.findall(r"<<'JSON'\n(.*?)\nJSON", GUIDE, re.DOTALL)
    answer = call(api, "POST", "/v1/graph", json.loads(body)).body
    assert "errors" not in answer
    (edge,) = answer["data"]["node"]["neighbors"]["edges"]
    assert (edge["relation"], edge["evidence"]["leafIndex"]) == ("PLANNED", 0)
    assert answer["data"]["log"]["size"] == 1


def test_the_picture_is_one_of_ours() -> None:
    root = ElementTree.parse(DOCS / "assets/graph.svg").getroot()
    text = " ".join(root.itertext())
    for shown in ("approval", "decision", "policy bundle", "actor", "The number at a link is the leaf"):
        assert shown in text
