"""The server as people start it, in a process of its own, for benches that ask it over HTTP."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen


def start(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Return the server over the `tocsin.yaml` of a folder, and its address, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tocsin.app", "up", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    for _ in range(1200):
        try:
            urlopen(f"{base}/healthz", timeout=5).close()
            break
        except OSError:  # it starts up; asked again until it answers
            time.sleep(0.1)
    return server, base
