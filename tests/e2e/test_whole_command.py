"""One incident from its page to the status page's history, in real browsers; axe agrees all along.

The worker's duties run where the test says so, so that every time on record is known.
"""

import contextlib
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.paging import beside
from tests.jobs import story
from tests.jobs.scene import Inbox
from tests.web.cast import Watch, site_at
from tests.web.pages.serving import serve
from tests.web.pages.test_browser import Seen, violations, window
from tests.web.pages.test_browser import browser as browser  # noqa: PLC0414 - the fixture
from tests.web.pages.test_browser import pytestmark as pytestmark  # noqa: PLC0414 - its conditions
from tests.web.pages.test_browser import seen as seen  # noqa: PLC0414 - the fixture
from tests.web.pages.test_browser import signed_in as signed_in  # noqa: PLC0414 - the fixture
from tests.web.public import INTERNAL, PAGE
from tocsin.detect.finding import Layer
from tocsin.incident.bulletin import Stage
from tocsin.incident.incident import Incident, Role, State
from tocsin.jobs import alert, contain, diagnose, oncall, updates
from tocsin.jobs.rings import Duty
from tocsin.profile.blocks import tallies
from tocsin.store import bulletins, containment, findings, incidents, systems
from tocsin.store import updates as sent
from tocsin.web.pages.public import files
from tocsin.web.publish import FRESH, Public
from tocsin.web.site import Site

HOST, SCORE = "db-7.internal", "0.1532"
NOTE = f"{HOST} sends incomes in thousands since the retrain; scores fell to {SCORE}"
FIRST = "Some applications were turned down wrongly."
NEWS = "A person decides meanwhile."
LAST = "Every application is read again."
REPAIR = "The vendor repairs its feed."
TIMELINE = [
    ("opened", "tocsin"),
    ("finding", "tocsin"),
    ("page", "tocsin"),
    ("diagnosis", "tocsin"),
    ("acknowledged", "lending"),
    ("role", "oncall"),
    ("role", "oncall"),
    ("note", "oncall"),
    ("impact", "oncall"),
    ("plan", "oncall"),
    ("approved", "oncall"),
    ("contained", "oncall"),
    ("verified", "tocsin"),
    ("update", "oncall"),
    ("note", "oncall"),  # what the public reads stands here as well
    ("note", "oncall"),
    ("resolved", "oncall"),
    ("note", "oncall"),
]
"""Kind and actor of every line, in order."""
BEGAN = story.at(60)
"""When a person says that it began; the machine sees it a minute later."""
PHONE = {"width": 390, "height": 844}


@dataclass
class Shift:
    """A served site, the clock of everybody, and the duties of its worker."""

    site: Site
    watch: Watch
    pager: Inbox
    mail: Inbox

    def __post_init__(self) -> None:
        self.told = story.Story(beside(self.site, self.pager, self.mail))

    def at(self, seconds: float) -> None:
        """Let it be so many seconds after the story began."""
        self.watch.at = story.at(seconds)

    def do(self, *duties: Duty) -> None:
        """Run duties now."""
        for duty in duties:
            duty(self.told.rings, self.watch())

    @property
    def incident(self) -> Incident:
        return self.told.incident("1")


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shift]:
    """Serve a system that decides as ever, with a status page of two components."""
    folder, watch = tmp_path_factory.mktemp("command"), Watch(story.at(0))
    site = site_at(folder, watch)
    reference = story.rows(0, 600, hit_rate=0.6, seed=99)
    with site.database.unit("test", watch()) as unit:
        known = [tally for _, tally in tallies(reference, story.SPEC)]
        systems.save(unit, story.SYSTEM, story.SPEC, known, reference.num_rows, "0" * 64)
        bulletins.stand(unit, [one.key for one in PAGE.components])

    def with_page(base_url: str) -> Site:
        draw = partial(files, page=PAGE, base_url=base_url)
        return replace(site, base_url=base_url, public=Public(PAGE, folder / "copy", draw))

    with serve(with_page) as one:
        yield Shift(one, watch, Inbox("console"), Inbox("mail"))
    site.committer.close()
    site.database.close()


