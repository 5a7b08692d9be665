"""Runs the local forge until SIGTERM: `python -m cli.localforge FOLDER PORT`."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from cli.localforge.server import LocalServer


def main(folder: str, port: str) -> None:
    server = LocalServer(Path(folder), int(port))
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ending.wait()
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main(*sys.argv[1:])
