"""The system under watch learns from the older applicants and answers in 0-1."""

import numpy as np

from tests.cli.demo.cast import applicants
from tocsin.cli.demo.scorer import Scorer
from tocsin.drill import lending


def test_scores_are_shares_and_separate_the_able() -> None:
    people = applicants(400)
    rows = [lending.features(person, lending.HEALTHY_RELEASE) for person in people]
    scores = Scorer(people, seed=3).scores(rows)
    able = np.array([person.able_to_repay for person in people])
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores[able].mean() > scores[~able].mean() + 0.5


def test_a_category_never_seen_is_scored_all_the_same() -> None:
    people = applicants(100)
    row = lending.features(people[0], lending.HEALTHY_RELEASE) | {"occupation": "Astronaut"}
    assert 0 <= Scorer(people, seed=3).scores([row])[0] <= 1
