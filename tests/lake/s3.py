"""A real S3 server on this machine, from a package (moto), in a process of its own."""

import subprocess
import sys
import time
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.ports import free_port

_READY_WITHIN_S = 40


@dataclass(frozen=True)
class Server:
    """Where it is, as the environment tells it."""

    environment: Mapping[str, str]
    address: str

    def bucket(self) -> str:
        """Make a bucket and return its name."""
        name = f"b{uuid.uuid4().hex}"
        assert httpx.put(f"{self.address}/{name}").status_code == 200
        return name


@contextmanager
def server() -> Generator[Server]:
    """Run the server while the block lasts."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until_s = time.monotonic() + _READY_WITHIN_S
        while True:
            try:
                httpx.get(address)
                break
            except httpx.TransportError:
                assert time.monotonic() < until_s, "the S3 server does not start"
                time.sleep(0.1)
        yield Server(
            {
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_ENDPOINT_URL": address,
                "AWS_ALLOW_HTTP": "true",
            },
            address,
        )
    finally:
        process.terminate()
        process.wait(20)
