"""The whole chain on this machine: `tocsin up`, a guarded service, its traffic, a pager, people.

Everything that runs is what users run: the command, the SDK, a signed webhook, the pages in a
browser.  Buckets are of a second, so that minutes stand for days.
"""

import http.client
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import Browser, Page
from typing_extensions import override

from tests.e2e.ports import free_port
from tests.e2e.service import SYSTEM, VERSION, person
from tests.web.pages.test_browser import violations, window
from tocsin.store import access
from tocsin.store.unit import Database
from tocsin.web import sessions
from tocsin_client import Tocsin

T = TypeVar("T")
PATIENCE_S = 120.0
PER_SECOND = 60.0
REFERENCE = 6000
SECRET = "0123456789abcdef0123456789abcdef"
PEOPLE = {
    "aspen": ["read", "respond", "command", "approve"],
    "beech": ["read", "respond", "approve"],
}


def reference(file: Path) -> None:
    """Write what the system decided while all was well."""
    people = [person(-1 - k) for k in range(REFERENCE)]
    columns: dict[str, Any] = {
        "id": [f"ref-{k}" for k in range(REFERENCE)],
        "version": [VERSION] * REFERENCE,
        "income": [one.income for one in people],
        "savings": [one.savings for one in people],
        "region": [one.region for one in people],
        "score": [one.score for one in people],
        "approved": [one.score >= 0.5 for one in people],
        "repaid": [one.repays for one in people],
    }
    pq.write_table(pa.table(columns), file)


def config(pager: str) -> str:
    return f"""\
version: 1
alarm_budget: {{false_pages_per_month: 1}}
systems:
  {SYSTEM}:
    kind: binary
    owner: lending
    risk: medium
    reference: reference.parquet
    columns: {{id: id, score: score, prediction: approved, label: repaid, version: version}}
    features: [income, savings]
    slices: [region]
    impact: {{unit: loan decision, cost_per_error: 1800, currency: EUR}}
    bucket: 1s
    window: 4s
notifiers:
  console: {{kind: console}}
  pager: {{kind: webhook, settings: {{url: "{pager}", secret: "{SECRET}"}}}}
escalation:
  lending:
    steps:
      - {{notify: [{{person: aspen, channel: pager}}]}}
      - {{after: 1m, notify: [{{person: lead, channel: pager}}]}}
    catch_all: [{{person: console, channel: console}}]
updates:
  board: {{voice: executive, notify: [{{person: board, channel: pager}}], every: {{SEV4: 4h}}}}
status:
  title: Acme lending
  components:
    apply: {{title: Loan applications, about: Decisions on applications, systems: [{SYSTEM}]}}
"""


