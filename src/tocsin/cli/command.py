"""`tocsin incident role`, `leave`, `severity`, `impact` and tasks: who does what, since when."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.base.spans import parse_duration, parse_instant
from tocsin.cli.remote import LOCAL, AsJson, Json, Token, Url, columns, printed, remote
from tocsin.cli.which import Which, line, path_of, segment
from tocsin.incident.impact import time_of_day
from tocsin.incident.incident import Role

Chosen = Annotated[Role, typer.Option(help="Which role.")]


def role(
    which: Which,
    *,
    role: Chosen,
    to: Annotated[str, typer.Option(help="Who takes it.")],
    note: Annotated[str | None, typer.Option(help="What is handed over.")] = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Give a role to somebody, or hand it over."""
    order = {"role": role.value, "to": to} | ({"note": note} if note else {})
    with remote(url, token) as server:
        said(server.post(path_of(which, "roles"), order), as_json)


def leave(
    which: Which,
    *,
    role: Chosen,
    who: Annotated[str | None, typer.Option(help="Who leaves it; default: you.")] = None,
    note: Annotated[str | None, typer.Option(help="What is left behind.")] = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Leave a role; the deputy follows a commander who leaves."""
    order = {"role": role.value}
    order |= {key: value for key, value in (("who", who), ("note", note)) if value}
    with remote(url, token) as server:
        said(server.post(path_of(which, "roles/leave"), order), as_json)


def severity(
    which: Which,
    *,
    to: Annotated[str, typer.Option(help="SEV1 (gravest) to SEV4.")],
    why: Annotated[str, typer.Option(help="Why; it stands on the timeline.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Raise or lower the severity; SEV1 and SEV2 page."""
    with remote(url, token) as server:
        order = {"severity": to.upper(), "why": why}
        said(server.post(path_of(which, "severity"), order), as_json)


def impact(
    which: Which,
    *,
    from_: Annotated[
        str,
        typer.Option(
            "--from", help="ISO 8601, or a time of day before the detection (UTC): 09:40."
        ),
    ],
    why: Annotated[str, typer.Option(help="How that is known; it stands on the timeline.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Say since when people have been harmed; what is computed gives way."""
    with remote(url, token) as server:
        seen_at = parse_instant(server.get(path_of(which))["detected_at"])
        at = time_of_day(from_, seen_at, datetime.now(UTC)) or parse_instant(from_)
        order = {"impact_from": at.isoformat(), "why": why}
        said(server.post(path_of(which, "impact"), order), as_json)


def correct(
    which: Which,
    entry: Annotated[str, typer.Argument(help="Id of the note, see `show --json`.")],
    text: Annotated[str, typer.Argument(help="What it should say.")],
    *,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Correct a note of yours, or any if you lead; the old text stays readable."""
    with remote(url, token) as server:
        order = {"text": text}
        said(server.post(path_of(which, f"notes/{segment(entry)}"), order), as_json)


def task(
    which: Which,
    text: Annotated[str, typer.Argument(help="What is to be done.")],
    *,
    owner: Annotated[str | None, typer.Option(help="By whom.")] = None,
    within: Annotated[str | None, typer.Option(help="Until when, from now, e.g. 30m.")] = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Give an incident a task."""
    order = {"text": text} | ({"owner": owner} if owner else {})
    if within is not None:
        due_at = datetime.now(UTC) + parse_duration(within)  # lint: clock the caller's own words
        order |= {"due_at": due_at.isoformat()}
    with remote(url, token) as server:
        _task_said(server.post(path_of(which, "tasks"), order), as_json)


def tasks(
    which: Which,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """List the tasks of an incident, what is due first in front."""
    with remote(url, token) as server:
        answer = server.get(path_of(which, "tasks"))
    found = [one for one in answer["tasks"] if every or one["state"] == "open"]
    if as_json:
        print(printed({"tasks": found}))
    else:
        print(columns([_task_line(one) for one in found]) if found else "no tasks")


Thing = Annotated[str, typer.Argument(help="Id of the task, see `tocsin incident tasks`.")]


def done(task: Thing, as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """Say that a task is done."""
    with remote(url, token) as server:
        _task_said(server.post(f"/v1/tasks/{segment(task)}/done"), as_json)


def drop(
    task: Thing,
    why: Annotated[str, typer.Option(help="Why it need not be done any more.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Drop a task, with the reason."""
    with remote(url, token) as server:
        _task_said(server.post(f"/v1/tasks/{segment(task)}/drop", {"why": why}), as_json)


def _task_said(one: Json, as_json: bool) -> None:
    print(printed(one) if as_json else columns([_task_line(one)]))


def _task_line(one: Json) -> tuple[str, ...]:
    due = str(one["due_at"])[:16].replace("T", " ") + " UTC" if one["due_at"] else "no due time"
    state = "overdue" if one["overdue"] else one["state"]
    return (one["id"], state, due, one["owner"] or "nobody's yet", one["text"])


def said(one: Json, as_json: bool) -> None:
    """Print an incident after a role changed, with everybody who holds one."""
    print(printed(one) if as_json else f"{columns([line(one)])}\n{roles_of(one)}")


def roles_of(one: Json) -> str:
    """Return who holds which role, in one line."""
    held = [f"{Role(each['role']).word} {each['person']}" for each in one["roles"]]
    return " · ".join([f"led by {one['commander'] or 'nobody yet'}", *held])
