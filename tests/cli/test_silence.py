"""`tocsin silence` against a real server on this machine."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cli.served import Terminal, served
from tests.store.examples import NOW, alert
from tocsin.alert.quiet import Hold, Reason, suppressed
from tocsin.store import suppressions


def test_a_silence_goes_its_way_from_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])
        until = (site.clock() + timedelta(hours=2)).isoformat()

        def said(*words: str) -> str:
            code, out, err = terminal.run("silence", *words, *me)
            assert (code, err) == (0, ""), err
            return out

        assert said("list") == "no silences\n"
        made = json.loads(
            said("add", "system=loans", "sex=f", "--to", until, "--reason", "retraining", "--json")
        )[0]
        assert made["matchers"] == ["system=loans", "sex=f"]
        start = (site.clock() + timedelta(hours=1)).isoformat()
        window = said(
            "add", "system=loans", "--from", start, "--for", "30m",
            "--maintenance", "New cluster", "--reason", "move",
        )  # fmt: skip
        assert "maintenance  scheduled" in window
        assert "admin: New cluster, move" in window
        assert len(said("list").splitlines()) == 2
        assert "over" in said("expire", made["id"])
        assert len(said("list").splitlines()) == 1
        assert len(said("list", "--all").splitlines()) == 2


def test_why_says_what_kept_alerts_quiet(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (site, url, tokens):
        me = ("--url", url, "--token", tokens["reader"])
        assert terminal.run("silence", "why", "loans", *me)[1] == (
            "no alert of loans was kept quiet\n"
        )
        held = Hold(Reason.SILENCE, "sil_1", "silenced by aspen")
        joined = Hold(Reason.DUPLICATE, "inc_1", "joined an incident that is open already")
        with site.database.unit("test", NOW) as unit:
            rows = [suppressed(alert().alert, hold, NOW) for hold in (held, joined)]
            suppressions.save(unit, rows)
        code, out, _ = terminal.run("silence", "why", "loans", *me)
        assert code == 0
        lines = {name: line for line in out.splitlines() for name in Reason if f" {name} " in line}
        assert lines[Reason.SILENCE].startswith("2026-11-20 14:05 to now  ")
        assert lines[Reason.SILENCE].endswith("for sex=f; silenced by aspen (sil_1)")
        assert lines[Reason.DUPLICATE].startswith("2026-11-20 14:05  ")
        asked = json.loads(terminal.run("silence", "why", "loans", "--json", *me)[1])
        assert len(asked["suppressed"]) == 2


def test_faults_are_one_sentence_and_exit_code_two(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])
        soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        for words, expected in (
            (("add", "system=loans", "--reason", "x"), "--for"),
            (("add", "system=loans", "--reason", "x", "--for", "1h", "--to", soon), "--for"),
            (("add", "system=loans", "--reason", "x", "--for", "soon"), "length of time"),
            (("add", "system=loans", "--reason", "x", "--to", "soon"), "instant"),
            (("expire", "sil_none"), "no silence"),
            (("expire", ".."), "names nothing"),
        ):
            code, out, err = terminal.run("silence", *words, *me)
            assert (code, out) == (2, ""), words
            assert expected in err
            assert err.count("\n") == 1
