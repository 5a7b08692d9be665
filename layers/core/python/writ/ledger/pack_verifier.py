"""Verifies the evidence pack this file came in, offline. Needs Python 3.11 and `cryptography`, nothing else.

    python3 verify.py [FOLDER] [--trust FILE]

FOLDER is the unpacked pack, by default where this file is. FILE is the trust root you already held, as
`writ ledger trust` writes it; without it the pack's own is taken, which only proves the pack to agree with
itself. Exit code 0: everything holds. 1: something does not, and is named. 2: it was not used as above.

Prefer a copy of this file that you had before the pack. It is one file, however long, because it travels
alone: whoever gets a pack can read all of what checks it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID

FORMAT: Final = "https://writ.example/pack/v2"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
APPROVAL: Final = "https://writ.example/approval/v1"
ERASURE: Final = "https://writ.example/erasure/v1"
APPROVERS: Final = ("approvals", "reconciler")
ERASER: Final = "erasures"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
ECDSA: Final = ec.ECDSA(hashes.SHA256())
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
CLOCKS_DIFFER: Final = timedelta(minutes=5)
LONGEST_CERTIFICATE: Final = timedelta(minutes=65)
ISSUER_RAW: Final = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
ISSUER_UTF8: Final = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
NAME: Final = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)?")
ENTRY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
NOT_OURS: Final = (
    *(ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError),
    *(InvalidSignature, UnsupportedAlgorithm, x509.DuplicateExtension, x509.ExtensionNotFound),
    *(x509.InvalidVersion, x509.UnsupportedGeneralNameType, Warning),
)
Key = tuple[ec.EllipticCurvePublicKey, datetime | None]
Json = dict[str, Any]


class RefusedError(Exception):
    """What a file claims does not hold."""


class Trust(NamedTuple):
    """Keys and authorities, each with the last instant at which it counts; None for those in use."""

    origin: str
    logs: Mapping[bytes, Key]
    stamps: Mapping[bytes, Key]
    authorities: Sequence[tuple[x509.Certificate, datetime | None]]
    identities: str
    issuer: str


class Head(NamedTuple):
    """The newest checkpoint."""

    note: bytes
    size: int
    root: bytes


def need(holds: object, what: str) -> None:
    if not holds:
        raise RefusedError(what)


def read_json(data: bytes) -> Any:
    def members(pairs: list[tuple[str, Any]]) -> Json:
        need(len(dict(pairs)) == len(pairs), "a member is there twice")
        return dict(pairs)

    return json.loads(data, object_pairs_hook=members)


def canonical(value: Any) -> bytes:
    """RFC 8785 for what is signed here: ASCII names, no fractions."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def exact(text: str) -> bytes:
    data = b64decode(text, validate=True)
    need(b64encode(data).decode() == text, "base64 in another spelling")
    return data


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def key_id(key: Any) -> bytes:
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def p256(key: object) -> ec.EllipticCurvePublicKey:
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RefusedError("not a P-256 key")
    return key


def read_trust(data: bytes) -> Trust:
    config = read_json(data)
    root = config["trustedRoot"]

    def end(item: Json) -> datetime | None:
        return instant(item["end"]) if "end" in item else None

    def keys(items: Sequence[Json]) -> dict[bytes, Key]:
        given = [(item["publicKey"]["rawBytes"], end(item["publicKey"]["validFor"])) for item in items]
        loaded = [(p256(load_der_public_key(exact(raw))), until) for raw, until in given]
        return {key_id(key): (key, until) for key, until in loaded}

    chains = [
        (item["certChain"]["certificates"], end(item["validFor"])) for item in root["certificateAuthorities"]
    ]
    return Trust(
        origin=root["tlogs"][0]["baseUrl"].removeprefix("https://"),
        logs=keys(root["tlogs"]),
        stamps=keys(root["ctlogs"]),
        authorities=[(x509.load_der_x509_certificate(exact(c[0]["rawBytes"])), until) for c, until in chains],
        identities=root["certificateAuthorities"][0]["uri"],
        issuer=config["signingConfig"]["oidcUrls"][0]["url"],
    )


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def check_inclusion(leaf: bytes, index: int, head: Head, path: Sequence[bytes]) -> None:
    """RFC 9162, section 2.1.3.2."""
    need(0 <= index < head.size, "no such leaf")
    at, last, rest = index, head.size - 1, list(path)
    value = sha256(b"\x00" + leaf).digest()
    while last:
        if at % 2 or at < last:
            need(rest and len(rest[0]) == 32, "the proof is too short")
            value = node(rest.pop(0), value) if at % 2 else node(value, rest.pop(0))
        at, last = at // 2, last // 2
    need(not rest and value == head.root, "the proof does not lead to the checkpoint's root")


