"""`writ gate`: a checkout judged, in every format, with the right exit code."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from dulwich import porcelain
from dulwich.index import IndexEntry
from dulwich.objects import ObjectID
from dulwich.repo import Repo
from typer.testing import CliRunner, Result

import cli.gates.checkout
from cli.api import Api
from cli.app import app
from cli.gates.checkout import Checkout, opened
from cli.gates.gate import name_of, plane_facts
from cli.gates.installed import licences, recognised
from cli.output import UsageError
from tests.unit.gates.test_custom import NAMING
from tests.unit.gates.test_licences import expression, of
from writ.contracts.errors import ContractError
from writ.gates.exceptions import FILE
from writ.gates.tree import Kind

WHO = b"Ada <ada@acme.example>"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a commit on main, and one more on a branch."""
    with Repo.init(str(tmp_path), default_branch=b"main") as repo:
        (tmp_path / "kept.txt").write_text("same\n")
        (tmp_path / "old.txt").write_text("1\n2\n")
        (tmp_path / ".gitignore").write_text("ignored/\n")
        porcelain.add(repo, [str(tmp_path / name) for name in ("kept.txt", "old.txt", ".gitignore")])
        porcelain.commit(repo, message=b"one", author=WHO, committer=WHO)
        porcelain.branch_create(repo, "topic")
        porcelain.checkout(repo, "topic")
        (tmp_path / "new.txt").write_text("n\n")
        porcelain.add(repo, [str(tmp_path / "new.txt")])
        porcelain.commit(repo, message=b"two", author=WHO, committer=WHO)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["gate", "run", *arguments])


def test_baseline_lists_what_would_stand_and_no_value(checkout: Path) -> None:
    token = "xoxb-1234567890-" + "aB3dE6gH9jK2" * 2
    (checkout / "a.py").write_text(f"T = '{token}'\n# jo@corp.io\n")
    asked = ("--repo", str(checkout), "--only", "secrets")
    before = run(*asked)
    assert (before.exit_code, token in before.output) == (1, False)
    written = CliRunner().invoke(app, ["gate", "baseline", "--repo", str(checkout), "--json"])
    file = checkout / ".gates" / "secrets.baseline"
    assert json.loads(written.output) == {
        "file": ".gates/secrets.baseline",
        "entries": 1,
        "new": 1,
        "gone": 0,
    }
    assert token not in file.read_text()
    assert (run(*asked).exit_code, "1 known value" in run(*asked).output) == (0, True)
    text = file.read_text()
    CliRunner().invoke(app, ["gate", "baseline", "--repo", str(checkout)])
    assert file.read_text() == text
    file.write_text("{}")
    broken = CliRunner().invoke(app, ["gate", "baseline", "--repo", str(checkout)])
    assert (broken.exit_code, file.read_text()) == (1, "{}")


def test_policies_of_the_repository_are_asked_in_a_process_that_knows_nothing(checkout: Path) -> None:
    policies = checkout / ".gates" / "policies"
    policies.mkdir(parents=True)
    (policies / "naming.rego").write_text(NAMING)
    (checkout / "utils.py").write_text("")
    result = run("--repo", str(checkout), "--base", "main", "--only", "custom")
    assert result.exit_code == 1
    for said in (
        "custom/naming-no-utils  medium",
        "utils.py says nothing",
        "custom/rewritten",
        "1 policy; digest",
    ):
        assert said in result.output


def test_checkout_holds_what_is_tracked_or_new_and_not_ignored(checkout: Path) -> None:
    (checkout / "ignored").mkdir()
    (checkout / "ignored" / "x").write_text("x")
    (checkout / "fresh.txt").write_text("f\n")
    (checkout / "kept.txt").unlink()
    (checkout / "link").symlink_to("/etc/passwd")
    with opened(checkout, "main") as tree:
        assert tree.paths() == [".gitignore", "fresh.txt", "link", "new.txt", "old.txt"]
        assert tree.read("link") == b"/etc/passwd"
        assert tree.read("../outside") is None
        changes = {change.path: change.kind for change in tree.changes() or ()}
    assert changes == {
        "fresh.txt": Kind.ADDED,
        "kept.txt": Kind.DELETED,
        "link": Kind.ADDED,
        "new.txt": Kind.ADDED,
    }


