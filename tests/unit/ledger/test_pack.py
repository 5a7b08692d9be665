"""Evidence packs: what they hold, that they prove it, and that no edit of one goes unseen."""

from __future__ import annotations

import ast
import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.support.forged_world import Case
from tests.support.log_forge import NOW, ORIGIN, Entry, Forge, an_action, an_intent, put, stamp
from tests.support.packs import EVERYTHING, HOUR, PackWorld, edited, in_json, run_verifier, sealed, unpack
from tests.support.stock import python_verdict
from tests.support.witnesses import MemoryWitness
from writ.contracts.action import Target
from writ.contracts.errors import ContractError
from writ.contracts.statement import APPROVAL
from writ.ledger import archive, pack_verifier
from writ.ledger.checkpoint import log_verifier
from writ.ledger.cosignature import cosign
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import read_statement
from writ.ledger.note import Note
from writ.ledger.pack import MANIFEST, Item, Kind, file_of, thinned, verifier_source
from writ.ledger.pack_copy import pack_of_copy
from writ.ledger.pack_release import is_released
from writ.ledger.packed import encode_pack, pack_path
from writ.ledger.proof import Proof
from writ.ledger.proving import covering, item_of
from writ.ledger.question import Question
from writ.ledger.tiles import ENTRIES, Tile
from writ.ledger.trust import Retired, TrustRoot
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify_bundle import IdentityPolicy
from writ.ledger.verify_pack import verify_pack
from writ.ledger.witness_policy import Policy, WitnessQuorum