@pytest.fixture(scope="module")
def served(shift: Shift) -> Site:
    return shift.site


def woken(shift: Shift) -> str:
    """Let approvals collapse and be noticed; return the link of the page that is delivered."""
    shift.told.fault(until_s=170)
    shift.at(150)
    with shift.site.database.unit("test", shift.watch()) as unit:
        seen = story.alarm(Layer.PERFORMANCE, "selection_rate")
        findings.save(unit, "loans", shift.watch(), [seen], whole=True)
    shift.do(alert.run, oncall.escalate, oncall.deliver, diagnose.run)
    (page,) = shift.pager.taken
    return page.acknowledge_url


def unfold(page: Page, selector: str) -> None:
    """Open a form by key: what the page loads meanwhile may move it from under a pointer."""
    page.locator(f"{selector} > summary").first.press("Enter")
    assert violations(page) == []


def publish(page: Page, stage: Stage, text: str) -> None:
    """Say something to the public from the room."""
    unfold(page, "details.publish")
    form = page.locator("details.publish form")
    form.locator("[name=stage]").select_option(stage.value)
    form.locator("[name=text]").fill(text)
    assert violations(page) == []
    form.get_by_role("button").click()
    page.locator("#status-page").get_by_text(text).wait_for()


def read(browser: Browser, shift: Shift) -> str:
    """Return what a stranger reads on the status page now; nothing internal may stand in it."""
    shift.watch.forward(FRESH)
    with contextlib.closing(window(browser, viewport=PHONE)) as context:
        public = context.new_page()
        public.goto(f"{shift.site.base_url}/status")
        assert violations(public) == []
        assert [word for word in (*INTERNAL, HOST, SCORE) if word in public.content()] == []
        return public.locator("main").inner_text()


def test_from_the_page_to_the_history_of_the_status_page(
    shift: Shift, seen: Seen, browser: Browser
) -> None:
    taken(shift, browser, woken(shift))
    page = seen.page
    page.emulate_media(reduced_motion="reduce")  # what fades in has no contrast yet
    seen.open("/incidents/1")
    assert violations(page) == []
    shared_out(page)
    dated(page)
    contained(shift, page)
    shift.do(diagnose.run)
    seen.open("/incidents/1")  # a draft is made with its page
    updated(page)
    shift.do(updates.deliver)

    assert "Everything works." in read(browser, shift)
    publish(page, Stage.INVESTIGATING, FIRST)
    said = read(browser, shift)
    assert "are affected by an incident." in said
    assert FIRST in said
    publish(page, Stage.MONITORING, NEWS)
    assert NEWS in read(browser, shift)

    shift.at(300)
    unfold(page, "details.resolve")
    page.get_by_label("Why it is over").fill("the feed is right again")
    page.get_by_role("button", name="Resolve", exact=True).click()
    page.get_by_text("This incident is over.").wait_for()
    assert "are affected by an incident." in read(browser, shift), "people say that it is over"
    publish(page, Stage.RESOLVED, LAST)
    now, _, past = read(browser, shift).partition("Past incidents")
    assert "Everything works." in now
    assert FIRST not in now
    assert "2026-11-20 14:01" in past
    assert LAST in past
    records(shift)


def taken(shift: Shift, browser: Browser, link: str) -> None:
    """Acknowledge by the link of the page, on a phone that is signed in nowhere."""
    with contextlib.closing(window(browser, viewport=PHONE)) as context:
        phone = context.new_page()
        phone.goto(link)
        assert violations(phone) == []
        shift.at(160)
        phone.get_by_role("button", name="I have it").click()
        phone.get_by_text("lending has it").wait_for()
        assert violations(phone) == []


