"""What is found, of which kind, how it is shown, and what is nobody's."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pii_made import CHECKED, VALID, broken, lookalike
from writ.contracts.errors import ContractError
from writ.pii.allowed import Allowed
from writ.pii.finding import Confidence
from writ.pii.kinds import BY_ID
from writ.pii.scan import scan

ROOT = Path(__file__).parents[3]
ALONE = {
    "person": "My name is Zyx Qwe.",
    "postal_address": "12 Baker Street, Suite 4",
    "us_itin": "912-70-1234",
    "passport": "passport no. C01234567",
    "driver_licence": "driver license A125325867",
    "bearer_token": "authorization is Bearer q7Xk29LmPz03RtYwVb81NcHd",
}


@pytest.mark.parametrize("kind", VALID)
def test_value_of_every_format_is_found_and_nothing_of_it_is_shown(kind: str) -> None:
    around, make = VALID[kind]
    rng = random.Random(kind)
    for _ in range(5):
        value = make(rng)
        text = around.format(value)
        [found] = [found for found in scan(text) if found.kind == kind]
        covered = text[found.start : found.end]
        assert value in covered or covered in value
        assert not re.search(r"[1-9]", found.sample) or found.sample[:-8] in value[:20]
        assert len(found.sample) < 64


@pytest.mark.parametrize("kind", ALONE)
def test_kind_that_only_words_announce_is_found(kind: str) -> None:
    assert kind in {found.kind for found in scan(ALONE[kind])}


def test_every_kind_is_tried_and_in_the_guide() -> None:
    assert {*VALID, *ALONE} == set(BY_ID)
    guide = (ROOT / "docs/guides/pii.md").read_text(encoding="utf-8")
    assert [kind for kind in BY_ID if f"| `{kind}` |" not in guide] == []


@pytest.mark.parametrize("kind", CHECKED)
def test_number_that_does_not_check_is_not_found(kind: str) -> None:
    around, make = VALID[kind]
    rng = random.Random(kind)
    for _ in range(5):
        assert kind not in {found.kind for found in scan(around.format(broken(make(rng))))}


def test_digests_versions_times_and_ids_are_nobodys() -> None:
    rng = random.Random(7)
    texts = [lookalike(rng) for _ in range(300)]
    assert [text for text in texts if scan(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "ask jo@example.com",
        "from 192.0.2.7",
        "AKIAIOSFODNN7EXAMPLE",
        "card 4242 4242 4242 4242",
        "git@github.com:octo/hello.git",
        "password = ${PASSWORD}",
        "api_key: <your-key-here>",
        "listening on 127.0.0.1 and ::1",
        "django==4.2.11.1",
    ],
)
def test_what_is_reserved_for_examples_or_stands_for_a_value_passes(text: str) -> None:
    assert scan(text) == []


def test_allowed_values_pass_and_others_do_not() -> None:
    allowed = Allowed(values=frozenset({"jo@corp.io"}))
    assert [found.start for found in scan("jo@corp.io ann@corp.io", allowed=allowed)] == [11]
    assert len(scan("jo@example.com", allowed=Allowed(reserved=False))) == 1


def test_confidence_grows_with_the_words_beside_a_number() -> None:
    alone, named = "308-63-0237", "SSN 308-63-0237"
    assert [found.confidence for found in scan(alone)] == [Confidence.MEDIUM]
    assert [found.confidence for found in scan(named)] == [Confidence.HIGH]
    assert scan(alone, least=Confidence.HIGH) == []


def test_kind_that_does_not_exist_is_refused_by_its_field() -> None:
    with pytest.raises(ContractError, match=r"no kind shoe size.*field: kinds"):
        scan("nothing here", kinds={"mail", "shoe size"})


def test_token_with_a_broken_check_is_less_sure() -> None:
    good = "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"
    assert [found.confidence for found in scan(good)] == [Confidence.HIGH]
    assert [found.confidence for found in scan(broken(good))] == [Confidence.MEDIUM]


def test_what_a_value_is_says_more_than_the_name_it_is_given_to() -> None:
    """Both are as sure of it, and for one there is a service that replaces it."""
    token = broken("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")
    assert [found.kind for found in scan(f"token: {token}")] == ["github_token"]


def test_redactor_is_loaded_without_compiling_the_patterns_of_detectors() -> None:
    script = (
        "import re, sys\n"
        "from writ.contracts.redaction import redact_text\n"
        "redact_text('2026-11-25 10:11:12,345: 4711 of https://ci.example/octo, act-0123456789abcdef')\n"
        "early = [name for name in sys.modules if name.startswith('writ.pii.')]\n"
        "from writ.pii import assigned, codes, mail, numbers, tokens\n"
        "loaded = {name: vars(it) for name, it in sys.modules.items() if name.startswith('writ.pii.')}\n"
        "made = [n for n, has in loaded.items() if any(isinstance(it, re.Pattern) for it in has.values())]\n"
        "print(early, made, 'writ.pii.people' in loaded, 'writ.pii.names' in loaded)"
    )
    env = {"PYTHONPATH": str(ROOT / "layers/core/python")}
    told = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert told.stdout == "['writ.pii.hints'] [] False False\n"
