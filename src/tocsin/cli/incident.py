"""`tocsin incident`: work on incidents from a terminal, over the API of a running server."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.errors import BadInput, NotFound
from tocsin.base.slices import parse
from tocsin.base.spans import parse_duration
from tocsin.cli import approving, command, related, telling
from tocsin.cli.remote import LOCAL, AsJson, Json, Remote, Token, Url, columns, printed, remote
from tocsin.cli.which import Which, line, path_of, segment
from tocsin.contain.directive import Action, OnAbort
from tocsin.contain.failure import Failure

incident = typer.Typer(
    help="List, declare, acknowledge, contain and resolve incidents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
LEDGER_PAGE = 10_000
incident.command("role")(command.role)
incident.command("leave")(command.leave)
incident.command("severity")(command.severity)
incident.command("impact")(command.impact)
incident.command("correct")(command.correct)
incident.command("task")(command.task)
incident.command("tasks")(command.tasks)
incident.command("done")(command.done)
incident.command("drop")(command.drop)


@incident.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    system: Annotated[str | None, typer.Option(help="Only this system's.")] = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """List incidents, the gravest open ones first."""
    query = {"state": "all" if every else "open"} | ({"system": system} if system else {})
    with remote(url, token) as server:
        answer = server.get("/v1/incidents", **query)
    if as_json:
        print(printed(answer))
    elif not answer["incidents"]:
        print("no incidents" if every else "no open incidents")
    else:
        print(columns([line(one) for one in answer["incidents"]]))


@incident.command()
def show(which: Which, as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """Show one incident and its timeline."""
    with remote(url, token) as server:
        one = server.get(path_of(which))
        timeline = server.get(path_of(which, "timeline"))
    if as_json:
        print(printed(one | timeline))
        return
    print(columns([line(one)]))
    print(f"{one['severity_why']}\n{command.roles_of(one)} · {one['url']}\n")
    entries = timeline["entries"]
    print(columns([(e["at"][:19] + "Z", e["kind"], e["actor"], e["text"]) for e in entries]))


@incident.command()
def declare(
    *,
    system: Annotated[str, typer.Option(help="Which system harms people.")],
    title: Annotated[str, typer.Option(help="What is wrong, in one line.")],
    severity: Annotated[str, typer.Option(help="SEV1 (gravest) to SEV4.")] = "SEV2",
    slice_: Annotated[
        str, typer.Option("--slice", help="Who is hit, e.g. region=north; default: everyone.")
    ] = "",
    why: Annotated[str, typer.Option(help="Why this severity.")] = "declared by a person",
    note: Annotated[str | None, typer.Option(help="What is known so far.")] = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Open an incident by hand; SEV1 and SEV2 page at once."""
    order: dict[str, object] = {
        "system": system,
        "title": title,
        "severity": severity.upper(),
        "slice": parse(slice_).as_dict(),
        "why": why,
    }
    if note is not None:
        order["note"] = note
    with remote(url, token) as server:
        _said(server.post("/v1/incidents", order), as_json)


