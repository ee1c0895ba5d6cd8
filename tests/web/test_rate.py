"""Token buckets."""

from datetime import timedelta

import pytest

from tests.store.examples import NOW
from tests.web.cast import Stage
from tocsin.web.errors import TooMany
from tocsin.web.rate import KEPT, Buckets, Limits


def test_an_address_regains_its_tokens_evenly() -> None:
    buckets = Buckets(per_minute=2)
    buckets.take("a", NOW)
    buckets.take("a", NOW)
    with pytest.raises(TooMany) as refused:
        buckets.take("a", NOW)
    assert refused.value.retry_after_s == 30
    buckets.take("b", NOW)
    buckets.take("a", NOW + timedelta(seconds=30))
    with pytest.raises(TooMany):
        buckets.take("a", NOW + timedelta(seconds=31))


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    buckets = Buckets(per_minute=1)
    buckets.take("a", NOW)
    with pytest.raises(TooMany):
        buckets.take("a", NOW - timedelta(hours=1))


def test_many_addresses_do_not_fill_the_memory() -> None:
    buckets = Buckets(per_minute=1)
    for number in range(2 * KEPT):
        buckets.take(str(number), NOW)
    assert len(buckets) <= KEPT


def test_every_route_of_every_site_counts_for_itself() -> None:
    one, other = Limits(), Limits()
    one.of("sign-in", 1).take("a", NOW)
    one.of("complain", 1).take("a", NOW)
    other.of("sign-in", 1).take("a", NOW)
    with pytest.raises(TooMany):
        one.of("sign-in", 1).take("a", NOW)


def test_signing_in_is_limited_and_says_when_to_come_back(stage: Stage) -> None:
    answers = [
        stage.client.post("/sign-in", data={"link": "guess"})
        for _ in range(stage.site.public_per_minute + 1)
    ]
    assert {answer.status_code for answer in answers[:-1]} == {403}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    stage.watch.forward(timedelta(minutes=1))
    assert stage.client.post("/sign-in", data={"link": "guess"}).status_code == 403
