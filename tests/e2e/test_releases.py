"""A release on a deployed plane, to files that stock tools verify, through the local forge."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from cli.api import Api
from cli.demo import sdk as demo_sdk
from cli.localforge.changes import take_commit
from cli.localforge.records import RepositoryRecord
from cli.localforge.releases import file_of
from cli.localforge.repositories import cloned
from cli.localforge.server import LocalServer
from cli.login import Login
from cli.making.api_document import PLACE
from cli.output import Output
from cli.release.files import built_by
from cli.sdk.publish import Source, published_of
from stacks.settings import settings_for
from tests.e2e.conftest import Person, World, eventually, run_of
from writ.contracts.provenance import PROVENANCE

REPOSITORY = "acme/widgets"
SETTINGS = """\
build:
  command: [make, dist]
  artifacts: ["dist/*"]
  workflow: release.yml
boms: [requirements.lock]
"""
WHEEL = b"not really a wheel, but every byte of it"


def repository(forge: LocalServer) -> str:
    """A repository with a release and a feature since; the commit of that."""
    with forge.alone:
        record = RepositoryRecord(name=REPOSITORY)
        forge.forge.records.repositories[REPOSITORY] = record
        git, now = forge.forge.git(record), datetime.now(UTC)
        files = {"release.yaml": SETTINGS.encode(), "requirements.lock": b"requests==2.32.0\n"}
        first = git.commit(files, "feat: begin", now)
        git.point("refs/tags/v1.0.0", first)
        made = git.commit({"widgets.py": b"x = 1\n"}, "feat: carts", now, (first,))
        git.point("refs/heads/main", made)
        forge.forge.save()
    return made


def allow(operator: Person, commit: str, name: str = REPOSITORY) -> None:
    """Every gate was run on a commit, by the policies of this plane, and allows it."""
    gates = operator("GET", "v1/gates").json()
    result = {
        "repository": name,
        "commit": commit,
        "at": datetime.now(UTC).isoformat(),
        "verdict": "allow",
        "bundle": gates["bundle"],
        "report": sha256(commit.encode()).hexdigest(),
        "gates": [
            {"gate": gate["name"], "verdict": None, "violations": 0, "waived": 0} for gate in gates["items"]
        ],
        "violations": [],
        "total": 0,
        "exceptions": [],
    }
    assert operator("POST", "v1/gates/results", result).status_code == 201


def test_a_release_is_tagged_built_proven_and_published_once(
    world: World, operator: Person, forge: LocalServer, issuer: LocalServer, tmp_path: Path
) -> None:
    commit = repository(forge)
    allow(operator, commit)
    begun = operator("POST", "v1/releases", {"repository": REPOSITORY})
    assert begun.status_code == 202, begun.text
    place = begun.headers["Location"]

    def shown() -> Any:
        return operator("GET", place).json()

    record = forge.forge.repository(REPOSITORY)
    assert operator("POST", "v1/releases", {"repository": REPOSITORY}).status_code == 409
    (run,) = eventually(lambda: list(record.runs.values()), 60)
    file = {"name": "widgets.whl", "sha256": sha256(WHEEL).hexdigest(), "size": len(WHEEL)}
    report = {"files": [file], "run": run.id}
    assert operator("POST", f"{place}/build", {**report, "run": run.id + 1}).status_code == 400
    another = run_of(world, issuer, REPOSITORY, run.id + 1)
    assert another("POST", f"workflows{place}/build", report).status_code == 403
    job = run_of(world, issuer, REPOSITORY, run.id)
    assert job("GET", f"workflows{place}").json()["state"] == "build"
    told = job("POST", f"workflows{place}/build", report)
    (upload,) = told.json()["uploads"]
    refused = httpx.put(upload["url"], content=WHEEL[::-1], headers=upload["headers"])
    assert not refused.is_success, "S3 takes other bytes than were reported"
    httpx.put(upload["url"], content=WHEEL, headers=upload["headers"]).raise_for_status()
    found = eventually(lambda: (now := shown())["ended_at"] and now, 90)
    assert (found["state"], found["problem"]) == ("published", None)

    git = forge.forge.git(record)
    assert git.peeled(git.ref("refs/tags/v1.1.0") or "") == commit
    (page,) = record.releases.values()
    assert not page.draft
    files = {each.name: file_of(forge.forge, each.id).read_bytes() for each in record.assets.values()}
    assert set(files) == {"widgets.whl", "widgets-1.1.0.cdx.json", "SHA256SUMS", "provenance.sigstore.json"}
    assert files["widgets.whl"] == WHEEL
    s3 = world.plane.aws("s3")
    bucket = f"{world.plane.thing('artifacts')}-000000000000"
    for name, data in files.items():
        kept = s3.get_object(Bucket=bucket, Key=f"releases/{REPOSITORY}/v1.1.0/{name}")["Body"].read()
        assert kept == data

    _verify(operator, files, tmp_path, f"/{REPOSITORY}@refs/tags/v1.1.0")


def test_the_client_of_the_api_is_published_got_back_and_calls_the_api(
    world: World, operator: Person, forge: LocalServer, tmp_path: Path
) -> None:
    name, files = demo_sdk.REPOSITORY, demo_sdk.files()
    with forge.alone:
        pushed = {"repository": name, "files": files, "message": "feat: describe the API"}
        made = take_commit(forge.forge, pushed)
    allow(operator, made["sha"], name)
    source = Source.at(cloned(Path(made["git"]), tmp_path / "checkout", "main"), name, None, PLACE)

    login = Login(tmp_path / "token.json", lambda: str(operator.token))
    with Api(world.plane.file.api_url, login) as api:
        published, got = published_of(api, Output(as_json=True), source)
        again, same = published_of(api, Output(as_json=True), source)

    assert (published, again) == (True, False)
    assert same.files == got.files
    assert got.release["sha"] == made["sha"]
    assert built_by(got.proof).startswith("person:")
    s3, bucket = world.plane.aws("s3"), f"{world.plane.thing('artifacts')}-000000000000"
    place = f"releases/{name}/{got.release['tag']}"
    kept = s3.list_objects_v2(Bucket=bucket, Prefix=f"{place}/")["Contents"]
    assert {each["Key"] for each in kept} == {f"{place}/{file}" for file in got.files}

    got.write(tmp_path / "released")
    _verify(operator, got.files, tmp_path / "released", f"/{name}@refs/tags/{got.release['tag']}")
    python = demo_sdk.installed(tmp_path / "released", tmp_path / "venv")
    said = demo_sdk.called(python, world.plane.file.api_url, str(operator.token))
    assert said["listed"] is True
    assert said["again"] == "conflict"
    assert operator("GET", f"v1/actions/{said['action']}").json()["state"] == "succeeded"


def _verify(operator: Person, files: Mapping[str, bytes], folder: Path, source: str) -> None:
    """As whoever downloads it does, with tools that are not ours: sha256sum, and the client of Sigstore."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    sums = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, check=False
    )
    assert sums.returncode == 0, sums.stderr
    trust = operator("GET", "v1/log/trust-root").text
    settings = settings_for("local")
    config = ClientTrustConfig.from_json(trust)
    kind, payload = Verifier(trusted_root=config.trusted_root).verify_dsse(
        Bundle.from_json(files["provenance.sigstore.json"]),
        Identity(identity=f"{settings.identity_base}release", issuer=settings.issuer),
    )
    stated = json.loads(payload)
    assert kind == "application/vnd.in-toto+json"
    assert stated["predicateType"] == PROVENANCE
    digests = {one["name"]: one["digest"]["sha256"] for one in stated["subject"]}
    own = ("SHA256SUMS", "provenance.sigstore.json")
    assert digests == {name: sha256(data).hexdigest() for name, data in files.items() if name not in own}
    (made_from,) = stated["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert made_from["uri"].endswith(source)