def shared_out(page: Page) -> None:
    """Give two roles, and write a note of which nobody outside may read a word."""
    for role, person in ((Role.SCRIBE, "aspen"), (Role.COMMUNICATIONS, "beech")):
        unfold(page, "#give")
        page.locator("#give [name=role]").select_option(role.value)
        page.locator("#give [name=to]").fill(person)
        page.get_by_role("button", name="Give the role").click()
        page.locator("#head").get_by_text(person).wait_for()
        assert violations(page) == []
    page.get_by_label("Note for the timeline").fill(NOTE)
    page.get_by_role("button", name="Write note").click()
    page.locator("#entries p.said", has_text=HOST).wait_for()


def dated(page: Page) -> None:
    """Say when it began."""
    unfold(page, "#began")
    page.get_by_label("Impact began (UTC)").fill("14:01")
    page.get_by_label("how you know").fill("the vendor's log says so")
    page.get_by_role("button", name="Set when it began").click()
    page.locator("#moments").get_by_text("says oncall").wait_for()
    assert violations(page) == []


def updated(page: Page) -> None:
    """Send the board an update, drafted from the records and edited."""
    unfold(page, "details.draft:has(#text-executive)")
    words = page.locator("#text-executive")
    assert "It began at 2026-11-20 14:01 UTC" in words.input_value()
    assert "The harm stopped at" in words.input_value()
    words.fill(f"{words.input_value()}\n{REPAIR}")
    page.get_by_role("button", name="Send to board").click()
    page.locator("#updates-sent summary").wait_for()
    assert violations(page) == []


def contained(shift: Shift, page: Page) -> None:
    """Plan, approve, and let the serving side obey until people are well."""
    unfold(page, "details.own-plan")
    page.locator("details.own-plan").get_by_role("button", name="Propose").click()
    page.get_by_text("Approving this hash does exactly this").wait_for()
    assert violations(page) == []
    shift.at(170)
    page.locator("div.plan button").first.click()
    page.locator("div.plan").wait_for(state="detached")
    with shift.site.database.reading() as conn:
        (directive,) = containment.of_incident(conn, shift.incident.id)
    obeyed = story.rows(171, 230, hit_rate=0.58, seed=4, directive=directive.id)
    shift.told.decide(obeyed)
    shift.at(230)
    shift.do(contain.run)
    page.get_by_text("Harm has stopped. Fix the cause").wait_for()
    assert violations(page) == []


def records(shift: Shift) -> None:
    """Look at the rows that are left of it all."""
    incident = shift.incident
    assert incident.state is State.RESOLVED
    assert incident.title.endswith("since 14:01 UTC")
    assert (incident.impact_from, incident.impact_by) == (BEGAN, "oncall")
    times = (incident.detected_at, incident.acknowledged_at, incident.resolved_at)
    assert times == (story.at(150), story.at(160), story.at(300))
    assert incident.contained_at is not None
    assert story.at(171) <= incident.contained_at < story.at(173)
    assert incident.recovered_at == story.at(230)
    held = {one: incident.holders(one) for one in Role if incident.holders(one)}
    assert held == {
        Role.COMMANDER: ("lending",),
        Role.SCRIBE: ("aspen",),
        Role.COMMUNICATIONS: ("beech",),
    }
    with shift.site.database.reading() as conn:
        entries = incidents.timeline(conn, incident.id)
        (update,) = sent.of_incident(conn, incident.id)
        (bulletin,) = bulletins.of_incident(conn, incident.id)
    assert [(entry.kind.value, entry.actor) for entry in entries] == TIMELINE
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    (letter,) = shift.mail.taken
    assert (update.audiences, update.sent_by) == (("board",), "oncall")
    assert update.text.endswith(REPAIR)
    assert letter.text.startswith(update.text)
    assert [(post.stage, post.text, post.by) for post in bulletin.posts] == [
        (Stage.INVESTIGATING, FIRST, "oncall"),
        (Stage.MONITORING, NEWS, "oncall"),
        (Stage.RESOLVED, LAST, "oncall"),
    ]
    assert bulletin.began_at == incident.impact_from
