"""`tocsin token` on the server's own database."""

from pathlib import Path

from tests.cli.served import Terminal
from tests.fresh import fresh
from tests.store.examples import NOW
from tocsin.store import access
from tocsin.store.unit import Database


def database(folder: Path) -> Database:
    return fresh(f"sqlite:///{folder}/tocsin.db")


def test_a_token_is_made_listed_and_revoked(terminal: Terminal, tmp_path: Path) -> None:
    records = database(tmp_path)
    here = ("--data-dir", str(tmp_path))
    assert terminal.run("token", "list", *here)[1] == "no tokens\n"
    code, secret, _ = terminal.run("token", "make", "--name", "ci", "--scope", "ingest", *here)
    assert code == 0
    with records.reading() as conn:
        token = access.token(conn, secret.strip(), NOW)
        assert token is not None
        assert (token.name, token.scopes) == ("ci", {"ingest"})
    listed = terminal.run("token", "list", *here)[1]
    assert token.id in listed
    assert secret.strip() not in listed
    assert terminal.run("token", "revoke", token.id, *here)[0] == 0
    with records.reading() as conn:
        assert access.token(conn, secret.strip(), NOW) is None
    assert "revoked" in terminal.run("token", "list", *here)[1]
    records.close()


def test_a_sign_in_link_is_printed(terminal: Terminal, tmp_path: Path) -> None:
    database(tmp_path).close()
    code, out, _ = terminal.run(
        "token", "link", "--person", "aspen", "--scope", "read", "--scope", "respond",
        "--base-url", "https://tocsin.example/", "--data-dir", str(tmp_path),
    )  # fmt: skip
    assert code == 0
    assert out.startswith("https://tocsin.example/sign-in?link=")


def test_a_role_stands_for_its_scopes(terminal: Terminal, tmp_path: Path) -> None:
    records = database(tmp_path)
    here = ("--data-dir", str(tmp_path))
    code, secret, _ = terminal.run("token", "make", "--name", "lead", "--role", "commander", *here)
    assert code == 0
    with records.reading() as conn:
        token = access.token(conn, secret.strip(), NOW)
    assert token is not None
    assert token.scopes == {"read", "respond", "command"}
    for words in ((), ("--role", "viewer", "--scope", "read")):
        code, _, err = terminal.run("token", "link", "--person", "aspen", *words, *here)
        assert code == 2
        assert "give --scope or --role" in err
    records.close()


def test_unknown_scopes_names_and_ids_are_refused(terminal: Terminal, tmp_path: Path) -> None:
    database(tmp_path).close()
    here = ("--data-dir", str(tmp_path))
    for words, expected in (
        (("make", "--name", "ci", "--scope", "root"), "no scope is called 'root'"),
        (("make", "--name", "  ", "--scope", "read"), "1 to 200 signs"),
        (("revoke", "tok_none"), "no token tok_none"),
    ):
        code, _, err = terminal.run("token", *words, *here)
        assert code == 2
        assert expected in err
