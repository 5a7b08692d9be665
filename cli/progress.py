"""Progress bars for what takes longer than a second; silent where nobody watches."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from cli.output import Output


class Bars:
    """One line a step: a bar where its length is known, else a spinner.

    Off a terminal every step is one line of text instead, so that a CI log shows where time went.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._live = output.notes.is_terminal and not output.as_json
        self._progress = Progress(
            SpinnerColumn(finished_text="✔"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=output.notes,
            disable=not self._live,
        )
        self._name: str | None = None
        self._task = self._progress.add_task("", visible=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish()
        self._progress.stop()

    def step(self, name: str, done: int = 0, total: int = 0) -> None:
        """Go on with a step, or finish it and begin the next one. A total of 0 is not known yet."""
        if name != self._name:
            self._finish()
            self._name = name
            self._task = self._progress.add_task(name, total=None)
            if not self._live:
                self._output.note(f"{name} …")
        self._progress.update(self._task, completed=done, total=total or None)

    def _finish(self) -> None:
        task = next(task for task in self._progress.tasks if task.id == self._task)
        total = task.total or 1
        self._progress.update(self._task, completed=total, total=total)
