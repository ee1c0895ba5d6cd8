"""Tokens, sessions and sign-in links.

A secret has 256 random bits and is told once; the store keeps only its sha256, which is safe for
secrets nobody chose.  Whoever reads the database can neither sign in nor call the API.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from tocsin.base.errors import Forbidden, NotFound
from tocsin.store import tables
from tocsin.store.unit import Unit

TOKEN_PREFIX = "tsn_"  # noqa: S105 - a prefix by which scanners find leaked tokens, no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One API token, without its secret."""

    id: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    created_by: str
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Return whether it opens anything at `now`."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in browser, without its secret; every form must carry `csrf`."""

    id: str
    person: str
    scopes: frozenset[str]
    csrf: str
    created_at: datetime
    expires_at: datetime


def make_token(
    unit: Unit, name: str, scopes: Collection[str], expires_at: datetime | None
) -> tuple[Token, str]:
    """Return a new token and its secret, `tsn_` and 43 characters, which is told only here."""
    secret = TOKEN_PREFIX + unit.new_secret()
    token = Token(
        id=unit.new_id("tok"),
        name=name,
        scopes=frozenset(scopes),
        created_at=unit.now,
        created_by=unit.actor,
        expires_at=expires_at,
    )
    unit.conn.execute(
        sa.insert(tables.token).values(
            id=token.id,
            name=name,
            secret_sha256=_sha256(secret),
            scopes=sorted(token.scopes),
            created_at=unit.now,
            created_by=unit.actor,
            expires_at=expires_at,
        )
    )
    unit.audit("token.made", token.id, name=name, scopes=" ".join(sorted(token.scopes)))
    return token, secret


def token(conn: sa.Connection, secret: str, now: datetime) -> Token | None:
    """Return the token with this secret; None if there is none that is valid at `now`."""
    table = tables.token
    query = sa.select(table).where(table.c.secret_sha256 == _sha256(secret))
    row = conn.execute(query).one_or_none()
    found = None if row is None else _token(row)
    return found if found is not None and found.valid(now) else None


def tokens(conn: sa.Connection) -> list[Token]:
    """Return every token, revoked ones too, oldest first."""
    query = sa.select(tables.token).order_by(tables.token.c.created_at, tables.token.c.id)
    return [_token(row) for row in conn.execute(query)]


def mark_used(unit: Unit, token_id: str) -> None:
    """Record that a token was used now; callers do so once in a while, not at every request."""
    table = tables.token
    unit.conn.execute(sa.update(table).where(table.c.id == token_id).values(last_used_at=unit.now))


def revoke(unit: Unit, token_id: str) -> None:
    """End a token for good; a second time changes nothing.

    Raises:
        NotFound: there is none with this id.
    """
    table = tables.token
    known = unit.conn.execute(sa.select(table.c.id).where(table.c.id == token_id)).one_or_none()
    if known is None:
        raise NotFound(f"no token {token_id}; see the list of tokens")
    live = (table.c.id == token_id, table.c.revoked_at.is_(None))
    if unit.conn.execute(sa.update(table).where(*live).values(revoked_at=unit.now)).rowcount:
        unit.audit("token.revoked", token_id)


def open_session(
    unit: Unit, person: str, scopes: Collection[str], for_: timedelta
) -> tuple[Session, str]:
    """Return a new session and the secret for its cookie, which is told only here."""
    secret = unit.new_secret()
    session = Session(
        id=unit.new_id("ses"),
        person=person,
        scopes=frozenset(scopes),
        csrf=unit.new_secret(),
        created_at=unit.now,
        expires_at=unit.now + for_,
    )
    unit.conn.execute(
        sa.insert(tables.session).values(
            id=session.id,
            person=person,
            secret_sha256=_sha256(secret),
            csrf=session.csrf,
            scopes=sorted(session.scopes),
            created_at=unit.now,
            expires_at=session.expires_at,
        )
    )
    unit.audit("session.opened", session.id, person=person)
    return session, secret


def session(conn: sa.Connection, secret: str, now: datetime) -> Session | None:
    """Return the session with this secret; None if there is none that is open at `now`."""
    table = tables.session
    query = sa.select(table).where(
        table.c.secret_sha256 == _sha256(secret),
        table.c.expires_at > now,
        table.c.ended_at.is_(None),
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    return Session(
        id=row.id,
        person=row.person,
        scopes=frozenset(row.scopes),
        csrf=row.csrf,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def end_session(unit: Unit, session_id: str) -> None:
    """Sign a browser out; a second time changes nothing."""
    table = tables.session
    open_ = (table.c.id == session_id, table.c.ended_at.is_(None))
    if unit.conn.execute(sa.update(table).where(*open_).values(ended_at=unit.now)).rowcount:
        unit.audit("session.ended", session_id)


def end_sessions(unit: Unit, person: str) -> int:
    """Sign a person out of every browser, and end the links that wait; return how many it were.

    Tokens are not touched: they are machines', and are revoked one by one.
    """
    ended = 0
    for table, column in ((tables.session, "ended_at"), (tables.sign_in_link, "used_at")):
        live = (table.c.person == person, table.c[column].is_(None), table.c.expires_at > unit.now)
        done = unit.conn.execute(sa.update(table).where(*live).values({column: unit.now}))
        ended += done.rowcount
    if ended:
        unit.audit("sessions.ended", person, count=str(ended))
    return ended


def make_link(unit: Unit, person: str, scopes: Collection[str], for_: timedelta) -> str:
    """Return the secret of a new one-time sign-in link, which is told only here."""
    secret, id_ = unit.new_secret(), unit.new_id("lnk")
    unit.conn.execute(
        sa.insert(tables.sign_in_link).values(
            id=id_,
            person=person,
            secret_sha256=_sha256(secret),
            scopes=sorted(set(scopes)),
            created_at=unit.now,
            expires_at=unit.now + for_,
        )
    )
    unit.audit("link.made", id_, person=person, scopes=" ".join(sorted(set(scopes))))
    return secret


def link_made(conn: sa.Connection) -> bool:
    """Return whether any sign-in link was ever made; if not, nobody can have signed in yet."""
    return conn.execute(sa.select(tables.sign_in_link.c.id).limit(1)).first() is not None


def use_link(unit: Unit, secret: str, for_: timedelta) -> tuple[Session, str]:
    """Consume a sign-in link and return the session it opens and the secret for its cookie.

    Raises:
        Forbidden: there is no such link, or it is used or expired (they are not told apart).
    """
    table = tables.sign_in_link
    used = unit.conn.execute(
        sa.update(table)
        .where(
            table.c.secret_sha256 == _sha256(secret),
            table.c.used_at.is_(None),
            table.c.expires_at > unit.now,
        )
        .values(used_at=unit.now)
        .returning(table.c.id, table.c.person, table.c.scopes)
    ).one_or_none()
    if used is None:
        raise Forbidden("this sign-in link is used or expired; ask for a new one")
    unit.audit("link.used", used.id, person=used.person)
    return open_session(unit, used.person, used.scopes, for_)


def _sha256(secret: str) -> str:
    # `surrogatepass`: a request may hold any text, and must find nothing rather than fail
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        scopes=frozenset(row.scopes),
        created_at=row.created_at,
        created_by=row.created_by,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
