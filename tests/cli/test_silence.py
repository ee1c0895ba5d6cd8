"""`tocsin silence` against a real server on this machine."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cli.served import Terminal, served


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
