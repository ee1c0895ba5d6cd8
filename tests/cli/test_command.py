"""What people do in an incident, by `tocsin incident` against a real server."""

import json
from pathlib import Path

from tests.cli.served import Terminal, served


def test_people_share_out_the_work_from_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])

        def said(*words: str) -> str:
            code, out, err = terminal.run("incident", *words, *me)
            assert (code, err) == (0, ""), err
            return out

        said("declare", "--system", "loans", "--title", "Women are denied")
        given = said("role", "1", "--role", "scribe", "--to", "aspen", "--note", "from the top")
        assert given.endswith("led by nobody yet · scribe aspen\n")
        left = said("leave", "1", "--role", "scribe", "--who", "aspen")
        assert left.endswith("led by nobody yet\n")
        why = ("--why", "only test accounts")
        assert said("severity", "1", "--to", "sev3", *why).startswith("INC-1  SEV3")
        log = ("--why", "the log says so")
        seen = json.loads(said("show", "1", "--json"))["detected_at"]
        dated = json.loads(said("impact", "1", "--from", "00:00", *log, "--json"))
        assert dated["impact_from"] == f"{seen[:10]}T00:00:00Z"
        said("impact", "1", "--from", seen, "--why", "the log is wrong")
        assert json.loads(said("show", "1", "--json"))["impact_from"] == seen

        assert said("tasks", "1") == "no tasks\n"
        words = ("call the vendor", "--owner", "aspen", "--within", "30m")
        task = said("task", "1", *words).split()[0]
        said("task", "1", "read the log")
        assert "call the vendor" in said("tasks", "1")
        assert "done" in said("done", task)
        assert "call the vendor" not in said("tasks", "1")
        assert len(said("tasks", "1", "--all").splitlines()) == 2
        other = said("tasks", "1").split()[0]
        assert "dropped" in said("drop", other, "--why", "it is empty")
        every = json.loads(said("tasks", "1", "--all", "--json"))["tasks"]
        assert {one["state"] for one in every} == {"done", "dropped"}

        said("note", "1", "changed at noon")
        entries = json.loads(said("show", "1", "--json"))["entries"]
        said("correct", "1", entries[-1]["id"], "changed at noon UTC")
        shown = said("show", "1")
        assert "changed at noon UTC" in shown
        assert "aspen is scribe, assigned by admin: from the top" in shown


def test_faults_are_one_sentence(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])
        terminal.run("incident", "declare", "--system", "loans", "--title", "Wrong", *me)
        for words, expected in (
            (("leave", "1", "--role", "scribe"), "admin is not scribe of INC-1"),
            (("task", "1", "x", "--within", "soon"), "soon"),
            (("impact", "1", "--from", "soon", "--why", "x"), "soon"),
            (("impact", "1", "--from", "2999-01-01T00:00:00Z", "--why", "x"), "instant until"),
            (("done", ".."), "names nothing"),
            (("drop", "tsk_9", "--why", "x"), "no task tsk_9"),
            (("correct", "1", "ent_9", "x"), "no entry ent_9"),
        ):
            code, out, err = terminal.run("incident", *words, *me)
            assert (code, out) == (2, ""), words
            assert expected in err
            assert err.count("\n") == 1
