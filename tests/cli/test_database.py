"""Finding the server's database."""

from pathlib import Path

from tests.cli.served import Terminal


def test_a_database_that_cannot_be_opened_is_one_sentence(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    code, out, err = terminal.run("token", "list", "--data-dir", str(tmp_path / "file"))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_a_url_is_taken_before_the_data_directory(terminal: Terminal, tmp_path: Path) -> None:
    code, _, err = terminal.run(
        "token", "list", "--data-dir", str(tmp_path), "--database", "mysql://root:pw@host/db"
    )
    assert code == 2
    assert "postgresql" in err
    assert "pw" not in err
