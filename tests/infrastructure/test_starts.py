"""Every function starts: with the layer as AWS gets it, each comes as far as its first request."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.cold_start import process, staged, starts, trouble


def test_every_function_reaches_aws_or_answers(tmp_path: Path) -> None:
    """The emulator does not show it all: its functions have another release of botocore, read whole."""
    environment, found = process(staged(tmp_path)), list(starts())

    with ThreadPoolExecutor(2) as pool:
        told = dict(zip(found, pool.map(lambda start: trouble(start, environment), found), strict=True))

    # A bot that has no use for the sample of its event is done without asking anybody.
    broken = {start.name: why for start, why in told.items() if why and '"EventsHandled"' not in why}
    assert len(told) > 30
    assert broken == {}
