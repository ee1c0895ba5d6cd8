from tests.detect.counted import LAYOUT
from tocsin.detect.places import at


def test_places_of_parts_follow_one_another() -> None:
    assert at(LAYOUT, "n", "n_by_decider") == (0, 2, 3, 4, 5, 6)
