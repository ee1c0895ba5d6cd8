"""One incident for one shared cause."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.alert.build import NOW, alert, finding
from tocsin.alert.group import OpenGroup, group, main_finding, related
from tocsin.alert.notice import Alert
from tocsin.base.slices import EVERYONE, parse
from tocsin.detect.finding import Layer, Level

HOUR = timedelta(hours=1)
DRIFT = finding(layer=Layer.DRIFT, measure="psi", column="income", level=Level.TICKET)


def test_thirty_alerts_of_one_fault_are_one_group() -> None:
    many = [alert(finding(slice_=f"region=r{k}")) for k in range(15)]
    many += [alert(finding(slice_=f"channel=c{k}")) for k in range(15)]
    assert len(group(many, []).fresh) == 1


def test_slices_nobody_can_share_are_separate_unless_everyone_links_them() -> None:
    north, south = alert(finding(slice_="region=north")), alert(finding(slice_="region=south"))
    assert len(group([north, south], []).fresh) == 2
    assert len(group([north, south, alert(finding())], []).fresh) == 1


def test_one_monitor_that_alarms_in_three_regions_is_one_fault() -> None:
    regions = [alert(finding(slice_=f"region={name}")) for name in ("north", "south", "east")]
    assert len(group(regions, []).fresh) == 1
    many = [alert(finding(slice_=f"region={k}")) for k in range(15)]
    assert len(group(many, []).fresh) == 1
    apart = [alert(finding(slice_=f"region={k}"), started_at=NOW + k * 2 * HOUR) for k in range(15)]
    assert len(group(apart, []).fresh) == 15
    early = alert(finding(slice_="region=west"), started_at=NOW - 5 * HOUR)
    assert len(group([early, *regions], []).fresh) == 2, "an older one hides none of the three"
    other = alert(finding(measure="accuracy", slice_="region=east"))
    assert len(group([*regions[:2], other], []).fresh) == 3, "other monitors may be other faults"


def test_the_third_region_joins_the_incident_of_the_first() -> None:
    north, south = (alert(finding(slice_=f"region={name}")) for name in ("north", "south"))
    homes = [
        OpenGroup(f"inc_{k}", one.system, one.slice, NOW, (one,))
        for k, one in enumerate((north, south))
    ]
    third = alert(finding(slice_="region=east"))
    assert group([third], homes).joined == (("inc_0", third),)
    assert group([third], homes[:1]).joined == ()
    later = alert(finding(slice_="region=east"), started_at=NOW + 3 * HOUR)
    assert group([later], homes).joined == ()


def test_two_ends_of_one_disparity_are_one_group() -> None:
    ends = [
        alert(finding(layer=Layer.FAIRNESS, measure="selection_gap", slice_=f"sex={sex}"))
        for sex in "fm"
    ]
    assert len(group(ends, []).fresh) == 1


def test_systems_never_mix() -> None:
    two = [alert(finding()), alert(finding(), system="fraud")]
    assert len(group(two, []).fresh) == 2


def test_alerts_far_apart_in_time_are_separate() -> None:
    late = alert(finding(measure="accuracy"), started_at=NOW + 2 * HOUR)
    assert len(group([alert(finding()), late], []).fresh) == 2


def test_drift_raised_to_page_level_is_still_not_the_story() -> None:
    loud = finding(layer=Layer.DRIFT, measure="psi", column="income", evidence=300)
    assert group([alert(loud)], []).fresh == ()
    harm = finding(evidence=7)
    (cluster,) = group([alert(loud), alert(harm)], []).fresh
    assert main_finding(cluster) is harm


def test_tickets_found_no_group_but_join_one() -> None:
    ticket = alert(DRIFT, started_at=NOW - 5 * HOUR)
    assert group([ticket], []).fresh == ()
    assert len(group([ticket, alert(finding())], []).fresh[0]) == 2


def test_an_open_incident_absorbs_what_could_share_its_cause() -> None:
    home = OpenGroup("inc_1", "loan-approval", parse("region=north"), NOW)
    later = NOW + 9 * HOUR
    sex, everyone, south = (
        alert(finding(slice_=s), started_at=later) for s in ("sex=f", "", "region=south")
    )
    grouping = group([sex, everyone, south], [home])
    assert grouping.joined == (("inc_1", sex), ("inc_1", everyone))
    assert grouping.fresh == ((south,),)


def test_an_incident_that_has_recovered_absorbs_nothing_that_began_much_later() -> None:
    home = OpenGroup("inc_1", "loan-approval", parse("region=north"), NOW, recovered_at=NOW + HOUR)
    silence = finding(layer=Layer.HEALTH, measure="silence")
    soon, late = (alert(silence, started_at=NOW + HOUR + k * HOUR) for k in (1, 2))
    assert group([soon], [home]).joined == (("inc_1", soon),)
    assert group([late], [home]).fresh == ((late,),)
    ill = OpenGroup("inc_2", "loan-approval", parse("region=north"), NOW + HOUR)
    assert group([late], [home, ill]).joined == (("inc_2", late),)


def test_an_open_incident_about_everyone_absorbs_every_page_of_its_system() -> None:
    home = OpenGroup("inc_1", "loan-approval", EVERYONE, NOW)
    grouping = group([alert(finding(slice_="region=south"))], [home])
    assert [incident for incident, _ in grouping.joined] == ["inc_1"]
    other = alert(finding(), system="fraud")
    assert group([other], [home]).fresh == ((other,),)


def test_an_old_ticket_is_no_evidence_for_a_new_incident() -> None:
    home = OpenGroup("inc_1", "loan-approval", EVERYONE, NOW)
    stale = alert(DRIFT, started_at=NOW - timedelta(days=10))
    recent = alert(DRIFT, started_at=NOW - timedelta(days=1))
    assert group([stale], [home]).joined == ()
    assert group([recent], [home]).joined == (("inc_1", recent),)


def test_the_main_finding_is_the_slice_where_its_effect_is_clearly_larger() -> None:
    everyone = finding(value=0.29, evidence=15)  # effect -0.022
    north = finding(value=0.285, slice_="region=north", evidence=16)  # 1.2 times: not clearly
    government = finding(value=0.04, slice_="employer=government", evidence=90)
    assert main_finding([alert(f) for f in (everyone, north, government)]) is government
    assert main_finding([alert(f) for f in (everyone, north)]) is everyone


def test_a_tiny_slice_with_a_wild_effect_does_not_tell_the_story() -> None:
    tiny = finding(value=0.0, slice_="region=islands", evidence=4, n=30)
    government = finding(value=0.04, slice_="employer=government", evidence=90)
    both = [alert(f) for f in (finding(value=0.29, evidence=15), tiny, government)]
    assert main_finding(both) is government


def test_a_ticket_is_the_story_only_where_nothing_pages() -> None:
    loud = finding(evidence=4)
    drift = finding(layer=Layer.DRIFT, measure="psi", level=Level.TICKET, evidence=300)
    assert main_finding([alert(loud), alert(drift)]) is loud
    assert main_finding([alert(drift)]) is drift


slices = st.sampled_from(["", "sex=f", "sex=m", "region=n", "region=s", "region=n&sex=f"])


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    one = finding(
        slice_=draw(slices),
        level=draw(st.sampled_from([Level.PAGE, Level.TICKET])),
        measure=draw(st.sampled_from(["selection_rate", "accuracy"])),
    )
    return alert(one, started_at=NOW + draw(st.integers(0, 6)) * 0.4 * HOUR)


def _name(one: Alert) -> str:
    return one.fingerprint


@given(st.lists(alerts(), max_size=12, unique_by=_name))
def test_every_page_is_in_exactly_one_group_and_groups_are_unrelated(many: list[Alert]) -> None:
    fresh = group(many, []).fresh
    placed = [member for cluster in fresh for member in cluster]
    assert len(placed) == len({id(one) for one in placed})
    assert {id(a) for a in many if a.finding.level == Level.PAGE} <= {id(a) for a in placed}
    loud = [[a for a in cluster if a.finding.level == Level.PAGE] for cluster in fresh]
    assert all(loud)
    for k, cluster in enumerate(loud):
        for other in loud[k + 1 :]:
            assert not any(related(a, b) for a in cluster for b in other)
