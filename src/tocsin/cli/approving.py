"""`tocsin incident approve|break-glass|ratify`: saying yes to a plan, from a terminal."""

from typing import Annotated

import typer

from tocsin.cli.remote import LOCAL, AsJson, Json, Remote, Token, Url, printed, remote
from tocsin.cli.which import segment

PlanId = Annotated[str, typer.Argument(help="Id of the plan.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def approve(
    plan: PlanId, yes: Yes = False, as_json: AsJson = False, url: Url = LOCAL, token: Token = ""
) -> None:
    """Read a plan and approve it; the last who is needed puts it in force."""
    with remote(url, token) as server:
        told = _read(server, plan, "Approve this?", yes=yes, as_json=as_json)
        told = server.post(_path(told, "approve"), {"hash": told["hash"]})
    say(told, as_json=as_json)


def break_glass(
    *,
    plan: PlanId,
    reason: Annotated[str, typer.Option(help="Why it cannot wait for another person.")],
    yes: Yes = False,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Put a plan in force alone where several must approve; another must ratify it."""
    with remote(url, token) as server:
        told = _read(server, plan, "Put this in force alone?", yes=yes, as_json=as_json)
        told = server.post(_path(told, "break-glass"), {"hash": told["hash"], "reason": reason})
    say(told, as_json=as_json)


def ratify(
    plan: PlanId, yes: Yes = False, as_json: AsJson = False, url: Url = LOCAL, token: Token = ""
) -> None:
    """Stand by what another put in force alone."""
    with remote(url, token) as server:
        told = _read(server, plan, "Ratify this?", yes=yes, as_json=as_json)
        told = server.post(_path(told, "ratify"), {"hash": told["hash"]})
    say(told, as_json=as_json)


def say(plan: Json, *, as_json: bool) -> None:
    """Print where a plan stands, and who must still say yes."""
    print(printed(plan) if as_json else f"plan {plan['id']} is {standing(plan)}")


def standing(plan: Json) -> str:
    """Return where a plan stands, in words.

    >>> one = {"state": "proposed", "approvals_needed": 2, "ratify_by": None,
    ...        "approvals": [{"by": "aspen", "word": "approved"}]}
    >>> standing(one)
    'proposed: 1 of 2 approvals (aspen); another person must approve'
    """
    by = [one["by"] for one in plan["approvals"] if one["word"] == "approved"]
    if plan["state"] == "proposed" and plan["approvals_needed"] > 1:
        names = f" ({', '.join(by)})" if by else ""
        needed = plan["approvals_needed"]
        return f"proposed: {len(by)} of {needed} approvals{names}; another person must approve"
    if plan["ratify_by"] is not None:
        until = str(plan["ratify_by"])[:16].replace("T", " ")
        return f"{plan['state']}, by one person alone: another must ratify it by {until} UTC"
    return str(plan["state"])


def _read(server: Remote, plan: str, question: str, *, yes: bool, as_json: bool) -> Json:
    """Return a plan once it was read, and the reader said yes.

    Raises:
        Abort: they said no.
    """
    told = server.get(f"/v1/plans/{segment(plan)}")
    if not as_json:
        print("\n".join(told["explain"]))
    if not yes:
        typer.confirm(question, abort=True, err=True)
    return told


def _path(plan: Json, verb: str) -> str:
    return f"/v1/plans/{segment(plan['id'])}/{verb}"
