import pytest
import sqlalchemy as sa

from tests.store.examples import NOW
from tocsin.store import audit, tables
from tocsin.store.unit import Database

ROW = tables.audit


@pytest.fixture
def chain(database: Database) -> Database:
    """A database with six audited acts in three units."""
    for k in range(3):
        with database.unit(f"actor {k}", NOW) as unit:
            unit.audit("did", f"{k} first", why="because")
            unit.audit("did", f"{k} second")
    return database


def _after(database: Database, *statements: sa.Update | sa.Delete) -> list[str]:
    with database.unit("intruder", NOW, quiet=True) as unit:
        for statement in statements:
            unit.conn.execute(statement)
    with database.reading() as conn:
        return audit.verify(conn)


def test_an_untouched_chain_is_whole(chain: Database) -> None:
    with chain.reading() as conn:
        assert audit.verify(conn) == []
        rows = audit.recent(conn, 9)
        assert audit.head(conn) == (6, rows[0].hash)
    assert [row.seq for row in rows] == [6, 5, 4, 3, 2, 1]
    assert rows[-1].act == audit.Act(NOW, "actor 0", "did", "0 first", {"why": "because"})
    assert rows[-1].prev_hash == ""


def test_an_empty_log_is_whole(database: Database) -> None:
    with database.reading() as conn:
        assert audit.verify(conn) == []


@pytest.mark.parametrize(
    "edit",
    [{"actor": "nobody"}, {"subject": "else"}, {"facts": {}}, {"action": "undid"}, {"hash": "00"}],
)
def test_an_edited_row_is_named(chain: Database, edit: dict[str, object]) -> None:
    problems = _after(chain, sa.update(ROW).where(ROW.c.seq == 3).values(edit))
    assert problems[0] == "audit row 3: edited; its content does not give its hash"


def test_a_row_edited_with_its_own_hash_breaks_the_next_link(chain: Database) -> None:
    with chain.reading() as conn:
        before = audit.recent(conn, 1, before=4)[0]
    forged = audit.Act(NOW, "nobody", "did", "else", {})
    values: dict[str, object] = {
        "actor": "nobody",
        "subject": "else",
        "facts": {},
        "hash": audit.link_hash(before.prev_hash, forged),
    }
    problems = _after(chain, sa.update(ROW).where(ROW.c.seq == 3).values(values))
    assert problems == ["audit row 4: the row before it was removed or replaced"]


def test_removed_rows_are_named(chain: Database) -> None:
    problems = _after(chain, sa.delete(ROW).where(ROW.c.seq.in_([2, 3])))
    assert problems == ["audit row 4: rows 2 to 3 before it were removed"]


def test_a_removed_row_is_missed_even_when_the_rest_is_renumbered(chain: Database) -> None:
    moves = [sa.update(ROW).where(ROW.c.seq == k).values(seq=k - 1) for k in (4, 5, 6)]
    problems = _after(chain, sa.delete(ROW).where(ROW.c.seq == 3), *moves)
    assert problems[0] == "audit row 3: the row before it was removed or replaced"


def test_rows_removed_from_the_beginning_are_missed(chain: Database) -> None:
    problems = _after(chain, sa.delete(ROW).where(ROW.c.seq <= 2))
    assert problems == ["audit row 3: rows 1 to 2 before it were removed"]


def test_rows_removed_from_the_end_are_missed(chain: Database) -> None:
    problems = _after(chain, sa.delete(ROW).where(ROW.c.seq >= 5))
    assert problems == ["audit rows 5 to 6: removed from the end"]


def test_a_log_removed_whole_is_missed(chain: Database) -> None:
    assert _after(chain, sa.delete(ROW)) == ["audit rows 1 to 6: removed from the end"]


def test_reordered_rows_are_told_from_edited_ones(chain: Database) -> None:
    swap = [
        sa.update(ROW).where(ROW.c.seq == old).values(seq=new)
        for old, new in ((3, 99), (4, 3), (99, 4))
    ]
    problems = _after(chain, *swap)
    assert problems[0] == "audit row 3: reordered; it was written right after row 4"
    assert not any("edited" in problem for problem in problems)


def test_a_row_inserted_between_others_is_named_even_when_the_rest_is_renumbered(
    chain: Database,
) -> None:
    with chain.reading() as conn:
        before = audit.recent(conn, 1, before=4)[0]
    act = audit.Act(NOW, "intruder", "forged", "it", {})
    row: dict[str, object] = {
        "seq": 4, "at": NOW, "actor": act.actor, "action": act.action, "subject": act.subject,
        "facts": {}, "prev_hash": before.hash, "hash": audit.link_hash(before.hash, act),
    }  # fmt: skip
    with chain.unit("intruder", NOW, quiet=True) as unit:
        for k in (6, 5, 4):
            unit.conn.execute(sa.update(ROW).where(ROW.c.seq == k).values(seq=k + 1))
        unit.conn.execute(sa.insert(ROW).values(row))
    with chain.reading() as conn:
        problems = audit.verify(conn)
    assert problems[0].startswith("audit row 5:")  # the first that no longer follows its own
    assert not any("edited" in problem for problem in problems)


def test_a_row_appended_past_the_head_is_missed(chain: Database) -> None:
    with chain.unit("intruder", NOW, quiet=True) as unit:
        last = audit.recent(unit.conn, 1)[0]
        act = audit.Act(NOW, "intruder", "forged", "it", {})
        row: dict[str, object] = {
            "seq": 7,
            "at": NOW,
            "actor": act.actor,
            "action": act.action,
            "subject": act.subject,
            "facts": {},
            "prev_hash": last.hash,
            "hash": audit.link_hash(last.hash, act),
        }
        unit.conn.execute(sa.insert(ROW).values(row))
    with chain.reading() as conn:
        assert audit.verify(conn) == ["audit row 7: not the last link that was sealed (6)"]


def test_the_log_is_read_page_by_page(chain: Database) -> None:
    with chain.reading() as conn:
        assert [row.seq for row in audit.recent(conn, 2)] == [6, 5]
        assert [row.seq for row in audit.recent(conn, 2, before=5)] == [4, 3]
