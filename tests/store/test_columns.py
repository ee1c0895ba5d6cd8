import sqlalchemy as sa

from tocsin.store import columns


def test_a_sequence_counts_up_and_a_number_is_given() -> None:
    table = sa.Table("t", sa.MetaData(), columns.sequence(), columns.number("n"))
    engine = sa.create_engine("sqlite://")
    with engine.begin() as conn:
        table.create(conn)
        conn.execute(sa.insert(table), [{"n": 1 << 40}, {"n": 7}])
        assert conn.execute(sa.select(table)).all() == [(1, 1 << 40), (2, 7)]
    engine.dispose()


def test_keys_and_facts_are_never_absent_unless_said() -> None:
    assert not columns.text("a").nullable
    assert columns.at("b", null=True).nullable
    assert columns.number("c", key=True).primary_key
