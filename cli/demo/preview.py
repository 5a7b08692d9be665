"""`writ demo preview`: the life of previews on the running plane, from the label to nothing left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.api import Api
from cli.demo.preview_world import REPOSITORY, PullRequests, Space
from cli.local import elsewhere, forge
from cli.local.run import open_pull_requests, prove
from cli.local.watch import pulse
from cli.local.watch import wait as come_to_rest
from cli.output import CommandError, JsonFlag, reporting, table
from cli.plane import Plane, calling
from cli.progress import Bars

_POLL_S: Final = 1.0


@dataclass
class Timeline:
    """What was seen when, in seconds from the start, and whether it is what had to be seen."""

    began: float = field(default_factory=time.monotonic)
    entries: list[dict[str, Any]] = field(default_factory=list)

    def saw(self, what: str, shown: str, *, held: bool = True) -> None:
        seconds = round(time.monotonic() - self.began, 1)
        self.entries.append({"at_s": seconds, "what": what, "shown": shown, "held": held})

    @property
    def held(self) -> bool:
        return all(entry["held"] for entry in self.entries)


def preview(
    minutes: Annotated[int, typer.Option(min=3, max=60, help="When to give up.")] = 10,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Two previews: one is updated, extended and expires; one is left half removed, and swept up."""
    with reporting(as_json) as output:
        plane = Plane.load()
        if plane.file.aws_endpoint_url is None:
            raise CommandError("the demonstration is for a local plane", code="plane.remote")
        seen = Timeline()
        with Bars(output) as bars, calling("showing previews"), Api.of(plane) as api:
            story = _Story(plane, api, bars, seen, time.monotonic() + minutes * 60)
            story.tell()
            bars.step("waiting for every outcome and its checkpoint")
            come_to_rest(lambda: pulse(plane))
            proof = prove(plane, [], bars)
        size = proof.report.checkpoint.size
        seen.saw(
            "evidence", f"{size} entries verified offline, {proof.report.faults} faults", held=proof.report.ok
        )
        output.show({"ok": seen.held, "timeline": seen.entries}, _picture(seen))
        if not seen.held:
            output.found_problem()


