from dataclasses import replace

from tests.web.views.nouns import INCIDENT, NORTH, finding
from tocsin.base.slices import EVERYONE, Slice
from tocsin.detect.finding import Level, Verdict
from tocsin.ingest.system import System
from tocsin.web.views import system as view
from tocsin.web.views.marks import Mark

LOANS = System(name="loans")
OK = finding("auc", Verdict.OK, Level.INFO, evidence=0.1)
LITTLE = finding("recall", Verdict.INSUFFICIENT, Level.INFO, evidence=0.0)


def test_the_verdict_is_the_incident_then_the_gravest_alarm_then_calm() -> None:
    alarm = finding(slice_=NORTH)
    assert view.answer(LOANS, [alarm], [INCIDENT])[1] == "Loan approvals denied in north."
    assert view.answer(LOANS, [alarm, OK], [])[:2] == (Mark.HARM, "71.2 % of decisions were right.")
    mark, said, lead = view.answer(LOANS, [OK, LITTLE], [])
    assert (mark, said) == (Mark.HEALTHY, "loans behaves as its reference did.")
    assert lead == "1 monitor sees nothing unusual; 1 more lacks evidence."
    assert view.answer(LOANS, [LITTLE], [])[0] is Mark.NO_DATA
    assert view.answer(LOANS, [], [])[1] == "loans has not been judged yet."


def test_the_heat_map_puts_everyone_first_and_then_whoever_is_harmed_most() -> None:
    calm, hit = Slice.of({"region": "east"}), NORTH
    said = [
        finding("accuracy", Verdict.OK, Level.INFO, slice_=calm, evidence=0.5),
        finding("accuracy", slice_=hit),
        finding("accuracy", Verdict.OK, Level.INFO),
        finding("recall", Verdict.INSUFFICIENT, Level.INFO, slice_=hit),
    ]
    heat = view.heat(said)
    assert [row.slice for row in heat.rows] == [EVERYONE, hit, calm]
    assert heat.columns == ("accuracy", "recall")
    first, few = heat.rows[1].cells
    assert first is not None
    assert few is not None
    assert (first.text, first.mark) == ("−19.2", Mark.HARM)
    assert (few.text, few.mark) == ("–", Mark.NO_DATA)
    assert heat.rows[2].cells[1] is None


def test_sixty_slices_are_folded_but_none_is_lost() -> None:
    said = [finding(slice_=Slice.of({"region": str(k)}), evidence=float(k)) for k in range(60)]
    heat = view.heat(said)
    assert len(heat.rows) == view.ROWS_SHOWN
    assert len(heat.rows) + len(heat.rest) == 60
    assert heat.rows[0].slice.label == "region=59"


def test_monitors_are_sorted_by_what_they_could_say() -> None:
    column = replace(finding("missing"), column="income")
    alarms, quiet, unjudged = view.monitors([OK, LITTLE, column])
    assert [m.what for m in alarms] == ["income · missing"]
    assert (len(quiet), len(unjudged)) == (1, 1)
    assert (alarms[0].evidence, alarms[0].evidence_share) == ("1 in 10⁹", 0.75)
