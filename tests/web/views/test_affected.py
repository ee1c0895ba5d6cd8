from dataclasses import replace

from tests.web.views.nouns import NORTH, NOW
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.web.views.affected import affected

NAN = float("nan")
KNOWN = Diagnosis(
    incident="inc_1",
    made_at=NOW,
    slice=NORTH,
    onset=None,
    onset_span=None,
    affected=1284,
    estimated_errors=462.4,
    errors_interval=(401.0, 523.0),
    cost=831_600.0,
    currency="EUR",
    unit="loan decision",
    suspects=(),
    summary="",
)


def test_before_a_diagnosis_nothing_is_known() -> None:
    assert affected(None, 0) is None


def test_how_many_how_many_of_them_wrong_and_what_it_cost() -> None:
    shown = affected(KNOWN, 1284)
    assert shown is not None
    assert shown.says == "1,284 loan decisions"
    assert shown.errors == "about 462 of them wrong (401 to 523, 95 %)"
    assert (shown.cost, shown.total) == ("832,000 EUR", 1284)


def test_what_cannot_be_said_is_left_out() -> None:
    shown = affected(
        replace(KNOWN, estimated_errors=NAN, errors_interval=(NAN, NAN), cost=NAN), 1284
    )
    assert shown is not None
    assert (shown.errors, shown.cost) == ("", "")
