"""`tocsin oncall` against a real server on this machine."""

import io
import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.served import Terminal, served
from tocsin.store import reach, testpages
from tocsin.web.site import Site


def test_who_preview_override_and_calendar_from_the_terminal(
    terminal: Terminal, tmp_path: Path
) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])

        def said(*words: str) -> str:
            code, out, err = terminal.run("oncall", *words, *me)
            assert (code, err) == (0, ""), err
            return out

        asked = ("--schedule", "lending", "--at", "2026-11-20T14:05Z")
        assert said("who", *asked) == "lending  lending-deputy  until 2026-11-20 14:10 UTC\n"
        assert said("who", "--at", "2026-11-20T22:00Z").startswith("lending  nobody  until")
        lines = said("preview", "--policy", "lending", "--at", "2026-11-20T22:00Z").splitlines()
        why = "nobody was on call in schedule 'lending'"
        assert lines[0].startswith("an incident that opens at 2026-11-20 22:00 UTC")
        assert lines[1].split("  ")[0] == "T+0"
        assert lines[1].endswith(f"risk-lead (mail): {why}")
        assert "catch-all" in lines[5]
        assert lines[5].endswith("head (mail), head (hook)")
        assert lines[-1].startswith("warning: policy 'lending', step 2: nobody is on call")

        assert said("overrides") == "no overrides\n"
        made = said(
            "override", "--schedule", "lending", "--person", "risk-lead", "--json",
            "--from", "2026-11-20T14:05Z", "--to", "2099-01-01T00:00Z", "--reason", "a funeral",
        )  # fmt: skip
        assert "a funeral" in said("overrides")
        assert said("who", *asked) == "lending  risk-lead  no end in sight\n"
        id_ = json.loads(made)["id"]
        assert said("withdraw", id_) == f"override {id_} is withdrawn\n"
        assert "lending-deputy" in said("who", *asked)

        file = tmp_path / "lending.ics"
        assert said("ical", "--schedule", "lending", "--out", str(file)) == ""
        assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")


DEPUTY, LEAD = "lending-deputy@2026-11-20T14:07Z", "lending-lead@2026-11-20T15:00Z"


def test_two_shifts_are_swapped_by_who_has_them_when(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])
        order = ("--schedule", "lending", "--one", DEPUTY, "--other", LEAD, "--reason", "a wedding")
        code, out, err = terminal.run("oncall", "swap", *order, "--yes", *me)
        assert (code, err) == (0, "")
        assert [line.split("  ")[2] for line in out.splitlines()] == [
            "lending-lead",
            "lending-deputy",
        ]
        for at, who in (("14:06", "lending-lead"), ("15:00", "lending-deputy")):
            asked = ("--schedule", "lending", "--at", f"2026-11-20T{at}Z")
            assert who in terminal.run("oncall", "who", *asked, *me)[1]
        assert terminal.run("oncall", "overrides", *me)[1].count("a wedding") == 2
        code, _, err = terminal.run("oncall", "swap", *order, "--yes", *me)
        assert code == 2
        assert "lending-lead is on call then, not lending-deputy" in err


def test_a_swap_that_is_not_confirmed_changes_nothing(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])
        order = ("--schedule", "lending", "--one", DEPUTY, "--other", LEAD, "--reason", "x")
        code, out, err = terminal.run("oncall", "swap", *order, *me)
        assert (code, out) != (0, "")
        assert "lending-lead instead of lending-deputy: 2026-11-" in err
        assert terminal.run("oncall", "overrides", *me)[1] == "no overrides\n"


def test_faults_are_one_sentence_and_exit_code_two(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["reader"])
        order = ("--schedule", "lending", "--person", "risk-lead", "--reason", "x")
        swap = ("--schedule", "lending", "--other", LEAD, "--reason", "x", "--yes")
        span = ("--from", "2026-11-20T14:05Z", "--to", "2099-01-01T00:00Z")
        for words, expected in (
            (("who", "--schedule", "x", *me), "no schedule is called 'x'; declared are lending"),
            (("who", "--at", "noon", *me), "'noon' is not an instant"),
            (("preview", "--policy", "..", *me), "names nothing"),
            (("override", *order, *span, *me), "'respond'"),
            (("override", *order, *span[:3], "2026-11-20", *me), "has no time zone"),
            (("swap", *swap, "--one", "lending-lead", *me), "names no shift"),
            (("swap", *swap, "--one", "x@2026-11-20T22:00Z", *me), "nobody is on call then"),
            (("swap", *swap, "--one", "x@2026-11-20T14:07Z", *me), "is on call then, not x"),
            (("swap", *swap, "--one", DEPUTY, *me), "'respond'"),
            (("ical", "--schedule", "lending", "--out", str(tmp_path), *me), "cannot be written"),
        ):
            code, out, err = terminal.run("oncall", *words)
            assert (code, out) == (2, ""), words
            assert expected in err
            assert err.count("\n") == 1


def test_a_test_page_tells_what_became_of_it(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])
        code, out, _ = terminal.run("oncall", "test-page", "lending-lead", "--wait", "0", *me)
        assert code == 0
        assert [line.split() for line in out.splitlines()] == [
            ["lending-lead", "mail", "due"],
            ["lending-lead", "hook", "due"],
        ]
        clicks = threading.Event()
        worker = threading.Thread(target=_refuse, args=(site, clicks))
        worker.start()
        try:
            code, out, _ = terminal.run("oncall", "test-page", "head", "--wait", "120", *me)
        finally:
            clicks.set()
            worker.join()
        assert code == 1
        assert sum("failed  no such number" in line for line in out.splitlines()) == 2


def test_readiness_names_each_contact_and_fails_while_somebody_is_not_reached(
    terminal: Terminal, tmp_path: Path
) -> None:
    with served(tmp_path) as (site, url, tokens):
        me = ("--url", url, "--token", tokens["reader"])
        people = site.roster.people.values()
        with site.database.unit("w", site.clock()) as unit:
            for person in people:
                reach.failed(unit, person.contacts[1], "no such number")
        code, out, _ = terminal.run("oncall", "readiness", *me)
        lines = out.splitlines()
        assert (code, len(lines)) == (1, 2 * len(people))
        assert lines[0].split("  ")[0] == next(iter(people)).name
        assert "never tried" in lines[0]
        assert "fails" in lines[1]
        assert lines[1].endswith("UTC: no such number")
        with site.database.unit("w", site.clock()) as unit:
            for person in people:
                reach.acknowledged(unit, person.contacts[0])
        code, out, _ = terminal.run("oncall", "readiness", *me)
        assert code == 0
        assert out.splitlines()[0].split()[2:4] == ["reached", "acknowledged"]


def _refuse(site: Site, stop: threading.Event) -> None:
    """Be a worker whose every receiver refuses."""
    while not stop.wait(0.05):
        with site.database.unit("w", site.clock()) as unit:
            for test in testpages.claim(unit, "w", timedelta(minutes=1), 9):
                testpages.failed(unit, test, "no such number", None)
