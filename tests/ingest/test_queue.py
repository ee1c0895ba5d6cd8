import pytest

from tocsin.base.errors import BadInput
from tocsin.ingest.queue import Queue


def test_by_default_nothing_is_drawn_and_the_systems_answer_is_hidden() -> None:
    assert (Queue().sample, Queue().hides_answer, Queue().pages) == (0.0, True, False)


@pytest.mark.parametrize("terms", [{"sample": 1.5}, {"second": -0.1}])
def test_a_share_that_is_none_is_refused(terms: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="is no share"):
        Queue(**terms)  # pyright: ignore[reportArgumentType] - shares alone
