"""The audit guide on a deployed plane, as it is written: from one statement to what stock tools say of it."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.local.cdk import install
from cli.local.replay import webhooks
from tests.e2e.conftest import SAMPLES, Person, World, eventually
from tests.support.audit_guide import ROOT, run, section
from tests.support.stock import cut_off

_WRIT = """#!{python}
from pathlib import Path
import sys
sys.path[:0] = {paths!r}
from cli.app import app
from cli.plane import Plane, RunFile
Plane.load = classmethod(lambda cls: cls(RunFile.load(Path({run_file!r}))))
if __name__ == "__main__":  # an audit's workers read it too
    app()
"""


def writ(world: World, folder: Path) -> None:
    """The `./writ` of the guide, for the plane of these tests."""
    file = folder / "run.json"
    world.plane.file.save(file)
    paths = [str(ROOT), str(ROOT / "layers" / "core" / "python")]
    command = folder / "writ"
    command.write_text(_WRIT.format(python=sys.executable, paths=paths, run_file=str(file)))
    command.chmod(0o755)


def test_guide_verifies_a_statement_of_the_plane_with_the_network_cut(
    world: World, operator: Person, tmp_path: Path
) -> None:
    world.send(*webhooks([SAMPLES]))
    world.verified()
    install(tests=True)
    writ(world, tmp_path)
    guide = section("One statement, with stock tools")
    (tmp_path / "verify.cjs").write_text(guide["js"][0])
    get, stock, ours = guide["sh"]
    assert operator.token is not None
    got = run(get, folder=tmp_path, base=tmp_path, WRIT_TOKEN=operator.token)
    assert got.returncode == 0, got.stderr
    for snippet in (stock, ours):
        done = run(snippet, folder=tmp_path, base=tmp_path, before=cut_off())
        assert done.returncode == 0, done.stderr + done.stdout


def test_guide_audits_the_plane_over_its_api_alone(world: World, operator: Person, tmp_path: Path) -> None:
    world.send(*webhooks([SAMPLES]))
    world.verified()
    writ(world, tmp_path)
    [snippet] = section("Over the API")["sh"]
    assert operator.token is not None
    (tmp_path / "trust.json").write_bytes(world.copy().trust_root())
    variables = {"API": world.plane.file.api_url, "WRIT_SEEN": str(tmp_path / "seen.json")}
    done = run(snippet, folder=tmp_path, base=tmp_path, WRIT_TOKEN=operator.token, **variables)
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.count("verified offline") == 3


def test_promise_is_kept_and_the_same_for_whoever_asks(
    world: World, operator: Person, colleague: Person
) -> None:
    listed = operator("GET", "v1/evidence", limit="100").json()["items"]
    entry = next(
        item["entry"] for item in listed if not item.get("erased")
    )  # of what is erased there is none
    address = f"v1/evidence/{entry}/bundle"
    first = eventually(lambda: (answer := operator("GET", address)).is_success and answer.json())
    again = colleague("GET", address).json()
    entries = [body["verificationMaterial"]["tlogEntries"][0] for body in (first, again)]
    assert entries[0]["inclusionPromise"] == entries[1]["inclusionPromise"]
    assert world.count("promises") >= 1
    assert world.nobody("GET", address).status_code == 401
