"""What the pages of on-call and silences show: people, proofs, swaps, silences; or nothing."""

from dataclasses import replace
from datetime import timedelta

from tests.oncall.roster import DEPUTY, HEAD, LEAD, POLICY, RISK, ROSTER, override
from tests.store.examples import alert, finding
from tocsin.alert.links import reached_url
from tocsin.alert.matching import parse_all
from tocsin.alert.ports import Receipt
from tocsin.alert.quiet import Hold, Reason, suppressed
from tocsin.alert.silence import Kind, Silence
from tocsin.alert.state import AlertState
from tocsin.oncall.roster import Roster
from tocsin.store import alerts, oncall, reach, silences, suppressions, testpages
from tocsin.store.unit import Unit
from tocsin.web.site import Site

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_LENDING = ROSTER.schedules["lending"]
_ALWAYS = tuple(replace(layer, hours=()) for layer in _LENDING.layers)
WEEKS = replace(_LENDING, name="risk", layers=_ALWAYS)


def busy(site: Site) -> Site:
    """Return a site with two schedules, people proven and not, overrides, silences and quiet."""
    roster = replace(ROSTER, schedules={**ROSTER.schedules, "risk": WEEKS})
    with site.database.unit("aspen", site.clock()) as unit:
        _people(unit)
        swap = override("lending-lead", unit.now + 2 * DAY, unit.now + 3 * DAY)
        oncall.override(unit, "lending", swap, "a wedding")
        _quiet(unit)
    return replace(site, roster=roster)


def bare(site: Site) -> Site:
    """Return a site whose configuration knows nobody."""
    return replace(site, roster=Roster(), inhibitions=())


def reached_path(site: Site) -> str:
    """Return the path behind a test page's link."""
    with site.database.reading() as conn:
        one = testpages.of_person(conn, LEAD.name, 1)[0]
    return reached_url("", site.secret, one.id)


def _people(unit: Unit) -> None:
    for person in (LEAD, DEPUTY):
        for test in testpages.add(unit, person):
            owned = testpages.claim(unit, "w", HOUR, 10)
            mine = next(one for one in owned if one.id == test.id) if owned else test
            testpages.accepted(unit, mine, Receipt(mine.contact.channel, ""))
    reach.acknowledged(unit, LEAD.contacts[0])
    reach.accepted(unit, LEAD.contacts[1])
    reach.failed(unit, RISK.contacts[0], "the receiver answered 403")
    reach.failed(unit, RISK.contacts[1], "no answer within 10 s")
    assert HEAD in POLICY.people


def _quiet(unit: Unit) -> None:
    now = unit.now
    made = [
        ("sil_now", Kind.SILENCE, ["system=loans", "measure=accuracy"], -1, 2, "known, CHG-7"),
        (
            "sil_next",
            Kind.MAINTENANCE,
            ["system=loans", "region=~north|south"],
            20,
            24,
            "new disks",
        ),
        ("sil_past", Kind.SILENCE, ["system=loans", "layer=drift"], -30, -20, "holiday traffic"),
    ]
    for id_, kind, matchers, start, end, reason in made:
        silence = Silence(
            id=id_,
            kind=kind,
            matchers=parse_all(matchers),
            starts_at=now + start * HOUR,
            ends_at=now + end * HOUR,
            author="aspen",
            reason=reason,
            title="Storage upgrade" if kind is Kind.MAINTENANCE else "",
        )
        silences.add(unit, silence)
    quiet = alert(AlertState.FIRING)
    other = replace(quiet, fingerprint="beef", worst=finding("auc"), finding=finding("auc"))
    alerts.save(unit, [quiet, other])
    why = Hold(Reason.SILENCE, "sil_now", "silenced by aspen: known, CHG-7")
    suppressions.save(unit, [suppressed(quiet.alert, why, now - HOUR)])