def test_changes_are_told_from_where_the_branch_left(checkout: Path) -> None:
    with Repo(str(checkout)) as repo:
        porcelain.checkout(repo, "main")
        (checkout / "kept.txt").write_text("later on main\n")
        porcelain.add(repo, [str(checkout / "kept.txt")])
        porcelain.commit(repo, message=b"three", author=WHO, committer=WHO)
        porcelain.checkout(repo, "topic")
    (checkout / "old.txt").write_text("1\n2\n3\n")
    with opened(checkout, "main") as tree:
        changes = tree.changes()
        assert changes is not None
        assert [change.path for change in changes] == ["new.txt", "old.txt"]
        assert changes[1].added_lines == ((3, "3"),)
        assert tree.read_base("old.txt") == b"1\n2\n"


def test_modes_links_and_submodules_are_changes(checkout: Path) -> None:
    (checkout / "kept.txt").chmod(0o755)
    content = (checkout / "old.txt").read_text()
    (checkout / "old.txt").unlink()
    (checkout / "old.txt").symlink_to(content)
    (checkout / "lib").mkdir()
    with Repo(str(checkout)) as repo:
        index = repo.open_index()
        index[b"lib"] = IndexEntry((0, 0), (0, 0), 0, 0, 0o160000, 0, 0, 0, ObjectID(b"1" * 40))
        index.write()
    with opened(checkout, "topic") as tree:
        found = {change.path: change for change in tree.changes() or ()}
        assert sorted(found) == ["kept.txt", "lib", "old.txt"]
        assert found["kept.txt"].before == found["kept.txt"].after
        assert found["lib"].after == b"Subproject commit " + b"1" * 40 + b"\n"
    with Repo(str(checkout)) as repo:
        porcelain.commit(repo, message=b"module", author=WHO, committer=WHO)
    with opened(checkout, "topic") as tree:
        assert "lib" not in {change.path for change in tree.changes() or ()}
        assert tree.read_base("lib") == tree.read("lib")


def test_change_that_is_larger_than_is_read_is_unknown(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.gates.checkout, "MAX_BYTES", 3)
    assert run("--repo", str(checkout), "--base", "topic", "--only", "openapi").exit_code == 0
    (checkout / "big.txt").write_text("1234")
    with opened(checkout, "topic") as tree, pytest.raises(ContractError) as caught:
        tree.changes()
    assert caught.value.field == "big.txt"
    result = run("--repo", str(checkout), "--base", "topic", "--only", "openapi")
    assert (result.exit_code, "big.txt is larger than is read" in result.output) == (1, True)


def test_folder_without_git_is_looked_at_whole(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_text("x")
    tree = Checkout(tmp_path)
    assert (tree.paths(), tree.changes(), tree.commit) == (["a/b"], None, None)


@pytest.mark.parametrize(("base", "field"), [("nonsense", "--base"), ("-1:x", "--base")])
def test_base_that_is_not_there_is_a_mistake_of_usage(checkout: Path, base: str, field: str) -> None:
    with pytest.raises(UsageError) as caught:
        Checkout(checkout, base)
    assert caught.value.field == field
    assert run("--repo", str(checkout), "--base", base).exit_code == 2


def test_run_passes_where_nothing_speaks_against_it(checkout: Path) -> None:
    (checkout / "bom.json").write_text(of(expression("MIT")))
    result = run("--repo", str(checkout), "--only", "licences")
    assert result.exit_code == 0
    assert "1 file, 1 component, 1 licence" in result.output
    assert "allow: nothing speaks against it" in result.output


def test_run_says_what_is_wrong_and_what_to_do(checkout: Path) -> None:
    (checkout / "bom.json").write_text(of(expression("SSPL-1.0")))
    result = run("--repo", str(checkout), "--only", "licences")
    assert result.exit_code == 1
    for said in (
        "licences/forbidden",
        "critical",
        "left-pad 1.3.0",
        "→ Remove left-pad",
        "writ exceptions add",
    ):
        assert said in result.output


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_run_speaks_to_programs(checkout: Path, form: str) -> None:
    (checkout / "bom.json").write_text(of(expression("SSPL-1.0")))
    result = run("--repo", str(checkout), "--only", "licences", "--format", form)
    assert result.exit_code == 1
    if form == "github":
        assert result.output.startswith("::error file=bom.json,line=1,title=licences/forbidden (critical)::")
    else:
        document = json.loads(result.output)
        assert document["verdict" if form == "json" else "version"] == ("deny" if form == "json" else "2.1.0")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--only", "nonsense"),
        ("--repo", "/nowhere/at/all"),
        ("--repository", "not a name"),
        ("--format", "xml"),
    ],
)
def test_run_that_cannot_be_asked_exits_with_2(checkout: Path, arguments: tuple[str, str]) -> None:
    assert run("--repo", str(checkout), *arguments).exit_code == 2


