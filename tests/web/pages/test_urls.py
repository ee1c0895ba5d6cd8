"""The lists of pages; who may call each, and how often, is tested in `tests/web/test_urls`."""

from tocsin.web.access import Scope
from tocsin.web.pages.urls import PAGES


def test_what_changes_something_is_sent_under_do_or_is_about_signing_in_or_public() -> None:
    posts = [route for route in PAGES if route.method == "POST"]
    own = [r for r in posts if not r.path.startswith("/do/")]
    assert {r.path for r in own if not r.path.startswith("/status")} == {
        "/sign-in",
        "/sign-out",
        "/sign-out-everywhere",
    }
    assert all(r.scope is Scope.PUBLIC for r in own if r.path.startswith("/status"))