BUNDLE = "bundles/00000000000000000000.json"
PROOF = "proofs/00000000000000000003.json"
ERASED = "proofs/00000000000000000004.json"
ERASURE = "bundles/00000000000000000012.json"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> PackWorld:
    return PackWorld(tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def data(world: PackWorld) -> bytes:
    return world.mixed().encode()


def by_script(data: bytes, folder: Path, *words: str) -> list[str]:
    """What `verify.py` says against a pack's files, in this process; nothing when all holds."""
    given = Path(words[0]) if words else None
    checks = pack_verifier.Checks(unpack(data, folder), given)
    checks.run()
    return checks.problems


def test_pack_proves_what_it_holds(world: PackWorld, data: bytes) -> None:
    verified = verify_pack(data, world.forge.trust)
    assert [(item.index, item.entry, item.kind) for item in verified.items] == [
        (0, world.entries[0].id, Kind.BUNDLE),
        (3, world.entries[3].id, Kind.PROOF),
        (4, world.entries[4].id, Kind.ERASED),
    ]
    assert [item.statement is None for item in verified.items] == [False, False, True]
    assert [checkpoint.size for checkpoint in verified.earlier] == [3, 7]
    assert [(item.index, item.kind) for item in verified.erasures] == [(12, Kind.BUNDLE)]
    assert (verified.head.size, verified.own_trust) == (13, False)
    assert verify_pack(data).own_trust


def test_manifest_says_what_was_asked_and_what_is_there(data: bytes) -> None:
    members = archive.decode(data)
    manifest = json.loads(members[MANIFEST])
    assert manifest["question"] == EVERYTHING.document()
    assert manifest["files"].keys() == members.keys() - {MANIFEST}
    bundle, proof, erased = manifest["entries"]
    assert (bundle["phase"], bundle["result"], bundle["action"]) == (
        "intent",
        "allow",
        "strengthen-candidate",
    )
    assert (proof["phase"], proof["result"], proof["bot"]) == ("outcome", "succeeded", "backlog")
    assert erased.keys() == {"index", "entry", "kind", "file"}
    (erasure,) = manifest["erasures"]
    assert (erasure["bot"], erasure["file"], erasure["index"]) == ("erasures", ERASURE, 12)


def test_stock_client_accepts_a_bundle_out_of_a_pack(data: bytes) -> None:
    members = archive.decode(data)
    trust = read_trust(members["trust.json"])
    assert python_verdict(Case(members[BUNDLE], trust, IdentityPolicy("backlog"))) is None


def test_copy_of_the_log_answers_with_the_same_bytes_every_time(world: PackWorld) -> None:
    first, second = (pack_of_copy(world.copy, world.forge.trust, EVERYTHING).encode() for _ in range(2))
    assert first == second
    verified = verify_pack(first, world.forge.trust)
    assert [item.index for item in verified.items] == list(range(12))
    assert [checkpoint.size for checkpoint in verified.earlier] == [3, 7]


def test_copy_answers_with_what_is_asked_for_and_no_more(world: PackWorld) -> None:
    question = Question.of(name="task:task-2")
    verified = verify_pack(pack_of_copy(world.copy, world.forge.trust, question).encode())
    assert [item.index for item in verified.items] == [4, 5]
    assert [checkpoint.size for checkpoint in verified.earlier] == [7]
    digest = Question.of(subject=question.subject)
    assert [item.index for item in pack_of_copy(world.copy, world.forge.trust, digest).items] == [4, 5]
    later = Question.of(name="task:task-2", since=NOW + HOUR)
    nothing = pack_of_copy(world.copy, world.forge.trust, later)
    with pytest.raises(ContractError) as caught:
        nothing.encode()
    assert caught.value.code == "ledger.pack"


def test_packed_copy_answers_with_the_same_bytes(tmp_path: Path) -> None:
    world = PackWorld(tmp_path)
    one_by_one = pack_of_copy(world.copy, world.forge.trust, EVERYTHING).encode()
    envelopes = [entry.signed.encoded for entry in world.entries]
    shutil.rmtree(tmp_path / "statements")
    file = tmp_path / pack_path(Tile(ENTRIES, 0, len(envelopes)))
    put(file, encode_pack(envelopes))
    assert pack_of_copy(world.copy, world.forge.trust, EVERYTHING).encode() == one_by_one
    question = Question.of(name="task:task-2")
    assert [item.index for item in pack_of_copy(world.copy, world.forge.trust, question).items] == [4, 5]
    put(file, encode_pack([*envelopes[:4], None, envelopes[4], *envelopes[6:]]))
    with pytest.raises(VerificationError) as caught:
        pack_of_copy(world.copy, world.forge.trust, question)
    assert "leaf 5" in caught.value.message
    put(file, encode_pack([*envelopes[:4], None, *envelopes[5:]]))
    assert [item.index for item in pack_of_copy(world.copy, world.forge.trust, question).items] == [5]


def test_copy_whose_statement_was_edited_gives_no_pack(tmp_path: Path) -> None:
    world = PackWorld(tmp_path)
    file = tmp_path / "statements" / f"{world.entries[5].id}.json"
    envelope = world.entries[5].signed.envelope
    forged = replace(envelope, payload=envelope.payload.replace(b'"succeeded"', b'"failed"'))
    file.write_bytes(forged.encode())
    with pytest.raises(VerificationError) as caught:
        pack_of_copy(world.copy, world.forge.trust, EVERYTHING)
    assert world.entries[5].id in caught.value.message


def test_envelope_that_is_not_what_was_logged_is_not_taken_for_erased(world: PackWorld) -> None:
    other = replace(world.logged(1, promised=False), envelope=world.entries[2].signed.encoded)
    with pytest.raises(VerificationError):
        item_of(world.log, world.forge.trust, other)


def test_entry_is_in_a_pack_once(world: PackWorld) -> None:
    with pytest.raises(ContractError) as caught:
        world.pack(world.logged(0), world.logged(0)).encode()
    assert caught.value.code == "ledger.pack"


def test_each_leaf_gets_the_first_checkpoint_that_covers_it() -> None:
    assert covering([0, 3, 4, 9], [2, 4, 5, 9]) == [2, 4, 5]
    assert covering([5], [9, 6, 6, 7]) == [6]
    assert covering([], [1]) == covering([1], []) == []


def test_many_checkpoints_are_thinned_evenly_and_keep_both_ends() -> None:
    assert thinned([3, 1, 2, 2], 3) == [1, 2, 3]
    assert thinned(range(100), 4) == [0, 33, 66, 99]
    assert len(thinned(range(1000))) == 64


def test_lines_of_witnesses_on_the_checkpoint_are_kept_and_demanded(world: PackWorld, tmp_path: Path) -> None:
    witness = MemoryWitness()
    note = Note.parse(world.log.head.note)
    cosigned = note.signed_with([cosign(note.text, witness.verifier, NOW, witness.key.sign)]).encode()
    pack = replace(world.pack(world.logged(0, promised=False)), note=cosigned).encode()
    policy = Policy.parse(f"witness w1 {witness.verifier.encode()}\nquorum w1\n".encode())
    logs = (log_verifier(ORIGIN, world.forge.trust.log_key),)
    quorum = WitnessQuorum(policy, logs, NOW)
    assert verify_pack(pack, world.forge.trust, quorum)
    assert by_script(pack, tmp_path) == []
    with pytest.raises(VerificationError) as caught:
        verify_pack(world.mixed().encode(), world.forge.trust, quorum)
    assert caught.value.field == "checkpoint"


# -- the stand-alone verifier ------------------------------------------------------------------------


def test_stand_alone_verifier_needs_no_library_but_cryptography() -> None:
    tree = ast.parse(verifier_source())
    names = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names - set(sys.stdlib_module_names) == {"cryptography"}


def test_pack_carries_the_verifier_of_this_package_which_is_a_released_one(data: bytes) -> None:
    source = Path(str(pack_verifier.__file__)).read_bytes()
    assert archive.decode(data)["verify.py"] == source
    assert is_released(source)
    assert not is_released(source + b"\n")


def test_verifier_in_the_pack_accepts_it_with_the_network_cut(
    world: PackWorld, data: bytes, tmp_path: Path
) -> None:
    folder, trust = unpack(data, tmp_path / "pack"), tmp_path / "trust.json"
    trust.write_bytes(archive.decode(data)["trust.json"])
    done = run_verifier(folder, "--trust", str(trust))
    assert (done.returncode, done.stderr) == (0, "")
    assert "OK: 2 statements proved, 1 erased ones placed" in done.stdout
    assert "the pack's own" not in done.stdout
    assert "the pack's own" in run_verifier(folder).stdout


def test_verifier_in_the_pack_names_the_file_that_was_edited(data: bytes, tmp_path: Path) -> None:
    folder = unpack(data, tmp_path)
    file = folder / BUNDLE
    file.write_bytes(file.read_bytes().replace(b'"logIndex":"0"', b'"logIndex":"1"'))
    done = run_verifier(folder)
    assert (done.returncode, done.stderr) == (1, "")
    assert BUNDLE in done.stdout


def test_verifier_in_the_pack_says_how_it_is_used(data: bytes, tmp_path: Path) -> None:
    folder = unpack(data, tmp_path)
    assert run_verifier(folder, str(tmp_path / "nothing")).returncode == 2
    assert run_verifier(folder, "--trust", "nothing").returncode == 2


def test_file_that_is_not_of_the_pack_is_named_and_proves_nothing(data: bytes, tmp_path: Path) -> None:
    folder = unpack(data, tmp_path)
    (folder / ".DS_Store").write_bytes(b"")
    done = run_verifier(folder)
    assert done.returncode == 0
    assert "not of the pack: '.DS_Store'" in done.stdout


# -- edits by somebody who seals the pack again ----------------------------------------------------------


def manifest(edit: Callable[[Any], object]) -> Callable[[dict[str, bytes]], object]:
    return in_json(MANIFEST, edit)


def without(name: str) -> Callable[[dict[str, bytes]], object]:
    return lambda members: members.pop(name)


def swapped(first: str, second: str) -> Callable[[dict[str, bytes]], object]:
    def edit(members: dict[str, bytes]) -> None:
        members[first], members[second] = members[second], members[first]

    return edit


def entry_at(place: int, **changes: Any) -> Callable[[dict[str, bytes]], object]:
    return manifest(lambda value: value["entries"][place].update(changes))


def asked(**changes: Any) -> Callable[[dict[str, bytes]], object]:
    return manifest(lambda value: value["question"].update(changes))


def cut_out(members: dict[str, bytes]) -> None:
    """Take the erasure away, and all that is said of it."""
    manifest(lambda value: value["erasures"].clear())(members)
    del members[ERASURE]


FIRST = "consistency/00000000000000000003.json"
SECOND = "consistency/00000000000000000007.json"
EDITS: dict[str, Callable[[dict[str, bytes]], object]] = {
    "bundle left out": without(BUNDLE),
    "bundle's promise": in_json(
        BUNDLE,
        lambda value: value["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"].update(
            signedEntryTimestamp="AAAA"
        ),
    ),
    "bundle's payload": in_json(BUNDLE, lambda value: value["dsseEnvelope"].update(payload="AAAA")),
    "bundle's time": in_json(
        BUNDLE,
        lambda value: value["verificationMaterial"]["tlogEntries"][0].update(integratedTime="1772366403"),
    ),
    "proof's envelope of another": in_json(PROOF, lambda value: value["envelope"].update(payload="AAAA")),
    "proof's envelope taken away": in_json(PROOF, lambda value: value.update(envelope=None)),
    "proof's hash": in_json(PROOF, lambda value: value["hashes"].reverse()),
    "proof's index": in_json(PROOF, lambda value: value.update(index=2)),
    "erased leaf another": in_json(ERASED, lambda value: value.update(index=5)),
    "erased proof shorter": in_json(ERASED, lambda value: value["hashes"].pop()),
    "two proofs swapped": swapped(PROOF, ERASED),
    "consistency proofs swapped": swapped(FIRST, SECOND),
    "consistency hash": in_json(FIRST, lambda value: value["hashes"].reverse()),
    "consistency left out": without(FIRST),
    "checkpoint": lambda members: members.update(
        checkpoint=members["checkpoint"].replace(b"\n13\n", b"\n14\n")
    ),
    "checkpoint with more behind": lambda members: members.update(checkpoint=members["checkpoint"] + b"x"),
    "kind": entry_at(1, kind="bundle"),
    "erased though it reads": entry_at(1, kind="erased"),
    "result": entry_at(1, result="failed"),
    "bot": entry_at(0, bot="registry"),
    "subjects": entry_at(0, subjects=[]),
    "entry of another": entry_at(0, entry="act-0.intent"),
    "time of a statement": entry_at(0, time="2026-03-01T12:00:00.001Z"),
    "something of an erased statement": entry_at(2, bot="backlog"),
    "erased entry another": entry_at(2, entry="act-0.intent"),
    "erasure left out": without(ERASURE),
    "erasure cut out": cut_out,
    "erasure not listed": manifest(lambda value: value["erasures"].clear()),
    "erasure listed twice": manifest(lambda value: value["erasures"].append(value["erasures"][0])),
    "erasure listed with the entries": manifest(lambda value: value["entries"].append(value["erasures"][0])),
    "erasure moved to the entries": manifest(lambda value: value["entries"].append(value["erasures"].pop())),
    "entry moved to the erasures": manifest(lambda value: value.update(erasures=[value["entries"].pop(0)])),
    "erasure's bot": manifest(lambda value: value["erasures"][0].update(bot="backlog")),
    "erasure's payload": in_json(ERASURE, lambda value: value["dsseEnvelope"].update(payload="AAAA")),
    "no word of erasures": manifest(lambda value: value.pop("erasures")),
    "rows in another order": manifest(lambda value: value["entries"].reverse()),
    "row taken away": manifest(lambda value: value["entries"].pop()),
    "row twice": manifest(lambda value: value["entries"].append(value["entries"][2])),
    "checkpoint not listed": manifest(lambda value: value["checkpoints"].pop()),
    "size of the log": manifest(lambda value: value["log"].update(size=11)),
    "origin of the log": manifest(lambda value: value["log"].update(origin="log.else.example")),
    "format": manifest(lambda value: value.update(format="https://writ.example/pack/v1")),
    "asked for another subject": asked(subject="a" * 64),
    "asked for another name": asked(name="task:task-9", subject=None),
    "asked for a later time": asked(since="2026-03-01T12:30:00.000Z"),
    "asked for an earlier time": asked(until="2026-03-01T11:30:00.000Z"),
}
# Not a proof's business, so that only `writ ledger verify`, which makes the pack anew, can tell.
STRICT_EDITS: dict[str, Callable[[dict[str, bytes]], object]] = {
    "page": lambda members: members.update({"index.html": members["index.html"] + b" "}),
    "verifier": lambda members: members.update({"verify.py": b"print('OK')\n"}),
    "more in the manifest": manifest(lambda value: value.update(note="trust me")),
    "an extra file": lambda members: members.update({"readme.txt": b"trust me"}),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit_that_was_sealed_again_is_refused_by_both_verifiers(
    name: str, world: PackWorld, data: bytes, tmp_path: Path
) -> None:
    forged = edited(data, EDITS[name])
    assert forged != data
    with pytest.raises(VerificationError):
        verify_pack(forged, world.forge.trust)
    assert by_script(forged, tmp_path)


@pytest.mark.parametrize("name", STRICT_EDITS)
def test_edit_beside_the_proofs_is_refused_because_a_pack_has_one_form(
    name: str, world: PackWorld, data: bytes
) -> None:
    with pytest.raises(VerificationError) as caught:
        verify_pack(edited(data, STRICT_EDITS[name]), world.forge.trust)
    assert caught.value.code == "ledger.pack"


def test_manifest_has_one_spelling(data: bytes) -> None:
    members = archive.decode(data)
    with pytest.raises(VerificationError) as caught:
        verify_pack(archive.encode({**members, MANIFEST: members[MANIFEST] + b"\n"}))
    assert (caught.value.code, caught.value.field) == ("ledger.pack", MANIFEST)


def test_digest_that_was_not_made_good_is_refused_by_both(data: bytes, tmp_path: Path) -> None:
    members = archive.decode(data)
    members["index.html"] += b" "
    forged = archive.encode(members)
    with pytest.raises(VerificationError):
        verify_pack(forged)
    assert by_script(forged, tmp_path) == ["index.html: not the file of the manifest"]


def test_strangers_pack_is_refused_by_the_trust_root_one_holds(
    world: PackWorld, data: bytes, tmp_path: Path
) -> None:
    stranger = PackWorld(tmp_path / "log", forge=Forge()).mixed().encode()
    assert verify_pack(stranger).own_trust
    with pytest.raises(VerificationError):
        verify_pack(stranger, world.forge.trust)
    held = tmp_path / "trust.json"
    held.write_bytes(archive.decode(data)["trust.json"])
    assert by_script(data, tmp_path / "ours", str(held)) == []
    assert by_script(stranger, tmp_path / "theirs", str(held))


def test_pack_of_another_log_is_refused_by_name(world: PackWorld, data: bytes) -> None:
    other = replace(world.forge.trust, origin="log.else.example")
    with pytest.raises(VerificationError) as caught:
        verify_pack(data, other)
    assert (caught.value.code, caught.value.field) == ("ledger.log", "trust.json")


@pytest.mark.parametrize("by", ["writ", "verify.py"])
def test_pack_outlives_the_log_s_key_where_promises_date_every_statement(
    by: str, world: PackWorld, tmp_path: Path
) -> None:
    """A proof without a promise could have been made later, by whoever got hold of a retired key."""
    after = Forge(ca_key=world.forge.ca_key, ct_key=world.forge.ct_key)
    retired = Retired(log_keys=((world.forge.log_key.public_key(), NOW + HOUR),))
    trust = replace(world.forge.trust, log_key=after.log_key.public_key(), retired=retired)
    held = tmp_path / "trust.json"
    held.write_bytes(archive.decode(replace(world.mixed(), trust=trust).encode())["trust.json"])
    outcomes = []
    for number, promised in enumerate((True, False)):
        pack = world.pack(world.logged(0), world.logged(1, promised=promised)).encode()
        if by == "writ":
            try:
                verify_pack(pack, trust)
                outcomes.append(True)
            except VerificationError:
                outcomes.append(False)
        else:
            outcomes.append(not by_script(pack, tmp_path / str(number), str(held)))
    assert outcomes == [True, False]


def test_promise_after_the_key_was_retired_is_refused(world: PackWorld) -> None:
    after = Forge(ca_key=world.forge.ca_key, ct_key=world.forge.ct_key)
    retired = Retired(log_keys=((world.forge.log_key.public_key(), NOW),))
    trust = replace(world.forge.trust, log_key=after.log_key.public_key(), retired=retired)
    with pytest.raises(VerificationError) as caught:
        verify_pack(world.pack(world.logged(0)).encode(), trust)
    assert caught.value.code == "ledger.log"


# -- what is called erased ---------------------------------------------------------------------------------


def unchecked(world: PackWorld, index: int, *, erased: bool = False) -> Item:
    """An entry as whoever does not look at what it says puts it into a pack."""
    entry, log = world.entries[index], world.log
    path = tuple(log.inclusion(index, log.head.size))
    envelope = None if erased else entry.signed.envelope
    statement = None if envelope is None else read_statement(envelope.payload)
    kind = Kind.PROOF if statement else Kind.ERASED
    return Item(index, entry.id, kind, statement, Proof(index, entry.leaf, path, envelope).encode())


def pack_of_log(folder: Path, forge: Forge, entries: list[Entry], erased: int, *stated: int) -> bytes:
    """A pack out of a log of these entries in which one is called erased, with statements that go with it."""
    world = PackWorld(folder / "first", forge=forge)
    world.entries, world.folder = entries, forge.write_copy(folder / "second", entries)
    erasures = [unchecked(world, index) for index in stated]
    return replace(world.pack(), items=[unchecked(world, erased, erased=True)], erasures=erasures).encode()


def refused_by_both(data: bytes, trust: TrustRoot, folder: Path) -> str:
    """By which code a pack is refused, if `verify.py` refuses it as well; else nothing."""
    with pytest.raises(VerificationError) as caught:
        verify_pack(data, trust)
    return caught.value.code if by_script(data, folder) else ""


def test_statement_that_is_hidden_is_not_taken_for_erased(world: PackWorld, tmp_path: Path) -> None:
    """Leaf 1 was never erased; whoever exports the pack hides what it says."""
    gone = world.logged(1, erased=True)
    for erasures in ([], [world.logged(world.erasure)]):
        data = world.pack(world.logged(0), gone, erasures=erasures).encode()
        with pytest.raises(VerificationError) as caught:
            verify_pack(data, world.forge.trust)
        assert (caught.value.code, caught.value.field) == ("ledger.erasure", file_of(Kind.ERASED, 1))
        folder = tmp_path / str(len(erasures))
        assert f"{file_of(Kind.ERASED, 1)}: called erased" in by_script(data, folder)[-1]


@pytest.mark.parametrize(
    ("bot", "changes", "code"),
    [
        ("erasures", {}, None),
        ("backlog", {}, "ledger.author"),
        ("erasures", {"payload": "0" * 64}, "ledger.erasure"),
        ("erasures", {"leaf": 5}, "ledger.erasure"),
        ("erasures", {"entry": "act-0.intent"}, "ledger.erasure"),
        ("erasures", {"leaf": -1}, "ledger.statement"),
        ("erasures", {"leaf": "4"}, "ledger.statement"),
        ("erasures", {"payload": "0"}, "ledger.statement"),
        ("erasures", {"entry": "not one"}, "ledger.statement"),
    ],
)
def test_erasure_counts_if_it_is_of_the_eraser_and_names_the_leaf_as_it_is(
    world: PackWorld, bot: str, changes: dict[str, Any], code: str | None, tmp_path: Path
) -> None:
    entries = [*world.entries[:-1], world.erasing([4], bot, **changes)]
    data = pack_of_log(tmp_path, world.forge, entries, 4, 12)
    if code is None:
        assert verify_pack(data, world.forge.trust).erasures
        assert by_script(data, tmp_path / "pack") == []
    else:
        assert refused_by_both(data, world.forge.trust, tmp_path / "pack") == code


@pytest.mark.parametrize("listed", [None, {}, "all of them", [4], [{}], [{"leaf": True}]])
def test_erasure_with_a_malformed_list_is_refused_by_both(
    world: PackWorld, listed: Any, tmp_path: Path
) -> None:
    made = world.erasure_of([])
    made["predicate"]["erased"] = listed
    entries = [*world.entries[:-1], world.stated(made)]
    unrelated = PackWorld(tmp_path / "first", forge=world.forge)
    unrelated.entries, unrelated.folder = entries, world.forge.write_copy(tmp_path / "second", entries)
    question = Question.of(since=NOW, until=NOW + 3 * HOUR)
    data = replace(unrelated.pack(question=question), items=[unchecked(unrelated, 12)]).encode()
    assert refused_by_both(data, world.forge.trust, tmp_path / "pack") == "ledger.statement"


def test_erasure_ahead_of_what_it_names_excuses_nothing(world: PackWorld, tmp_path: Path) -> None:
    ahead = world.erasing([4], leaf=5)
    entries = [*world.entries[:2], ahead, *world.entries[2:-1]]
    data = pack_of_log(tmp_path, world.forge, entries, 5, 2)
    assert refused_by_both(data, world.forge.trust, tmp_path / "pack") == "ledger.erasure"


def test_erasure_that_is_out_of_the_log_excuses_nothing(world: PackWorld, tmp_path: Path) -> None:
    """It is signed by the bot that erases, and proved under another checkpoint than the pack's."""
    short = PackWorld(tmp_path / "short", forge=world.forge)
    short.entries.pop()
    short.folder = world.forge.write_copy(tmp_path / "shorter", short.entries)
    gone = replace(short.pack(short.logged(4, erased=True)), erasures=[unchecked(world, 12)])
    assert refused_by_both(gone.encode(), world.forge.trust, tmp_path / "pack")


def test_erasure_that_answers_the_question_is_one_of_the_entries(world: PackWorld, tmp_path: Path) -> None:
    question = Question.of(since=NOW - HOUR, until=NOW + 3 * HOUR)
    gone, erasure = world.logged(4, erased=True), world.logged(world.erasure)
    data = world.pack(gone, erasure, question=question).encode()
    assert verify_pack(data, world.forge.trust).erasures == []
    assert by_script(data, tmp_path / "entries") == []
    apart = world.pack(gone, question=question, erasures=[erasure]).encode()
    assert refused_by_both(apart, world.forge.trust, tmp_path / "apart") == "ledger.pack"


def test_erasure_that_nothing_in_the_pack_needs_is_refused(world: PackWorld, tmp_path: Path) -> None:
    data = world.pack(world.logged(0), erasures=[world.logged(world.erasure)]).encode()
    assert refused_by_both(data, world.forge.trust, tmp_path) == "ledger.pack"


def test_one_erasure_stands_for_all_that_it_names_and_is_there_once(world: PackWorld, tmp_path: Path) -> None:
    gone, erasure = [world.logged(index, erased=True) for index in (4, 5)], world.logged(world.erasure)
    data = world.pack(*gone, erasures=[erasure]).encode()
    assert [item.index for item in verify_pack(data, world.forge.trust).erasures] == [12]
    assert by_script(data, tmp_path) == []
    with pytest.raises(ContractError):
        world.pack(*gone, erasures=[erasure, replace(erasure, promise=None)]).encode()


def test_approval_of_a_bot_that_takes_no_answers_is_refused_by_both(world: PackWorld, tmp_path: Path) -> None:
    said = an_intent(an_action(7), stamped=stamp(seed="7"))
    forged = world.forge.entry(world.forge.session(), {**said, "predicateType": APPROVAL})
    other = PackWorld(tmp_path / "first", forge=world.forge)
    other.entries = [forged]
    other.folder = world.forge.write_copy(tmp_path / "second", [forged])
    data = replace(other.pack(), items=[unchecked(other, 0)]).encode()
    assert refused_by_both(data, world.forge.trust, tmp_path / "pack") == "ledger.author"


# -- the page --------------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """The tags, the addresses and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in {"href", "src", "srcset", "action"}
        ]
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: bytes) -> Reader:
    reader = Reader()
    reader.feed(page.decode())
    return reader


