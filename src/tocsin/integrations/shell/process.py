"""One command: started without a shell, bounded in time and output, killed with its children."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from tempfile import TemporaryFile

OUTPUT_MAX_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended; `code` is None where it was killed for time or too much output."""

    code: int | None
    out: bytes
    err: bytes
    why: str = ""


def run(
    command: Sequence[str], given: bytes, environment: Mapping[str, str], timeout_s: float
) -> Ended:
    """Run one command to its end.

    Args:
        command: program and arguments.
        given: its standard input.
        environment: all of its environment.
        timeout_s: after which it is killed.

    Raises:
        OSError: it cannot be started.
    """
    with TemporaryFile() as stdin:  # a file: a command that does not read cannot stop us
        stdin.write(given)
        stdin.seek(0)
        with subprocess.Popen(  # noqa: S603 - the operator's own words; no shell, see the module
            list(command),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            cwd="/",
            start_new_session=True,
        ) as process:
            try:
                return _followed(process, time.monotonic() + timeout_s)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _followed(process: subprocess.Popen[bytes], until_s: float) -> Ended:
    """Read what the command says until it ends, says too much or takes too long."""
    said = {"out": b"", "err": b""}
    with selectors.DefaultSelector() as ready:
        for name, pipe in (("out", process.stdout), ("err", process.stderr)):
            if pipe is not None:
                ready.register(pipe, selectors.EVENT_READ, name)
        while ready.get_map():
            events = ready.select(max(0.0, until_s - time.monotonic()))
            if not events:
                return Ended(None, said["out"], said["err"], "took too long and was killed")
            for key, _ in events:
                piece = os.read(key.fd, 8192)
                if not piece:
                    ready.unregister(key.fileobj)
                said[key.data] += piece
                if len(said[key.data]) > OUTPUT_MAX_BYTES:
                    return Ended(None, b"", b"", "printed too much and was killed")
    try:
        code = process.wait(max(0.0, until_s - time.monotonic()))
    except subprocess.TimeoutExpired:
        return Ended(None, said["out"], said["err"], "took too long and was killed")
    return Ended(code, said["out"], said["err"])
