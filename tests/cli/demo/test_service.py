"""The lender decides by score, by rules where told, and logs either way."""

from pathlib import Path

from tests.cli.demo.cast import applicants
from tocsin.cli.demo.scorer import Scorer
from tocsin.cli.demo.service import Bank
from tocsin.drill import lending
from tocsin_client import Tocsin


def test_a_broken_pipeline_changes_decisions_of_the_slice_only(tmp_path: Path) -> None:
    people = applicants(400)
    scorer = Scorer(people, seed=3)
    # nobody listens on that port: the guard must decide all the same
    with Tocsin(
        "http://127.0.0.1:9", token="t", system="loan", version="v", spool_dir=tmp_path
    ) as tocsin:
        bank = Bank(people, scorer, tocsin)
        healthy = [bank.decide(i, f"a{i}")["approved"] for i in range(80)]
        bank.release = lending.BROKEN_RELEASE
        broken = [bank.decide(i, f"b{i}")["approved"] for i in range(80)]
    changed = {people[i].employer for i in range(80) if healthy[i] != broken[i]}
    assert changed == {"government"}
