"""A server that starts says what nobody will put back, and that nobody will be on call."""

from pathlib import Path

import pytest

from tests.fresh import fresh
from tests.store.examples import NOW
from tests.store.test_acts import FIRST
from tocsin.cli.gaps import gaps
from tocsin.config.load import load
from tocsin.store import acts

SYSTEM = "version: 1\nsystems: {loans: {reference: ref.csv}}\n"
SAME = "actuators: {registry: {kind: mlflow, system: loans}}\n"
HOOK = "notifiers: {hook: {kind: webhook, settings: {url: 'https://chat.example.org/'}}}\n"
PUBLIC = "https://tocsin.example.org"


@pytest.mark.parametrize(
    ("notifiers", "base_url", "warned"),
    [
        (HOOK, "http://127.0.0.1:8470", True),
        (HOOK, "http://localhost:8470", True),
        (HOOK, "http://[::1]:8470", True),
        (HOOK, PUBLIC, False),
        (HOOK, "http://10.1.2.3:8470", False),
        ("", "http://127.0.0.1:8470", False),  # the console is on this machine
    ],
)
def test_links_that_no_phone_can_open_are_said(
    tmp_path: Path, notifiers: str, base_url: str, warned: bool
) -> None:
    database = fresh(f"sqlite:///{tmp_path}/tocsin.db")
    with database.reading() as conn:
        said = gaps(load(SYSTEM + notifiers, "tocsin.yaml"), conn, NOW, base_url)
    database.close()
    assert [f"by hook will link to {base_url}" in one for one in said] == [True] * warned
    assert all("--base-url" in one for one in said)


def test_an_actuator_that_is_gone_is_named_while_it_holds_something(tmp_path: Path) -> None:
    database = fresh(f"sqlite:///{tmp_path}/tocsin.db")
    with database.unit("tocsin", NOW) as unit:
        acts.add(unit, FIRST)
    with database.reading() as conn:
        (said,) = gaps(load(SYSTEM, "tocsin.yaml"), conn, NOW, PUBLIC)
        assert "actuator registry is not configured any more" in said
        assert gaps(load(SYSTEM + SAME, "tocsin.yaml"), conn, NOW, PUBLIC) == []
    database.close()
