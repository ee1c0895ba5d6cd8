"""What the forms of the room's command panel do: the same moves as the JSON API."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from fastapi.responses import RedirectResponse

from tocsin.incident.incident import Role
from tocsin.web import roles
from tocsin.web.pages.forms import Short, done
from tocsin.web.writing import WritingDep

Line = Annotated[str, Form(max_length=1000)]
Chosen = Annotated[Role, Form()]


def give_role(
    write: WritingDep, incident: str, role: Chosen, to: Short, what: Line = ""
) -> RedirectResponse:
    """Give a role to somebody."""
    found = write.secretly(
        lambda unit: roles.assign(unit, incident, role, to.strip(), what.strip())
    )
    return done(f"/incidents/{found.number}#roles")


def leave_role(
    write: WritingDep, incident: str, role: Chosen, who: Line = "", what: Line = ""
) -> RedirectResponse:
    """Take somebody out of a role."""
    found = write.secretly(
        lambda unit: roles.leave(unit, incident, role, who.strip(), what.strip())
    )
    return done(f"/incidents/{found.number}#roles")
