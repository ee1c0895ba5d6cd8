"""The alias moves in a real MLflow server and comes back: `make test-vendors`."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.contracts.actuator import directive
from tocsin.alert.ports import DeliveryError
from tocsin.integrations.mlflow import Registry, build

MLFLOW = os.environ.get("MLFLOW") or shutil.which("mlflow")
READY_S = 120
SETTINGS = {"model": "credit", "timeout_s": "8"}


def test_it_is_built_from_texts() -> None:
    with httpx.Client() as client:
        actuator = build({"url": "https://mlflow.example.org", "model": "credit"}, client)
        assert isinstance(actuator, Registry)
        assert actuator.target == "alias champion of credit at mlflow.example.org"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Start a tracking server with a registered model of three versions; yield its address."""
    if MLFLOW is None:
        pytest.skip("MLflow is not installed: make test-vendors, or name it in $MLFLOW")
    folder = tmp_path_factory.mktemp("mlflow")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [MLFLOW, "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "art")]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    url = f"http://127.0.0.1:{port}"
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, cwd=folder, start_new_session=True
        ) as process,
    ):
        try:
            _wait(url, process, folder / "log")
            _register(url)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # it and its workers; nothing of it is kept


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until_s = time.monotonic() + READY_S
    while time.monotonic() < until_s:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            if httpx.get(f"{url}/health", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise AssertionError(log.read_text()[-2000:])


def _register(url: str) -> None:
    with httpx.Client(base_url=f"{url}/api/2.0/mlflow", timeout=30) as api:
        api.post("/registered-models/create", json={"name": "credit"}).raise_for_status()
        for release in ("2026-09", "2026-10", "2026-11"):
            one = {
                "name": "credit",
                "source": "s3://nowhere/model",
                "tags": [{"key": "release.id", "value": release}],
            }
            api.post("/model-versions/create", json=one).raise_for_status()
        point(api, "3")


def point(api: httpx.Client, version: str) -> None:
    body = {"name": "credit", "alias": "champion", "version": version}
    api.post("/registered-models/alias", json=body).raise_for_status()


def served(url: str) -> str:
    """Return which version a service that loads `models:/credit@champion` would get."""
    answer = httpx.get(
        f"{url}/api/2.0/mlflow/registered-models/alias",
        params={"name": "credit", "alias": "champion"},
        timeout=30,
    )
    return answer.json()["model_version"]["version"]


@pytest.mark.real
def test_a_real_alias_moves_by_number_and_by_tag_and_comes_back(server: str) -> None:
    with httpx.Client() as client:
        for version, settings in (("2", {}), ("2026-10", {"version_tag": "release.id"})):
            actuator = build(SETTINGS | {"url": server} | settings, client)
            before = actuator.read()
            assert json.loads(before) == served(server) == "3"
            wanted = actuator.aim(before, [directive(to_version=version)])
            actuator.write(wanted, expecting=before, key="act_1")
            actuator.write(wanted, expecting=wanted, key="act_1")
            assert actuator.read() == wanted
            assert served(server) == "2"
            actuator.write(before, expecting=wanted, key="act_2")
            assert (actuator.read(), served(server)) == (before, "3")


@pytest.mark.real
def test_a_real_registry_refuses_what_is_not_there_and_what_a_person_moved(server: str) -> None:
    with httpx.Client() as client:
        actuator = build(SETTINGS | {"url": server}, client)
        before = actuator.read()
        with pytest.raises(DeliveryError, match="RESOURCE_DOES_NOT_EXIST") as caught:
            actuator.aim(before, [directive(to_version="12")])
        assert not caught.value.retryable
        other = build(SETTINGS | {"url": server, "model": "nobody"}, client)
        with pytest.raises(DeliveryError, match="RESOURCE_DOES_NOT_EXIST"):
            other.read()
        unset = build(SETTINGS | {"url": server, "alias": "shadow"}, client)
        assert unset.read() == "null"
        unset.write('"1"', expecting="null", key="act_1")
        unset.write("null", expecting='"1"', key="act_2")
        assert unset.read() == "null"
        with httpx.Client(base_url=f"{server}/api/2.0/mlflow", timeout=30) as person:
            point(person, "1")
            with pytest.raises(DeliveryError, match="moved a moment ago"):
                actuator.write(before, expecting='"2"', key="act_3")
            assert served(server) == "1"
            point(person, "3")
