"""An incident from its page to its note with the keyboard alone, in a real browser; axe agrees."""

import contextlib
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.paging import beside
from tests.jobs.scene import Inbox
from tests.web.cast import NOW
from tests.web.pages.test_browser import Seen, violations, window
from tests.web.pages.test_browser import browser as browser  # noqa: PLC0414 - the fixture
from tests.web.pages.test_browser import pytestmark as pytestmark  # noqa: PLC0414 - its conditions
from tests.web.pages.test_browser import seen as seen  # noqa: PLC0414 - the fixture
from tests.web.pages.test_browser import served as served  # noqa: PLC0414 - the fixture
from tests.web.pages.test_browser import signed_in as signed_in  # noqa: PLC0414 - the fixture
from tocsin.incident.incident import Incident, Role, Severity
from tocsin.jobs import oncall
from tocsin.store import incidents, tasks
from tocsin.web import moves
from tocsin.web import roles as team_roles
from tocsin.web import tasks as team_tasks
from tocsin.web.site import Site

TABS = 150


def paged(site: Site) -> tuple[Incident, str]:
    """Open an incident, let its first page be delivered, and return the link that it holds."""
    with site.database.unit("tocsin", NOW) as unit:
        opened = moves.declare(
            unit, site, system="fraud", title="Refunds refused", severity=Severity.SEV1
        )
    inbox = Inbox("console")
    rings = beside(site, inbox)
    oncall.escalate(rings, NOW)
    oncall.deliver(rings, NOW)
    links = [one.acknowledge_url for one in inbox.taken if one.incident == opened.id]
    return opened, links[0]


def reach(page: Page, what: str) -> None:
    """Press Tab until what has the focus is called `what`."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "(e => e.labels?.[0]?.innerText || e.innerText || e.name || '')(document.activeElement)"
        )
        if what in str(name):
            return
    raise AssertionError(f"{what!r} is not reached by {TABS} tabs")


def test_from_the_page_to_a_note_without_a_mouse(seen: Seen, browser: Browser) -> None:
    opened, link = paged(seen.site)
    with contextlib.closing(window(browser)) as context:  # woken, and not signed in
        phone = context.new_page()
        phone.goto(link)
        assert violations(phone) == []
        reach(phone, "I have it")
        phone.keyboard.press("Enter")
        phone.get_by_text("lending has it").wait_for()
        assert violations(phone) == []
    page, press = seen.page, seen.page.keyboard.press
    seen.open(f"/incidents/{opened.number}")
    assert "No scribe yet, SEV1" in (page.locator("#roles").text_content() or "")

    reach(page, "Give or hand over a role")
    press("Enter")
    reach(page, "Role")
    page.keyboard.type("scribe")
    reach(page, "to")
    page.keyboard.type("aspen")
    press("Enter")
    page.wait_for_url("**#roles")
    page.locator("#head").get_by_text("aspen").wait_for()

    reach(page, "Add a task")
    press("Enter")
    reach(page, "What is to be done")
    page.keyboard.type("call the vendor")
    reach(page, "within")
    page.keyboard.type("30m")
    press("Enter")
    page.wait_for_url("**#tasks")
    page.locator("#tasks").get_by_text("call the vendor").wait_for()

    page.locator("body").press("n")
    page.keyboard.type("vendor confirms the fault")
    reach(page, "Write note")
    press("Enter")
    page.locator("#entries p.said", has_text="vendor confirms the fault").wait_for()

    for summary in page.locator("main summary").all():
        summary.focus()
        press("Enter")
    assert violations(page) == []
    with seen.site.database.reading() as conn:
        incident = incidents.get(conn, opened.number)
        assert (incident.acknowledged_by, incident.commander) == ("lending", "lending")
        assert incident.holders(Role.SCRIBE) == ("aspen",)
        assert [one.text for one in tasks.of_incident(conn, incident.id)] == ["call the vendor"]
        last = incidents.timeline(conn, incident.id)[-1]
    assert (last.actor, last.text) == ("oncall", "vendor confirms the fault")


def test_what_somebody_has_open_stays_open_when_a_line_arrives(seen: Seen) -> None:
    opened, _ = paged(seen.site)
    with seen.site.database.unit("oncall", NOW) as unit:
        moves.note(unit, opened.id, "first")
    seen.open(f"/incidents/{opened.number}")
    seen.page.get_by_text("Correct", exact=True).click()
    form = seen.page.locator("#entries textarea")
    assert form.is_visible()
    with seen.site.database.unit("deputy", NOW) as unit:
        moves.note(unit, opened.id, "a line from elsewhere")
    seen.page.locator("p.said", has_text="a line from elsewhere").wait_for()
    assert seen.page.locator("#entries textarea").is_visible()


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_a_room_with_everybody_in_it_is_not_wider_than_its_screen(seen: Seen, width: int) -> None:
    opened, _ = paged(seen.site)
    with seen.site.database.unit("oncall", NOW) as unit:
        for role in Role:
            for k in range(2 if role.shared else 1):
                team_roles.assign(unit, opened.id, role, f"{'long-name-' * 4}{role}-{k}")
        for k in range(6):
            team_tasks.add(unit, opened.id, f"task {k} " + "of many words " * 9, "aspen" * 9, NOW)
        moves.note(unit, opened.id, "x" * 200)
    with seen.site.database.unit("long-name-" * 6, NOW) as unit:
        moves.date(unit, opened.id, NOW - timedelta(days=29), "y" * 200)
    seen.page.set_viewport_size({"width": width, "height": 900})
    seen.open(f"/incidents/{opened.number}")
    for summary in seen.page.locator("main summary").all():
        summary.click()
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_on_paper_there_is_the_record_and_nothing_to_press(seen: Seen) -> None:
    opened, _ = paged(seen.site)
    with seen.site.database.unit("oncall", NOW) as unit:
        moves.note(unit, opened.id, "feed is late")
        note = incidents.timeline(unit.conn, opened.id)[-1]
        moves.correct(unit, opened.id, note.id, "feed is wrong")
        team_tasks.add(unit, opened.id, "call the vendor", "aspen", NOW)
    seen.open(f"/incidents/{opened.number}")
    seen.page.emulate_media(media="print")
    assert seen.page.locator("#roles").is_visible()
    assert seen.page.get_by_text("call the vendor").first.is_visible()
    assert seen.page.get_by_text("feed is late").bounding_box() is not None
    for pressed in ("form", "button", "#give", "#add-task"):
        assert not any(one.is_visible() for one in seen.page.locator(f"main {pressed}").all())
