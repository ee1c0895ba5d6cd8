"""`tocsin stages` against a real server on this machine."""

import json
from pathlib import Path

from tests.cli.served import Terminal, served
from tocsin.detect.stages import REQUIRED
from tocsin.store import stages


def test_stale_stages_are_listed_and_end_with_1_fresh_ones_with_0(
    terminal: Terminal, tmp_path: Path
) -> None:
    with served(tmp_path) as (site, url, tokens):
        me = ("--url", url, "--token", tokens["reader"])
        code, out, _ = terminal.run("stages", *me)
        assert code == 1
        assert "STALE  deliver" in out
        with site.database.unit("worker", site.clock(), quiet=True) as unit:
            for duty in REQUIRED:
                stages.beat(unit, duty)
            stages.beat(unit, "counting", "loans")
        code, out, err = terminal.run("stages", *me)
        assert (code, err) == (0, "")
        assert "fresh  deliver" in out
        assert "STALE" not in out
        code, out, _ = terminal.run("stages", "--json", *me)
        assert {one["stage"] for one in json.loads(out)["stages"]} >= set(REQUIRED)
