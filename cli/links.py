"""Files that a plane hands out by links: an address is all that is needed to have one."""

from __future__ import annotations

from typing import Final

import httpx

from cli.output import CommandError

_TIMEOUT_S: Final = 60.0


def fetched(link: str, most: int, what: str) -> bytes:
    """A file by its link, of `most` bytes at most.

    Raises CommandError `<what>.link`, and `<what>.damaged` for a larger one.
    """
    try:
        with httpx.stream("GET", link, timeout=_TIMEOUT_S) as answer:
            if not answer.is_success:
                raise CommandError(f"the link answers {answer.status_code}", code=f"{what}.link")
            data = bytearray()
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > most:
                    raise CommandError(f"the {what} is larger than any is", code=f"{what}.damaged")
    except httpx.HTTPError as error:
        message = f"the link does not answer ({type(error).__name__})"
        raise CommandError(message, code=f"{what}.link") from None
    return bytes(data)