def test_exceptions_of_the_checkout_count(checkout: Path) -> None:
    (checkout / "bom.json").write_text(of(expression("SSPL-1.0")))
    (checkout / FILE).parent.mkdir()
    (checkout / FILE).write_text(
        "exceptions:\n  - id: pad\n    rule: licences/forbidden\n    owner: platform\n    reason: soon gone\n"
        "    expires_at: 2999-01-01T00:00:00Z\n    scope:\n"
        "      {repository: '*', path: '*', component: 'pkg:npm/*', versions: '*'}\n"
    )
    result = run("--repo", str(checkout), "--only", "licences")
    assert result.exit_code == 0
    assert "1 waived" in result.output


def test_installed_packages_say_what_they_are_licensed_under(tmp_path: Path) -> None:
    site = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    heads = {
        "a": "License-Expression: MIT OR Apache-2.0\nLicense: x",
        "b": "License: BSD-3-Clause",
        "c": "License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License",
        "d": "License: " + "long " * 40,
    }
    for name, head in heads.items():
        (site / f"{name}-1.dist-info").mkdir(parents=True)
        (site / f"{name}-1.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {name}\nVersion: 1\n{head}\n\nText"
        )
    (tmp_path / "node_modules" / "@s" / "n").mkdir(parents=True)
    manifest = {"name": "@s/n", "version": "2", "license": "ISC"}
    (tmp_path / "node_modules" / "@s" / "n" / "package.json").write_text(json.dumps(manifest))
    assert licences(tmp_path) == {
        "pkg:pypi/a@1": ("MIT OR Apache-2.0",),
        "pkg:pypi/b@1": ("BSD-3-Clause",),
        "pkg:pypi/c@1": ("MIT License",),
        "pkg:npm/%40s/n@2": ("ISC",),
    }


TERMS = "Redistribution and use in source and binary forms, with or without modification, are permitted"
GRANT = "Permission is hereby granted, free of charge, to any person obtaining a copy"
NOTICE = "The above copyright notice and this permission notice shall be included in all copies"


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (f"{TERMS}. Nor may endorse or promote products derived from it", "BSD-3-Clause"),
        (f"Copyright. {TERMS} provided", "BSD-2-Clause"),
        (f"{TERMS}. All advertising materials must. endorse or promote products derived from", None),
        (f"{GRANT}. {NOTICE}.", "MIT"),
        (f"{GRANT}. {NOTICE}. {TERMS}", None),
        (f"{GRANT}.", None),
        ("Apache License Version 2.0, January 2004 … END OF TERMS AND CONDITIONS", "Apache-2.0"),
        ("All rights reserved", None),
        (f"{TERMS} " * 500, None),
    ],
)
def test_text_is_recognised_by_what_no_other_licence_says(text: str, id: str | None) -> None:
    assert recognised(text) == id


