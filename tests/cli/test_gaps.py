"""A server that starts says what nobody will put back, and that nobody will be on call."""

from pathlib import Path

from tests.fresh import fresh
from tests.store.examples import NOW
from tests.store.test_acts import FIRST
from tocsin.cli.gaps import gaps
from tocsin.config.load import load
from tocsin.store import acts

SYSTEM = "version: 1\nsystems: {loans: {reference: ref.csv}}\n"
SAME = "actuators: {registry: {kind: mlflow, system: loans}}\n"


def test_an_actuator_that_is_gone_is_named_while_it_holds_something(tmp_path: Path) -> None:
    database = fresh(f"sqlite:///{tmp_path}/tocsin.db")
    with database.unit("tocsin", NOW) as unit:
        acts.add(unit, FIRST)
    with database.reading() as conn:
        (said,) = gaps(load(SYSTEM, "tocsin.yaml"), conn, NOW)
        assert "actuator registry is not configured any more" in said
        assert gaps(load(SYSTEM + SAME, "tocsin.yaml"), conn, NOW) == []
    database.close()