def check_consistency(first: int, root: bytes, head: Head, proof: Sequence[bytes]) -> None:
    """RFC 9162, section 2.1.4.2."""
    need(0 < first < head.size and proof, "not an earlier checkpoint")
    need(all(len(item) == 32 for item in proof), "a hash is not 32 bytes")
    rest = list(proof) if first & (first - 1) else [root, *proof]
    at, last = first - 1, head.size - 1
    while at % 2:
        at, last = at // 2, last // 2
    old = new = rest.pop(0)
    for item in rest:
        need(last, "the proof is too long")
        if at % 2 or at == last:
            old, new = node(item, old), node(item, new)
            while not at % 2 and at:
                at, last = at // 2, last // 2
        else:
            new = node(new, item)
        at, last = at // 2, last // 2
    need(old == root and new == head.root and not last, "the proof does not lead to both roots")


def open_note(note: bytes, trust: Trust, *, retired: bool) -> Head:
    """The checkpoint of a note that the log signed: with the key in use or, if allowed, one it had."""
    text, separator, lines = note.decode().rpartition("\n\n")
    text += "\n"
    origin, size, root, rest = text.split("\n")
    need(separator and not rest and origin == trust.origin, "not a checkpoint of this log")
    need(re.fullmatch("0|[1-9][0-9]{0,18}", size) and len(exact(root)) == 32, "not a checkpoint")
    for line in lines.splitlines():
        match = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/]+={0,2})", line)
        blob = exact(match[2]) if match and match[1] == origin else b""
        for name, (key, end) in trust.logs.items():
            if blob[:4] == name[:4] and (end is None or retired):
                key.verify(blob[4:], text.encode(), ECDSA)
                return Head(note, int(size), exact(root))
    raise RefusedError("the log did not sign the checkpoint")


def issuer_of(certificate: x509.Certificate, trust: Trust) -> tuple[x509.Certificate, datetime | None]:
    for authority in trust.authorities:
        try:
            certificate.verify_directly_issued_by(authority[0])
        except (ValueError, TypeError, InvalidSignature):
            continue
        return authority
    raise RefusedError("the certificate is not of a trusted authority")


def check_certificate(certificate: x509.Certificate, trust: Trust, at: datetime | None) -> str:
    """The one URI that a certificate of a trusted authority names, in the profile of Fulcio."""
    authority, end = issuer_of(certificate, trust)
    extensions = certificate.extensions
    value = {extension.oid: extension.value for extension in extensions}
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    purposes = list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    issuer = trust.issuer.encode()
    utf8 = b"\x0c" + (bytes([len(issuer)]) if len(issuer) < 128 else bytes([0x81, len(issuer)])) + issuer
    known = {x509.KeyUsage.oid, x509.SubjectAlternativeName.oid, x509.ExtendedKeyUsage.oid}
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    need(all(item.oid in known for item in extensions if item.critical), "an unknown critical extension")
    need(usage.digital_signature and not usage.key_cert_sign, "the certificate is not for signatures")
    need(purposes == [ExtendedKeyUsageOID.CODE_SIGNING], "the certificate is for something else")
    need(
        not certificate.subject.rdns and names.critical and len(list(names.value)) == 1, "more than one name"
    )
    need(lifetime <= LONGEST_CERTIFICATE, "the certificate lives too long")
    need(value[ISSUER_RAW].public_bytes() == issuer and value[ISSUER_UTF8].public_bytes() == utf8, "issuer")
    stamped = check_stamp(certificate, authority, trust)
    need(end is None or max(stamped, at or stamped) <= end, "the authority was retired by then")
    (uri,) = names.value.get_values_for_type(x509.UniformResourceIdentifier)
    return str(uri)


