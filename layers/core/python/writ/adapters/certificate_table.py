"""CertificateStore on DynamoDB: each certificate once, whatever number of statements it signed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.ports.ledger import IssuedCertificate

ROOT: Final = "root"
_REMEMBERED: Final = 4096


class CertificateItem(Model):
    """A certificate by the SHA-256 of its DER form; the roots lie under `root`, `root-2` and so on."""

    class Meta:
        table_name = "certificates"

    fingerprint = UnicodeAttribute(hash_key=True)
    pem = UnicodeAttribute()
    bot = UnicodeAttribute(null=True)
    not_before = UnicodeAttribute(null=True)
    not_after = UnicodeAttribute(null=True)


class CertificateTable:
    """See IssuedCertificates."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(CertificateItem, table)
        self._known = lru_cache(_REMEMBERED)(self._read)

    def get(self, fingerprint: str) -> bytes | None:
        try:
            return self._known(fingerprint)
        except LookupError:
            return None

    def put(self, issued: IssuedCertificate) -> None:
        dynamo.save(
            self._item(
                issued.fingerprint,
                pem=issued.pem.decode(),
                bot=issued.bot,
                not_before=issued.not_before.isoformat(),
                not_after=issued.not_after.isoformat(),
            )
        )

    def get_root(self, generation: int) -> bytes | None:
        item = dynamo.get(self._item, _root(generation))
        return None if item is None else item.pem.encode()

    def put_root(self, generation: int, pem: bytes) -> None:
        item = self._item(_root(generation), pem=pem.decode())
        dynamo.save(item, self._item.fingerprint.does_not_exist())

    def issued(self, after: str | None, limit: int) -> tuple[Sequence[tuple[str, bytes]], str | None]:
        start = None if after is None else {"fingerprint": {"S": after}}
        items, rest = dynamo.scan(self._item, limit=limit, start=start)
        found = [(item.fingerprint, item.pem.encode()) for item in items]
        left = None if rest is None else str(rest["fingerprint"]["S"])
        return [(name, pem) for name, pem in found if not name.startswith(ROOT)], left

    def _read(self, fingerprint: str) -> bytes:
        """What is found never changes and is remembered; what is not found raises, and is not."""
        item = dynamo.get(self._item, fingerprint)
        if item is None:
            raise LookupError(fingerprint)
        return item.pem.encode()


def _root(generation: int) -> str:
    return ROOT if generation == 1 else f"{ROOT}-{generation}"
