"""Applicants are sent at a steady rate, their outcomes follow, and a dead service is counted."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

from tests.cli.demo.cast import applicants
from tocsin.cli.demo.traffic import Traffic


class Office:
    """Stands where the SDK's client would: keeps what is reported."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, object]] = []

    def outcome(self, id_: str, *, label: object) -> None:
        self.outcomes.append((id_, label))


@contextmanager
def lender() -> Generator[int]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"id": asked["id"], "approved": True}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def send(port: int, people: int, enough: int) -> tuple[Traffic, Office]:
    office = Office()
    traffic = Traffic(applicants(people), first=1, port=port, per_second=500, office=office)  # pyright: ignore[reportArgumentType] - a stand-in
    traffic.start()
    until = time.monotonic() + 120
    while len(traffic.answers) + traffic.failed < enough and time.monotonic() < until:
        time.sleep(0.01)
    traffic.stop()
    return traffic, office


def test_every_decision_has_its_outcome_and_people_come_again_under_new_ids() -> None:
    with lender() as port:
        traffic, office = send(port, people=10, enough=30)
    sent = traffic.answers
    assert len({answer.id for answer in sent}) == len(sent) >= 30
    assert {answer.number for answer in sent} == set(range(1, 10))
    people = applicants(10)
    labels = {answer.id: people[answer.number].able_to_repay for answer in sent}
    assert dict(office.outcomes) == labels


def test_a_service_that_is_away_is_counted_and_not_raised() -> None:
    traffic, office = send(9, people=10, enough=3)
    assert traffic.failed >= 3
    assert (traffic.answers, office.outcomes) == ([], [])
