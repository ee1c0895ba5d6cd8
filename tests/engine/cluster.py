"""A Spark of our own: a standalone master and two workers, with a Python that has no Tocsin."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_S = 60.0


def why_not() -> str:
    """Return why Spark cannot be tried here; empty where it can."""
    if shutil.which("java") is None:
        return "no Java on this machine"
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed here: make test-spark"
    return ""


@dataclass
class Cluster:
    """A running master and its workers' processes, each the leader of its own group."""

    url: str
    web_port: int
    workers: list["subprocess.Popen[bytes]"]

    def alive(self) -> int:
        """Return how many workers the master knows to be alive."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.web_port}/json/", timeout=5) as page:
            return int(json.load(page)["aliveworkers"])

    def kill(self, which: int) -> None:
        """Kill a worker and its executors, as a lost machine would go."""
        os.killpg(self.workers[which].pid, signal.SIGKILL)
        self.workers[which].wait(10)


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Generator[Cluster]:
    """Run a master and workers of one core each until the block ends."""
    pyspark = importlib.import_module("pyspark")
    home = Path(str(pyspark.__file__)).parent
    port, web_port = free_port(), free_port()
    url = f"spark://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SCALA_VERSION": next(home.glob("jars/spark-core_*.jar")).name.split("_")[1][:4],
        "PYTHONPATH": "",
    }

    def started(name: str, *arguments: str) -> "subprocess.Popen[bytes]":
        words = ["java", "-Xmx512m", "-cp", f"{home}/jars/*", f"org.apache.spark.deploy.{name}"]
        with (folder / f"{name}.log").open("ab") as said:
            return subprocess.Popen(
                [*words, *arguments],
                env=environment,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    ports = ("--port", str(port), "--webui-port", str(web_port))
    running = [started("master.Master", "--host", "127.0.0.1", *ports)]
    try:
        for k in range(workers):
            room = ("-c", "1", "-m", "1g", "-d", str(folder / f"worker-{k}"), "--webui-port", "0")
            running.append(started("worker.Worker", "--host", "127.0.0.1", *room, url))
        found = Cluster(url, web_port, running[1:])
        _wait_for(found, workers)
        yield found
    finally:
        for process in running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def bare_python(folder: Path) -> Path:
    """Return a Python that has what the kernel computes with and nothing else of ours."""
    venv = folder / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (site,) = (venv / "lib").glob("python*/site-packages")
    for name in ("numpy", "pyarrow", "numba", "llvmlite"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue
        package = Path(spec.origin).parent
        (site / name).symlink_to(package)
        libraries = package.with_name(f"{name}.libs")
        if libraries.exists():
            (site / libraries.name).symlink_to(libraries)
    return venv / "bin" / "python"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(found: Cluster, workers: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        try:
            if found.alive() == workers:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{workers} workers did not come up in {_PATIENCE_S} s")