def check_stamp(certificate: x509.Certificate, authority: x509.Certificate, trust: Trust) -> datetime:
    """When the certificate was issued, as its one timestamp (RFC 6962, section 3.2) says."""
    found = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps)
    (stamp,) = found.value
    key, end = trust.stamps[stamp.log_id]
    at: datetime = stamp.timestamp.replace(tzinfo=UTC)
    tbs, authority_id = certificate.tbs_precertificate_bytes, key_id(authority.public_key())
    milliseconds = ((at - EPOCH) // timedelta(milliseconds=1)).to_bytes(8, "big")
    signed = b"\0\0" + milliseconds + b"\0\1" + authority_id + len(tbs).to_bytes(3, "big") + tbs + b"\0\0"
    key.verify(stamp.signature, signed, ECDSA)
    need(end is None or at <= end, "the timestamping key was retired by then")
    return at


def check_statement(
    envelope: Json, leaf: bytes, certificate: bytes, trust: Trust, at: datetime | None
) -> Json:
    """The statement in an envelope, once leaf, signature, signer and time go with it."""
    (signature,) = [exact(item["sig"]) for item in envelope["signatures"]]
    payload = exact(envelope["payload"])
    loaded = x509.load_pem_x509_certificate(certificate)
    digests = [sha256(canonical(envelope)).hexdigest(), sha256(payload).hexdigest()]
    said = [{"algorithm": "sha256", "value": digest} for digest in digests]
    signed = [{"signature": b64encode(signature).decode(), "verifier": b64encode(certificate).decode()}]
    spec = {"envelopeHash": said[0], "payloadHash": said[1], "signatures": signed}
    need(
        leaf == canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}),
        "the leaf is of another statement",
    )
    need(loaded.public_bytes(Encoding.PEM) == certificate, "the certificate is not in canonical form")
    identity = check_certificate(loaded, trust, at)
    need(envelope["payloadType"] == PAYLOAD_TYPE, "another type of payload")
    encoded = b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)
    p256(loaded.public_key()).verify(signature, encoded, ECDSA)
    statement: Json = read_json(payload)
    predicate, time = statement["predicate"], instant(statement["predicate"]["time"])
    need(statement["_type"] == STATEMENT, "not an in-toto statement")
    need(identity == trust.identities + predicate["actor"]["bot"], "signed by another than it names")
    need(loaded.not_valid_before_utc <= time <= loaded.not_valid_after_utc, "dated outside its certificate")
    if at is not None:
        need(
            loaded.not_valid_before_utc <= at <= loaded.not_valid_after_utc, "logged outside its certificate"
        )
        need(time <= at + CLOCKS_DIFFER, "dated after it was logged")
    check_author(statement["predicateType"], predicate)
    return statement


def check_author(kind: str, predicate: Json) -> None:
    """That a bot answers for no person and erases nothing, unless it is there for that."""
    bot, entry = predicate["actor"]["bot"], predicate["entry"]
    need(kind != ERASURE or bot == ERASER, "an erasure of another bot than the one that erases")
    answers = entry == f"{predicate['stream']}.approval" or predicate.get("phase") == "approval"
    need(bot in APPROVERS or not (answers or kind == APPROVAL), "an approval of a bot that takes no answers")


def erased_by(statement: Json, index: int) -> Iterator[tuple[int, str, str]]:
    """Leaf, entry and SHA-256 of the payload of all that an erasure says is gone, if it was logged before."""
    listed = statement["predicate"]["erased"] if statement["predicateType"] == ERASURE else []
    need(isinstance(listed, list), "a malformed list of what is erased")
    for item in listed:
        leaf, entry, payload = item["leaf"], item["entry"], item["payload"]
        known = type(leaf) is int and leaf >= 0 and ENTRY.fullmatch(entry) and DIGEST.fullmatch(payload)
        need(known, "a malformed list of what is erased")
        if leaf < index:
            yield leaf, entry, payload


