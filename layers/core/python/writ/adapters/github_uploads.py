"""Where GitHub takes files: https://docs.github.com/en/rest/releases/assets#upload-a-release-asset"""

from __future__ import annotations

from typing import Final

_HOSTS: Final = {"https://api.github.com": "https://uploads.github.com"}
_SERVER, _SERVER_UPLOADS = "/api/v3", "/api/uploads"


def uploads_of(api: str) -> str:
    """The address for uploads that goes with one of the API, of github.com, a server or a stand-in.

    It is made here and not taken from an answer: the credentials go where an operator said, and nowhere else.
    """
    bare = api.rstrip("/")
    if bare.endswith(_SERVER):
        return bare.removesuffix(_SERVER) + _SERVER_UPLOADS
    return _HOSTS.get(bare, bare)
