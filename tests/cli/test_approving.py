"""Saying yes to a plan against a real server on this machine."""

import json
from pathlib import Path

from tests.cli.served import Terminal, served
from tocsin.contain.approval import Approvals
from tocsin.ingest.system import Risk

TOKENS = Approvals(people={Risk.HIGH: 2}, tokens=True)


def test_two_approve_a_third_stands_by_what_one_did_alone(
    terminal: Terminal, tmp_path: Path
) -> None:
    with served(tmp_path, approvals=TOKENS) as (_site, url, tokens):

        def said(who: str, *words: str) -> tuple[int, str, str]:
            return terminal.run("incident", *words, "--url", url, "--token", tokens[who])

        said("admin", "declare", "--system", "loans", "--title", "Denied", "--slice", "sex=f")
        code, out, _ = said("admin", "contain", "1", "--yes")
        assert code == 0
        assert "proposed: 1 of 2 approvals (admin); another person must approve" in out
        plan = json.loads(said("admin", "export", "1")[1])["plans"]["plans"][0]["id"]
        code, _, err = said("admin", "approve", plan, "--yes")
        assert code == 2
        assert "another person must" in err
        code, out, _ = said("approver", "approve", plan, "--yes")
        assert (code, out.endswith(f"plan {plan} is applied\n")) == (0, True)
        assert "sex=f" in out

        first = json.loads(said("admin", "contain", "1", "--propose", "--json")[1])["id"]
        code, out, _ = said("admin", "explain", first)
        assert code == 0
        assert "  Holds: the serving side asked" in out
        assert out.endswith(
            f"plan {first} is proposed: 0 of 2 approvals; another person must approve\n"
        )
        code, _, err = said("admin", "break-glass", first, "--reason", " ", "--yes")
        assert code == 2
        code, out, _ = said("admin", "break-glass", first, "--reason", "nobody is up", "--yes")
        assert "by one person alone: another must ratify it by" in out
        code, out, _ = said("approver", "ratify", first, "--yes", "--json")
        assert json.loads(out)["ratify_by"] is None
