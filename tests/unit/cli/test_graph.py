"""`writ evidence graph`: what is read around a subject, and that what is drawn can be trusted."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli.api import Api
from cli.app import app
from cli.graph import evidence as commands
from cli.graph.dot import dot
from cli.graph.graph import Edge, Picture, Thing, explore, path, query, subject_of
from cli.graph.layout import HEIGHT, WIDTH, layout
from cli.graph.svg import svg
from cli.graph.tree import shortened, steps, tree
from cli.output import CommandError, UsageError
from cli.plane import Plane
from functions.evidence.api import api
from tests.support.commands import shown
from tests.support.http import call
from tests.support.log_forge import NOW, an_action, an_intent, an_outcome, stamp
from tests.unit.evidence.conftest import Log
from tests.unit.evidence.conftest import log as log  # noqa: PLC0414 - a fixture
from writ.contracts import statement as statements
from writ.contracts.action import Approval
from writ.ledger.graph import Kind

SVG = "{http://www.w3.org/2000/svg}"


def ask(body: Mapping[str, Any]) -> Any:
    """The deployed route, without a network."""
    with contextlib.redirect_stdout(io.StringIO()):  # metrics of the function
        answer = call(api, "POST", "/v1/graph", dict(body), headers={"accept": "application/json"})
    assert answer.status == 200, answer.body
    return answer.body


def around(subject: str, **options: Any) -> Picture:
    return explore(ask, subject, **{"depth": 3, "limit": 20, "most": 60, **options})


def action(number: int) -> str:
    return f"action:{an_action(number).id}"


def text(renderable: Any) -> str:
    written = io.StringIO()
    Console(width=200, file=written).print(renderable)
    return written.getvalue()


@pytest.fixture
def approved(log: Log) -> str:
    """An action that a person approved, and two that nobody had to."""
    made = an_action(0)
    intent = log.tell(an_intent(made))
    answer = Approval(approved=True, by="bea", at=NOW, reason="yes")
    approval = log.tell(statements.approval(made, answer, intent, stamp("approvals", seed="a")))
    log.tell(an_outcome(made, approval, stamp("reconciler", seed="o")))
    log.append(1)
    log.append(2)
    return action(0)


def test_everything_around_an_action_is_read_but_no_hub_is_followed(approved: str) -> None:
    picture = around(approved)
    links = {(edge.relation, edge.leaf) for edge in picture.edges}
    assert links >= {
        ("planned", 0), ("targeted", 0), ("caused", 0), ("decided", 0), ("based_on", 0), ("gave", 1),
        ("answered", 1), ("stated", 1), ("stated", 2),
    }  # fmt: skip
    assert picture.size == 5
    assert picture.things[approved].note == "succeeded"
    # The event that all three share is no hub; the bot and the policies are.
    assert {action(1), action(2)} <= picture.things.keys()
    without = around(approved, relations=["PLANNED", "DECIDED", "BASED_ON"])
    assert action(1) not in without.things


def test_a_hub_is_followed_when_it_is_the_subject(approved: str) -> None:
    assert {action(0), action(1), action(2)} <= around("bot:backlog").things.keys()


@pytest.mark.parametrize("most", [2, 5, 9])
def test_a_picture_has_no_more_nodes_than_asked_for_and_says_where_it_was_cut(
    approved: str, most: int
) -> None:
    picture = around("bot:backlog", most=most)
    assert len(picture.things) <= most
    assert picture.cut
    assert all({edge.source, edge.target} <= picture.things.keys() for edge in picture.edges)


def test_a_node_with_more_links_than_asked_for_is_marked(approved: str) -> None:
    picture = around("bot:backlog", limit=2, depth=1)
    assert picture.cut == ["bot:backlog"]
    assert "… and more" in text(tree(picture))


def test_a_cycle_is_drawn_once(approved: str) -> None:
    picture = around(approved, depth=6)
    shown = text(tree(picture))
    assert shown.count("leaf ") == len(picture.edges)
    assert " ↑" in shown


def test_a_subject_without_evidence_is_an_error(log: Log) -> None:
    log.append(0)
    with pytest.raises(CommandError) as refused:
        around("release:9.9")
    assert (refused.value.code, refused.value.field) == ("not_found", "SUBJECT")
    with pytest.raises(CommandError, match="names repository:nobody/nothing "):
        around(subject_of("repository:nobody/nothing"), typed="repository:nobody/nothing")


def test_a_path_is_shown_link_by_link(approved: str) -> None:
    picture, found, complete = path(ask, "actor:bea", "bot:backlog", depth=6)
    assert (found, complete) == (True, True)
    assert [edge.relation for edge in picture.edges] == ["gave", "answered", "planned"]
    shown = text(steps(picture)).splitlines()
    assert shown[0].startswith("actor bea")
    assert "◀ planned ─ bot backlog" in shown[-1]
    _, found, _ = path(ask, "actor:bea", "release:9.9", depth=6)
    assert not found


def test_errors_of_a_query_keep_their_code_and_field() -> None:
    refused = {"errors": [{"message": "no", "extensions": {"code": "contract.invalid", "field": "id"}}]}
    with pytest.raises(UsageError) as bad:
        query(lambda _: refused, "{}", {})
    assert (bad.value.code, bad.value.field) == ("contract.invalid", "id")
    away = {"errors": [{"message": "no", "extensions": {"code": "dependency.unavailable"}}], "data": None}
    with pytest.raises(CommandError) as ours:
        query(lambda _: away, "{}", {})
    assert not isinstance(ours.value, UsageError)


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        (an_action(0).id, action(0)),
        ("a" * 64, f"artifact:{'a' * 64}"),
        ("task:task-0", f"artifact:{an_action(0).target.subject_digest()}"),
        ("bot:backlog", "bot:backlog"),
        ("event:a:b", "event:a:b"),
    ],
)
def test_a_subject_may_be_typed_in_several_ways(typed: str, id: str) -> None:
    assert subject_of(typed) == id


@pytest.mark.parametrize("typed", ["", "nonsense", "bot:Not A Bot", "action:act-1", "Task:x", "task:"])
def test_what_is_no_subject_is_refused(typed: str) -> None:
    with pytest.raises(UsageError) as refused:
        subject_of(typed)
    assert refused.value.field == "SUBJECT"


def test_the_picture_is_one_well_formed_page_and_always_the_same(approved: str) -> None:
    picture = around(approved)
    drawn = svg(picture)
    assert drawn == svg(around(approved))
    root = ElementTree.fromstring(drawn)
    nodes = [group for group in root.iter(f"{SVG}g") if "node" in group.attrib["class"]]
    assert {group.findtext(f"{SVG}title") for group in nodes} == picture.things.keys()
    links = [line for line in root.iter(f"{SVG}path") if line.get("marker-end")]
    assert len(links) == len(picture.edges)
    assert not re.search(r"(href|src|@import|<script)", drawn)


def test_boxes_and_lanes_keep_out_of_each_others_way(approved: str) -> None:
    placed = layout(around("bot:backlog", depth=4))
    boxes = list(placed.boxes.values())
    for number, one in enumerate(boxes):
        assert one.x > 0
        assert one.x + WIDTH < placed.width
        assert one.y + HEIGHT < placed.height
        for other in boxes[number + 1 :]:
            assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    for line in placed.lines:
        for before, after in zip(line.curves, line.curves[1:], strict=False):
            middle = (before.end.x + after.start.x) / 2
            assert before.end.y == after.start.y
            for box in boxes:
                inside = box.x <= middle <= box.x + WIDTH and box.y <= before.end.y <= box.y + HEIGHT
                assert not inside


def hostile() -> Picture:
    """Names that somebody else has chosen."""
    name = '"><script>alert(1)</script>\\" [red]'
    things = {id: Thing(id, Kind.RELEASE, name) for id in (f"release:{name}", "release:b")}
    return Picture(f"release:{name}", 1, things, [Edge(0, f"release:{name}", "mentioned", "release:b")])


def test_names_from_outside_stay_text() -> None:
    picture = hostile()
    assert "<script" not in svg(picture)
    assert ElementTree.fromstring(svg(picture)) is not None
    assert "[red]" in text(tree(picture))
    quoted = [line for line in dot(picture).splitlines() if "script" in line]
    assert all(re.fullmatch(r'(?:[^"\\]|\\.|"(?:[^"\\]|\\.)*")*', line) for line in quoted)
    assert json.loads(re.findall(r'"(?:[^"\\]|\\.)*"', quoted[0])[0]) == picture.subject


def test_graphviz_gets_every_node_and_link(approved: str) -> None:
    picture = around(approved)
    lines = dot(picture).splitlines()
    assert sum(" -> " in line for line in lines) == len(picture.edges)
    assert sum("[label=" in line and " -> " not in line for line in lines) == len(picture.things)
    assert (lines[0], lines[-1]) == ("digraph evidence {", "}")


@pytest.mark.parametrize(("given", "shown"), [("short", "short"), ("a" * 20, "aaaaaaa…aaa"), ("abc", "abc")])
def test_long_names_lose_their_middle(given: str, shown: str) -> None:
    assert shortened(given, 11) == shown


class FakeApi:
    """An API that answers from the log in memory."""

    def __enter__(self) -> FakeApi:
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(Plane, "load", lambda: None)
    monkeypatch.setattr(Api, "of", lambda _: FakeApi())
    monkeypatch.setattr(commands, "_asking", lambda _: ask)
    return lambda *arguments: CliRunner().invoke(app, ["evidence", *arguments])


def test_the_command_draws_writes_and_prints(approved: str, run: Any, tmp_path: Path) -> None:
    files = [tmp_path / "graph.svg", tmp_path / "graph.dot"]
    done = run("graph", an_action(0).id, "--svg", str(files[0]), "--dot", str(files[1]))
    assert done.exit_code == 0, done.output
    assert "approval approved" in done.output
    assert files[0].read_text().startswith("<svg")
    assert files[1].read_text().startswith("digraph")
    document = shown(run("graph", an_action(0).id, "--json"))
    assert document["subject"] == approved
    assert {"source", "relation", "target", "leaf"} == set(document["links"][0])
    missing = run("graph", an_action(0).id, "--svg", str(tmp_path / "none" / "x.svg"), "--json")
    assert shown(missing, 2)["error"]["field"] == "--svg"


def test_the_command_tells_by_its_exit_code_whether_there_is_a_path(approved: str, run: Any) -> None:
    assert run("path", "actor:bea", "bot:backlog").exit_code == 0
    none = run("path", "actor:bea", "release:9.9", "--json")
    assert shown(none, 1)["found"] is False
    assert run("path", "nonsense", "bot:backlog").exit_code == 2
