"""Why decisions come before people: what the directives that sent them there say."""

from collections.abc import Collection

import sqlalchemy as sa

from tocsin.contain.directive import Directive
from tocsin.contain.explain import whom
from tocsin.store import incidents, tables
from tocsin.store.codec import decode

_AT_ONCE = 500


def reasons(conn: sa.Connection, system: str, directives: Collection[str]) -> dict[str, str]:
    """Return a sentence for people by directive id; ids that `system` has none of are left out."""
    table, found = tables.directive, dict[str, str]()
    ids = sorted(directives)
    for k in range(0, len(ids), _AT_ONCE):
        query = sa.select(table.c.body).where(
            table.c.system == system, table.c.id.in_(ids[k : k + _AT_ONCE])
        )
        for body in conn.execute(query).scalars():
            one = decode(Directive, body, where="directive")
            found[one.id] = _reason(conn, one)
    return found


def _reason(conn: sa.Connection, one: Directive) -> str:
    if one.incident is None:
        return f"A directive sends {whom(one)} to people."
    incident = incidents.get(conn, one.incident)
    return f"{incident.name} ({incident.title}) sends {whom(one)} to people."
