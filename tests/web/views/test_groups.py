from tests.web.views.nouns import finding
from tocsin.base.slices import Slice
from tocsin.detect.finding import Level, Verdict
from tocsin.detect.groups import Group
from tocsin.web.views.groups import COLUMNS, tables
from tocsin.web.views.marks import Mark

WOMEN, MEN, FEW = (Slice.of({"sex": value}) for value in ("f", "m", "x"))
GROUPS = [
    (WOMEN, Group(n=100, selected=20, tp=10, fp=10, tn=50, fn=30)),
    (MEN, Group(n=200, selected=80)),
    (FEW, Group(n=4, selected=1)),
]


def test_groups_stand_side_by_side_with_what_the_rule_says() -> None:
    duty = finding("selection_rate_ratio", slice_=WOMEN)
    few = finding("selection_rate_ratio", Verdict.INSUFFICIENT, Level.INFO, slice_=FEW)
    (table,) = tables([(("sex",), GROUPS)], [duty, few])
    women, men, rare = table.rows
    assert table.title == "sex"
    assert (women.values, women.n, women.rates[0]) == ("f", "100", "20.0 %")
    assert women.rates[list(COLUMNS).index("tpr")] == "25.0 %"
    assert (women.ratio, women.mark, women.why) == (f"{duty.value:.2f}", Mark.HARM, duty.why)
    assert men.rates[1:] == ("–",) * 5  # no outcome is known
    assert (men.ratio, men.mark) == ("–", Mark.NO_DATA)
    assert (rare.rates[0], rare.ratio) == ("–", "–")


def test_a_set_of_attributes_that_nobody_is_in_has_no_table() -> None:
    assert tables([(("sex", "age_band"), [])], []) == ()