def check_bundle(data: bytes, index: int, head: Head, trust: Trust) -> Json:
    bundle = read_json(data)
    material, envelope = bundle["verificationMaterial"], bundle["dsseEnvelope"]
    (entry,) = material["tlogEntries"]
    proof, leaf = entry["inclusionProof"], exact(entry["canonicalizedBody"])
    at = EPOCH + timedelta(seconds=int(entry["integratedTime"]))
    log_id = exact(entry["logId"]["keyId"])
    key, end = trust.logs[log_id]
    began = min(authority.not_valid_before_utc for authority, _ in trust.authorities)
    need(at >= began and (end is None or at <= end), "the log's key does not count at that time")
    need({entry["logIndex"], proof["logIndex"]} == {str(index)}, "another leaf than the manifest says")
    need(proof["checkpoint"]["envelope"].encode() == head.note, "another checkpoint than the pack's")
    need(proof["treeSize"] == str(head.size) and exact(proof["rootHash"]) == head.root, "said in two ways")
    check_inclusion(leaf, index, head, [exact(item) for item in proof["hashes"]])
    promised = {
        "body": b64encode(leaf).decode(),
        "integratedTime": int(entry["integratedTime"]),
        "logID": log_id.hex(),
        "logIndex": index,
    }
    key.verify(exact(entry["inclusionPromise"]["signedEntryTimestamp"]), canonical(promised), ECDSA)
    pem = x509.load_der_x509_certificate(exact(material["certificate"]["rawBytes"])).public_bytes(
        Encoding.PEM
    )
    return check_statement(envelope, leaf, pem, trust, at)


def check_proof(data: bytes, index: int, head: Head, trust: Trust) -> Json | None:
    proof = read_json(data)
    leaf = exact(proof["leaf"])
    need(proof["index"] == index, "another leaf than the manifest says")
    check_inclusion(leaf, index, head, [exact(item) for item in proof["hashes"]])
    if proof["envelope"] is None:
        return None
    pem = exact(read_json(leaf)["spec"]["signatures"][0]["verifier"])
    return check_statement(proof["envelope"], leaf, pem, trust, None)


def result_of(predicate: Json) -> str | None:
    """What a statement comes to: policy's verdict, the outcome's status, or a person's answer."""
    if predicate.get("decision"):
        return str(predicate["decision"]["verdict"])
    if predicate.get("outcome"):
        return str(predicate["outcome"]["status"])
    answer = predicate.get("approval")
    approved = answer.get("approved") if isinstance(answer, dict) else None
    return None if approved is None else "approved" if approved else "rejected"


def check_row(row: Json, statement: Json | None) -> None:
    """That the manifest says of an entry what its statement does."""
    placed = {name: row[name] for name in ("index", "entry", "kind", "file")}
    if statement is None:
        need(row == placed, "the manifest says something of an erased statement")
        return
    predicate, action = statement["predicate"], statement["predicate"].get("action")
    about = [(item.get("name"), item["digest"]["sha256"]) for item in statement["subject"]]
    time = instant(predicate["time"])
    stated = {
        **placed,
        "entry": predicate["entry"],
        "type": statement["predicateType"],
        "bot": predicate["actor"]["bot"],
        "phase": predicate.get("phase"),
        "action": action.get("name") if isinstance(action, dict) else None,
        "result": result_of(predicate),
        "stream": predicate["stream"],
        "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "subjects": [{"name": name, "sha256": digest} for name, digest in about],
    }
    need(row == stated, "the manifest says something else than the statement")


