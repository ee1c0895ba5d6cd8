from datetime import timedelta

from tests.web.cast import NOW, Stage
from tests.web.pages.reading import Page
from tests.web.test_in_force import HELD
from tocsin.store import containment


def test_the_page_says_what_is_in_force_and_what_has_ended(stage: Stage) -> None:
    stage.sign_in("reader")
    assert Page(stage.client.get("/in-force").text).text("h1") == "Nothing is in force"
    with stage.site.database.unit("test", NOW) as unit:
        containment.add_directives(unit, [HELD])
    page = Page(stage.client.get("/in-force").text)
    assert page.text("h1") == "1 directive in force for loans"
    assert "loans : Sex=f goes to the fallback rules" in page.text("held")
    stage.watch.forward(timedelta(hours=2))
    page = Page(stage.client.get("/in-force").text)
    assert page.text("h1") == "Nothing is in force"
    assert "ran out" in page.text("over")
