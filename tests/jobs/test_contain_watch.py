"""Each directive is watched by itself, and contains only whom it is about."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from tests.jobs.story import REGIONAL, Story, at, regional, rows, story
from tests.jobs.test_contain import changed, contained, lines, verdicts
from tocsin.base.slices import Slice
from tocsin.contain.directive import Action, Directive
from tocsin.contain.verify import Recovery
from tocsin.incident.incident import EntryKind, State
from tocsin.jobs import contain, expiry
from tocsin.store import containment


def obeyed(told: Story, *directives: Directive) -> list[datetime | None]:
    """Return since when each is seen to be obeyed."""
    with told.rings.database.reading() as conn:
        held = {one.id: one for one in containment.some(conn, [d.id for d in directives])}
    return [held[one.id].obeyed_at for one in directives]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Story]:
    with story(tmp_path) as one:
        yield one


def test_each_directive_is_watched_by_itself_also_of_a_contained_incident(told: Story) -> None:
    told.fault()
    incident = told.detect()
    first = told.approve(incident, 160)
    told.decide(rows(163, 170, hit_rate=0.58, seed=4, directive=first.id))
    contain.run(told.rings, at(170))
    assert told.incident(incident).state is State.CONTAINED
    second = told.approve(incident, 170)
    for end in (180, 190, 205):
        told.decide(rows(end - 10, end, hit_rate=0.58, seed=end))  # the guard went deaf
        contain.run(told.rings, at(end))
    assert [one is not None for one in obeyed(told, first, second)] == [True, False]
    assert sum("not yet obeyed" in line for line in lines(told, incident, EntryKind.CONTAINED)) == 1
    told.decide(rows(205, 210, hit_rate=0.58, seed=6, directive=second.id))
    for end in (210, 215):
        contain.run(told.rings, at(end))
    since = obeyed(told, first, second)[1]
    assert since is not None
    assert at(205) <= since < at(210)
    said = lines(told, incident, EntryKind.CONTAINED)
    assert sum(line.startswith("Obeyed: employer=government goes to") for line in said) == 1


def test_what_ended_and_was_obeyed_does_not_contain_again(told: Story) -> None:
    incident = contained(told, 0.15)
    with told.rings.database.unit("test", at(200)) as unit:
        (first,) = containment.of_incident(unit.conn, incident)
        containment.save_directive(unit, replace(first, expires_at=at(200)))
        longer = replace(first, id="dir_longer", action=Action.FREEZE)
        containment.add_directives(unit, [longer])  # keeps the plan in force
    expiry.run(told.rings, at(201))
    assert told.incident(incident).state is not State.CONTAINED
    contain.run(told.rings, at(202))
    assert told.incident(incident).state is not State.CONTAINED


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"slice": Slice.of({"employer": "private"})}, "Obeyed for employer=private only"),
        (
            {"slice": Slice.of({"employer": "government", "region": "south"})},
            "Obeyed for employer=government and region=south only",
        ),
        (
            {"action": Action.CANARY, "share": 0.01, "to_version": "v3"},
            "Obeyed for 1 % of employer=government only",
        ),
    ],
    ids=["others", "some", "a share"],
)
def test_what_does_not_hold_for_all_who_are_hit_contains_nothing(
    tmp_path: Path, more: dict[str, object], said: str
) -> None:
    with story(tmp_path, REGIONAL) as told:
        table = regional(rows(0, 160, hit_rate=0.15, seed=1))
        told.decide(table)
        incident = told.detect()
        part = changed(told, told.approve(incident, 160), **more)
        table = regional(rows(160, 180, hit_rate=0.15, seed=3))
        column = table.column_names.index("directive")
        told.decide(table.set_column(column, "directive", pa.array([part.id] * table.num_rows)))
        for seconds in (180, 185):
            contain.run(told.rings, at(seconds))
        after = told.incident(incident)
        assert (after.state, after.contained_at) == (State.ACKNOWLEDGED, None)
        (line,) = lines(told, incident, EntryKind.CONTAINED)
        assert line.startswith(said)
        assert "INC-1 is about employer=government, so it does not count as contained" in line
        assert obeyed(told, part) != [None]
        expiry.run(told.rings, part.expires_at)
        assert lines(told, incident, EntryKind.PAGE) == [], "it had stopped no harm"


def moved(told: Story) -> tuple[str, Directive]:
    """Move the threshold for the slice at 160 s."""
    told.fault()
    incident = told.detect()
    one = changed(told, told.approve(incident, 160), action=Action.THRESHOLD, threshold=0.4)
    return incident, one


def test_a_moved_threshold_that_rows_name_is_obeyed_and_its_help_verified(told: Story) -> None:
    incident, directive = moved(told)
    for k in range(161, 190, 5):
        told.decide(rows(k, k + 5, hit_rate=0.58, seed=k, directive=directive.id))
        contain.run(told.rings, at(k + 5))
    assert (obeyed(told, directive)[0] or at(0)) >= at(161)
    assert "the serving side obeys" in lines(told, incident, EntryKind.CONTAINED)[0]
    assert verdicts(told, incident)[-1] is Recovery.RECOVERED


def test_a_threshold_that_no_row_names_is_taken_to_be_obeyed_and_its_end_calls(told: Story) -> None:
    incident, directive = moved(told)
    told.decide(rows(160, 200, hit_rate=0.15, seed=3))  # the service asks for it, and says nothing
    contain.run(told.rings, at(161))
    assert told.incident(incident).contained_at is None
    contain.run(told.rings, at(200))
    contain.run(told.rings, at(201))
    after = told.incident(incident)
    assert (after.state, after.contained_at) == (State.CONTAINED, at(162))
    (said,) = lines(told, incident, EntryKind.CONTAINED)
    assert "taken to be obeyed, which no row can tell" in said
    assert obeyed(told, directive) == [None]
    assert verdicts(told, incident) == [Recovery.NOT_YET]
    over = directive.expires_at
    expiry.run(told.rings, over)
    assert told.incident(incident).acknowledged_at is None
    (end,) = lines(told, incident, EntryKind.EXPIRED)
    assert "the usual threshold holds for employer=government again" in end
    assert "has not recovered" in lines(told, incident, EntryKind.PAGE)[0]


def both(start: float, end: float, directive: Directive | None = None, **rates: float) -> pa.Table:
    """Let two versions decide side by side; with a directive others decide instead of v2."""
    id_ = directive.id if directive is not None else None
    mine = rows(start, end, hit_rate=rates["v2"], seed=int(start), directive=id_, version="v2")
    return pa.concat_tables([rows(start, end, hit_rate=rates["v1"], seed=int(end)), mine])


def test_of_two_versions_the_named_one_is_watched_and_verified_and_the_other_left_alone(
    told: Story,
) -> None:
    told.fault()
    incident = told.detect()
    told.decide(both(155, 160, v1=0.58, v2=0.15))
    of_v2 = changed(told, told.approve(incident, 160), of_version="v2")
    for k in range(160, 190, 5):
        told.decide(both(k, k + 5, of_v2, v1=0.15, v2=0.58))
        contain.run(told.rings, at(k + 5))
    (obeyed_line,) = lines(told, incident, EntryKind.CONTAINED)
    assert obeyed_line.startswith(
        "Obeyed for what version v2 would decide of employer=government only: "
    )
    assert "whichever decides, so it does not count as contained" in obeyed_line
    with told.rings.database.reading() as conn:
        look = containment.verifications(conn, incident)[-1]
    # v1 went bad meanwhile: what v2 decided, and what decides instead, is all that is compared
    assert (look.version, look.verdict) == ("v2", Recovery.RECOVERED)
    assert look.before.share < 0.5 < look.after.share
    assert "whom version v2 decides or would decide recovered" in look.text
    after = told.incident(incident)
    assert (after.state, after.recovered_at) == (State.ACKNOWLEDGED, None)


def test_what_other_versions_decide_is_no_disobedience(told: Story) -> None:
    told.fault()
    incident = told.detect()
    changed(told, told.approve(incident, 160), of_version="v2")
    told.decide(rows(160, 200, hit_rate=0.15, seed=3))
    contain.run(told.rings, at(200))
    assert lines(told, incident, EntryKind.CONTAINED) == []
    told.decide(rows(200, 210, hit_rate=0.15, seed=4, version="v2"))
    contain.run(told.rings, at(210))
    (said,) = lines(told, incident, EntryKind.CONTAINED)
    assert "were still made by version v2" in said
    assert "of a release that knows directives of a version" in said


def test_a_rollback_into_the_version_is_disobedience_as_well(told: Story) -> None:
    told.fault()
    incident = told.detect()
    changed(told, told.approve(incident, 160), of_version="v0")
    table = rows(160, 200, hit_rate=0.15, seed=3, version="v0")
    place = table.column_names.index("decided_by")
    deciders = pa.array(["rollback"] * table.num_rows)
    told.decide(table.set_column(place, "decided_by", deciders).cast(table.schema))
    contain.run(told.rings, at(200))
    (said,) = lines(told, incident, EntryKind.CONTAINED)
    assert "were still made by version v0" in said


def test_of_the_only_version_that_decides_it_contains_and_what_decides_after_a_rollback_counts(
    told: Story,
) -> None:
    told.fault()
    incident = told.detect()
    back = {"action": Action.ROLLBACK, "to_version": "v0", "of_version": "v1", "sole": True}
    one = changed(told, told.approve(incident, 160), **back)
    for k in range(160, 190, 5):
        table = rows(k, k + 5, hit_rate=0.58, seed=k, directive=one.id)
        told.decide(named(table, "v0", of=one))
        contain.run(told.rings, at(k + 5))
    after = told.incident(incident)
    assert after.state is State.CONTAINED
    assert after.recovered_at is not None
    with told.rings.database.reading() as conn:
        look = containment.verifications(conn, incident)[-1]
    assert (look.version, look.verdict) == ("v1", Recovery.RECOVERED)


def test_after_a_renewal_it_is_compared_with_what_was_before_the_first(told: Story) -> None:
    told.fault()
    incident = told.detect()
    told.decide(both(155, 160, v1=0.58, v2=0.15))
    first = changed(told, told.approve(incident, 160), of_version="v2")
    told.decide(both(160, 190, first, v1=0.58, v2=0.58))
    contain.run(told.rings, at(190))
    with told.rings.database.unit("test", at(190)) as unit:
        second = replace(first, id="dir_second", created_at=at(190), obeyed_at=None)
        containment.add_directives(unit, [second])
        (obeyed_first,) = containment.some(unit.conn, [first.id])
        containment.save_directive(unit, replace(obeyed_first, reverted_at=at(190)))
    told.decide(both(190, 200, second, v1=0.58, v2=0.58))
    contain.run(told.rings, at(200))
    with told.rings.database.reading() as conn:
        looks = containment.verifications(conn, incident)
    assert looks[-1].at == at(200)
    assert looks[-1].before == looks[0].before


def named(table: pa.Table, version: str, of: Directive) -> pa.Table:
    """Let the rows of a directive name the version that decided them."""
    names = [version if one == of.id else "v1" for one in table["directive"].to_pylist()]
    place = table.column_names.index("version")
    return table.set_column(place, "version", pa.array(names)).cast(table.schema)
