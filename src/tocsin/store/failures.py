"""Database errors in our words: what the caller may do about each.

Unavailable   busy, full, read-only, unreachable: nothing was changed, try again
Conflict      somebody else wrote the same thing first
NotFound      it refers to something that is not there
BadInput      text that the database cannot hold

The first alone says where the database is: whoever runs it needs that, and strangers are not told
(see `web.errors`); what the others say is about the caller's own doing, and everybody may read it.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa
from sqlalchemy import exc

from tocsin.base.errors import BadInput, Conflict, NotFound, Unavailable

_SQLITE = {
    sqlite3.SQLITE_BUSY: "another process holds it; try again",
    sqlite3.SQLITE_LOCKED: "another connection holds it; try again",
    sqlite3.SQLITE_READONLY: "it cannot be written; check the file's and folder's owner and rights",
    sqlite3.SQLITE_PERM: "it cannot be opened; check the file's owner and rights",
    sqlite3.SQLITE_AUTH: "it cannot be opened; check the file's owner and rights",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write; check it and try again",
    sqlite3.SQLITE_FULL: "the disk is full; make room and try again",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened; check that its folder exists",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a backup",
    sqlite3.SQLITE_NOTADB: "the file is not a SQLite database; check the path",
}
_JUST_WRITTEN = "the same thing was just written by somebody else"
_NOT_THERE = "the write refers to something that is not there"
_TWICE = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
_PRIMARY_CODE = 0xFF  # SQLite's extended codes keep the primary one in the low byte


@contextmanager
def in_our_words(url: sa.URL) -> Generator[None]:
    """Turn what the database raises inside into the errors of `base`; others pass unchanged.

    Args:
        url: the database's address; its password never enters a message.
    """
    place = f"database {url.render_as_string(hide_password=True)}"
    try:
        yield
    except exc.TimeoutError:
        raise Unavailable(f"{place}: every connection is in use; try again") from None
    except exc.DBAPIError as error:
        told = _told(error, place)
        if told is None:
            raise
        raise told from None
    except (sqlite3.Error, psycopg.Error) as error:
        told = _told_raw(error, place)
        if told is None:
            raise
        raise told from None
    except UnicodeEncodeError:
        raise BadInput("text that is not Unicode", do="remove the odd sign") from None


def _told(error: exc.DBAPIError, place: str) -> Exception | None:
    # a commit that cannot be confirmed may have happened; callers' writes carry keys for that
    return _told_raw(error.orig, place) if error.orig is not None else None


def _told_raw(cause: BaseException, place: str) -> Exception | None:  # noqa: C901, PLR0911 - a table
    match cause:
        case psycopg.errors.UniqueViolation():
            return Conflict(_JUST_WRITTEN)
        case psycopg.errors.ForeignKeyViolation():
            return NotFound(_NOT_THERE)
        case psycopg.errors.SerializationFailure() | psycopg.errors.DeadlockDetected():
            return Unavailable(f"{place}: another process was in the way; try again")
        case psycopg.errors.DiskFull():
            return Unavailable(f"{place}: the disk is full; make room and try again")
        case psycopg.errors.ReadOnlySqlTransaction():
            return Unavailable(f"{place}: it is read-only; write to the primary server")
        case psycopg.DataError():
            return BadInput("text that the database cannot hold")
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return Unavailable(f"{place}: it cannot be reached; check that it is running")
        case sqlite3.IntegrityError() if _is(cause, *_TWICE):
            return Conflict(_JUST_WRITTEN)
        case sqlite3.IntegrityError() if _is(cause, sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY):
            return NotFound(_NOT_THERE)
        case sqlite3.Error():
            why = _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & _PRIMARY_CODE)
            return Unavailable(f"{place}: {why}") if why else None
        case _:
            return None


def _is(error: sqlite3.Error, *codes: int) -> bool:
    return getattr(error, "sqlite_errorcode", 0) in codes
