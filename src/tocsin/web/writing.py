"""One write of one request: one unit of work, done once even if the caller asks twice.

A caller that may retry sends `Idempotency-Key`; the answer is kept with the write in the same unit,
and the same key with the same request gets the same answer without doing it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from tocsin.base.errors import Forbidden
from tocsin.store import idempotency
from tocsin.store.unit import Unit
from tocsin.web.access import Caller, CallerDep, Scope
from tocsin.web.site import Site, SiteDep

A = TypeVar("A", bound=BaseModel)
R = TypeVar("R")
KEY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Writing:
    """Who writes what, under which key."""

    site: Site
    caller: Caller
    key: str
    digest: str

    @property
    def actor(self) -> str:
        """Who is named as having done it."""
        return self.caller.name

    def need(self, scope: Scope) -> None:
        """Refuse what only some of those may do whom the route lets in.

        Raises:
            Forbidden: the caller does not hold `scope`.
        """
        if not self.caller.may(scope):
            raise Forbidden(f"this needs the scope {scope.value!r}")

    def once(self, answer: type[A], act: Callable[[Unit], A], status: int = 200) -> A:
        """Run `act` in one unit and return its answer, or the answer kept under the same key.

        Raises:
            Conflict: the key was used for another request.
        """
        with self.site.database.unit(self.actor, self.site.clock()) as unit:
            if not self.key:
                return act(unit)
            kept = idempotency.recall(unit.conn, self.key, self.digest.encode())
            if kept is not None:
                return answer.model_validate(kept.body)
            done = act(unit)
            given = idempotency.Answer(status, done.model_dump(mode="json"))
            idempotency.remember(unit, self.key, self.digest.encode(), given)
            return done

    def secretly(self, act: Callable[[Unit], R]) -> R:
        """Run `act` in one unit and keep no answer: it holds a secret, or repeats harmlessly."""
        with self.site.database.unit(self.actor, self.site.clock()) as unit:
            return act(unit)


def writing(
    request: Request,
    site: SiteDep,
    caller: CallerDep,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=KEY_LENGTH, description="the same key never writes twice"),
    ] = None,
) -> Writing:
    """Return this request's writing; keys of different callers and routes never meet."""
    place = f"{caller.name}\n{request.method} {request.url.path}"
    key = f"{place}\n{idempotency_key}" if idempotency_key else ""
    return Writing(site, caller, key, request.state.digest)


WritingDep = Annotated[Writing, Depends(writing)]
