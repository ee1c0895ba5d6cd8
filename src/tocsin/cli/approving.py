"""`tocsin incident explain|approve|break-glass|ratify`: reading a plan, and saying yes to it."""

from typing import Annotated

import typer

from tocsin.cli.remote import LOCAL, AsJson, Json, Remote, Token, Url, printed, remote
from tocsin.cli.which import segment
from tocsin.contain.plan import Need
from tocsin.contain.precondition import Precondition

PlanId = Annotated[str, typer.Argument(help="Id of the plan.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def explain(plan: PlanId, as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """Say what a plan will do, and whether what it needs holds; exit 1 if something does not."""
    with remote(url, token) as server:
        told = server.get(f"/v1/plans/{segment(plan)}")
    print(printed(told) if as_json else f"{explained(told)}\nplan {told['id']} is {standing(told)}")
    if any(one["refuses"] for one in told["preconditions"]):
        raise typer.Exit(1)


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
    reason: Annotated[str, typer.Option(help="Why it cannot wait, or must be all the same.")],
    yes: Yes = False,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Put a plan in force alone, or although a precondition does not hold; the reason is kept."""
    with remote(url, token) as server:
        told = _read(server, plan, "Put this in force all the same?", yes=yes, as_json=as_json)
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


def explained(plan: Json) -> str:
    """Return what a plan will do, then what must hold for it, one sentence a line.

    >>> frozen = {"need": "releases", "held": False, "fact": "releases are frozen", "do": "wait"}
    >>> print(explained({"explain": ["Do it."], "preconditions": [frozen]}))
    Do it.
      Does not hold: releases are frozen; wait.
    """
    needed = [
        Precondition(need=Need(one["need"]), held=one["held"], fact=one["fact"], do=one["do"])
        for one in plan["preconditions"]
    ]
    return "\n".join([*plan["explain"], *(f"  {one.text}" for one in needed)])


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
        print(explained(told))
    if not yes:
        typer.confirm(question, abort=True, err=True)
    return told


def _path(plan: Json, verb: str) -> str:
    return f"/v1/plans/{segment(plan['id'])}/{verb}"
