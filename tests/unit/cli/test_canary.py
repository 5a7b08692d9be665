"""`writ canary judge`: a verdict from a file, its exit codes, and what is refused."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from writ.judge.criteria import Count, Distribution

ROOT = Path(__file__).parents[3]


def trial(canary_ms: float = 100.0, **changes: Any) -> dict[str, Any]:
    dice = random.Random(3)

    def latency(level: float, count: int) -> list[float]:
        return [round(dice.gauss(level, 10), 2) for _ in range(count)]

    return {
        "criteria": {
            "metrics": [
                {"kind": "distribution", "name": "latency", "unit": "ms", "weight": 2},
                {"kind": "count", "name": "errors", "acceptable": 0.01},
            ]
        },
        "windows": [
            {
                "baseline": {"latency": latency(100, 600), "errors": {"events": 1, "exposure": 900}},
                "canary": {"latency": latency(canary_ms, 400), "errors": {"events": 0, "exposure": 600}},
            }
        ],
        **changes,
    }


def run(*words: str, stdin: str | None = None) -> Result:
    environment = {"COLUMNS": "200"}
    return CliRunner().invoke(
        app, ["canary", "judge", *words], input=stdin, catch_exceptions=False, env=environment
    )


def written(folder: Path, document: Any) -> str:
    file = folder / "trial.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("document", "verdict", "code"),
    [
        (trial(), "pass", 0),
        (trial(140.0), "fail", 1),
        (trial(windows=[{}]), "unknown", 1),
    ],
)
def test_exit_code_is_zero_for_a_pass_only(tmp_path: Path, document: Any, verdict: str, code: int) -> None:
    file = written(tmp_path, document)
    result = run(file)
    assert (result.exit_code, verdict in result.stdout.splitlines()[0]) == (code, True)
    as_json = run(file, "--json")
    found = json.loads(as_json.stdout)
    assert (as_json.exit_code, found["verdict"]) == (code, verdict)
    assert [metric["name"] for metric in found["metrics"]] == ["latency", "errors"]


def test_json_has_no_infinity(tmp_path: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    found = json.loads(run(written(tmp_path, trial(windows=[{}])), "--json").stdout, parse_constant=refuse)
    assert found["metrics"][0]["effect"] == {"ratio": None, "low": 0.0, "high": None}


def test_file_may_come_from_standard_input_and_hold_nan() -> None:
    text = json.dumps(trial()).replace('"latency": [', '"latency": [NaN, null, ')
    assert run("-", stdin=text).exit_code == 0


def test_picture_is_written(tmp_path: Path) -> None:
    picture = tmp_path / "judged.svg"
    assert run(written(tmp_path, trial()), "--svg", str(picture)).exit_code == 0
    assert picture.read_text(encoding="utf-8").startswith("<svg ")
    assert run(written(tmp_path, trial()), "--svg", str(tmp_path / "no" / "judged.svg")).exit_code == 2


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ("{", None),
        (trial(criteria={"metrics": []}), "criteria.metrics"),
        (trial(windows=[{"canary": {"other": [1]}}]), "windows.0.canary.other"),
        (trial(windows=[{"canary": {"latency": [-1]}}]), "windows.0.canary.latency.0"),
        (trial(extra=1), "extra"),
    ],
)
def test_bad_file_is_bad_usage_and_names_the_field(tmp_path: Path, document: Any, field: str | None) -> None:
    result = run(written(tmp_path, document), "--json")
    assert result.exit_code == 2
    error = json.loads(result.stdout)["error"]
    assert error.get("field") == field
    assert error["code"].startswith("contract.")


def test_file_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    result = run(str(tmp_path / "none.json"), "--json")
    assert (result.exit_code, json.loads(result.stdout)["error"]["field"]) == (2, "FILE")


def test_file_of_the_guide_is_one_and_its_picture_is_what_the_command_draws(tmp_path: Path) -> None:
    guide = (ROOT / "docs/guides/judge.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```json\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    assert run("-", stdin=shown).exit_code == 1  # two requests: unknown
    drawn = tmp_path / "drawn.svg"
    result = run(str(ROOT / "docs/assets/judge/slow-tail.json"), "--svg", str(drawn))
    assert (result.exit_code, "✘ fail" in result.stdout) == (1, True)
    kept = ROOT / "docs/assets/judge/slow-tail.svg"
    assert drawn.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")


def test_every_option_of_a_metric_is_in_the_guide() -> None:
    guide = (ROOT / "docs/guides/judge.md").read_text(encoding="utf-8")
    options = {*Distribution.model_fields, *Count.model_fields} - {"name", "kind", "unit"}
    assert {option for option in options if f"| `{option}` |" not in guide} == set()
