from dataclasses import replace

from tests.profile.rows import LENDING
from tocsin.detect.budget import Budget
from tocsin.detect.terms import config_hash
from tocsin.ingest.system import Risk

BUDGET = Budget(1.0, 720.0)


def test_the_same_configuration_has_the_same_hash() -> None:
    assert config_hash(LENDING, BUDGET) == config_hash(replace(LENDING), Budget(1.0, 720.0))


def test_whatever_changes_in_it_changes_the_hash() -> None:
    others = [
        config_hash(replace(LENDING, risk=Risk.LOW), BUDGET),
        config_hash(replace(LENDING, slices=()), BUDGET),
        config_hash(LENDING, Budget(2.0, 720.0)),
    ]
    assert len({config_hash(LENDING, BUDGET), *others}) == 4