class Pager:
    """A local provider of webhooks; keeps every notice as it came."""

    def __init__(self) -> None:
        self._notices: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        notices = self._notices

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                notices.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            @override
            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}/page"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def next(self) -> dict[str, Any]:
        """Return the next notice, once it has come."""
        return self._notices.get(timeout=PATIENCE_S)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Process:
    """A command of ours that can be killed and started again; its output goes to a log."""

    name: str
    folder: Path
    arguments: list[str]
    answers_at: str
    environment: dict[str, str] = field(default_factory=dict[str, str])
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        until(self.answers, f"the {self.name} starts: {log.name}", 2 * PATIENCE_S)

    def answers(self) -> bool:
        try:
            return httpx.get(self.answers_at, timeout=20).is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End it as `kill -9` and a power cut do."""
        self.end(signal.SIGKILL)

    def end(self, by: signal.Signals = signal.SIGTERM) -> None:
        if self.running is not None:
            self.running.send_signal(by)
            self.running.wait(PATIENCE_S)
            self.running = None


def until(met: Callable[[], T], what: str, timeout_s: float = PATIENCE_S) -> T:
    """Return what `met` says once it is true; fail after `timeout_s` seconds."""
    end_s = time.monotonic() + timeout_s
    while not (said := met()):
        assert time.monotonic() < end_s, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.02)
    return said


class Traffic:
    """Applicants one after the other, and what became of each a second later."""

    def __init__(self, port: int, office: Tocsin) -> None:
        self._port, self._office = port, office
        self._stop = threading.Event()
        self._waiting: deque[tuple[float, str, bool]] = deque()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sent = self.failed = 0
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        due = time.monotonic()
        for number in itertools.count():
            if self._stop.is_set():
                break
            try:
                decide(line, number, f"app-{number}")
                self.sent += 1
            except (OSError, http.client.HTTPException):
                self.failed += 1
                line.close()
            self._waiting.append((time.monotonic() + 1, f"app-{number}", person(number).repays))
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, id_, repays = self._waiting.popleft()
                self._office.outcome(id_, label=repays)
            due = max(due + 1 / PER_SECOND, time.monotonic() - 1)
            self._stop.wait(max(0.0, due - time.monotonic()))
        line.close()


def decide(line: http.client.HTTPConnection, number: int, id_: str) -> dict[str, Any]:
    """Ask the service to decide; return its answer."""
    line.request("POST", "/decide", json.dumps({"number": number, "id": id_}))
    return json.loads(line.getresponse().read())


@dataclass
class Chain:
    """What a test of the whole chain works with."""

    folder: Path
    pager: Pager
    tocsin: Process
    service: Process
    port: int
    service_port: int
    tokens: dict[str, str]
    asked: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> Any:
        """Return the JSON at `path`."""
        return self._call("GET", path, None)

    def post(self, path: str, body: object = None) -> Any:
        """Post as aspen, who may do everything but administer."""
        return self._call("POST", path, body or {})

    def _call(self, method: str, path: str, body: object) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens['aspen']}"}
        answer = httpx.request(
            method, self.url + path, headers=headers, json=body, timeout=PATIENCE_S
        )
        assert answer.is_success, answer.text
        return answer.json()

    def fault(self, *, on: bool) -> None:
        """Break the income feed of the north, or mend it."""
        address = f"http://127.0.0.1:{self.service_port}/pipeline"
        httpx.post(address, json={"fault": on}, timeout=PATIENCE_S).raise_for_status()

    def decided_by(self, number: int = 0) -> str:
        """Return who decides an applicant in the running service; number 0 lives in the north."""
        line = http.client.HTTPConnection("127.0.0.1", self.service_port, timeout=PATIENCE_S)
        said = decide(line, number, f"probe-{next(self.asked)}")["by"]
        line.close()
        return said

    def obeyed_in_s(self, by: str, since_s: float) -> float:
        """Return how many seconds after `since_s` (monotonic) the north is decided `by`."""
        until(lambda: self.decided_by() == by, f"the service decides the north by {by}")
        return time.monotonic() - since_s

    def database(self) -> Database:
        """Open the records of the server, as another of its processes would."""
        return Database(f"sqlite:///{self.folder}/tocsin-data/tocsin.sqlite3")

    def signed_in(self, browser: Browser, person_: str) -> Page:
        """Return a page of a browser of `person_`'s own, signed in by link."""
        database = self.database()
        with database.unit("test", datetime.now(UTC)) as unit:
            link = sessions.sign_in_url(unit, self.url, person_)
        database.close()
        # without motion: what fades in has no contrast yet
        page = window(
            browser, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
        ).new_page()
        page.goto(link)
        assert violations(page) == []
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(self.url + "/")
        return page


def asking_s(page: Page) -> float:
    """Return how long one look at the open room takes now: on an idle machine some 50 ms."""
    return float(
        page.evaluate(
            """async () => {
              const asked = performance.now();
              await (await fetch(location.href, { headers: { "X-Live": "1" } })).text();
              return (performance.now() - asked) / 1000;
            }"""
        )
    )


def through(one: Process, region: str = "north") -> str:
    """Return who decides a call that goes through the gateway."""
    address = one.answers_at.removesuffix("/-/healthz")
    body = {"instances": [{"income": 700, "region": region}]}
    answer = httpx.post(f"{address}/v1/models/loans:predict", json=body, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    return answer.headers["tocsin-decided-by"]


@contextmanager
def chain(folder: Path) -> Generator[Chain]:
    """Yield the running chain, without traffic; whatever was started is ended with it."""
    reference(folder / "reference.parquet")
    port, service_port = free_port(), free_port()
    with ExitStack() as stack:
        pager = Pager()
        stack.callback(pager.close)
        (folder / "tocsin.yaml").write_text(config(pager.url))
        up = ["-m", "tocsin.app", "up", "--port", str(port)]
        tocsin = Process("server", folder, up, f"http://127.0.0.1:{port}/readyz")
        stack.callback(tocsin.end)
        tocsin.start()
        made = Chain(folder, pager, tocsin, tocsin, port, service_port, {})
        database = made.database()
        with database.unit("test", datetime.now(UTC)) as unit:
            for name, scopes in PEOPLE.items():
                made.tokens[name] = access.make_token(unit, name, scopes, None)[1]
            made.tokens["service"] = access.make_token(unit, "service", ["ingest"], None)[1]
        database.close()
        serve = ["-m", "tests.e2e.service", "--port", str(service_port), "--url", made.url]
        made.service = Process(
            "service",
            folder,
            [*serve, "--spool", str(folder / "spool")],
            f"http://127.0.0.1:{service_port}/",
            {"TOCSIN_TOKEN": made.tokens["service"], "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        stack.callback(made.service.end)
        made.service.start()
        yield made


@contextmanager
def traffic(made: Chain) -> Generator[Traffic]:
    """Send applicants to the service while the block lasts."""
    with Tocsin(
        made.url, token=made.tokens["service"], system=SYSTEM, version=VERSION, flush_s=0.2
    ) as office:
        one = Traffic(made.service_port, office)
        try:
            yield one
        finally:
            one.stop()
