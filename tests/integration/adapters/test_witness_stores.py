"""A witness on AWS: its memory in DynamoDB, its key in KMS; and witnesses over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.ed25519_kms import add_ed25519_key
from tests.support.log_forge import NOW, ORIGIN, Forge
from tests.support.moto_aws import moto_aws
from tests.support.witnesses import Tree, log_key
from writ.adapters.kms import MAX_RAW, KmsEd25519
from writ.adapters.watched_table import WatchedTable
from writ.adapters.witness_server import MAX_ANSWER, HttpWitnesses, submission_url
from writ.contracts.errors import ConflictError, TransientError, WritError
from writ.ledger.cosignature import cosignature_key
from writ.ledger.cosigning import CosignatureClient
from writ.ledger.errors import VerificationError
from writ.ledger.witness import AddCheckpoint, Witness
from writ.ledger.witness_policy import KnownWitness
from writ.ports.witness import Reply, SeenHead, WatchedLog

ROOT = b"\x01" * 32
TREE = Tree(20)


@pytest.fixture
def table() -> Iterator[WatchedTable]:
    with moto_aws("watched"):
        yield WatchedTable("watched")


def test_log_that_is_not_watched_is_not_there_and_cannot_be_advanced(table: WatchedTable) -> None:
    assert table.read(ORIGIN) is None
    with pytest.raises(ConflictError):
        table.advance(ORIGIN, None, SeenHead(1, ROOT))
    assert table.read(ORIGIN) is None


def test_head_moves_only_from_what_it_was(table: WatchedTable) -> None:
    table.watch(ORIGIN, ("key",))
    assert table.read(ORIGIN) == WatchedLog(("key",))
    table.advance(ORIGIN, None, SeenHead(0, ROOT))
    table.advance(ORIGIN, SeenHead(0, ROOT), SeenHead(5, ROOT))
    wrong = [None, SeenHead(0, ROOT), SeenHead(4, ROOT), SeenHead(5, b"\x02" * 32), SeenHead(6, ROOT)]
    for before in wrong:
        with pytest.raises(ConflictError):
            table.advance(ORIGIN, before, SeenHead(9, ROOT))
    assert table.read(ORIGIN) == WatchedLog(("key",), SeenHead(5, ROOT))
    table.advance(ORIGIN, SeenHead(5, ROOT), SeenHead(5, ROOT))


def test_new_keys_leave_what_was_seen(table: WatchedTable) -> None:
    table.watch(ORIGIN, ("old",))
    table.advance(ORIGIN, None, SeenHead(5, ROOT))
    table.watch(ORIGIN, ("new", "newer"))
    assert table.read(ORIGIN) == WatchedLog(("new", "newer"), SeenHead(5, ROOT))


def test_of_many_at_once_one_wins(table: WatchedTable) -> None:
    table.watch(ORIGIN, ("key",))
    won: list[int] = []

    def advance(size: int) -> None:
        try:
            table.advance(ORIGIN, None, SeenHead(size, ROOT))
            won.append(size)
        except ConflictError:
            pass

    threads = [threading.Thread(target=advance, args=(size,)) for size in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert table.read(ORIGIN) == WatchedLog(("key",), SeenHead(won[0], ROOT))


def test_ed25519_key_in_kms_signs_what_its_public_half_verifies(account: None) -> None:
    private = add_ed25519_key("alias/w")
    key = KmsEd25519("alias/w")
    assert key.material() == private.public_key().public_bytes_raw()
    private.public_key().verify(key.sign(b"text"), b"text")
    with pytest.raises(WritError, match=r"ledger\.too_long"):
        key.sign(b"x" * (MAX_RAW + 1))


def test_key_of_another_kind_is_refused(account: None) -> None:
    from writ.adapters import aws

    made = aws.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    with pytest.raises(VerificationError, match="not an Ed25519 key"):
        KmsEd25519(made["KeyMetadata"]["KeyId"]).material()


@dataclass
class Server:
    """An HTTP server on this machine that gives one answer to everything, or what `answer` says."""

    reply: Reply = field(default_factory=lambda: Reply(200, b""))
    witness: Witness | None = None
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)
    url: str = ""

    def respond(self, method: str, path: str, body: bytes) -> Reply:
        self.seen.append((method, path, body))
        if self.witness is None:
            return self.reply
        answer = self.witness.add_checkpoint(body, NOW)
        return Reply(answer.status, answer.body)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = server.respond("POST", self.path, body)
            self.send_response(reply.status)
            if 300 <= reply.status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal of a test."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{listening.server_address[1]}"
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()


def test_a_witness_on_aws_cosigns_a_growing_log_over_http(table: WatchedTable) -> None:
    forge = Forge()
    add_ed25519_key("alias/w")
    key = KmsEd25519("alias/w")
    verifier = cosignature_key("witness.example/w1", key.material())
    table.watch(ORIGIN, (log_key(forge).encode(),))
    with serving(Server(witness=Witness(verifier, table, key.sign))) as server:
        client = CosignatureClient(KnownWitness("w", verifier, f"{server.url}/sub/"), HttpWitnesses())
        for size in (3, 3, 7, 20):
            cosigned = client.obtain(TREE.note(forge, size), TREE.head(size), TREE.proof)
            assert cosigned.at == NOW
        other = Tree(20, salt="other")
        with pytest.raises(WritError, match=r"witness\.inconsistent"):
            client.obtain(other.note(forge, 20), other.head(20), other.proof)
    assert {path for _, path, _ in server.seen} == {"/sub/add-checkpoint"}
    assert table.read(ORIGIN) == WatchedLog((log_key(forge).encode(),), SeenHead(20, TREE.head(20).root))


def test_request_arrives_as_it_was_written() -> None:
    body = AddCheckpoint(3, (ROOT,), Tree(5).note(Forge(), 5).encode()).encode()
    with serving(Server(Reply(409, b"7\n"))) as server:
        assert HttpWitnesses().post(server.url, body) == Reply(409, b"7\n")
    assert server.seen == [("POST", "/add-checkpoint", body)]


def test_redirects_are_not_followed() -> None:
    with serving(Server(Reply(302, b"elsewhere"))) as server:
        assert HttpWitnesses().post(server.url, b"x").status == 302
    assert len(server.seen) == 1


def test_no_more_than_so_much_of_an_answer_is_read() -> None:
    with serving(Server(Reply(200, b"x" * (MAX_ANSWER * 4)))) as server:
        assert len(HttpWitnesses().post(server.url, b"x").body) == MAX_ANSWER


def test_a_witness_that_is_not_there_or_does_not_answer_is_a_passing_trouble() -> None:
    with serving(Server()) as server:
        pass
    with pytest.raises(TransientError, match=r"witness\.busy"):
        HttpWitnesses().post(server.url, b"x")
    release = threading.Event()

    class Silent(Server):
        def respond(self, method: str, path: str, body: bytes) -> Reply:
            release.wait(10)
            return Reply(200, b"")

    with serving(Silent()) as silent:
        with pytest.raises(TransientError, match=r"witness\.busy"):
            HttpWitnesses(timeout_s=1).post(silent.url, b"x")
        release.set()


@pytest.mark.parametrize(
    "url", ["https://w.example", "https://w.example/", "http://127.0.0.1:9/x/", "http://localhost/y"]
)
def test_checkpoints_go_below_the_submission_prefix(url: str) -> None:
    assert submission_url(url) == f"{url.rstrip('/')}/add-checkpoint"


@pytest.mark.parametrize(
    "url",
    [
        "", "w.example", "http://w.example", "ftp://w.example", "file:///etc/passwd", "https://",
        "https://w.example?x=1", "https://w.example#x", "https://user@w.example", "https://[w",
        "https://w.example:port", "http://127.0.0.1.example",
    ],
)  # fmt: skip
def test_checkpoints_go_nowhere_without_tls(url: str) -> None:
    with pytest.raises(WritError, match=r"witness\.url"):
        HttpWitnesses().post(url, b"x")
