"""`tocsin gateway`."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.gateway.server import Server, running

TEXT = """
version: 1
server: http://127.0.0.1:9
spool_dir: {folder}
systems:
  loans: {{upstream: "{url}", version: v2}}
"""


def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", "from tocsin.app import main; main()", "gateway", *arguments],
        env=os.environ | {"TOCSIN_TOKEN": "t"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_starts_serves_without_tocsin_and_keeps_rows_when_it_is_stopped(tmp_path: Path) -> None:
    server = Server()
    with running(server) as server.url:
        config = tmp_path / "gateway.yaml"
        config.write_text(TEXT.format(folder=tmp_path / "spool", url=server.url))
        process = start("--config", str(config), "--port", "0")
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        body = {"instances": [{"income": 700}]}
        answer = httpx.post(f"{found[0]}/v1/models/loans:predict", json=body, timeout=120)
        assert answer.json()["predictions"][0]["score"] == 0.56
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)
    spooled = [file for file in (tmp_path / "spool").rglob("*") if file.is_file()]
    assert any(b'"income":700' in file.read_bytes() for file in spooled)


@pytest.mark.parametrize(
    ("text", "environment", "said"),
    [
        ("version: 2", {}, "gateway.yaml:1"),
        (TEXT.format(folder="x", url="http://a"), {"TOCSIN_TOKEN": ""}, "TOCSIN_TOKEN is not set"),
        (None, {}, "cannot be read"),
    ],
)
def test_a_mistake_ends_it_with_a_sentence(
    tmp_path: Path, text: str | None, environment: dict[str, str], said: str
) -> None:
    config = tmp_path / "gateway.yaml"
    if text is not None:
        config.write_text(text)
    process = start("--config", str(config), **environment)
    _, error = process.communicate(timeout=300)
    assert process.returncode == 2
    assert said in error
    assert "Traceback" not in error


def test_check_reads_the_file_and_stops(tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text(TEXT.format(folder="x", url="http://a"))
    process = start("--config", str(config), "--check")
    out, _ = process.communicate(timeout=300)
    assert (process.returncode, out) == (0, f"{config}: serves loans\n")
