"""`tocsin queue`: decisions that wait for people, over the API of a running server."""

from typing import Annotated
from urllib.parse import quote

import typer

from tocsin.base.errors import BadInput
from tocsin.cli.remote import LOCAL, AsJson, Json, Token, Url, columns, printed, remote

queue = typer.Typer(
    help="Decisions that wait for people: list them, judge them, see what people say.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
System = Annotated[str | None, typer.Option("--system", help="Only of this system.")]
Which = Annotated[str, typer.Argument(help="Its id, as `tocsin queue next` shows it.")]


@queue.command("list")
def list_(
    system: System = None,
    *,
    overdue: Annotated[bool, typer.Option(help="Only those past their due time.")] = False,
    last: Annotated[int, typer.Option("--limit", help="How many.", min=1, max=1000)] = 20,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """List what waits, in its order."""
    query: dict[str, str | int] = {"limit": last}
    if system:
        query["system"] = system
    if overdue:
        query["overdue"] = "true"
    with remote(url, token) as server:
        answer = server.get("/v1/referrals", **query)
    if as_json:
        print(printed(answer))
    elif not answer["referrals"]:
        print("nothing waits for a person")
    else:
        print(columns([_line(one) for one in answer["referrals"]]))
        if answer["next"]:
            print("and more")


@queue.command("next")
def next_(
    system: System = None,
    *,
    passing: Annotated[
        str | None, typer.Option(help="Id of one that you hold and leave to others.")
    ] = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Take the first in line; nobody else gets it meanwhile."""
    order = {"system": system, "passing": passing}
    with remote(url, token) as server:
        answer = server.post("/v1/referrals/next", {k: v for k, v in order.items() if v})
    one = answer["referral"]
    if as_json:
        print(printed(answer))
    elif one is None:
        print("nothing waits for you")
    else:
        print(_whole(one))


@queue.command()
def judge(  # noqa: PLR0917 - the words of one command
    which: Which,
    answer: Annotated[str, typer.Argument(help="One of the answers that `next` offers.")],
    note: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Judge a decision; `tocsin queue undo` takes it back for ten seconds."""
    with remote(url, token) as server:
        one = server.post(_path(which, "judge"), {"answer": answer, "note": note})
    if as_json:
        print(printed(one))
    elif one["state"] == "settled":
        print(f"{one['id']} is settled: {one['result']}")
    else:
        print(f"{one['id']}: noted; somebody else judges it too")


@queue.command()
def undo(
    which: Which,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Take your last judgement of a decision back, within ten seconds."""
    with remote(url, token) as server:
        one = server.post(_path(which, "undo"))
    print(printed(one) if as_json else f"{one['id']} waits again, and you have it")


@queue.command()
def show(
    system: Annotated[str, typer.Argument(help="Whose queue.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Show how many wait, how people agree, and how often they say that the system is wrong."""
    with remote(url, token) as server:
        answer = server.get(f"/v1/systems/{_segment(system)}/queue")
    if as_json:
        print(printed(answer))
        return
    wrong, agree = answer["wrong"], answer["agreement"]
    print(f"{answer['waiting']} wait, {answer['overdue']} of them too long")
    print(f"wrong answers: {_share(wrong)}")
    print(f"two people agree: {_share(agree)}")
    for label, one in answer["slices"].items():
        print(f"wrong answers for {label}: {_share(one)}")


def _share(one: Json) -> str:
    if one["share"] is None:
        return "nothing is known yet"
    low, high = one["interval"]
    return f"{one['share']:.1%} ({low:.1%} to {high:.1%}), n {one['n']}"


def _line(one: Json) -> tuple[str, ...]:
    says = "overdue" if one["overdue"] else one["holder"] or "free"
    return (one["id"], one["system"], f"due {_minute(one['due_at'])}", says, one["why"])


def _whole(one: Json) -> str:
    known = {**one["inputs"], **one["attributes"]}
    rows = [(name, "missing" if value is None else str(value)) for name, value in known.items()]
    parts = [
        f"{one['id']} of {one['system']}, due {_minute(one['due_at'])}",
        *([one["why"]] if one["why"] else []),
        *([columns(rows)] if rows else []),
        *([f"the system answered {one['own_answer']}"] if one["own_answer"] else []),
    ]
    words = " | ".join(f'"{word}"' if " " in word else word for word in one["choices"])
    return "\n".join([*parts, f"tocsin queue judge {one['id']} {words or 'ANSWER'}"])


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")


def _path(which: str, act: str) -> str:
    return f"/v1/referrals/{_segment(which)}/{act}"


def _segment(text: str) -> str:
    if not text.strip() or text in (".", ".."):
        raise BadInput(f"{text!r} names nothing", do="give an id")
    return quote(text.strip(), safe="")
