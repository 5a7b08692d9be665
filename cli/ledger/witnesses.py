"""Witnesses as their operators see them: whom they watch, and which of them a plane asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cli.plane import calling
from writ.ledger.checkpoint import log_verifier
from writ.ledger.cosignature import cosignature_key
from writ.ledger.logcopy import WITNESS_POLICY
from writ.ledger.note import KeyType, VerifierKey, ed25519_material
from writ.ledger.trust import load_key

ROUTE: Final = "v1/witness"

Clients = Callable[[str], Any]


@dataclass(frozen=True)
class Watched:
    """A log as a witness knows it: by which keys, and how large it was when last cosigned, if it was."""

    origin: str
    keys: tuple[str, ...]
    size: int | None
    root: str | None


@dataclass(frozen=True)
class Site:
    """A deployed witness; `env` is the environment of its stack, `local-witness` or `witness`."""

    env: str
    aws: Clients

    def verifier(self) -> VerifierKey:
        """The key that its cosignatures verify with."""
        with calling("reading the configuration of the witness"):
            found = self.aws("lambda").get_function_configuration(FunctionName=self._thing("witness-api"))
        name = str(found["Environment"]["Variables"]["WRIT_WITNESS_NAME"])
        return cosignature_key(name, ed25519_material(_public_key(self.aws, self._thing("witness"))))

    def watch(self, keys: Sequence[VerifierKey]) -> None:
        """From now on believe these keys of the logs they name, and no others of those logs."""
        for origin in sorted({key.name for key in keys}):
            own = [{"S": key.encode()} for key in keys if key.name == origin]
            with calling("telling the witness which log to watch"):
                self.aws("dynamodb").update_item(
                    TableName=self._thing("watched"),
                    Key={"origin": {"S": origin}},
                    UpdateExpression="SET #keys = :keys",
                    ExpressionAttributeNames={"#keys": "keys"},
                    ExpressionAttributeValues={":keys": {"L": own}},
                )

    def watched(self) -> Iterator[Watched]:
        """The logs that the witness watches, by name."""
        with calling("reading what the witness watches"):
            pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=self._thing("watched"))
            items = [item for page in pages for item in page["Items"]]
        for item in sorted(items, key=lambda item: str(item["origin"]["S"])):
            seen = "size" in item
            yield Watched(
                item["origin"]["S"],
                tuple(key["S"] for key in item["keys"]["L"]),
                int(item["size"]["N"]) if seen else None,
                bytes(item["root"]["B"]).hex() if seen else None,
            )

    def _thing(self, name: str) -> str:
        return f"writ-{self.env}-{name}"


def log_keys(aws: Clients, env: str, origin: str) -> tuple[VerifierKey, ...]:
    """The keys that a plane's log signs with: ECDSA, and Ed25519 where it has that."""
    keys = [log_verifier(origin, load_key(_public_key(aws, f"writ-{env}-log")))]
    with calling("looking for the second key of the log"):
        pages = aws("kms").get_paginator("list_aliases").paginate()
        names = {alias["AliasName"] for page in pages for alias in page["Aliases"]}
    if f"alias/writ-{env}-note" in names:
        material = ed25519_material(_public_key(aws, f"writ-{env}-note"))
        keys.append(VerifierKey(origin, KeyType.ED25519, material))
    return tuple(keys)


def policy_of(log: VerifierKey, witness: VerifierKey, url: str) -> bytes:
    """The policy of a log that has one witness."""
    lines = (f"log {log.encode()}", f"witness witness {witness.encode()} {url}", "quorum witness")
    return "".join(f"{line}\n" for line in lines).encode()


def introduce(aws: Clients, env: str, bucket: str, url: str) -> None:
    """Let a plane and the witness beside it know each other; a policy that is there already stays.

    `bucket` is the log's, `url` the witness' submission prefix.
    """
    site = Site(f"{env}-witness", aws)
    with calling("reading the configuration of the sequencer"):
        found = aws("lambda").get_function_configuration(FunctionName=f"writ-{env}-sequencer")
    keys = log_keys(aws, env, str(found["Environment"]["Variables"]["WRIT_LOG_ORIGIN"]))
    site.watch(keys)
    with calling("writing the witness policy"):
        try:
            aws("s3").head_object(Bucket=bucket, Key=WITNESS_POLICY)
        except aws("s3").exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            body = policy_of(keys[-1], site.verifier(), url)
            aws("s3").put_object(Bucket=bucket, Key=WITNESS_POLICY, Body=body)


def _public_key(aws: Clients, alias: str) -> bytes:
    with calling(f"reading the public key {alias}"):
        der: bytes = aws("kms").get_public_key(KeyId=f"alias/{alias}")["PublicKey"]
    return der
