"""`writ release fetch`: the files of a release, and only with the proof of what they were made from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.api import Api
from cli.links import fetched
from cli.output import CommandError, JsonFlag, UsageError, facts, reporting, table
from cli.plane import Plane
from writ.contracts.provenance import PROVENANCE
from writ.ledger.errors import VerificationError
from writ.ledger.trust import TrustRoot
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify_bundle import IdentityPolicy, Verified, verify_bundle
from writ.release.names import CHECKSUMS, OWN_FILES, PROOF

RELEASES: Final = "v1/releases"
BOT: Final = "release"
LARGEST: Final = 64 * 1024 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
_SUM: Final = re.compile(r"([0-9a-f]{64})  (\S+)")

Id = Annotated[str, typer.Argument(metavar="RELEASE", help="The id of a release.")]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the files go.")]
Trust = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A trust root you have from elsewhere; the plane's own if absent."),
]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A release as the API tells of it, its files by name, and what proves them."""

    release: Mapping[str, Any]
    files: Mapping[str, bytes]
    proof: Verified

    def document(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            **{name: self.release[name] for name in ("id", "repository", "package", "version", "tag", "sha")},
            "files": {name: sha256(data).hexdigest() for name, data in self.files.items()},
            "signed_by": self.proof.identity,
            "builder": built_by(self.proof),
            "leaf": self.proof.index,
        }

    def told(self) -> dict[str, str]:
        """For people."""
        found = self.document()
        return {
            "release": " ".join(filter(None, (found["repository"], found["package"], found["tag"]))),
            "commit": found["sha"],
            "built by": found["builder"],
            "signed by": found["signed_by"],
            "in the log": f"leaf {self.proof.index} of {self.proof.checkpoint.size}",
        }

    def write(self, folder: Path) -> None:
        """Raises UsageError for a folder that takes no files."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, data in self.files.items():
                (folder / name).write_bytes(data)
        except OSError as error:
            raise UsageError(f"{folder}: {error.strerror}", field="--out") from None


def fetch(release: Id, *, out: Out = Path(), trust: Trust = None, as_json: JsonFlag = False) -> None:
    """Get a release's files; they are kept only if checksums and provenance hold."""
    with reporting(as_json) as output, Api.of(Plane.load()) as api:
        got = files_of(api, release, None if trust is None else trust_of(trust))
        got.write(out)
        rows = [(name, f"{len(data):,}", sha256(data).hexdigest()) for name, data in got.files.items()]
        files = table(None, ("=file", ">bytes", "sha-256"), rows)
        output.show({**got.document(), "out": str(out)}, facts("verified", got.told()), files)


def trust_of(path: Path) -> TrustRoot:
    """Raises UsageError where there is none, VerificationError for one that does not read."""
    if not path.is_file():
        raise UsageError(f"there is no {path}", field="--trust")
    return read_trust(path.read_bytes())


def files_of(api: Api, release: str, trust: TrustRoot | None = None) -> Fetched:
    """The files of a published release, verified; against the plane's own trust root where none is given.

    Raises CommandError for a release that is not there or not published, and `release.damaged` for files that
    are not what was released; VerificationError where the provenance does not prove them.
    """
    told = api.get(f"{RELEASES}/{release}")
    links = {item["name"]: item["url"] for item in api.get(f"{RELEASES}/{release}/files")["items"]}
    if wrong := [name for name in links if not _NAME.fullmatch(name)]:
        raise _damaged(f"{wrong[0]!r} is not the name of a file")
    files = {name: fetched(link, LARGEST, "release") for name, link in links.items()}
    root = trust or read_trust(api.request("GET", "v1/log/trust-root").content)
    return Fetched(told, files, proof_of(files, root, told))


def proof_of(files: Mapping[str, bytes], trust: TrustRoot, release: Mapping[str, Any]) -> Verified:
    """What proves that these are the files of a release, every one of them and no other.

    Raises CommandError `release.damaged`, and VerificationError where the proof itself does not hold.
    """
    if missing := [name for name in OWN_FILES if name not in files]:
        raise _damaged(f"{missing[0]} is missing")
    digests = {name: sha256(data).hexdigest() for name, data in files.items() if name not in OWN_FILES}
    lines = [_SUM.fullmatch(line) for line in files[CHECKSUMS].decode("ascii", "replace").splitlines()]
    summed = {found[2]: found[1] for found in lines if found is not None}
    if None in lines or summed != digests:
        raise _damaged(f"{CHECKSUMS} is not of these files: {_differing(summed, digests)}")
    verified = verify_bundle(files[PROOF], trust, IdentityPolicy(BOT))
    statement = verified.statement
    stated = {subject.name: subject.digest.sha256 for subject in statement.subject}
    if statement.predicate_type != PROVENANCE or stated != digests:
        raise _damaged(f"the provenance is not of these files: {_differing(stated, digests)}")
    _check_source(verified, release)
    return verified


def built_by(verified: Verified) -> str:
    """Who ran the build, as the provenance says."""
    return str(_part(verified, "runDetails", "builder")["id"])


def _check_source(verified: Verified, release: Mapping[str, Any]) -> None:
    """The provenance names the very repository, tag and commit that were asked for."""
    given = _part(verified, "buildDefinition", "externalParameters")
    (source,) = _part(verified, "buildDefinition")["resolvedDependencies"]
    stated = {**{name: given.get(name) for name in ("repository", "package", "tag")}, **source["digest"]}
    wanted = {name: release[name] for name in ("repository", "package", "tag")}
    if stated != {**wanted, "gitCommit": release["sha"]}:
        raise _damaged(f"the provenance is of {stated['repository']} {stated['tag']}")


def _part(verified: Verified, *path: str) -> Any:
    found: Any = verified.statement.predicate.model_extra
    try:
        for name in path:
            found = found[name]
    except (KeyError, TypeError):
        message = f"the provenance says nothing of {path[-1]}"
        raise VerificationError(message, code="ledger.statement", field=".".join(path)) from None
    return found


def _differing(one: Mapping[Any, str], two: Mapping[Any, str]) -> str:
    names = one.keys() | two.keys()
    return ", ".join(sorted(str(name) for name in names if one.get(name) != two.get(name))) or "its kind"


def _damaged(message: str) -> CommandError:
    return CommandError(message, code="release.damaged")
