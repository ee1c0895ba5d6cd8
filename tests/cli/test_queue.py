"""`tocsin queue` against a real server on this machine."""

import json
from pathlib import Path

from tests.cli.served import Terminal, served
from tests.web import waiting
from tocsin.contain.referral import Kind
from tocsin.store import referrals


def test_decisions_are_judged_from_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])

        def said(*words: str) -> str:
            code, out, err = terminal.run("queue", *words, *me)
            assert (code, err) == (0, ""), err
            return out

        assert said("list") == "nothing waits for a person\n"
        assert said("next") == "nothing waits for you\n"
        waiting.declare(site)
        with site.database.unit("test", site.clock()) as unit:
            referrals.add(unit, waiting.LOANS, [waiting.asked(k, Kind.ROUTED) for k in range(3)])
        assert len(said("list", "--system", "loans").splitlines()) == 3
        assert said("list", "--limit", "2").endswith("and more\n")
        assert said("list", "--overdue") == "nothing waits for a person\n"
        whole = said("next", "--system", "loans")
        assert "purpose" in whole
        assert "missing" in whole
        assert 'approved | "not approved"' in whole
        id_ = whole.split()[0]
        assert json.loads(said("next", "--json"))["referral"]["id"] == id_
        assert id_ in said("judge", id_, "not approved", "--note", "too little")
        assert "waits again" in said("undo", id_)
        other = json.loads(said("next", "--passing", id_, "--json"))["referral"]["id"]
        assert other != id_
        code, _, err = terminal.run("queue", "judge", other, "perhaps", *me)
        assert code == 2
        assert "no answer of loans" in err
        shown = said("show", "loans")
        assert shown.startswith("3 wait, 0 of them too long\nwrong answers: nothing is known yet")
        assert json.loads(said("show", "loans", "--json"))["waiting"] == 3


def test_what_people_say_is_told_with_interval_and_n(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (site, url, tokens):
        waiting.fill(site)
        code, out, _ = terminal.run(
            "queue", "show", "loans", "--url", url, "--token", tokens["reader"]
        )
        assert code == 0
        assert "wrong answers for region=north" in out
        assert ", n " in out
