"""Copies of the log, their verification from the command line, and the demonstration of an edit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.ledger.copying import every_tile, size_of, write_copy
from cli.ledger.tamper import demonstrate
from cli.output import CommandError, UsageError
from tests.support.log_forge import NOW, ORIGIN, Forge
from tests.support.witnesses import MemoryWitness
from writ.contracts.anchor import context_of, describe
from writ.ledger.anchor import nodes_of_copy
from writ.ledger.checkpoint import Checkpoint
from writ.ledger.cosignature import cosign
from writ.ledger.errors import VerificationError
from writ.ledger.examine import fingerprint_of
from writ.ledger.leaf import decode_leaf
from writ.ledger.logcopy import LogCopy
from writ.ledger.merkle import subtree_root
from writ.ledger.note import Note
from writ.ledger.tiles import decode_bundle

pytestmark = pytest.mark.usefixtures("signatures_remembered")


def leaves(folder: Path) -> Iterator[bytes]:
    return decode_bundle((folder / "tile/entries/000").read_bytes())


class FolderLog:
    """A log source that reads what a forge wrote; `later` entries are not under the checkpoint."""

    def __init__(
        self,
        folder: Path,
        names: dict[str, str] | None = None,
        issued: tuple[str, bytes] | None = None,
    ) -> None:
        self._folder = folder
        self._issued = issued
        self._names = names or {}

    def object(self, key: str) -> bytes | None:
        path = self._folder / key
        return path.read_bytes() if path.is_file() else None

    def objects(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        return ((key, self.object(key)) for key in keys)

    def anchors(self) -> Iterator[tuple[str, bytes]]:
        note = (self._folder / "checkpoint").read_bytes()
        yield "of-now", note
        yield "of-later", note.replace(b"\n300\n", b"\n301\n", 1)

    def statements(self, size: int) -> Iterator[tuple[str, bytes]]:
        for path in (self._folder / "statements").iterdir():
            yield self._names.get(path.stem, path.stem), path.read_bytes()

    def certificates(self) -> Iterator[tuple[str, bytes]]:
        if self._issued is not None:
            yield self._issued


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 300 entries: a full bundle and a partial one."""
    forge = Forge()
    return forge.write_copy(tmp_path_factory.mktemp("log"), forge.actions(150))


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    return shutil.copytree(pristine, tmp_path / "log")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A log of ten entries, for what does not depend on how many there are."""
    forge = Forge()
    return forge.write_copy(tmp_path / "log", forge.actions(5))


def verify(*words: str) -> Result:
    return CliRunner().invoke(app, ["ledger", "verify", *words], env={"COLUMNS": "200"})


def test_a_copy_of_a_log_verifies(pristine: Path, tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    session = sorted({decode_leaf(leaf).certificate_pem for leaf in leaves(pristine)})
    [pem] = session
    source = FolderLog(pristine, issued=(fingerprint_of(pem), pem))
    copy = write_copy(source, tmp_path / "copy", lambda *step: done.append(step))
    assert done[-1] == (300, 300)
    assert copy.earlier_checkpoint_files() == ["of-now"]
    assert verify(str(copy.folder)).exit_code == 0


def test_a_copy_replaces_the_one_before_it_whole(small: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    (target / "statements").mkdir(parents=True)
    (target / "statements" / "old.json").touch()
    write_copy(FolderLog(small), target)
    assert not (target / "statements" / "old.json").exists()


def test_a_log_without_a_checkpoint_leaves_the_old_copy(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(CommandError) as raised:
        write_copy(FolderLog(tmp_path / "nothing"), tmp_path / "copy")
    assert raised.value.code == "ledger.no_checkpoint"
    assert (tmp_path / "copy").is_dir()


@pytest.mark.parametrize("name", ["../../escaped", "", "a/b", ".hidden"])
def test_an_entry_id_that_is_no_file_name_does_not_become_one(small: Path, tmp_path: Path, name: str) -> None:
    entry = next((small / "statements").iterdir()).stem
    with pytest.raises(VerificationError):
        write_copy(FolderLog(small, {entry: name}), tmp_path / "deep" / "copy")
    assert list(tmp_path.rglob("*escaped*")) == []


@pytest.mark.parametrize("name", ["../escaped", "", "F" * 64])
def test_a_certificate_without_a_fingerprint_becomes_no_file(small: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError) as raised:
        write_copy(FolderLog(small, issued=(name, b"")), tmp_path / "deep" / "copy")
    assert raised.value.code == "ledger.copy"
    assert list(tmp_path.rglob("*escaped*")) == []


def packed(folder: Path, target: Path) -> LogCopy:
    return write_copy(FolderLog(folder), target, packed=True)


def unissued(result: Result) -> list[tuple[str, int | None, str | None]]:
    """Findings but for that of the certificate, which a folder's log does not know to be issued."""
    found = json.loads(result.stdout)["findings"]
    assert [item["index"] for item in found if item["code"] == "certificate.unissued"] == [0]
    others = [item for item in found if item["code"] != "certificate.unissued"]
    return [(item["code"], item["index"], item["entry"]) for item in others]


