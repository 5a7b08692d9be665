"""What people read is true: links lead somewhere, snippets run, generated pages are in step."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.generate import differences, generated
from functions.evidence import views
from functions.evidence.log import Log as SignedLog
from tests.unit.evidence.conftest import Log
from writ.contracts.manifest import Manifest

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(#[^)]*)?\)")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def snippets(language: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for kind, text in _FENCE.findall(page.read_text(encoding="utf-8")):
            if kind == language:
                yield page.relative_to(ROOT).as_posix(), text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    links = {link for link, _ in _LINK.findall(prose) if "://" not in link}
    assert {link for link in links if not (page.parent / link).exists()} == set()


def test_generated_pages_are_in_step() -> None:
    assert differences(generated()) == []


def test_readme_shows_the_two_commands_first() -> None:
    screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    for shown in ("make run", "make test", "──►", "verified offline"):
        assert shown in screen


def test_every_make_target_that_docs_name_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"(?:`|^ *)make ([a-z][a-z0-9-]+)", text, re.MULTILINE))
    assert {"run", "test", "new-bot", "chaos"} <= named
    assert named <= targets


def test_json_and_yaml_snippets_read() -> None:
    for page, text in snippets("json"):
        assert json.loads(text) is not None, page
    for page, text in snippets("yaml"):
        assert yaml.safe_load(text) is not None, page


def test_the_manifest_of_the_guide_is_one() -> None:
    (text,) = [text for page, text in snippets("yaml") if page == "docs/guides/add-a-bot.md"]
    head = {
        "name": "probe",
        "summary": "Keeps a note of every issue.",
        "owner": "platform",
        "triggers": [{"event": "IssueLabelled.v1"}],
        "slo": {"success": 99.5, "p95_ms": 2000},
        "runbook": "docs/runbooks/probe.md",
    }
    manifest = Manifest.model_validate({**head, **yaml.safe_load(text)})
    assert manifest.actions["note-issue"].limits.per_hour == 100


def test_the_proof_checker_of_the_audit_guide_works(log: Log) -> None:
    (text,) = [text for page, text in snippets("python") if page == "docs/guides/audit.md"]
    guide: dict[str, Any] = {}
    exec(compile(text, "docs/guides/audit.md", "exec"), guide)
    for number in range(9):
        log.append(number)
    opened = SignedLog.open(log.files)
    for index in range(9):
        data, proof = opened.leaf(index), opened.inclusion(index, 9)
        answer = views.inclusion(index, data, 9, proof, opened.head)
        assert guide["holds"](answer)
        other = {**answer, "index": (index + 1) % 9}
        assert not guide["holds"](other)


def test_generated_pages_name_no_place_of_this_machine() -> None:
    assert [name for name, text in generated().items() if str(ROOT) in text] == []
