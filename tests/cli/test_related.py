"""`tocsin incident related|link|unlink|merge|split|alerts` against a real server."""

import json
from pathlib import Path

from tests.cli.served import Terminal, served
from tests.web.test_related import alarm
from tocsin.store import alerts, incidents


def test_incidents_are_linked_merged_and_split_from_the_terminal(
    terminal: Terminal, tmp_path: Path
) -> None:
    with served(tmp_path) as (site, url, tokens):
        me = ("--url", url, "--token", tokens["responder"])

        def said(*words: str) -> str:
            code, out, err = terminal.run("incident", *words, *me)
            assert (code, err) == (0, ""), err
            return out

        for title in ("North", "South"):
            said("declare", "--system", "loans", "--title", title)
        assert said("alerts", "1") == "no alerts: a person declared it\n"
        with site.database.unit("detect", site.clock()) as unit:
            for number, region in ((1, "north"), (2, "south")):
                home = incidents.get(unit.conn, number).id
                alerts.save(unit, [alarm(home, region)])
        assert said("related", "1") == "related to nothing\n"
        said("link", "1", "2", "--kind", "caused_by")
        (row,) = said("related", "2").splitlines()
        assert "caused  INC-1  open  North" in row
        said("unlink", "2", row.split()[0])
        assert said("related", "1") == "related to nothing\n"
        assert said("merge", "2", "--into", "1", "--why", "one pipeline").startswith("INC-1")
        assert "goes on for  INC-2  resolved  South" in said("related", "1")
        rows = json.loads(said("alerts", "1", "--json"))["alerts"]
        assert len(rows) == 2
        south = next(one["fingerprint"] for one in rows if "south" in one["fingerprint"])
        new = said("split", "1", "--alert", south, "--title", "South after all")
        assert new.startswith("INC-3")
        assert south in said("alerts", "3")
        assert south not in said("alerts", "1")


def test_what_cannot_be_is_refused_in_words(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["responder"])
        terminal.run("incident", "declare", "--system", "loans", "--title", "Wrong", *me)
        for words, says in (
            (("link", "1", "1"), "cannot be linked with itself"),
            (("merge", "1", "--into", "9"), "no incident 9"),
            (("split", "1", "--alert", "x"), "no alert of this incident"),
            (("unlink", "1", "x"), "no link x"),
        ):
            code, _, err = terminal.run("incident", *words, *me)
            assert code == 2
            assert says in err