@incident.command()
def ack(which: Which, as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """Take an incident: paging stops."""
    with remote(url, token) as server:
        _said(server.post(path_of(which, "acknowledge")), as_json)


@incident.command()
def assign(
    which: Which,
    to: Annotated[str, typer.Option(help="Who leads from now on.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Make somebody the commander."""
    with remote(url, token) as server:
        _said(server.post(path_of(which, "assign"), {"to": to}), as_json)


@incident.command()
def playbook(
    which: Which,
    choose: Annotated[str | None, typer.Option(help="Follow this playbook from now on.")] = None,
    failure: Annotated[
        Failure | None, typer.Option(help="What sort of failure it is; that chooses the playbook.")
    ] = None,
    *,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Show the playbook of an incident and its steps, or choose it by its name or the failure."""
    with remote(url, token) as server:
        said = {"failure": failure and failure.value, "playbook": choose}
        order = {key: value for key, value in said.items() if value is not None}
        path = path_of(which, "playbook")
        told = server.post(path, order) if order else server.get(path)
    _followed(told, as_json)


@incident.command()
def step(
    which: Which,
    number: Annotated[int, typer.Argument(help="Of the step, from 1.", min=1)],
    note: Annotated[str, typer.Option(help="What there is to say about it.")] = "",
    skip: Annotated[bool, typer.Option("--skip", help="Leave it out; --note says why.")] = False,
    *,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Do a step of the playbook: tick it, or make the plan that it stands for."""
    order = {"done": "skipped" if skip else "done", "note": note}
    with remote(url, token) as server:
        told = server.post(path_of(which, f"playbook/{number}"), order)
    _followed(told, as_json)


@incident.command()
def note(
    which: Which,
    text: Annotated[str, typer.Argument(help="What to write on the timeline.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Write a line on the timeline."""
    with remote(url, token) as server:
        _said(server.post(path_of(which, "notes"), {"text": text}), as_json)


@incident.command()
def contain(
    *,
    which: Which,
    action: Annotated[
        Action | None, typer.Option(help="What to do; default: what the playbook says.")
    ] = None,
    slice_: Annotated[
        str | None, typer.Option("--slice", help="On whom; default: the incident's slice.")
    ] = None,
    of_version: Annotated[
        str | None, typer.Option(help="Only decisions that this version would make.")
    ] = None,
    for_: Annotated[str, typer.Option("--for", help="For how long, with --action.")] = "4h",
    to_version: Annotated[
        str | None, typer.Option(help="Version that decides; default to roll back: the last good.")
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="Share (0-1) of a canary or of shadow copies.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Score (0-1) from which the answer is yes.")
    ] = None,
    on_abort: Annotated[
        OnAbort, typer.Option(help="What happens to a canary that is seen to harm somebody.")
    ] = OnAbort.NOTIFY,
    yes: Annotated[bool, typer.Option("--yes", help="Approve without asking.")] = False,
    propose: Annotated[bool, typer.Option("--propose", help="Only propose the plan.")] = False,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Propose a containment plan, say what it will do, and put it in force once approved."""
    with remote(url, token) as server:
        order = _plan_order(
            server,
            which,
            action=action,
            slice_=slice_,
            for_=for_,
            more={
                "of_version": of_version,
                "to_version": to_version,
                "share": share,
                "threshold": threshold,
                "on_abort": on_abort.value,
            },
        )
        plan = server.post(path_of(which, "plans"), order)
        if not as_json:
            print(approving.explained(plan))
        if not propose and (yes or typer.confirm("Put this in force?", err=True)):
            plan = server.post(f"/v1/plans/{plan['id']}/approve", {"hash": plan["hash"]})
    approving.say(plan, as_json=as_json)


@incident.command()
def revert(
    plan: Annotated[str, typer.Argument(help="Id of the plan in force.")],
    note: Annotated[str, typer.Option(help="Why it ends.")] = "no longer needed",
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """End what a plan put in force."""
    with remote(url, token) as server:
        ended = server.post(f"/v1/plans/{segment(plan)}/revert", {"note": note})
    print(printed(ended) if as_json else f"plan {ended['id']} is {ended['state']}")


@incident.command()
def resolve(
    which: Which,
    note: Annotated[str, typer.Option(help="Why it is over.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """End an incident; its review is drafted."""
    with remote(url, token) as server:
        _said(server.post(path_of(which, "resolve"), {"note": note}), as_json)


@incident.command()
def export(
    which: Which,
    out: Annotated[Path | None, typer.Option(help="File to write; default: print.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="The review as Markdown.")] = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Export all that is known of an incident as JSON, or its review as Markdown."""
    with remote(url, token) as server:
        text = server.text(path_of(which, "review.md")) if markdown else _everything(server, which)
    if out is None:
        print(text)
        return
    try:
        out.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"cannot be written: {error.strerror}", where=str(out), do="choose another file"
        ) from None


for _elsewhere in (
    *(approving.explain, approving.approve, approving.break_glass, approving.ratify),
    *(telling.draft, telling.update, telling.updates, telling.war_room),
    *(related.related, related.alerts, related.link, related.unlink, related.merge, related.split),
):
    incident.command()(_elsewhere)


_ABOUT_ACTION = ("of_version", "to_version", "share", "threshold")


def _plan_order(
    server: Remote,
    which: str,
    *,
    action: Action | None,
    slice_: str | None,
    for_: str,
    more: dict[str, object],
) -> dict[str, object]:
    whom = None if slice_ is None else parse(slice_).as_dict()
    if action is None:
        _refuse_idle(more)
        return {} if whom is None else {"slice": whom}
    parse_duration(for_)  # refuse it here, before anything is asked of the server
    on = server.get(path_of(which))["slice"] if whom is None else whom
    step = {"action": action.value, "slice": on, "for": for_, **more}
    return {"steps": [step]}


def _refuse_idle(more: dict[str, object]) -> None:
    """Refuse what narrows an action where the playbook names it: it would be done for more.

    Raises:
        BadInput: something was said that is about an action.
    """
    said = [name for name in _ABOUT_ACTION if more[name] is not None]
    if said:
        option = f"--{said[0].replace('_', '-')}"
        raise BadInput(
            f"{option} is about an action, and none is named",
            where="tocsin incident contain",
            do=f"name the --action as well, or leave {option} to the playbook",
        )


def _everything(server: Remote, which: str) -> str:
    every = {"incident": server.get(path_of(which))}
    for part in (
        "timeline",
        "pages",
        "plans",
        "containment",
        "tasks",
        "actions",
        "updates",
        "related",
    ):
        every |= {part: server.get(path_of(which, part))}
    for part in ("diagnosis", "review"):
        try:
            every[part] = server.get(path_of(which, part))
        except NotFound:
            every[part] = None
    rows: list[Json] = []
    while True:
        page = server.get(path_of(which, "ledger"), limit=LEDGER_PAGE, offset=len(rows))
        rows += page["rows"]
        if not page["rows"] or len(rows) >= page["total"]:
            break
    every["ledger"] = rows
    return printed(every)


def _said(one: Json, as_json: bool) -> None:
    print(printed(one) if as_json else columns([line(one)]))


def _followed(told: Json, as_json: bool) -> None:
    if as_json:
        print(printed(told))
        return
    book = told["playbook"]
    print(f"{told['incident']}  {book['name']}: {book['title']} ({told['failure']})")
    boxes = {"done": "[x]", "skipped": "[-]", None: "[ ]"}
    rows = [
        (
            boxes[one["done"]],
            str(one["step"]),
            one["say"],
            one["by"] or one["mode"],
            f"plan {one['plan']}" if one["plan"] else one["note"],
        )
        for one in book["steps"]
    ]
    print(columns(rows))