def test_a_packed_copy_holds_the_statements_beside_their_leaves(folder: Path, tmp_path: Path) -> None:
    copy = packed(folder, tmp_path / "copy")
    assert list(copy.statement_files()) == []
    assert sorted(path.name for path in (copy.folder / "envelopes").rglob("*") if path.is_file()) == [
        "000",
        "44",
    ]
    assert unissued(verify(str(copy.folder), "--json")) == []


def test_what_is_not_as_it_was_logged_stays_visible_in_a_packed_copy(small: Path, tmp_path: Path) -> None:
    path = sorted((small / "statements").iterdir())[7]
    data = path.read_bytes()
    path.write_bytes(data[:80] + bytes([data[80] ^ 1]) + data[81:])
    copy = packed(small, tmp_path / "copy")
    assert list(copy.statement_files()) == [path.name]
    [(code, index, entry)] = unissued(verify(str(copy.folder), "--json"))
    assert (code, entry) == ("statement.altered", path.stem)
    assert index is not None


def test_a_packed_copy_of_a_broken_bundle_is_left_to_verification(folder: Path, tmp_path: Path) -> None:
    bundle = folder / "tile/entries/001.p/44"
    bundle.write_bytes(bundle.read_bytes()[:-10])
    found = unissued(verify(str(packed(folder, tmp_path / "copy").folder), "--json"))
    assert ("bundle.malformed", 299, None) in found
    bundle.unlink()
    found = unissued(verify(str(packed(folder, tmp_path / "copy").folder), "--json"))
    assert ("bundle.malformed", 256, None) in found


def test_tiles_of_every_level_are_copied() -> None:
    paths = {tile.path for tile in every_tile(70_000)}
    assert {"tile/0/000", "tile/1/000", "tile/2/000.p/1", "tile/entries/000"} <= paths


@pytest.mark.parametrize("note", [b"", b"x", b"x\n", b"x\n-1\n", b"x\nten\n", "x\n٣\n".encode()])
def test_a_note_without_a_size_claims_none(note: bytes) -> None:
    assert size_of(note) == -1


