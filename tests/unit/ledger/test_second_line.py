"""The log's second signature: under every checkpoint the sequencer publishes, and in the trust root."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.log_forge import ORIGIN, Forge
from tests.support.memory_ledger import MemoryFiles, MemoryHeads
from tests.support.witnesses import log_key, note_key
from tests.unit.evidence.conftest import Log
from writ.ledger.checkpoint import open_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.note import Note, VerifierKey, signers
from writ.ledger.sequencer import Sequencer
from writ.ledger.trust import TrustRoot


@dataclass
class MemoryNoteSigner:
    """See NoteSigner; `committed` is asked, at each signature, for what the head's store holds."""

    heads: MemoryHeads
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    signed: list[tuple[bytes, int]] = field(default_factory=list)

    def material(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        self.signed.append((data, self.heads.read().size))
        return self.key.sign(data)


def with_second_line(log: Log) -> MemoryNoteSigner:
    ports = log.sequencer._ports
    heads = ports.heads
    assert isinstance(heads, MemoryHeads)
    signer = MemoryNoteSigner(heads)
    log.sequencer = Sequencer(ORIGIN, replace(ports, note_signer=signer))
    return signer


def published(files: MemoryFiles) -> Note:
    found = files.read_checkpoint()
    assert found is not None
    return Note.parse(found[0])


def test_every_checkpoint_has_both_lines_and_only_the_committed_head_is_signed() -> None:
    """I5: the second key signs what the first one signs, at the same moment."""
    log = Log()
    signer = with_second_line(log)
    for number in range(3):
        log.append(number)
        note = published(log.files)
        both = [log_key(log.forge), note_key(signer.key)]
        assert signers(note, both) == both
        head = open_checkpoint(note.encode(), ORIGIN, log.forge.log_key.public_key(), note_key(signer.key))
        assert head.size == number + 1
    assert [int(text.split(b"\n")[1]) for text, _ in signer.signed] == [size for _, size in signer.signed]


def test_a_head_published_again_has_both_lines() -> None:
    log = Log()
    signer = with_second_line(log)
    log.append(0)
    log.clock.forward(minutes=60)
    log.sequencer.sweep(timedelta(seconds=60))
    assert len(signer.signed) == 2
    assert len(published(log.files).signatures) == 2


def test_trust_root_carries_the_second_key_as_c2sp_tools_read_it() -> None:
    trust = replace(Forge().trust, note_key=note_key(Ed25519PrivateKey.generate()))
    document = json.loads(trust.encode())
    assert VerifierKey.parse(document["log_vkey"]) == trust.note_key
    assert TrustRoot.decode(trust.encode()) == trust


def test_trust_root_of_a_log_without_second_key_reads_as_before() -> None:
    trust = Forge().trust
    assert "log_vkey" not in json.loads(trust.encode())
    assert TrustRoot.decode(trust.encode()) == trust


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        note_key(Ed25519PrivateKey.generate(), "other.example").encode(),
        log_key(Forge()).encode(),
    ],
    ids=["empty", "nonsense", "of another log", "of another type"],
)
def test_trust_root_with_a_second_key_that_is_none_is_refused(text: str) -> None:
    document = json.loads(Forge().trust.encode()) | {"log_vkey": text}
    with pytest.raises(VerificationError):
        TrustRoot.decode(json.dumps(document).encode())