class _Story:
    """One after the other: each step waits for what the step before led to."""

    def __init__(self, plane: Plane, api: Api, bars: Bars, seen: Timeline, until: float) -> None:
        self._api, self._bars, self._seen, self._until = api, bars, seen, until
        self._pull_requests, self._space = PullRequests(plane, open_pull_requests), Space(plane)

    def tell(self) -> None:
        self._begun_anew()
        first, second, third = (self._pull_requests.number() for _ in range(3))
        id = self._built(first)
        self._called(id, first)
        self._told(id, first)
        self._updated(id, first)
        self._extended(id)
        other = self._built(second)
        self._apart(id, other)
        self._refused(third)
        self._half_removed(other, second)
        self._expired(id)
        self._nothing_left([id, other])

    def _begun_anew(self) -> None:
        """What an earlier demonstration left would take the place of ours in the quota."""
        over = ("gone", "lost", "refused")
        left = [each for each in self._api.items("v1/previews", 10_000) if each["repository"] == REPOSITORY]
        for each in left:
            if each["state"] not in over and each["wanted"] is not None:
                self._bars.step("removing what an earlier demonstration left")
                self._api.delete(f"v1/previews/{each['id']}", reason="a demonstration begins anew")
        ids = {each["id"] for each in left}
        self._until_run(lambda: self._are_over(ids, over))

    def _are_over(self, ids: set[str], over: tuple[str, ...]) -> bool:
        listed = self._api.items("v1/previews", 10_000)
        return all(each["state"] in over for each in listed if each["id"] in ids)

    def _built(self, number: int) -> str:
        self._bars.step(f"labelling {REPOSITORY}#{number} preview")
        self._pull_requests.label(number)
        found = self._until_it(lambda each: each["pull_request"] == number and each["state"] == "ready")
        if found is None:
            self._seen.saw("built", f"#{number} was not", held=False)
            raise CommandError(f"the preview of {REPOSITORY}#{number} was not built", code="demo.failed")
        self._seen.saw("built", f"{found['id']} from a label, shows {found['commit'][:12]}")
        return str(found["id"])

    def _called(self, id: str, number: int) -> None:
        answer = self._space.get(self._api.get(f"v1/previews/{id}")["url"], "/items")
        items = {item["id"]: item for item in answer["items"]}
        masked = items.get("customer-1", {}).get("email") == "[redacted]"
        held = len(items) == 6 and masked and answer["commit"] == self._pull_requests.commit(number)
        self._seen.saw("called", f"HTTP 200, {len(items)} seeded items, mail addresses masked", held=held)

    def _told(self, id: str, number: int) -> None:
        """By the one comment on the pull request, which the local forge shows; elsewhere there is none."""
        if elsewhere.endpoint() is not None:
            return
        url = self._api.get(f"v1/previews/{id}")["url"]

        def said() -> bool:
            return any(url in text for text in forge.comments_of(REPOSITORY, number))

        held = self._until_run(said) and len(forge.comments_of(REPOSITORY, number)) == 1
        self._seen.saw("told", f"one comment on the pull request has {url}", held=held)

    def _updated(self, id: str, number: int) -> None:
        self._bars.step("pushing a commit")
        commit = self._pull_requests.push(number)
        self._until_it(lambda each: each["id"] == id and (each["state"], each["commit"]) == ("ready", commit))
        answer = self._space.get(self._api.get(f"v1/previews/{id}")["url"], "/items")
        held = answer["commit"] == commit and len(answer["items"]) == 6
        self._seen.saw("updated", f"by a push, the same URL answers with {answer['commit'][:12]}", held=held)

    def _extended(self, id: str) -> None:
        before = self._api.get(f"v1/previews/{id}")["expires_at"]
        time.sleep(_POLL_S)
        after = self._api.post(f"v1/previews/{id}/extend", {})["expires_at"]
        self._seen.saw("extended", f"from {before[11:19]} to {after[11:19]}", held=after > before)

    def _apart(self, id: str, other: str) -> None:
        """The other preview's role is refused at the table of the first."""
        own, foreign = self._space.reads(other, other), self._space.reads(other, id)
        shown = f"its role reads its own table: {own}; the other preview's: {foreign}"
        self._seen.saw("apart", shown, held=(own, foreign) == ("yes", "AccessDeniedException"))

    def _refused(self, number: int) -> None:
        self._bars.step("asking for a third preview, which the team has no quota for")
        self._pull_requests.label(number)
        found = self._until_it(lambda each: each["pull_request"] == number and each["state"] == "refused")
        self._seen.saw("refused", found["problem"] if found else "it was not", held=found is not None)

    def _half_removed(self, id: str, number: int) -> None:
        self._bars.step("closing a pull request whose stack somebody protects")
        self._space.protect(id, protected=True)
        self._pull_requests.close(number)
        halted = self._until_run(lambda: self._space.failed_run(id) is not None)
        self._seen.saw("half removed", f"the stack stays: {self._space.failed_run(id)}", held=halted)
        self._space.protect(id, protected=False)
        self._bars.step("waiting for the sweeper to finish the removal")
        gone = self._until_it(lambda each: each["id"] == id and each["state"] == "gone")
        self._seen.saw("swept", "the sweeper started the flow again, it is gone", held=gone is not None)

    def _expired(self, id: str) -> None:
        self._bars.step("waiting for the end of its time")
        gone = self._until_it(lambda each: each["id"] == id and each["state"] == "gone")
        reason = self._api.get(f"v1/previews/{id}")["goal"]["reason"]
        self._seen.saw("expired", f"removed because {reason}", held=gone is not None and "time" in reason)

    def _nothing_left(self, ids: list[str]) -> None:
        left = [name for id in ids for name in self._space.left_of(id)]
        self._seen.saw(
            "gone", ", ".join(left) or "no stack, table, function, role or log group is left", held=not left
        )

    def _until_it(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        found: list[dict[str, Any]] = []

        def look() -> bool:
            mine = [
                each for each in self._api.items("v1/previews", 10_000) if each["repository"] == REPOSITORY
            ]
            found[:] = [each for each in mine if wanted(each)]
            return bool(found)

        return found[0] if self._until_run(look) else None

    def _until_run(self, check: Callable[[], bool]) -> bool:
        while not check():
            if time.monotonic() > self._until:
                return False
            time.sleep(_POLL_S)
        return True


def _picture(seen: Timeline) -> RenderableType:
    last = seen.entries[-1]["at_s"]
    width = 28
    rows = []
    for entry in seen.entries:
        place = min(width - 1, int(entry["at_s"] / last * width)) if last else 0
        line = "─" * place + "●"
        rows.append(
            ("✔" if entry["held"] else "✘", f"{entry['at_s']:.0f}", line, entry["what"], entry["shown"])
        )
    note = (
        "  A preview of this team lives for 90 s, after activity for 120 s. Function URLs of the\n"
        "  emulator have no DNS name: they are called at its own address, with their name as the host."
    )
    return Group(table(None, ("", ">seconds", "time", "what", "seen"), rows), Text(note, style="dim"))
