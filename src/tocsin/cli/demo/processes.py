"""The processes of the demo: the server and the scoring service, each with its log."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tocsin.base.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the demo runs on."""

    folder: Path
    cache: Path
    port: int
    service_port: int
    seed: int
    tell: Callable[[str], None] = field(repr=False)

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def _process(
    stage: Stage, name: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> Generator["subprocess.Popen[bytes]"]:
    """Yield a running process of ours whose output goes to a log; it is ended with the block."""
    with (stage.folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            [sys.executable, *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def server(stage: Stage, config: Path) -> Generator[None]:
    """Run `tocsin up` on `config` while the block lasts.

    Raises:
        Unavailable: it does not come up within a minute.
    """
    arguments = ["-m", "tocsin.app", "up", "--config", str(config)]
    arguments += ["--data-dir", str(stage.folder / "data"), "--port", str(stage.port)]
    with _process(stage, "server", arguments, {}) as process:
        _until_answered(stage, "server", process, f"{stage.url}/readyz")
        yield


@contextmanager
def service(stage: Stage, secret: str) -> Generator[None]:
    """Run the scoring service, with an API token of scope ingest, while the block lasts.

    Raises:
        Unavailable: it does not come up within a minute.
    """
    arguments = ["-m", "tocsin.cli.demo.service", "--port", str(stage.service_port)]
    arguments += ["--url", stage.url, "--cache", str(stage.cache), "--seed", str(stage.seed)]
    arguments += ["--spool", str(stage.folder / "spool")]
    environment = {"TOCSIN_TOKEN": secret, "OMP_NUM_THREADS": "1"}
    with _process(stage, "service", arguments, environment) as process:
        _until_answered(stage, "service", process, f"http://127.0.0.1:{stage.service_port}/")
        yield


def _until_answered(
    stage: Stage, name: str, process: "subprocess.Popen[bytes]", address: str
) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(address, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    log = stage.folder / f"{name}.log"
    last = (log.read_text().strip().splitlines() or ["it said nothing"])[-1]
    raise Unavailable(f"the {name} did not come up: {last}; its log is {log}")


def token(stage: Stage, name: str, scopes: Sequence[str]) -> str:
    """Return a new API token.

    Raises:
        Unavailable: the command refused.
    """
    arguments = ["-m", "tocsin.app", "token", "make", "--name", name]
    arguments += ["--data-dir", str(stage.folder / "data")]
    for scope in scopes:
        arguments += ["--scope", scope]
    made = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, *arguments], check=False, capture_output=True, text=True
    )
    if made.returncode != 0:
        raise Unavailable(f"no token for the demo: {made.stderr.strip()}")
    return made.stdout.strip().splitlines()[-1]
