"""Moves between incidents, one after the other: no alert is lost or doubled, and no page is."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.jobs.test_joining import COMMAND
from tests.web.cast import Stage
from tests.web.test_related import act, alarm, guarded, held, opened
from tocsin.incident.relate import LinkKind
from tocsin.store import alerts, audit, commands, incidents
from tocsin.web import relating

REGIONS = ("north", "south", "east", "west")


def test_what_a_merge_moved_stands_in_the_audit_log(stage: Stage) -> None:
    opened(stage, "north")
    loser = opened(stage, "south")
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        winner = relating.merge(unit, loser, "1", "one pipeline")
    with stage.site.database.reading() as conn:
        deeds = {row.act.action: row.act for row in audit.recent(conn, 20)}
        (link,) = relating.relations(conn, winner)
    merged = deeds["incident.merged"]
    assert (merged.subject, merged.actor, merged.facts["into"]) == (loser, "aspen", winner.id)
    assert merged.facts["alerts"] == alarm("", "south").fingerprint
    assert (link.alerts, link.says, link.removable) == (0, "goes on for", False)


def test_a_split_takes_every_episode_of_an_alert(stage: Stage) -> None:
    incident = opened(stage, "north", "south")
    earlier = alarm(incident, "south")
    with stage.site.database.unit("detect", stage.watch()) as unit:
        object.__setattr__(earlier, "started_at", earlier.started_at - timedelta(hours=9))
        alerts.save(unit, [earlier])
        site = replace(stage.site, command=COMMAND)
        new = relating.split(unit, site, incident, [earlier.fingerprint])
    with stage.site.database.reading() as conn:
        assert commands.get(conn, new.id).asks == COMMAND.asks
        assert len(alerts.of_incident(conn, new.id)) == 2
        assert len(alerts.of_incident(conn, incident)) == 1
    assert new.impact_from == earlier.started_at


def test_linking_twice_tells_once(stage: Stage) -> None:
    one, two = opened(stage, "north"), opened(stage, "south")
    for _ in range(2):
        with stage.site.database.unit("aspen", stage.watch()) as unit:
            relating.link(unit, one, two, LinkKind.RELATED)
    with stage.site.database.reading() as conn:
        lines = [e for e in incidents.timeline(conn, two) if e.kind.value == "linked"]
    assert len(lines) == 1


@pytest.mark.parametrize("seed", range(4))
def test_whatever_people_do_no_alert_and_no_page_is_lost(stage: Stage, seed: int) -> None:
    dice = random.Random(seed)
    for region in REGIONS:
        opened(stage, region, severity=dice.choice(["SEV1", "SEV2", "SEV3"]))
    every = {alarm("", region).fingerprint for region in REGIONS}
    done = 0
    for _ in range(14):
        stage.watch.forward(timedelta(minutes=3))
        with stage.site.database.reading() as conn:
            open_ = [one.number for one in incidents.open_ones(conn)]
        who = dice.choice(["responder", "admin"])
        match dice.choice(["merge", "split", "acknowledge"]):
            case "merge" if len(open_) > 1:
                loser, winner = dice.sample(open_, 2)
                answer = act(stage, f"{loser}/merge", {"into": str(winner)}, who)
            case "split":
                one = dice.choice(open_)
                answer = act(stage, f"{one}/split", {"alerts": held(stage, one)[:1]}, who)
            case _:
                answer = act(stage, f"{dice.choice(open_)}/acknowledge", {}, who)
        assert answer.status_code in {200, 201, 400, 422}, answer.text
        done += answer.status_code < 300
        with stage.site.database.reading() as conn:
            standing = incidents.open_ones(conn)
            found = [a for one in standing for a in alerts.of_incident(conn, one.id)]
        assert sorted(one.fingerprint for one in found) == sorted(every)
        guarded(stage)
    assert done > 4
