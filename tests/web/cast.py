"""The cast: who knocks at the server's door in the tests, and a site on a real SQLite file."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import httpx
from fastapi import FastAPI

from tests.fresh import fresh
from tests.oncall.roster import ROSTER
from tests.store import examples
from tocsin.detect.stages import SERVING
from tocsin.incident.incident import Severity
from tocsin.incident.update import Audience, Telling, Voice
from tocsin.jobs.evaluation import explained
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake
from tocsin.oncall.policy import Contact, Policy, Step
from tocsin.store import access, stages, systems
from tocsin.store.unit import Database
from tocsin.web import sessions
from tocsin.web.access import GRANTABLE, Scope
from tocsin.web.asgi import build
from tocsin.web.site import Site

NOW = examples.NOW
ON_CALL = Contact("lending", "console", "-")
POLICY = Policy("lending", (Step(timedelta(0), (ON_CALL,)),), (ON_CALL,))
TELLING = Telling(
    audiences=(
        Audience(
            name="board",
            voice=Voice.EXECUTIVE,
            contacts=(Contact("board", "mail", "board@example.org"),),
            every={Severity.SEV1: timedelta(minutes=30), Severity.SEV2: timedelta(hours=2)},
        ),
        Audience(
            name="engineers",
            voice=Voice.TECHNICAL,
            contacts=(Contact("chat", "hook", "#loans"), Contact("lead", "mail", "a@example.org")),
            every={Severity.SEV1: timedelta(minutes=30)},
        ),
        Audience(
            name="others",
            voice=Voice.EXECUTIVE,
            contacts=(Contact("others", "mail", "others@example.org"),),
            systems=("fraud",),
        ),
    )
)
CAST: Mapping[str, frozenset[Scope]] = {
    "admin": GRANTABLE,
    "approver": frozenset({Scope.READ, Scope.APPROVE}),
    "responder": frozenset({Scope.READ, Scope.RESPOND, Scope.COMMAND}),
    "reader": frozenset({Scope.READ}),
    "service": frozenset({Scope.INGEST}),
}


@dataclass
class Watch:
    """A clock that stands still until it is told to go on."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


@dataclass
class Stage:
    """A running application, its site, and a client for each of the cast."""

    site: Site
    watch: Watch
    client: httpx.Client
    tokens: Mapping[str, str] = field(repr=False)

    def ask(
        self,
        who: str | None,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one JSON request as one of the cast, or as nobody."""
        sent = dict(headers or {})
        if who is not None:
            sent["Authorization"] = f"Bearer {self.tokens[who]}"
        return self.client.request(method, path, json=body, headers=sent)

    def sign_in(self, person: str, scopes: frozenset[Scope] = GRANTABLE) -> str:
        """Open a session in the client's cookie jar; return its CSRF token."""
        with self.site.database.unit("test", self.watch()) as unit:
            url = sessions.sign_in_url(unit, self.site.base_url, person, scopes)
        link = httpx.URL(url).params["link"]
        answer = self.client.post("/sign-in", data={"link": link}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        with self.site.database.reading() as conn:
            secret = self.client.cookies["tocsin"]
            session = access.session(conn, secret, self.watch())
        assert session is not None
        return session.csrf


def site_at(folder: Path, watch: Watch) -> Site:
    """Return a site on a fresh database with one system."""
    database = fresh(f"sqlite:///{folder}/tocsin.db")
    with database.unit("test", watch()) as unit:
        systems.save(unit, examples.SYSTEM, examples.SPEC, (), 20_000, "0" * 64)
        stages.beat(unit, SERVING, examples.SYSTEM.name)  # a guard asks what is in force
    return site_of(database, folder, watch)


def site_of(database: Database, folder: Path, watch: Watch) -> Site:
    """Return a site on a database that is there already."""
    lake = Lake(str(folder / "lake"))
    return Site(
        database=database,
        lake=lake,
        committer=Committer(lake),
        clock=watch,
        secret=b"0123456789abcdef0123456789abcdef",
        base_url="http://localhost:8470",
        explain=explained,
        policy=POLICY,
        roster=ROSTER,
        telling=TELLING,
        heartbeat_s=0.2,
        poll_s=0.05,
    )


def tokens_of(site: Site) -> dict[str, str]:
    """Make a token for each of the cast."""
    made: dict[str, str] = {}
    with site.database.unit("test", site.clock()) as unit:
        for name, scopes in CAST.items():
            made[name] = access.make_token(unit, name, scopes, None)[1]
    return made


def client_of(site: Site) -> httpx.Client:
    """Return a client whose application runs in this process while the client is entered."""
    return client_of_app(build(site), site.base_url)


def client_of_app(app: FastAPI, base_url: str) -> httpx.Client:
    """Return a client of `app`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Starlette asks for httpx2; httpx serves as well
        testclient = import_module("starlette.testclient")
    client: httpx.Client = testclient.TestClient(app, base_url=base_url)
    return client