def test_verification_needs_no_plane_and_names_what_was_edited(small: Path) -> None:
    path = sorted((small / "statements").iterdir())[7]
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    result = verify(str(small), "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["ok"] is False
    assert [finding["entry"] for finding in document["findings"]] == [path.stem]
    assert path.stem in verify(str(small)).stdout


def test_a_head_that_does_not_read_is_a_problem_and_not_a_crash(small: Path) -> None:
    (small / "checkpoint").write_bytes(b"nonsense")
    result = verify(str(small), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["faults"] == 1
    assert "✘" in verify(str(small)).stdout


def test_a_trust_root_from_elsewhere_is_believed_over_the_copys_own(small: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "trust.json"
    stranger.write_bytes(Forge().trust.encode())
    assert verify(str(small), "--trust", str(stranger)).exit_code == 1
    own = small / "trust-root.json"
    mine = own.rename(tmp_path / "mine.json")
    own.write_bytes(stranger.read_bytes())
    assert verify(str(small)).exit_code == 1
    assert verify(str(small), "--trust", str(mine)).exit_code == 0


def test_a_trust_root_that_is_not_there_is_bad_usage(small: Path) -> None:
    assert verify(str(small), "--trust", str(small / "nowhere")).exit_code == 2


def with_witnesses(folder: Path, *signers: MemoryWitness) -> None:
    note = Note.parse((folder / "checkpoint").read_bytes())
    lines = [cosign(note.text, witness.verifier, NOW, witness.key.sign) for witness in signers]
    (folder / "checkpoint").write_bytes(note.signed_with(lines).encode())


def test_a_copy_verifies_under_a_policy_when_its_quorum_has_cosigned(small: Path, tmp_path: Path) -> None:
    first, second = MemoryWitness(), MemoryWitness("witness.example/w2")
    policy = tmp_path / "policy"
    policy.write_text(
        f"witness one {first.verifier.encode()}\nwitness two {second.verifier.encode()}\n"
        "group both all one two\nquorum both\n"
    )
    with_witnesses(small, first)
    refused = verify(str(small), "--witness-policy", str(policy), "--json")
    document = json.loads(refused.stdout)
    assert (refused.exit_code, document["ok"], document["cosigned"]) == (1, False, {})
    assert [finding["code"] for finding in document["findings"]] == ["ledger.quorum"]
    assert "one cosigned it, both is asked for" in verify(str(small), "--witness-policy", str(policy)).stdout
    with_witnesses(small, second)
    accepted = verify(str(small), "--witness-policy", str(policy), "--json")
    assert accepted.exit_code == 0
    assert set(json.loads(accepted.stdout)["cosigned"]) == {first.name, second.name}
    shown = verify(str(small), "--witness-policy", str(policy)).stdout
    assert f"cosigned by {first.name} at 2026-03-01T12:00:00.000Z" in shown
    assert verify(str(small)).exit_code == 0


def test_a_policy_that_does_not_read_is_refused_before_anything_is_verified(
    small: Path, tmp_path: Path
) -> None:
    assert verify(str(small), "--witness-policy", str(tmp_path / "nowhere")).exit_code == 2
    policy = tmp_path / "policy"
    policy.write_text("quorum w1\n")
    refused = verify(str(small), "--witness-policy", str(policy), "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["error"]["field"]) == (1, "line 1")


def test_a_folder_with_something_else_in_it_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    result = CliRunner().invoke(app, ["ledger", "copy", str(tmp_path)])
    assert result.exit_code == 2
    assert (tmp_path / "letter.txt").exists()


def test_the_demonstration_edits_a_copy_and_the_leaf_is_named(small: Path, tmp_path: Path) -> None:
    shown = demonstrate(small, tmp_path / "tampered")
    assert shown.named
    assert shown.forgery.before != shown.forgery.after
    assert {finding.index for finding in shown.findings} == {shown.forgery.index}
    assert verify(str(small)).exit_code == 0
    assert verify(str(shown.copy)).exit_code == 1


def test_any_entry_can_be_the_one_that_is_edited(small: Path, tmp_path: Path) -> None:
    entry = sorted(LogCopy(small).statement_files())[3].removesuffix(".json")
    shown = demonstrate(small, tmp_path / "tampered", entry)
    assert (shown.named, shown.forgery.entry) == (True, entry)


def test_an_entry_that_is_not_there_cannot_be_edited(small: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        demonstrate(small, tmp_path / "tampered", "act-0.intent")
    assert refused.value.field == "--entry"


def posted(folder: Path, *heads: tuple[int, bytes]) -> str:
    """Statuses of these heads, as GitHub lists them, in a file."""
    statuses = [
        {"id": number, "state": "success", "context": context_of(ORIGIN), "description": describe(size, root)}
        for number, (size, root) in enumerate(heads)
    ]
    path = folder / "statuses.json"
    path.write_text(json.dumps([{"id": 99, "context": "ci/build", "description": None}, *statuses]))
    return str(path)


def heads_of(folder: Path, *sizes: int) -> list[tuple[int, bytes]]:
    copy = LogCopy(folder)
    node = nodes_of_copy(copy, Checkpoint(ORIGIN, size_of(copy.checkpoint()), b""))
    return [(size, subtree_root(node, 0, size)) for size in sizes]


def test_log_that_holds_what_was_posted_of_it_verifies_and_says_so(folder: Path, tmp_path: Path) -> None:
    statuses = posted(tmp_path, *heads_of(folder, 1, 255, 257, 300))
    found = verify(str(folder), "--anchor", statuses)
    assert found.exit_code == 0
    assert "holds 4 anchored heads, the largest of size 300" in found.output
    document = json.loads(verify(str(folder), "--anchor", statuses, "--json").output)
    assert [anchor["size"] for anchor in document["anchors"]] == [1, 255, 257, 300]


def test_statuses_come_from_standard_input_as_well(folder: Path, tmp_path: Path) -> None:
    statuses = Path(posted(tmp_path, *heads_of(folder, 300))).read_bytes()
    words = ["ledger", "verify", str(folder), "--anchor", "-"]
    assert CliRunner().invoke(app, words, input=statuses).exit_code == 0
    assert CliRunner().invoke(app, words, input=b"[]").exit_code == 1


@pytest.mark.parametrize(
    ("head", "code"),
    [((300, b"\x01" * 32), "anchor.mismatch"), ((301, b"\x01" * 32), "anchor.ahead")],
)
def test_log_that_lacks_what_was_posted_of_it_is_found(
    folder: Path, tmp_path: Path, head: tuple[int, bytes], code: str
) -> None:
    statuses = posted(tmp_path, *heads_of(folder, 12), head)
    found = verify(str(folder), "--anchor", statuses, "--json")
    assert found.exit_code == 1
    (finding,) = json.loads(found.output)["findings"]
    assert finding["code"] == code
    assert "01" * 32 in finding["message"]
    assert "holds" not in verify(str(folder), "--anchor", statuses).output.split("anchor.", 1)[0]


def test_anchors_that_are_none_are_no_pass(small: Path, tmp_path: Path) -> None:
    assert verify(str(small), "--anchor", posted(tmp_path)).exit_code == 1
    (tmp_path / "bad.json").write_text("{")
    assert verify(str(small), "--anchor", str(tmp_path / "bad.json")).exit_code == 1
    assert verify(str(small), "--anchor", str(tmp_path / "nowhere.json")).exit_code == 2
    assert verify(posted(tmp_path), "--anchor", posted(tmp_path)).exit_code == 2
