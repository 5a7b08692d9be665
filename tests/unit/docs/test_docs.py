"""What people read is true: links lead somewhere, snippets run, generated pages are in step."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cli.app import app
from cli.making.generate import differences, generated
from functions.evidence import views
from functions.intake.normalize import Delivered, normalize
from functions.intake.webhook import AuthenticationError, open_webhook
from tests.support.memory_intake import DELIVERY
from tests.unit.evidence.conftest import Log
from writ.contracts.events.issues import IssueLabelled
from writ.contracts.manifest import Manifest
from writ.ledger.log import Log as SignedLog

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(#[^)]*)?\)")
_PATH = re.compile(r"`((?:tests|functions|stacks|cli|layers|policies|docs|events)/[\w./-]+)`")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_DATES = re.compile(r"Date: (\d{4}-\d\d-\d\d) · Revisit: (\d{4}-\d\d-\d\d)")
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


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return generated(get_command(app))


def test_generated_pages_are_in_step(made: dict[str, str]) -> None:
    assert differences(made) == []


def test_generated_pages_name_no_place_of_this_machine(made: dict[str, str]) -> None:
    assert [name for name, text in made.items() if str(ROOT) in text] == []


def test_paths_in_the_text_are_there() -> None:
    for page in PAGES:
        named = set(_PATH.findall(page.read_text(encoding="utf-8")))
        assert {path for path in named if not (ROOT / path).exists()} <= {"functions/probe/"}, page


def test_tests_named_in_the_text_are_there() -> None:
    named = {match for page in PAGES for match in _TEST.findall(page.read_text(encoding="utf-8"))}
    missing = {
        f"{path}::{name}"
        for path, name in named
        if not re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert missing == set()
    assert len(named) > 25


def test_every_attack_of_the_threats_page_is_carried_out_by_a_test() -> None:
    page = (ROOT / "docs/guides/threats.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and "shown by" not in line]
    assert [row for row in rows if not _TEST.search(row)] == []
    attacks = ROOT / "tests/unit/ledger/test_threats.py"
    tests = set(re.findall(r"^def (test_\w+)\(", attacks.read_text(encoding="utf-8"), re.MULTILINE))
    assert tests - set(re.findall(r"::(test_\w+)", page)) == {"test_a_good_copy_has_none_of_these"}


def test_python_snippets_compile() -> None:
    found = [compile(text, page, "exec") for page, text in snippets("python")]
    assert len(found) >= 3


def test_every_decision_is_dated_and_in_the_index() -> None:
    index = (ROOT / "docs/adr/index.md").read_text(encoding="utf-8")
    decisions = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
    for number, page in enumerate(decisions, 1):
        title, _, dates = page.read_text(encoding="utf-8").splitlines()[:3]
        assert title.startswith(f"# {number}. "), page
        assert page.name.startswith(f"{number:04}-"), page
        match = _DATES.fullmatch(dates)
        assert match, page
        decided, revisit = match.groups()
        assert date.fromisoformat(decided) < date.fromisoformat(revisit), page
        assert f"| [{number}]({page.name}) | {title.partition('. ')[2]} | {revisit} |" in index


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


def test_the_payload_of_the_guide_is_an_issue_with_the_label() -> None:
    (text,) = [x for page, x in snippets("sh") if page == "docs/guides/add-a-bot.md" and "sed '" in x]
    (sample,) = re.findall(r"events/github/samples/\S+", text)
    payload = (ROOT / sample).read_text(encoding="utf-8")
    for old, new in re.findall(r"s/([^/]+)/([^/]+)/", text.partition("sed '")[2].partition("' ")[0]):
        assert old in payload
        payload = payload.replace(old, new)
    delivered = Delivered(DELIVERY, Path(sample).parent.name, f"github/{DELIVERY}.json", "ab" * 32)
    data = normalize(delivered, json.loads(payload))
    assert isinstance(data, IssueLabelled)
    assert data.label == "probe"


def test_the_webhook_headers_of_the_guide_are_taken_in() -> None:
    guide = integrate_guide()
    body, secret = b'{"zen": "ok"}', b"a secret"
    made: dict[str, str] = guide["headers"]("ping", body, secret)
    webhook = open_webhook({name.lower(): value for name, value in made.items()}, body, (secret,))
    assert (webhook.event, webhook.body) == ("ping", body)
    with pytest.raises(AuthenticationError):
        open_webhook({name.lower(): value for name, value in made.items()}, body + b" ", (secret,))


def test_the_list_reader_of_the_guide_reads_to_the_end() -> None:
    asked: list[str] = []
    pages: list[dict[str, Any]] = [
        {"items": [{"id": "a"}, {"id": "b"}], "next_cursor": "x="},
        {"items": [{"id": "c"}], "next_cursor": None},
    ]

    def get(path: str) -> dict[str, Any]:
        asked.append(path)
        return pages[len(asked) - 1]

    found = list(integrate_guide()["items"](get, "/v1/backlog", status="candidate"))
    assert [item["id"] for item in found] == ["a", "b", "c"]
    first = "/v1/backlog?status=candidate&limit=100"
    assert asked == [first, f"{first}&cursor=x%3D"]


def integrate_guide() -> dict[str, Any]:
    guide: dict[str, Any] = {}
    for page, text in snippets("python"):
        if page == "docs/guides/integrate.md":
            exec(compile(text, page, "exec"), guide)
    return guide
