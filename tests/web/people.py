"""People at the door: signed in, each with a session of their own, where two must approve."""

from dataclasses import dataclass, replace
from datetime import timedelta

import httpx

from tests.web.cast import Stage, client_of
from tocsin.contain.approval import Approvals
from tocsin.ingest.system import Risk
from tocsin.web.access import GRANTABLE, Scope

TWO = Approvals(people={Risk.HIGH: 2}, ratify_within=timedelta(minutes=30))


def ruled(stage: Stage, rule: Approvals = TWO) -> Stage:
    """Return the stage with `rule` for approvals."""
    site = replace(stage.site, approvals=rule)
    return replace(stage, site=site, client=client_of(site))


@dataclass
class Person:
    """Somebody signed in."""

    stage: Stage
    name: str
    scopes: frozenset[Scope] = GRANTABLE
    cookie: str = ""
    csrf: str = ""

    def __post_init__(self) -> None:
        self.csrf = self.stage.sign_in(self.name, self.scopes)
        self.cookie = self.stage.client.cookies["tocsin"]
        self.stage.client.cookies.clear()

    def ask(self, path: str, body: object = None) -> httpx.Response:
        """POST JSON as this person."""
        headers = {"Cookie": f"tocsin={self.cookie}", "X-CSRF-Token": self.csrf}
        return self.stage.client.post(path, json=body, headers=headers)

    def sees(self, path: str) -> str:
        """Return a page as this person sees it."""
        answer = self.stage.client.get(path, headers={"Cookie": f"tocsin={self.cookie}"})
        assert answer.status_code == 200, answer.text
        return answer.text

    def presses(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as this person."""
        return self.stage.client.post(
            path,
            data={"csrf": self.csrf, **fields},
            headers={"Cookie": f"tocsin={self.cookie}"},
            follow_redirects=False,
        )
