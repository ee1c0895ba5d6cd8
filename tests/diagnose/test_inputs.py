from dataclasses import replace

from tests.contain.cases import NORTH
from tests.contain.test_propose import finding
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.finding import Layer, Verdict
from tocsin.diagnose.inputs import column_suspects, drifting, slice_suspects
from tocsin.diagnose.localise import Culprit

INCOME = replace(finding(Layer.DRIFT, column="income"), evidence=30.0, why="income moved")
AGE = replace(finding(Layer.QUALITY, column="age"), evidence=10.0, why="age is missing")


def test_each_input_counts_by_its_strongest_alarm_about_these_people() -> None:
    said = [
        INCOME,
        AGE,
        replace(INCOME, layer=Layer.QUALITY, evidence=5.0),
        replace(AGE, column="job", verdict=Verdict.OK),
        replace(AGE, column="rent", slice=Slice.of({"region": "south"})),
        finding(Layer.PERFORMANCE),
    ]
    assert drifting(said, NORTH) == {"income": 30.0, "age": 10.0}


def test_inputs_are_suspects_by_their_share_of_the_evidence() -> None:
    first, second = column_suspects([AGE, INCOME], NORTH)
    assert (first.rank, first.what, first.score, first.why) == (
        1,
        {"column": "income"},
        0.75,
        "income moved",
    )
    assert second.what == {"column": "age"}
    assert column_suspects([], NORTH) == []


def test_slices_keep_the_order_of_the_scan_and_say_their_excess() -> None:
    north, everyone = Culprit(NORTH, 30, 51.2, 2.5), Culprit(EVERYONE, 10, -20, 0.5)
    first, second = slice_suspects([north, everyone])
    assert (first.what, first.score) == ({"region": "north"}, 0.75)
    assert "the harmed measure counts 51 more" in first.why
    assert "20 fewer" in second.why
