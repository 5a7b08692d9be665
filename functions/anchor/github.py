"""GitHub's REST API, the three requests of it that posting a commit status takes, and what it is known by.

https://docs.github.com/en/rest/commits/statuses
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Protocol, TypeVar

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from urllib3.exceptions import HTTPError

from functions.anchor.statuses import Posted
from writ.adapters.forge_secret import Credentials
from writ.adapters.github_limits import failure
from writ.contracts.anchor import Commit
from writ.contracts.errors import PermanentError, TransientError
from writ.ports.clock import Clock

TIMEOUT_S: Final = 5
MAX_ANSWER: Final = 4 * 1024 * 1024
_PAGE: Final = 100
_PAGES: Final = 10
_VERSION: Final = "2022-11-28"
_PERMANENT: Final = {
    401: ("github.unauthorized", "GitHub does not accept the token"),
    403: ("github.forbidden", "the token may not do this"),
    404: ("github.not_found", "there is no such repository or commit, or none that the token may see"),
    422: ("github.invalid", "GitHub takes no such status: no such commit, or one with 1,000 of them"),
}
_MODEL: Final = ConfigDict(extra="ignore", frozen=True, defer_build=True)
T = TypeVar("T")


class _Status(BaseModel):
    model_config = _MODEL

    id: int
    url: Annotated[str, Field(max_length=1024)]
    context: str
    description: str | None = None

    def posted(self) -> Posted:
        return Posted(self.id, self.url)


class _CommitItem(BaseModel):
    model_config = _MODEL

    sha: Commit


class Secret(Protocol):
    """What GitHub knows the bot by."""

    def read(self) -> Credentials:
        """Raises PermanentError where there is none."""


class GitHubStatuses:
    """See Statuses. Follows no redirect, for the token is meant for one host.

    `api` "stored" is the address beside the token.
    """

    def __init__(self, api: str, secret: Secret, clock: Clock, timeout_s: int = TIMEOUT_S) -> None:
        self._api = api
        self._secret = secret
        self._clock = clock
        self._session = URLLib3Session(timeout=timeout_s)

    def newest_commit(self, repository: str) -> str:
        commits = self._ask("GET", f"repos/{repository}/commits?per_page=1", _commits())
        if not commits:
            raise PermanentError("the repository has no commit", code="github.not_found")
        return commits[0].sha

    def find(self, repository: str, commit: str, context: str, description: str) -> Posted | None:
        for page in range(1, _PAGES + 1):
            path = f"repos/{repository}/commits/{commit}/statuses?per_page={_PAGE}&page={page}"
            statuses = self._ask("GET", path, _statuses())
            for status in statuses:
                if (status.context, status.description) == (context, description):
                    return status.posted()
            if len(statuses) < _PAGE:
                return None
        raise TransientError("the commit has more statuses than are looked through", code="github.crowded")

    def post(self, repository: str, commit: str, context: str, description: str) -> Posted:
        body = {"state": "success", "context": context, "description": description}
        return self._ask("POST", f"repos/{repository}/statuses/{commit}", _status(), body).posted()

    def _ask(self, method: str, path: str, form: TypeAdapter[T], body: Mapping[str, Any] | None = None) -> T:
        address, token = self._known()
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": "writ-anchor",
            "X-GitHub-Api-Version": _VERSION,
        }
        data = json.dumps(body).encode() if body else None
        request = AWSRequest(method, f"{address}/{path}", headers=headers, data=data, stream_output=True)
        try:
            answer = self._session.send(request.prepare())
            with answer.raw:
                read: bytes = answer.raw.read(MAX_ANSWER, decode_content=True)
        except (BotoCoreError, HTTPError) as error:
            # Without its cause: nothing that saw the request goes to a log.
            name = type(error).__name__
            raise TransientError(f"GitHub does not answer: {name}", code="github.unavailable") from None
        if answer.status_code not in {200, 201}:
            raise failure(answer.status_code, answer.headers, self._clock.now(), _PERMANENT, "github")
        try:
            return form.validate_json(read)
        except ValidationError:
            raise TransientError("GitHub's answer does not read", code="github.answer") from None

    def _known(self) -> tuple[str, str]:
        """The address, and the token for it."""
        stored = self._secret.read()
        address = stored.api if self._api == "stored" else self._api
        if stored.token is None or address is None:
            what = "token" if stored.token is None else "address"
            raise PermanentError(f"no {what} is stored", code="secret.invalid", field="anchor")
        return address, stored.token.get_secret_value()


def _commits() -> TypeAdapter[list[_CommitItem]]:
    return TypeAdapter(list[_CommitItem])


def _statuses() -> TypeAdapter[list[_Status]]:
    return TypeAdapter(list[_Status])


def _status() -> TypeAdapter[_Status]:
    return TypeAdapter(_Status)
