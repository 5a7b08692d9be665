"""Workflows, actions and hooks for GitHub: two linters, and the rules of this repository."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from cli.local.cdk import install
from writ.release.settings import read_settings

ROOT: Final = Path(__file__).parents[2]
GITHUB: Final = ROOT / ".github"
WORKFLOWS: Final = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS: Final = sorted((GITHUB / "actions").glob("*/action.yml"))
CALLABLE: Final = {
    "lint-format",
    "typecheck",
    "tests",
    "gates",
    "recorded-gates",
    "sbom",
    "sdk",
    "changelog",
    "publish",
}
_PINNED: Final = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
_OWN: Final = re.compile(r"uses: \$/\.github/(workflows|actions)/[\w-]+(\.yml)?$")
# Newer than this actionlint, and each known to GitHub:
# https://docs.github.com/en/actions/reference/runners/github-hosted-runners
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions
# https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#vars-context
_LATER: Final = (
    re.compile(r'label "ubuntu-24\.04(-arm)?" is unknown'),
    re.compile(r'unknown permission scope "attestations"'),
    re.compile(r'undefined variable "vars"'),
    re.compile(r'(reusable workflow call|specifying action) "\$/\.github/'),
)


# Who may write: what signs, and what tells a control plane which run it is.
_WRITES: Final = {
    "publish": {"id-token", "attestations"},
    "recorded-gates": {"id-token"},
    "release": {"id-token"},
}


def read(path: Path) -> dict[Any, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def called(workflow: dict[Any, Any]) -> dict[str, Any] | None:
    """What `workflow_call` says; YAML 1.1 reads the key `on` as true."""
    found = workflow[True]
    return found.get("workflow_call") if isinstance(found, dict) else None


def test_zizmor_finds_nothing() -> None:
    program = Path(sys.executable).with_name("zizmor")
    options = ["--offline", "--no-progress", "--strict-collection", "--persona=pedantic"]

    done = subprocess.run(
        [program, *options, GITHUB, ROOT / ".pre-commit-hooks.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_actionlint_finds_nothing() -> None:
    node = shutil.which("node")
    assert node is not None
    install(tests=True)

    done = subprocess.run(
        [node, ROOT / "tests" / "support" / "actionlint.mjs", *WORKFLOWS],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [each for each in told if not any(known.match(each["message"]) for known in _LATER)] == []


def test_what_the_organisation_needs_is_callable() -> None:
    assert {path.stem for path in WORKFLOWS if called(read(path)) is not None} == CALLABLE


def test_this_repository_calls_its_own_workflows() -> None:
    jobs = read(GITHUB / "workflows" / "test.yml")["jobs"].values()
    used = {Path(job["uses"]).stem for job in jobs if "uses" in job}

    # Its tests are one command, `make test`, and it has no control plane.
    assert used == CALLABLE - {"tests", "recorded-gates"}


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.relative_to(GITHUB).as_posix())
def test_an_action_is_pinned_by_its_commit_and_says_its_version(path: Path) -> None:
    uses = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]

    assert uses
    assert [line for line in uses if not (_PINNED.search(line) or _OWN.search(line))] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_rights_but_those_of_its_jobs(path: Path) -> None:
    workflow = read(path)

    assert workflow["permissions"] == {}
    assert "group" in workflow["concurrency"]
    for job in workflow["jobs"].values():
        assert job["permissions"]
        assert "uses" in job or job["timeout-minutes"]
        writes = {name for name, level in job["permissions"].items() if level == "write"}
        does = Path(job["uses"]).stem if "uses" in job else path.stem
        assert writes == _WRITES.get(does, set())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_checkout_leaves_no_credentials(path: Path) -> None:
    for job in read(path)["jobs"].values():
        for step in job.get("steps", ()):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_the_release_of_this_repository_is_built_by_the_workflow_that_it_names() -> None:
    """The bot starts it with `release` alone, and knows the run by its name."""
    build = read_settings(read(ROOT / "release.yaml")).build
    assert build is not None
    workflow = read(GITHUB / "workflows" / str(build.workflow))
    asked = workflow[True]["workflow_dispatch"]["inputs"]

    assert [name for name, given in asked.items() if given["required"]] == ["release"]
    assert workflow["run-name"].split() == ["Release", "${{", "inputs.release", "}}"]
    assert any("release build" in step.get("run", "") for step in workflow["jobs"]["build"]["steps"])


def test_no_job_is_given_a_token_for_a_control_plane() -> None:
    """A run signs in as itself; the one secret is that of the emulator that this repository is tested on."""
    for path in (*WORKFLOWS, *ACTIONS):
        text = path.read_text(encoding="utf-8")
        assert "WRIT_TOKEN" not in text, path
        assert set(re.findall(r"secrets\.(\w+)", text)) <= {"LOCALSTACK_AUTH_TOKEN"}, path


_FORK: Final = {"HEAD": "stranger/site"}
_API: Final = {"API": "https://api.example"}
_RUN: Final = {"ACTIONS_ID_TOKEN_REQUEST_URL": "x"}


@pytest.mark.parametrize(
    ("environment", "arguments", "warned"),
    [
        ({}, "", False),
        ({"BASE": "origin/main", "ONLY": "window slo"}, "--base origin/main --only window --only slo", False),
        ({"FETCH": "true", "ONLY": "licences"}, "--only licences --fetch-licences", False),
        ({**_API, **_RUN}, "--api", False),
        ({**_API, "HEAD": "acme/site", **_RUN}, "--api", False),
        # Who forgets the right is told so by the command, and not let through without the plane.
        (_API, "--api", False),
        ({**_API, "WRIT_TOKEN": "mine", **_FORK}, "--api", False),
        # A change from outside has no token: it is judged all the same.
        ({**_API, **_FORK}, "", True),
        ({**_API, "GITHUB_ACTOR": "dependabot[bot]"}, "", True),
        (_FORK, "", False),
    ],
)
def test_the_action_asks_the_control_plane_unless_a_change_from_outside_has_no_token(
    tmp_path: Path, environment: dict[str, str], arguments: str, warned: bool
) -> None:
    action = tmp_path / ".github" / "actions" / "gates"
    action.mkdir(parents=True)
    command = tmp_path / "writ"
    command.write_text('#!/usr/bin/env bash\necho "$* WRIT_API=${WRIT_API:-}"\n', encoding="utf-8")
    command.chmod(0o755)
    given = dict.fromkeys(("BASE", "ONLY", "API", "HEAD", "FETCH"), "") | {"CHECKOUT": ".", "FORMAT": "json"}
    known = {"PATH": "/usr/bin:/bin", "GITHUB_REPOSITORY": "acme/site", "GITHUB_ACTOR": "ann"}

    done = subprocess.run(
        ["bash", GITHUB / "actions" / "gates" / "ask.sh"],
        env={**known, "ACTION": str(action), **given, **environment},
        capture_output=True,
        text=True,
        check=True,
    )

    *said, asked = done.stdout.splitlines()
    api = _API["API"] if "--api" in arguments else ""
    assert asked.split() == f"gate run --repo . --format json {arguments} WRIT_API={api}".split()
    assert [line.partition(" ")[0] for line in said] == (["::warning"] if warned else [])


def test_the_hook_is_a_program_of_this_repository() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    assert (ROOT / hook["entry"]).stat().st_mode & 0o111
