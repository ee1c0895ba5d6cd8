"""`tocsin audit` on the server's own database."""

import json
from pathlib import Path

import sqlalchemy as sa

from tests.cli.served import Terminal
from tests.fresh import fresh
from tests.store.examples import NOW
from tocsin.store import tables
from tocsin.store.unit import Database


def written(folder: Path, acts: int) -> Database:
    one = fresh(f"sqlite:///{folder}/tocsin.db")
    for number in range(acts):
        with one.unit("aspen", NOW) as unit:
            unit.audit("tested", f"thing {number}")
    return one


def test_a_whole_log_is_sealed_and_exported(terminal: Terminal, tmp_path: Path) -> None:
    written(tmp_path, 3).close()
    here = ("--data-dir", str(tmp_path))
    code, out, _ = terminal.run("audit", "verify", *here)
    assert code == 0
    seal = out.rsplit("seal: ", 1)[1].strip()
    assert terminal.run("audit", "verify", "--seal", seal, *here)[0] == 0
    copy = tmp_path / "audit.ndjson"
    assert terminal.run("audit", "export", "--out", str(copy), *here)[1] == "3 rows\n"
    rows = [json.loads(line) for line in copy.read_text("utf-8").splitlines()]
    assert [row["subject"] for row in rows] == ["thing 0", "thing 1", "thing 2"]
    assert rows[-1]["hash"] == seal
    assert terminal.run("audit", "export", *here)[1] == copy.read_text("utf-8")


def test_an_edited_row_and_a_foreign_seal_are_found(terminal: Terminal, tmp_path: Path) -> None:
    database = written(tmp_path, 3)
    here = ("--data-dir", str(tmp_path))
    code, out, _ = terminal.run("audit", "verify", "--seal", "0" * 64, *here)
    assert code == 1
    assert "the seal is not in the chain" in out
    with database.unit("intruder", NOW) as unit:
        unit.conn.execute(
            sa.update(tables.audit).where(tables.audit.c.seq == 2).values(actor="nobody")
        )
    database.close()
    code, out, _ = terminal.run("audit", "verify", *here)
    assert code == 1
    assert "audit row 2: edited" in out


def test_a_copy_that_cannot_be_written_is_one_sentence(terminal: Terminal, tmp_path: Path) -> None:
    written(tmp_path, 1).close()
    code, _, err = terminal.run(
        "audit", "export", "--out", str(tmp_path), "--data-dir", str(tmp_path)
    )
    assert code == 2
    assert "cannot be written" in err
