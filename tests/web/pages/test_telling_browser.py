"""In a real browser: acknowledge, send an update, resolve; and the panels, small, dark and full."""

from __future__ import annotations

import pytest

from tests.web.pages import test_browser as browsing
from tests.web.pages.test_browser import Seen, violations
from tests.web.test_related import alarm
from tocsin.incident.incident import Severity
from tocsin.incident.relate import LinkKind
from tocsin.store import alerts, incidents
from tocsin.web import moves, relating, telling

pytestmark = browsing.pytestmark
served, browser, signed_in, seen = (
    browsing.served,
    browsing.browser,
    browsing.signed_in,
    browsing.seen,
)
LONG = "Denied " + "Wohnungsbaugenossenschaftsantragsbearbeitung" * 3


def declared(seen: Seen, title: str = "Denied in south") -> int:
    site = seen.site
    with site.database.unit("aspen", site.clock()) as unit:
        one = moves.declare(unit, site, system="loan-approval", title=title, severity=Severity.SEV2)
        alerts.save(
            unit,
            [alarm(one.id, f"{k}{one.number}", system="loan-approval") for k in "ab"],
        )
    return one.number


def test_acknowledge_send_an_update_resolve_send_the_last(seen: Seen) -> None:
    number = declared(seen)
    page = seen.page
    seen.open(f"/incidents/{number}")
    page.get_by_role("button", name="Acknowledge").click()
    page.wait_for_function("document.querySelector('#people')?.textContent.includes('oncall')")
    seen.open(f"/incidents/{number}")
    assert "Next update due in" in page.inner_text("#updates-due")
    page.get_by_text("Executive update").click()
    text = page.locator("#text-executive")
    assert "What prevents it next time" in text.input_value()
    text.fill("What happened\nDenials rose in south. Nobody has to act.")
    assert violations(page) == []
    page.get_by_role("button", name="Send to board").click()
    page.wait_for_url(f"**/incidents/{number}#updates")
    assert "Denials rose in south." in page.inner_text("#entries")
    assert "arrived at 0 of 1 contact" in page.inner_text("#updates-sent")
    page.get_by_text("Resolve: it is over").click()
    page.get_by_label("Why it is over").fill("feed repaired")
    page.get_by_role("button", name="Resolve", exact=True).click()
    page.wait_for_function("document.querySelector('#next')?.textContent.includes('is over')")
    seen.open(f"/incidents/{number}")
    assert "The last update to board is overdue." in page.inner_text("#updates-due")
    assert page.locator("#text-executive").is_visible()
    assert "This is the last update." in page.locator("#text-executive").input_value()
    page.get_by_role("button", name="Send to board").click()
    page.wait_for_function(
        "document.querySelector('#updates-due').textContent.includes('has had the last update')"
    )
    assert violations(page) == []


def test_words_under_somebodys_hands_survive_what_arrives(seen: Seen) -> None:
    number = declared(seen)
    seen.open(f"/incidents/{number}")
    seen.page.get_by_text("Technical update").click()
    seen.page.locator("#text-technical").fill("mine")
    with seen.site.database.unit("aspen", seen.site.clock()) as unit:
        moves.note(unit, str(number), "somebody else wrote")
    seen.page.get_by_text("somebody else wrote").wait_for()
    assert seen.page.locator("#text-technical").input_value() == "mine"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_panels_fit_full_and_opened(seen: Seen, theme: str, width: int) -> None:
    number, other = declared(seen, LONG), declared(seen)
    site = seen.site
    with site.database.unit("aspen", site.clock()) as unit:
        relating.link(unit, str(number), str(other), LinkKind.CAUSED_BY)
        telling.set_war_room(unit, str(number), f"https://chat.example.org/{'a' * 200}")
        for voice in telling.Voice:
            telling.send_update(
                unit, site, str(number), voice=voice, to=(), subject=LONG, text=LONG * 4
            )
        assert incidents.get(unit.conn, number).war_room
    seen.page.set_viewport_size({"width": width, "height": 900})
    seen.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    seen.open(f"/incidents/{number}")
    assert seen.page.locator("#related input[type=checkbox]").count() == 2
    details = "document.querySelectorAll('#updates details, #related details')"
    seen.page.evaluate(f"{details}.forEach(one => one.open = true)")
    assert violations(seen.page) == []
    wide = seen.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
