"""The report of a check in a real browser, opened from disk."""

import contextlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.detect.compared import FAULTY, FEW, HEALTHY
from tests.web.pages.test_browser import browser as browser  # noqa: PLC0414 - the fixture
from tests.web.pages.test_browser import pytestmark as pytestmark  # noqa: PLC0414 - its conditions
from tests.web.pages.test_browser import violations, window
from tocsin.detect.check import Comparison
from tocsin.web import report


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("check", [FAULTY, HEALTHY, FEW], ids=["faulty", "healthy", "few"])
def test_the_report_of_a_check_opens_from_disk_without_a_network(
    browser: Browser, tmp_path: Path, check: Comparison, theme: str
) -> None:
    file = tmp_path / "report.html"
    file.write_text(report.write(check), encoding="utf-8")
    asked, complaints = list[str](), list[str]()
    dark = theme == "dark"
    with contextlib.closing(
        window(browser, offline=True, color_scheme="dark" if dark else "light")
    ) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(file.as_uri())
        for summary in page.locator("summary").all():
            summary.click()
        assert violations(page) == []
        for width in (390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        if check is FAULTY:
            named = page.locator(".drawn text", has_text="everyone").first
            ink = named.evaluate("text => getComputedStyle(text).fill")
            assert ink == ("rgb(163, 169, 179)" if dark else "rgb(90, 96, 107)")
    assert asked == [file.as_uri()]
    assert complaints == []
