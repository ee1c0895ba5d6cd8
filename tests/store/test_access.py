import threading

import pytest
import sqlalchemy as sa

from tests.store.examples import HOUR, MINUTE, NOW
from tocsin.base.errors import Forbidden, NotFound
from tocsin.store import access, audit, tables
from tocsin.store.unit import Database


def _token(database: Database, *, expires: bool = False) -> tuple[access.Token, str]:
    with database.unit("admin", NOW) as unit:
        expires_at = NOW + HOUR if expires else None
        return access.make_token(unit, "scoring", {"ingest", "read"}, expires_at)


def _link(database: Database) -> str:
    with database.unit("admin", NOW) as unit:
        return access.make_link(unit, "ana", {"read", "respond"}, MINUTE)


def test_a_token_opens_with_its_secret_and_nothing_else(database: Database) -> None:
    token, secret = _token(database)
    assert secret.startswith("tsn_")
    assert len(secret) == 47
    with database.reading() as conn:
        assert access.token(conn, secret, NOW) == token
        for wrong in ("", "tsn_", secret[:-1], secret.upper(), token.id, "\ud800"):
            assert access.token(conn, wrong, NOW) is None
    assert token.scopes == {"ingest", "read"}


def test_no_secret_is_in_the_database(database: Database) -> None:
    _, secret = _token(database)
    link = _link(database)
    with database.unit("ana", NOW) as unit:
        _, cookie = access.use_link(unit, link, HOUR)
    with database.reading() as conn:
        for table in tables.metadata.tables.values():
            stored = str(conn.execute(sa.select(table)).all())
            assert not [s for s in (secret, secret[4:], link, cookie) if s in stored]


def test_an_expired_token_opens_nothing(database: Database) -> None:
    token, secret = _token(database, expires=True)
    with database.reading() as conn:
        assert access.token(conn, secret, NOW + HOUR - MINUTE) == token
        assert access.token(conn, secret, NOW + HOUR) is None


def test_a_revoked_token_opens_nothing_and_stays_on_the_list(database: Database) -> None:
    token, secret = _token(database)
    for _ in range(2):
        with database.unit("admin", NOW + MINUTE) as unit:
            access.revoke(unit, token.id)
    with database.reading() as conn:
        assert access.token(conn, secret, NOW) is None
        assert [one.revoked_at for one in access.tokens(conn)] == [NOW + MINUTE]
        deeds = [row.act.action for row in audit.recent(conn, 9)]
        assert deeds == ["token.revoked", "token.made"]
    with pytest.raises(NotFound, match="no token tok_x"), database.unit("admin", NOW) as unit:
        access.revoke(unit, "tok_x")


def test_the_last_use_of_a_token_is_recorded(database: Database) -> None:
    token, _ = _token(database)
    with database.unit("scoring", NOW + MINUTE, quiet=True) as unit:
        access.mark_used(unit, token.id)
    with database.reading() as conn:
        assert [one.last_used_at for one in access.tokens(conn)] == [NOW + MINUTE]


def test_a_link_opens_one_session(database: Database) -> None:
    with database.reading() as conn:
        assert not access.link_made(conn)
    link = _link(database)
    with database.reading() as conn:
        assert access.link_made(conn)
    with database.unit("ana", NOW) as unit:
        session, cookie = access.use_link(unit, link, HOUR)
    assert (session.person, session.scopes) == ("ana", {"read", "respond"})
    assert len({session.csrf, cookie, link}) == 3
    with database.reading() as conn:
        assert access.session(conn, cookie, NOW + MINUTE) == session
        assert access.session(conn, link, NOW) is None
    with pytest.raises(Forbidden, match="used or expired"), database.unit("ana", NOW) as unit:
        access.use_link(unit, link, HOUR)


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_an_expired_or_unknown_link_opens_nothing(database: Database, secret: str) -> None:
    link = secret or _link(database)
    with pytest.raises(Forbidden), database.unit("ana", NOW + MINUTE) as unit:
        access.use_link(unit, link, HOUR)


def test_a_link_used_twice_at_once_opens_one_session(database: Database) -> None:
    link, opened, refused = _link(database), list[str](), list[str]()

    def use(person: str) -> None:
        try:
            with database.unit(person, NOW) as unit:
                access.use_link(unit, link, HOUR)
            opened.append(person)
        except Forbidden:
            refused.append(person)

    threads = [threading.Thread(target=use, args=(str(k),)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(opened), len(refused)) == (1, 5)


def test_a_session_ends_by_time_or_by_signing_out(database: Database) -> None:
    with database.unit("ana", NOW) as unit:
        session, cookie = access.open_session(unit, "ana", {"read"}, HOUR)
    with database.reading() as conn:
        assert access.session(conn, cookie, NOW + HOUR) is None
    for _ in range(2):
        with database.unit("ana", NOW) as unit:
            access.end_session(unit, session.id)
    with database.reading() as conn:
        assert access.session(conn, cookie, NOW) is None
        assert audit.recent(conn, 1)[0].act.action == "session.ended"
