"""What is said of a pull request of the local forge in one line."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from cli.local.forge import _picture, remarks, summary

PULL = {"number": 2, "title": "feat: carts", "state": "open", "merged": False, "head_sha": "b"}


def record(*checks: tuple[int, str, str]) -> dict[str, Any]:
    runs = {str(id): {"id": id, "head_sha": sha, "report": {"name": name}} for id, sha, name in checks}
    return {"name": "acme/shop", "comments": {"7": {"pull": 2}, "8": {"pull": 3}}, "checks": runs}


def test_check_runs_are_counted_once_a_name_and_at_the_head_alone() -> None:
    found = summary(record((1, "b", "gates"), (2, "b", "gates"), (3, "b", "writ"), (4, "a", "old")), PULL)
    assert (found["comments"], found["check_runs"]) == (1, 2)


def test_remarks_are_those_of_the_newest_runs_at_the_head() -> None:
    told = record((1, "b", "gates"), (2, "b", "gates"), (3, "b", "writ"))
    remark = {"path": "a.py", "start_line": 7, "annotation_level": "failure", "message": "no"}
    told["checks"]["1"]["annotations"] = [remark]
    told["checks"]["2"]["annotations"] = [remark, {**remark, "start_line": 9, "title": "rule/one"}]
    told["checks"]["3"]["annotations"] = []
    assert remarks(told, PULL) == [
        ("gates", "a.py:7", "failure", "no"),
        ("gates", "a.py:9", "failure", "rule/one"),
    ]


def test_what_is_merged_says_so() -> None:
    assert summary(record(), {**PULL, "merged": True, "state": "closed"})["state"] == "merged"


def test_what_a_pull_request_says_is_shown_and_commands_no_terminal() -> None:
    pull = {
        **PULL,
        "head": "carts",
        "base": "main",
        "labels": [],
        "body": "| from | to |\n|-|-|\n| 3.6 | 3.7\x1b[2J |",
    }
    found = {**summary(record(), pull), "comments": [], "check_runs": [], "statuses": [], "refs": {}}
    console = Console(width=100, record=True, file=StringIO())
    console.print(_picture(found, pull))
    shown = console.export_text()
    assert "3.6" in shown
    assert "\x1b" not in shown
