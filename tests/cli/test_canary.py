"""`tocsin canary` against a real server on this machine."""

import json
from pathlib import Path

import httpx

from tests.cli.served import Terminal, served
from tests.web import story
from tests.web.cast import Stage, Watch


def test_the_call_is_the_exit_code_and_what_is_not_safe_is_listed(
    terminal: Terminal, tmp_path: Path
) -> None:
    with served(tmp_path) as (site, url, tokens):
        with httpx.Client() as client:
            story.trial(Stage(site, Watch(), client, tokens), hours=30, wrong_for_women=0.13)
        me = ("--url", url, "--token", tokens["reader"])
        code, out, err = terminal.run("canary", "loans", *me)
        assert (code, err) == (1, "")
        assert out.startswith("ABORT  2 beside 1\n")
        assert "HARMED" in out
        code, out, _ = terminal.run("canary", "loans", "--json", "--candidate", "1", *me)
        assert json.loads(out)["champion"] == "2"
        code, out, err = terminal.run("canary", "loans", "--candidate", "7", *me)
        assert code == 2
        assert "decided nothing" in err
