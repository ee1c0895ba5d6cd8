"""`tocsin explain` against a real server whose monitors have spoken."""

import json
from pathlib import Path

import pytest

from tests.cli.served import Terminal, address_of
from tests.jobs.test_detect import DAY, REFERENCE, day, decide, declare, faulty, rings_at
from tests.profile.rows import START
from tests.web.cast import Watch, site_of, tokens_of
from tocsin.jobs import detect


def test_an_alarm_is_computed_again_and_drawn_until_its_reference_is_gone(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings = rings_at(tmp_path)
    decide(rings, faulty(day(0)))
    detect.run(rings, START + DAY)
    site = site_of(rings.database, tmp_path, Watch(START + 2 * DAY))
    monkeypatch.setenv("TOCSIN_TOKEN", tokens_of(site)["reader"])
    with address_of(site) as url:
        code, listed, _ = terminal.run("explain", "lending", "--url", url)
        assert code == 0
        assert "performance/selection_rate//employer=government" in listed
        number = listed.split()[0]
        code, out, err = terminal.run("explain", "lending", number, "--url", url)
        assert (code, err) == (0, "")
        assert "every number is the stored one, to the last digit." in out
        assert "over 20 blocks" in out
        assert "up to epoch 0" in out
        assert out.splitlines()[-1].endswith(f"/systems/lending/explain?finding={number}")
        code, told, _ = terminal.run("explain", "lending", number, "--json", "--url", url)
        assert code == 0
        answer = json.loads(told)
        assert answer["again"] == answer["finding"]
        assert answer["finding"]["origin"]["reference_sha256"] == "d" * 64
        declare(rings, reference=faulty(REFERENCE, since=START - 20 * DAY), sha256="e" * 64)
        code, out, _ = terminal.run("explain", "lending", number, "--url", url)
        assert code == 1
        assert "Not computed again:" in out
        code, _, err = terminal.run("explain", "lending", "nothing", "--url", url)
        assert code == 2
        assert "no finding is called 'nothing'" in err
