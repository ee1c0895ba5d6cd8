"""The scoring service: decides about applicants over HTTP, wrapped in the SDK's guard.

    POST /decide    {"number": 28001, "id": "app-1"}  -> {"id": "app-1", "approved": true}
    POST /pipeline  {"release": "311"}                -> what the owners of the features deploy

Run by `play` in a process of its own, as a team would: `python -m tocsin.cli.demo.service`.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from typing_extensions import override

from tocsin.cli.demo.dataset import fetch
from tocsin.cli.demo.scorer import Scorer
from tocsin.drill import lending
from tocsin_client import Pending, Tocsin


class Bank:
    """The lender: its applicants, its feature pipeline, and the guarded decision."""

    def __init__(self, people: Sequence[lending.Applicant], scorer: Scorer, tocsin: Tocsin) -> None:
        """Wrap the decision in the guard: it logs, obeys directives, and falls back to rules."""
        self._people, self._scorer = people, scorer
        self.release = lending.HEALTHY_RELEASE
        self._guarded = tocsin.guard(
            fallback=self._by_rules,
            versions={lending.REPAIRED: self._by_score},
            features=self._features,
            attributes=_attributes,
            id=_id,
        )(self._by_score)

    def decide(self, number: int, id_: str) -> dict[str, object]:
        """Return the decision about one applicant; None while a person still has to decide."""
        answer = self._guarded(self._people[number], id_)
        approved = None if isinstance(answer, Pending) else answer["prediction"]
        return {"id": id_, "approved": approved}

    def _by_score(self, applicant: lending.Applicant, id_: str) -> Mapping[str, object]:
        score = float(self._scorer.scores([self._features(applicant, id_)])[0])
        return {"score": score, "prediction": score >= 0.5}

    def _by_rules(self, applicant: lending.Applicant, id_: str) -> Mapping[str, object]:
        return {"prediction": lending.rules(self._features(applicant, id_))}

    def _features(self, applicant: lending.Applicant, _id: str) -> dict[str, float | str]:
        return lending.features(applicant, self.release)


def _attributes(applicant: lending.Applicant, _id: str) -> dict[str, str]:
    return applicant.attributes


def _id(_applicant: lending.Applicant, id_: str) -> str:
    return id_


def serve(bank: Bank, port: int) -> None:
    """Answer on localhost until the process is ended."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each small answer waits 40 ms for the peer

        def do_GET(self) -> None:
            self._answer({"release": bank.release})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            if self.path == "/pipeline":
                bank.release = str(asked["release"])
                self._answer({"release": bank.release})
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
            """Stay quiet: the demo's own output is the story."""

    with ThreadingHTTPServer(("127.0.0.1", port), Door) as server:
        server.serve_forever()


def main() -> None:
    """Train, connect to Tocsin, serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--spool", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    people = lending.applicants(*fetch(options.cache))
    scorer = Scorer(people[: lending.TRAIN], seed=options.seed)
    with Tocsin(
        options.url,
        token=os.environ["TOCSIN_TOKEN"],
        system=lending.SYSTEM,
        version=lending.VERSION,
        spool_dir=options.spool,
    ) as tocsin:
        serve(Bank(people, scorer, tocsin), options.port)


if __name__ == "__main__":
    main()
