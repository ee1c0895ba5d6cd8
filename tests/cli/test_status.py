"""`tocsin status` against a real server on this machine."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.cli.served import Terminal, address_of
from tests.store.examples import opened
from tests.web.cast import Watch, site_at, tokens_of
from tests.web.public import PAGE
from tocsin.incident.subscriber import Way
from tocsin.ingest.change import Complaint
from tocsin.store import changes, subscribers
from tocsin.web.pages.public import files
from tocsin.web.publish import Public


def test_the_status_page_goes_its_way_from_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    site = site_at(tmp_path, Watch())
    draw = partial(files, page=PAGE, base_url=site.base_url)
    site = replace(site, public=Public(PAGE, tmp_path / "status", draw))
    incident = opened(site.database)
    with site.database.unit("visitor", site.clock()) as unit:
        subscribers.ask(unit, Way.MAIL, "aspen@example.org")
        text, at = "I was turned down.", unit.now
        one = Complaint(id="cmp_1", at=at, system="loans", text=text, contact="aspen@example.org")
        changes.add_complaint(unit, one)
    with address_of(site) as url:
        tokens = tokens_of(site)

        def said(*words: str, who: str = "admin", code: int = 0) -> str:
            me = ("--url", url, "--token", tokens[who])
            found, out, err = terminal.run("status", *words, *me)
            assert found == code, err
            return out if code == 0 else err

        assert said("show", who="reader").startswith("Everything works.\n")
        number = f"INC-{incident.number}"
        words = ("--stage", "investigating", "--text", "We look into it.", "--whom", "some")
        made = said("publish", number, *words, "--component", "apply")
        assert (
            made == "Disturbance of Loan applications, Northern branch: the public reads it now\n"
        )
        shown = said("show")
        assert "Loan applications is affected by an incident." in shown
        assert "We look into it." in shown
        said("publish", number, "--stage", "over", "--text", "x", code=2)
        assert said("forget", "--address", "ASPEN@example.org") == "forgotten: 1\n"
        assert said("forget", "--complaint", "cmp_1") == "forgotten: 1\n"
        assert "give either" in said("forget", code=2)
        with site.database.reading() as conn:
            left = changes.get_complaint(conn, "cmp_1")
        assert (left.text, left.contact, left.at) == ("erased", None, one.at)
