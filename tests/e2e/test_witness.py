"""The witness beside the plane: it cosigns every checkpoint, and nothing that does not continue the last."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.ledger.log_source import PlaneLog
from cli.ledger.witnesses import Site
from cli.local import elsewhere
from tests.e2e.conftest import Person, World, eventually, sample
from tests.support.log_forge import ORIGIN, Forge
from tests.support.witnesses import MemoryWitness, Tree, log_key
from writ.ledger.cosignature import verify_cosignature
from writ.ledger.logcopy import TRUST_ROOT, WITNESS_POLICY
from writ.ledger.note import Note, VerifierKey, parse_signatures
from writ.ledger.trust import TrustRoot
from writ.ledger.witness import AddCheckpoint
from writ.ledger.witness_policy import Policy, Quorum, verify_quorum

pytestmark = pytest.mark.skipif(
    elsewhere.endpoint() is not None, reason="there is a witness only where KMS has Ed25519"
)


def policy(world: World) -> bytes:
    found = PlaneLog(world.plane).object(WITNESS_POLICY)
    assert found is not None
    return found


def put_policy(world: World, body: bytes) -> None:
    bucket = world.plane.bucket("log")
    world.plane.aws("s3").put_object(Bucket=bucket, Key=WITNESS_POLICY, Body=body)


def quorum(world: World, operator: Person) -> Quorum | None:
    """The newest checkpoint as the API shows it, if its quorum has cosigned it."""
    note = operator("GET", "v1/log/checkpoint").content
    wanted = Policy.parse(policy(world))
    keys = [known.key.name for known in wanted.witnesses.values()]
    if not any(line.name in keys for line in Note.parse(note).signatures):
        return None
    return verify_quorum(note, wanted, now=datetime.now(UTC))


def act(world: World) -> None:
    """Something that ends in the ledger."""
    name = "check_run/completed.1.payload.json"
    run = json.loads(sample(name).body)["check_run"]
    (delivered,) = world.send(sample(name, check_run={**run, "id": uuid.uuid4().int >> 80}))
    assert delivered.accepted


@pytest.fixture(scope="module", autouse=True)
def acted(world: World) -> None:
    act(world)


@pytest.fixture
def prefix(world: World) -> str:
    (known,) = Policy.parse(policy(world)).witnesses.values()
    assert known.url is not None
    return known.url


def submit(prefix: str, old: int, tree: Tree, forge: Forge, new: int) -> httpx.Response:
    request = AddCheckpoint(old, tuple(tree.proof(old, new)), tree.note(forge, new).encode())
    return httpx.post(f"{prefix}/add-checkpoint", content=request.encode(), timeout=30)


def test_the_checkpoint_of_the_api_is_cosigned_and_plain_c2sp_keys_verify_it(
    world: World, operator: Person
) -> None:
    world.verified()
    found = eventually(lambda: quorum(world, operator))
    assert found.checkpoint.size == world.pulse().signed
    trust = PlaneLog(world.plane).object(TRUST_ROOT)
    assert trust is not None
    key = TrustRoot.decode(trust).note_key
    assert key is not None
    note = Note.parse(operator("GET", "v1/log/checkpoint").content)
    assert VerifierKey.parse(key.encode()).has_signed(note)


def test_verification_of_a_copy_demands_the_quorum(world: World, operator: Person, tmp_path: Path) -> None:
    world.verified()
    eventually(lambda: quorum(world, operator))
    folder = world.copy().folder

    def verify(text: bytes) -> int:
        (tmp_path / "policy").write_bytes(text)
        words = ["ledger", "verify", str(folder), "--witness-policy", str(tmp_path / "policy")]
        return CliRunner().invoke(app, words).exit_code

    stranger = MemoryWitness("witness.elsewhere.example")
    assert verify(policy(world)) == 0
    assert verify(f"witness w {stranger.verifier.encode()}\nquorum w\n".encode()) == 1


def test_an_older_checkpoint_of_the_log_is_refused(world: World, operator: Person, prefix: str) -> None:
    world.verified()
    newest = eventually(lambda: quorum(world, operator)).checkpoint.size
    copy = world.copy()
    note = copy.earlier_checkpoint(min(copy.earlier_checkpoint_files()))
    refused = httpx.post(f"{prefix}/add-checkpoint", content=AddCheckpoint(0, (), note).encode(), timeout=30)
    assert (refused.status_code, refused.text) == (409, f"{newest}\n")
    assert refused.headers["Content-Type"] == "text/x.tlog.size"


def test_another_log_is_watched_on_its_own_and_never_split(world: World, prefix: str) -> None:
    """I5: whoever holds a log's key gets one history cosigned and no other."""
    forge, tree = Forge(), Tree(30)
    assert submit(prefix, 0, tree, forge, 5).status_code == 404
    site = Site(f"{world.plane.file.env}-witness", world.plane.aws)
    site.watch([log_key(Forge())])
    assert submit(prefix, 0, tree, forge, 5).status_code == 403
    site.watch([log_key(forge)])
    for old, new in ((0, 5), (5, 5), (5, 30)):
        answer = submit(prefix, old, tree, forge, new)
        assert answer.status_code == 200
        [line] = parse_signatures(answer.text)
        verify_cosignature(line, tree.head(new).text(), site.verifier())
    other = Tree(40, salt="another history")
    assert submit(prefix, 30, other, forge, 40).status_code == 422
    assert submit(prefix, 30, other, forge, 30).status_code == 409
    assert submit(prefix, 5, tree, forge, 29).status_code == 409
    (watched,) = [log for log in site.watched() if log.origin == ORIGIN]
    assert (watched.size, watched.root) == (30, tree.head(30).root.hex())


@pytest.fixture
def dead_witness(world: World) -> Iterator[None]:
    """A second witness that never answers; the first one is quorum enough."""
    before = policy(world)
    gone = MemoryWitness("witness.gone.example").verifier.encode()
    put_policy(world, f"witness gone {gone} http://127.0.0.1:9/\n".encode() + before)
    yield
    put_policy(world, before)


@pytest.mark.usefixtures("dead_witness")
def test_a_dead_witness_holds_up_nothing(world: World, operator: Person) -> None:
    before = world.pulse().signed
    act(world)
    report = world.verified()
    assert report.checkpoint.size > before
    found = eventually(lambda: quorum(world, operator))
    assert found.checkpoint.size == report.checkpoint.size
    assert world.pulse().dead.get("publisher") is None