def test_page_has_no_script_and_refers_to_files_of_the_pack_only(data: bytes) -> None:
    members = archive.decode(data)
    reader = read(members["index.html"])
    assert "script" not in reader.tags
    assert {name for name in reader.addresses if name not in members} == set()
    assert set(members) - {"index.html"} <= set(reader.addresses)
    assert b"default-src 'none'" in members["index.html"]
    assert not re.search(rb"url\(|@import|https?://(?!writ\.example)", members["index.html"])


def test_page_shows_the_erasures_where_there_are_any(world: PackWorld, data: bytes) -> None:
    page = archive.decode(data)["index.html"].decode()
    assert f'href="{ERASURE}"' in page.partition("<h2>Erasures</h2>")[2].partition("<h2>")[0]
    without_any = archive.decode(world.pack(world.logged(0)).encode())["index.html"].decode()
    assert "Erasures" not in without_any


def test_page_shows_hostile_names_as_text(tmp_path: Path) -> None:
    world = PackWorld(tmp_path)
    hostile = "<script>alert(1)</script>\" onload=x '&amp; \u202egpj.exe"
    action = an_action(0).model_copy(update={"target": Target(kind="task", id=hostile)})
    session = world.forge.session()
    entry = world.forge.entry(session, an_intent(action, stamped=stamp(seed="h")))
    folder = tmp_path / "hostile"
    world.forge.write_copy(folder, [entry])
    world.folder = folder
    data = pack_of_copy(world.copy, world.forge.trust, EVERYTHING).encode()
    assert verify_pack(data, world.forge.trust)
    page = archive.decode(data)["index.html"]
    reader = read(page)
    assert "script" not in reader.tags
    assert "\u202e" not in page.decode()
    assert any("task:<script>alert(1)</script>" in text and r"\u202egpj.exe" in text for text in reader.text)


def test_statement_of_another_bot_is_named_as_that_bot_s(tmp_path: Path) -> None:
    world = PackWorld(tmp_path)
    entry = world.forge.entry(world.forge.session("registry"), an_intent(an_action(1, "registry")))
    world.forge.write_copy(tmp_path / "two", [world.entries[0], entry])
    world.folder = tmp_path / "two"
    verified = verify_pack(pack_of_copy(world.copy, world.forge.trust, EVERYTHING).encode())
    bots = [item.statement.predicate.actor.bot for item in verified.items if item.statement]
    assert bots == ["backlog", "registry"]


def test_sealing_an_unedited_pack_changes_nothing(data: bytes) -> None:
    assert sealed(archive.decode(data)) == data
