"""How a repository says that the files of a release are made."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _inside(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/") or "\\" in path or not path.isprintable():
        raise ValueError("not a path below the repository's root, with / between folders")
    return path


Path = Annotated[str, AfterValidator(_inside)]
Argument = Annotated[str, Field(min_length=1, max_length=1000)]


class BuildSettings(BaseModel):
    """What makes the files of a release: `command`, run at its tag, leaves what `artifacts` match.

    `workflow` is the file of the workflow that runs it; without one somebody runs `writ release build`.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    command: Annotated[list[Argument], Field(min_length=1, max_length=50)]
    artifacts: Annotated[list[Path], Field(min_length=1, max_length=20)]
    workflow: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}\.ya?ml$")] | None = None
    timeout_minutes: Annotated[int, Field(ge=1, le=720)] = 60
