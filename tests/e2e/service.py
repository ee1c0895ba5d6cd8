"""A lender's scoring service under the SDK's guard, small and quick to start, in its own process.

    POST /decide    {"number": 7, "id": "app-7"}   {"id": "app-7", "approved": true, "by": "score"}
    POST /pipeline  {"fault": true}                the income feed is wrong for the north from now

Run by `chain`: `python -m tests.e2e.service --port P --url U --spool DIR`.
"""

import argparse
import json
import math
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from typing_extensions import override

from tocsin_client import Pending, Tocsin

SYSTEM, VERSION, REGIONS = "loan-approval", "2026-11-01", ("north", "south", "west")
SLICE = {"region": "north"}


@dataclass(frozen=True)
class Person:
    """One applicant, the same under the same number in every process."""

    income: float
    savings: float
    region: str
    repays: bool

    @property
    def score(self) -> float:
        """What a healthy system says."""
        return score(self.income)


def score(income: float) -> float:
    return 1 / (1 + math.exp((50_000 - income) / 8_000))


def person(number: int) -> Person:
    chance = random.Random(number)
    income = chance.uniform(10_000, 90_000)
    repays = chance.random() < score(income)
    # who repays has saved: the rules that stand in are nearly as good as the system
    savings = chance.uniform(2_000, 9_000) if repays else chance.uniform(0, 3_000)
    return Person(income, savings, REGIONS[number % 3], repays)


class Bank:
    """The guarded decision, and the feature pipeline in front of it."""

    def __init__(self, tocsin: Tocsin) -> None:
        self.faulty = False
        self._guarded = tocsin.guard(
            fallback=self._by_rules, features=self._features, attributes=_attributes, id=_id
        )(self._by_score)

    def decide(self, number: int, id_: str) -> dict[str, Any]:
        answer = self._guarded(person(number), id_)
        if isinstance(answer, Pending):
            return {"id": id_, "approved": None, "by": "nobody"}
        return {"id": id_, "approved": answer["prediction"], "by": answer["by"]}

    def _by_score(self, one: Person, id_: str) -> Mapping[str, Any]:
        said = score(self._features(one, id_)["income"])
        return {"score": said, "prediction": said >= 0.5, "by": "score"}

    def _by_rules(self, one: Person, _id: str) -> Mapping[str, Any]:
        return {"prediction": one.savings >= 2_500, "by": "rules"}

    def _features(self, one: Person, _id: str) -> dict[str, float]:
        broken = self.faulty and one.region == SLICE["region"]
        return {"income": one.income / 1000 if broken else one.income, "savings": one.savings}


def _attributes(one: Person, _id: str) -> dict[str, str]:
    return {"region": one.region}


def _id(_one: Person, id_: str) -> str:
    return id_


def serve(bank: Bank, port: int) -> None:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer({"faulty": bank.faulty})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/pipeline":
                bank.faulty = bool(asked["fault"])
                self._answer({"faulty": bank.faulty})
            else:
                self._answer(bank.decide(int(asked["number"]), str(asked["id"])))

        def _answer(self, body: Mapping[str, object]) -> None:
            encoded = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", port), Door) as server:
        server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--spool", type=Path, required=True)
    options = parser.parse_args()
    token = os.environ["TOCSIN_TOKEN"]
    with Tocsin(
        options.url,
        token=token,
        system=SYSTEM,
        version=VERSION,
        spool_dir=options.spool,
        flush_s=0.2,
    ) as tocsin:
        serve(Bank(tocsin), options.port)


if __name__ == "__main__":
    main()