def unasked(question: Json, statement: Json) -> str | None:
    """Why a statement does not answer the question; None for one that does."""
    subject, since, until = (question[name] for name in ("subject", "since", "until"))
    time = instant(statement["predicate"]["time"])
    if subject is not None and subject not in [item["digest"]["sha256"] for item in statement["subject"]]:
        return "about something else than asked for"
    if since is not None and time < instant(since):
        return "earlier than asked for"
    return "later than asked for" if until is not None and time >= instant(until) else None


class Checks:
    """What was found in one folder."""

    def __init__(self, folder: Path, given: Path | None) -> None:
        self.folder = folder
        self.given = given
        self.kinds: Counter[str] = Counter()
        self.erased: set[tuple[int, str, str]] = set()
        self.gone: dict[str, tuple[int, str, str]] = {}
        self.problems: list[str] = []

    def run(self) -> None:
        """Check the pack; what does not hold is in `problems`."""
        for name, check in self._checks():
            try:
                check()
            except RefusedError as error:
                self.problems.append(f"{name}: {error}")
            except NOT_OURS as error:
                self.problems.append(f"{name}: malformed, or not as it was signed ({type(error).__name__})")

    def _checks(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Every check in turn, with the file it is of; a later one may need what an earlier one read."""
        yield "manifest.json", self._read_manifest
        if self.problems:
            return
        for name in self.manifest["files"]:
            yield name, partial(self._check_digest, name)
        yield "trust.json", self._read_trust
        if not self.problems:
            yield "checkpoint", self._open_head
        if self.problems:
            return
        for row in self.manifest["entries"]:
            yield row["file"], partial(self._check_entry, row)
        for row in self.manifest["erasures"]:
            yield row["file"], partial(self._check_erasure, row)
        for name, gone in self.gone.items():
            yield name, partial(self._check_gone, gone)
        for row in self.manifest["checkpoints"]:
            yield row["note"], partial(self._check_earlier, row)

    def read(self, name: str) -> bytes:
        need(NAME.fullmatch(name) and not (self.folder / name).is_symlink(), "a name that leads elsewhere")
        return (self.folder / name).read_bytes()

    def _read_manifest(self) -> None:
        self.manifest = manifest = read_json(self.read("manifest.json"))
        need(manifest["format"] == FORMAT, "another kind of pack")
        rows, erasures, earlier = (manifest[name] for name in ("entries", "erasures", "checkpoints"))
        name, subject = manifest["question"]["name"], manifest["question"]["subject"]
        need(name is None or sha256(name.encode()).hexdigest() == subject, "the name is of another subject")
        places, apart = [row["index"] for row in rows], [row["index"] for row in erasures]
        need(rows and places == sorted(set(places)), "leaves are not in order")
        need(apart == sorted({*apart} - {*places}), "erasures are not in order")
        named = [row["file"] for row in (*rows, *erasures)]
        named += [row[part] for row in earlier for part in ("note", "proof")]
        fixed = ["index.html", "trust.json", "verify.py", "checkpoint"]
        need(sorted(named + fixed) == sorted(manifest["files"]), "files that nothing is said of, or too few")
        self.others = sorted(
            name
            for path in self.folder.rglob("*")
            if path.is_file() and (name := path.relative_to(self.folder).as_posix()) not in manifest["files"]
            if name != "manifest.json" and "__pycache__" not in path.parts
        )

    def _check_digest(self, name: str) -> None:
        facts, data = self.manifest["files"][name], self.read(name)
        need(
            facts == {"sha256": sha256(data).hexdigest(), "bytes": len(data)}, "not the file of the manifest"
        )

    def _read_trust(self) -> None:
        own = read_trust(self.read("trust.json"))
        self.trust = own if self.given is None else read_trust(self.given.read_bytes())
        need(own.origin == self.trust.origin == self.manifest["log"]["origin"], "another log's")

    def _open_head(self) -> None:
        # What no promise dates could have been logged after a key was retired, by whoever had it then.
        promised = all(row["kind"] == "bundle" for row in self.manifest["entries"])
        self.head = open_note(self.read("checkpoint"), self.trust, retired=promised)
        log = self.manifest["log"]
        need((log["size"], log["root"]) == (self.head.size, self.head.root.hex()), "not the manifest's")

    def _check_statement(self, row: Json) -> Json | None:
        kind, index, data = row["kind"], row["index"], self.read(row["file"])
        folder, check = ("bundles", check_bundle) if kind == "bundle" else ("proofs", check_proof)
        need(row["file"] == f"{folder}/{index:020d}.json", "another name than its leaf's")
        statement = check(data, index, self.head, self.trust)
        need((statement is None) == (kind == "erased"), "another kind than the manifest says")
        check_row(row, statement)
        return statement

    def _check_entry(self, row: Json) -> None:
        statement = self._check_statement(row)
        if statement is None:
            leaf = read_json(exact(read_json(self.read(row["file"]))["leaf"]))
            self.gone[row["file"]] = (row["index"], row["entry"], leaf["spec"]["payloadHash"]["value"])
        else:
            why = unasked(self.manifest["question"], statement)
            need(why is None, why or "")
            self.erased.update(erased_by(statement, row["index"]))
        self.kinds[row["kind"]] += 1

    def _check_erasure(self, row: Json) -> None:
        statement = self._check_statement(row)
        if statement is None or unasked(self.manifest["question"], statement) is None:
            raise RefusedError("an erasure that belongs to the entries")
        found = set(erased_by(statement, row["index"]))
        need(any(gone in found for gone in self.gone.values()), "nothing in the pack was erased by it")
        self.erased |= found

    def _check_gone(self, gone: tuple[int, str, str]) -> None:
        need(gone in self.erased, "called erased, but no erasure in the pack names it")

    def _check_earlier(self, row: Json) -> None:
        earlier = open_note(self.read(row["note"]), self.trust, retired=True)
        need((row["size"], row["root"]) == (earlier.size, earlier.root.hex()), "not the manifest's")
        proof = read_json(self.read(row["proof"]))
        need((proof["first"], proof["second"]) == (earlier.size, self.head.size), "a proof of other sizes")
        check_consistency(earlier.size, earlier.root, self.head, [exact(item) for item in proof["hashes"]])


def report(checks: Checks) -> Iterator[str]:
    """What was found, in lines that any terminal can show."""
    if checks.problems:
        yield f"FAILED: {len(checks.problems)} of what this pack claims does not hold"
        yield from (f"  {problem}" for problem in checks.problems[:20])
        return
    head, trust = checks.head, checks.trust
    proved, erased = checks.kinds["bundle"] + checks.kinds["proof"], checks.kinds["erased"]
    yield f"OK: {proved} statements proved, {erased} erased ones placed"
    yield f"  log         {trust.origin}, {head.size} leaves"
    yield f"  root        {head.root.hex()}"
    if checks.kinds["erased"]:
        beside = len(checks.manifest["erasures"])
        yield f"  erasures    {beside} beside what was asked for, each names what is erased"
    yield f"  earlier     {len(checks.manifest['checkpoints'])} checkpoints, each begins this one"
    keys = [name.hex() for name, (_, end) in trust.logs.items() if end is None]
    yield f"  log key     {', '.join(keys)} (SHA-256)"
    if checks.given is None:
        yield "  trust root  the pack's own: compare the log key with one you held before, or give --trust"
    if checks.others:
        yield f"  not of the pack: {', '.join(map(ascii, checks.others[:10]))}"


def main(words: Sequence[str] | None = None) -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Verifies an evidence pack, offline.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--trust", type=Path, metavar="FILE", help="the trust root you already held")
    asked = parser.parse_args(words)
    if not (asked.folder / "manifest.json").is_file():
        parser.error(f"{asked.folder} is no unpacked pack: it has no manifest.json")
    if asked.trust is not None and not asked.trust.is_file():
        parser.error(f"there is no {asked.trust}")
    checks = Checks(asked.folder, asked.trust)
    checks.run()
    for line in report(checks):
        sys.stdout.write(line + "\n")
    return 1 if checks.problems else 0


if __name__ == "__main__":
    sys.exit(main())
