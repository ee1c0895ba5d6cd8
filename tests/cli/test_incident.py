"""`tocsin incident` against a real server on this machine."""

import json
from pathlib import Path

from tests.cli.served import Terminal, served


def test_an_incident_goes_its_way_from_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])

        def said(*words: str) -> str:
            code, out, err = terminal.run("incident", *words, *me)
            assert (code, err) == (0, ""), err
            return out

        assert said("list") == "no open incidents\n"
        title = "Women are denied"
        declared = said("declare", "--system", "loans", "--title", title, "--slice", "sex=f")
        assert declared.startswith("INC-1  SEV2  open  loans")
        assert "acknowledged" in said("ack", "INC-1")
        assert "INC-1" in said("assign", "1", "--to", "leader")
        said("note", "1", "the pipeline was changed at noon")
        shown = said("show", "1")
        assert "leader leads, taking over from admin" in shown
        assert "the pipeline was changed at noon" in shown
        contained = said("contain", "1", "--yes")
        assert "sex=f" in contained
        assert contained.endswith("is applied\n")
        plan = json.loads(said("export", "1"))["plans"]["plans"][0]
        assert said("revert", plan["id"]) == f"plan {plan['id']} is reverted\n"
        assert "resolved" in said("resolve", "1", "--note", "pipeline put back")
        assert said("list") == "no open incidents\n"
        assert title in said("list", "--all")
        review = tmp_path / "review.md"
        assert said("export", "1", "--markdown", "--out", str(review)) == ""
        assert title in review.read_text("utf-8")
        every = json.loads(said("export", "1"))
        assert every["incident"]["state"] == "resolved"
        assert every["review"]["title"] == title
        assert every["ledger"] == []


def test_a_person_may_choose_what_to_do(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["admin"])
        terminal.run("incident", "declare", "--system", "loans", "--title", "Wrong", *me)
        code, out, _ = terminal.run(
            "incident", "contain", "1", "--action", "fallback", "--slice", "region=north",
            "--for", "90m", "--propose", "--json", *me,
        )  # fmt: skip
        plan = json.loads(out)
        assert code == 0
        assert plan["state"] == "proposed"
        assert plan["steps"][0]["slice"] == {"region": "north"}
        code, out, _ = terminal.run(
            "incident", "contain", "1", "--action", "canary", "--to-version", "2", "--share", "0.2",
            "--slice", "region=south", "--on-abort", "stop", "--propose", "--json", *me,
        )  # fmt: skip
        assert (code, json.loads(out)["steps"][0]["on_abort"]) == (0, "stop")
        code, out, _ = terminal.run(
            "incident", "contain", "1", "--action", "review", "--of-version", "2",
            "--slice", "region=west", "--propose", *me,
        )  # fmt: skip
        assert code == 0
        assert "Send region=west to human review where version 2 would decide" in out
        assert "version 2 has never decided here" in out
        code, _, err = terminal.run("incident", "contain", "1", "--of-version", "2", "--yes", *me)
        assert code != 0
        assert "--of-version is about an action, and none is named" in err
        code, _, err = terminal.run(
            "incident", "contain", "1", "--action", "fallback", "--for", "soon", *me
        )
        assert code == 2
        assert "soon" in err


def test_faults_are_one_sentence_and_exit_code_two(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_site, url, tokens):
        reader = ("--url", url, "--token", tokens["reader"])
        for words, expected in (
            (("show", "INC-9", *reader), "no incident INC-9"),
            (("ack", "1", *reader), "'respond'"),
            (("show", "..", *reader), "names nothing"),
            (("list", "--url", url), "TOCSIN_TOKEN"),
            (("list", "--url", url, "--token", "tsn_wrong"), "unknown, expired or revoked"),
            (("list", "--url", "localhost"), "--url"),
            (("export", "1", *reader), "no incident 1"),
        ):
            code, out, err = terminal.run("incident", *words)
            assert (code, out) == (2, ""), words
            assert expected in err
            assert err.count("\n") == 1
            assert "Traceback" not in err
    code, _, err = terminal.run("incident", "list", "--url", url)
    assert code == 2
    assert "is `tocsin up` running" in err


def test_a_playbook_is_followed_from_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_, url, tokens):
        me = ("--url", url, "--token", tokens["responder"])
        terminal.run("incident", "declare", "--system", "loans", "--title", "Denied", *me)
        code, out, _ = terminal.run("incident", "playbook", "1", "--failure", "vendor", *me)
        assert (code, "vendor-model-change" in out, "(vendor)" in out) == (0, True, True)
        code, out, _ = terminal.run("incident", "playbook", "1", "--choose", "kpi-drop", *me)
        assert code == 0
        assert out.startswith("INC-1  kpi-drop: A number of the business moved (kpi)")
        code, out, _ = terminal.run("incident", "step", "1", "1", "--note", "no holiday", *me)
        assert "[x]  1" in out
        assert "no holiday" in out
        code, _, err = terminal.run("incident", "step", "1", "2", "--skip", *me)
        assert code == 2
        assert "without a reason" in err
