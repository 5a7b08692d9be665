"""Witnesses over HTTPS."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from urllib3.exceptions import HTTPError

from writ.contracts.errors import TransientError, WritError
from writ.ports.witness import Reply

TIMEOUT_S: Final = 5
MAX_ANSWER: Final = 64 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class HttpWitnesses:
    """See WitnessServer. Follows no redirect, and reads no more than 64 KiB of an answer."""

    def __init__(self, timeout_s: int = TIMEOUT_S) -> None:
        self._session = URLLib3Session(timeout=timeout_s)

    def post(self, prefix: str, body: bytes) -> Reply:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        request = AWSRequest("POST", submission_url(prefix), headers=headers, data=body, stream_output=True)
        try:
            answer = self._session.send(request.prepare())
            with answer.raw:
                read: bytes = answer.raw.read(MAX_ANSWER, decode_content=True)
                return Reply(answer.status_code, read)
        except (BotoCoreError, HTTPError) as error:
            name = type(error).__name__
            raise TransientError(f"a witness does not answer: {name}", code="witness.busy") from error


def submission_url(prefix: str) -> str:
    """Where checkpoints for a witness of this submission prefix go.

    Raises
    ------
    WritError
        `witness.url`: it is neither HTTPS nor on this machine.
    """
    try:
        parts = urlsplit(prefix)
        host = parts.hostname
        secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
        usable = bool(host) and secure and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username is not None:
        raise WritError("a witness' URL begins with https://", code="witness.url", field="url")
    return f"{prefix.rstrip('/')}/add-checkpoint"