def test_committed_metadata_says_nothing_of_licences(checkout: Path) -> None:
    metadata = checkout / ".venv" / "lib" / "python3.11" / "site-packages" / "a.dist-info" / "METADATA"
    manifest = checkout / "node_modules" / "b" / "package.json"
    for file in (metadata, manifest):
        file.parent.mkdir(parents=True)
    metadata.write_text("Name: a\nVersion: 1\nLicense-Expression: MIT\n")
    manifest.write_text('{"name": "b", "version": "1", "license": "MIT"}')
    assert sorted(licences(checkout)) == ["pkg:npm/b@1", "pkg:pypi/a@1"]
    with Repo(str(checkout)) as repo:
        porcelain.add(repo, [str(metadata)])
    with opened(checkout, None) as tree:
        assert sorted(licences(checkout, tree.tracked)) == ["pkg:npm/b@1"]
    assert licences(checkout, {".venv", "node_modules"}) == {}
    (manifest.parent.parent / "c").symlink_to(manifest.parent)
    manifest.write_text(manifest.read_text() + " " * 1024 * 1024)
    assert sorted(licences(checkout)) == ["pkg:pypi/a@1"]


def test_metadata_behind_a_link_says_nothing_of_licences(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "package.json").write_text('{"name": "b", "version": "1", "license": "MIT"}')
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "b").symlink_to(tmp_path / "mine")
    assert licences(tmp_path) == {}


def test_name_of_a_family_is_told_apart_by_the_text(tmp_path: Path) -> None:
    info = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages" / "a-1.dist-info"
    (info / "licenses").mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: a\nVersion: 1\nLicense: BSD\n\n")
    assert licences(tmp_path) == {"pkg:pypi/a@1": ("BSD",)}
    (info / "licenses" / "LICENSE.txt").write_text(f"{TERMS}\n")
    assert licences(tmp_path) == {"pkg:pypi/a@1": ("BSD-2-Clause",)}
    (info / "licenses" / "LICENSE.other").write_text("another")
    assert licences(tmp_path) == {"pkg:pypi/a@1": ("BSD",)}


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://git.example/acme/shop.git", "acme/shop"),
        ("ssh://git@git.example/acme/shop", "acme/shop"),
        ("git@git.example:acme/shop.git", "acme/shop"),
        ("https://git.example/group/acme/shop", "acme/shop"),
        ("/srv/git/shop", "folder"),
        (None, "folder"),
    ],
)
def test_repository_is_called_as_its_origin_says(
    monkeypatch: pytest.MonkeyPatch, remote: str | None, name: str
) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert name_of(None, remote, Path("/x/folder")) == name
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/ci")
    assert name_of(None, remote, Path("/x/folder")) == "acme/ci"
    assert name_of("acme/given", remote, Path("/x/folder")) == "acme/given"


def test_what_only_a_plane_knows_is_asked_of_it() -> None:
    answers = {
        "/v1/policy/freezes": {"items": [{"id": "all", "in_force": True}], "next_cursor": None},
        "/v1/policy/bundle": {"windows": [{"name": "office"}]},
        "/v1/slo": {
            "items": [
                {"name": "shop", "recorded": {"budget": "freeze"}},
                {"name": "cart", "recorded": {"budget": None}},
            ],
            "next_cursor": None,
        },
    }
    transport = httpx.MockTransport(lambda sent: httpx.Response(200, json=answers[sent.url.path]))
    login = SimpleNamespace(token=lambda fresh: "token")
    with Api("http://plane", login, transport) as api:  # type: ignore[arg-type]
        assert plane_facts(api) == {
            "window": {"windows": [{"name": "office"}], "freezes": [{"id": "all"}]},
            "slo": {"shop": "freeze", "cart": None},
        }


def test_gates_and_rules_are_listed() -> None:
    result = CliRunner().invoke(app, ["gate", "list", "--json"])
    rules = [rule["id"] for item in json.loads(result.output)["items"] for rule in item["rules"]]
    assert {"licences/forbidden", "licences/unreadable"} <= set(rules)


def test_run_prints_no_control_and_no_command_of_the_repository(checkout: Path) -> None:
    (checkout / "\x1b[2J").mkdir()
    folder = checkout / "\n::error::it's $(id)"
    folder.mkdir()
    for place in (folder, checkout / "\x1b[2J"):
        (place / "bom.json").write_text(of(expression("SSPL-1.0")))
    result = run("--repo", str(checkout), "--only", "licences")
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert not [line for line in result.output.splitlines() if line.lstrip().startswith("::")]
    assert """::error::it'"'"'s $(id)/bom.json'""".replace("::error", "\\x3a:error") in result.output
