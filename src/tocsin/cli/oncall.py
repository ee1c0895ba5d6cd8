"""`tocsin oncall`: who is on call, what would be done, overrides and tests, over a server's API."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from tocsin.base.errors import BadInput
from tocsin.base.spans import parse_instant
from tocsin.cli.remote import LOCAL, AsJson, Json, Remote, Token, Url, columns, printed, remote
from tocsin.incident.incident import Role

oncall = typer.Typer(
    help="Tell who is on call, what a policy would do, and put somebody else on call.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_PAUSE_S = 0.5
_MOST_TESTS = 100
_AROUND = timedelta(days=45)
"""So far to both sides a shift is looked for; nobody is on call for longer than three months."""
_LOOK = "see who is: tocsin oncall who --at INSTANT"
At = Annotated[str | None, typer.Option(help="Instant, e.g. 2026-11-20T14:05Z; default: now.")]


@oncall.command()
def who(
    schedule: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    at: At = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Say who is on call, and until when."""
    query = _instant(at) | ({"schedule": schedule} if schedule else {})
    with remote(url, token) as server:
        answer = server.get("/v1/oncall", **query)
    if as_json:
        print(printed(answer))
    elif not answer["schedules"]:
        print("no schedules")
    else:
        print(columns([_line(one) for one in answer["schedules"]]))


@oncall.command()
def preview(
    policy: Annotated[str, typer.Option(help="Which policy.")],
    at: At = None,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Print whom a policy would tell and when; nobody is told.

    Exit 1 if within 60 days there is a gap that leaves the catch-all alone.
    """
    with remote(url, token) as server:
        answer = server.get(f"/v1/policies/{_segment(policy)}/preview", **_instant(at))
    if as_json:
        print(printed(answer))
    else:
        print(f"an incident that opens at {_minute(answer['at'])} and that nobody acknowledges")
        print(columns([_telling(one) for one in answer["tellings"]]))
        if answer["asks"]:
            print("the escalation matrix asks as well, from when its condition holds")
            print(columns([_asking(one) for one in answer["asks"]]))
        for hole in answer["holes"]:
            print(f"{'ERROR' if hole['grave'] else 'warning'}: {hole['text']}")
    if any(hole["grave"] for hole in answer["holes"]):
        raise typer.Exit(1)


@oncall.command()
def override(
    *,
    schedule: Annotated[str, typer.Option(help="In which schedule.")],
    person: Annotated[str, typer.Option(help="Who is on call instead.")],
    start: Annotated[str, typer.Option("--from", help="From when, e.g. 2026-11-20T14:05Z.")],
    end: Annotated[str, typer.Option("--to", help="Until when.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Put somebody on call instead of whom a schedule names."""
    order = {
        "schedule": schedule,
        "person": person,
        "start": parse_instant(start).isoformat(),
        "end": parse_instant(end).isoformat(),
        "reason": reason,
    }
    with remote(url, token) as server:
        one = server.post("/v1/overrides", order)
    print(printed(one) if as_json else columns([_override(one)]))


@oncall.command()
def overrides(as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """List the overrides that stand."""
    with remote(url, token) as server:
        answer = server.get("/v1/overrides")
    if as_json:
        print(printed(answer))
    elif not answer["overrides"]:
        print("no overrides")
    else:
        print(columns([_override(one) for one in answer["overrides"]]))


@oncall.command()
def withdraw(
    which: Annotated[str, typer.Argument(help="Id of the override.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Take an override back."""
    with remote(url, token) as server:
        one = server.post(f"/v1/overrides/{_segment(which)}/withdraw")
    print(printed(one) if as_json else f"override {one['id']} is withdrawn")


@oncall.command()
def swap(
    *,
    schedule: Annotated[str, typer.Option(help="In which schedule.")],
    one: Annotated[str, typer.Option(help="A shift, by who has it when: aspen@2026-11-20T14:05Z.")],
    other: Annotated[str, typer.Option(help="The shift of somebody else, named alike.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    yes: Annotated[bool, typer.Option("--yes", help="Swap without asking.")] = False,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Let two people take each other's shift: two overrides, both or none."""
    with remote(url, token) as server:
        mine, theirs = (_shift(server, schedule, each) for each in (one, other))
        if not yes:
            for has, takes in ((mine, theirs), (theirs, mine)):
                typer.echo(f"{takes['person']} instead of {has['person']}: {_span(has)}", err=True)
            typer.confirm("Swap these?", abort=True, err=True)
        order = {"schedule": schedule, "one": mine, "other": theirs, "reason": reason}
        answer = server.post("/v1/swaps", order)
    made = answer["overrides"]
    print(printed(answer) if as_json else columns([_override(each) for each in made]))


@oncall.command("test-page")
def try_contacts(
    person: Annotated[str, typer.Argument(help="Who, as declared under `people:`.")],
    wait_s: Annotated[
        int, typer.Option("--wait", min=0, help="Seconds to wait for what becomes of it.")
    ] = 20,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Send a test to every contact of a person; nobody needs to do anything about it.

    Exit 1 if a contact failed.
    """
    path = f"/v1/people/{_segment(person)}/test-pages"
    with remote(url, token) as server:
        answer = server.post(path)
        asked = {one["id"] for one in answer["pages"]}
        until = time.monotonic() + wait_s
        while _under_way(answer["pages"]) and time.monotonic() < until:
            time.sleep(_PAUSE_S)
            newest = server.get(path, limit=str(_MOST_TESTS))["pages"]
            answer = {"pages": [one for one in newest if one["id"] in asked]}
    print(printed(answer) if as_json else columns([_test(one) for one in answer["pages"]]))
    if any(one["state"] == "failed" for one in answer["pages"]):
        raise typer.Exit(1)


@oncall.command()
def readiness(as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """Say of each person by which channel pages are known to arrive.

    Exit 1 if somebody is not known to be reached by any.
    """
    with remote(url, token) as server:
        answer = server.get("/v1/people")
    if as_json:
        print(printed(answer))
    elif not answer["people"]:
        print("no people")
    else:
        lines = [_reach(who["person"], one) for who in answer["people"] for one in who["contacts"]]
        print(columns(lines))
    if not all(one["reached"] for one in answer["people"]):
        raise typer.Exit(1)


@oncall.command()
def ical(
    schedule: Annotated[str, typer.Option(help="Which schedule.")],
    out: Annotated[Path | None, typer.Option(help="File to write; default: print.")] = None,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Export the shifts of the next 90 days as a calendar."""
    with remote(url, token) as server:
        text = server.text(f"/v1/schedules/{_segment(schedule)}/calendar.ics")
    if out is None:
        print(text, end="")
        return
    try:
        out.write_bytes(text.encode())
    except OSError as error:
        raise BadInput(
            f"cannot be written: {error.strerror}", where=str(out), do="choose another file"
        ) from None


def _shift(server: Remote, schedule: str, words: str) -> dict[str, str]:
    """Return the whole shift that `PERSON@INSTANT` names, as the schedule has it.

    Raises:
        BadInput: it is not written so, or somebody else is on call then.
    """
    person, found, at = words.rpartition("@")
    if not found or not person:
        raise BadInput(
            f"{words!r} names no shift", do="write who is on call when: aspen@2026-11-20T14:05Z"
        )
    instant = parse_instant(at)
    laid = server.get(
        f"/v1/schedules/{_segment(schedule)}/shifts",
        start=(instant - _AROUND).isoformat(),
        end=(instant + _AROUND).isoformat(),
    )["shifts"]
    for one in laid:
        if parse_instant(one["start"]) <= instant < parse_instant(one["end"]):
            if one["person"] != person:
                raise BadInput(
                    f"{one['person']} is on call then, not {person}", where=words, do=_LOOK
                )
            return {key: one[key] for key in ("person", "start", "end")}
    raise BadInput("nobody is on call then", where=words, do=_LOOK)


def _span(one: Json) -> str:
    return f"{_minute(one['start'])} to {_minute(one['end'])}"


def _instant(at: str | None) -> dict[str, str]:
    return {} if at is None else {"at": parse_instant(at).isoformat()}


def _line(one: Json) -> tuple[str, ...]:
    until = f"until {_minute(one['until'])}" if one["until"] else "no end in sight"
    return (one["schedule"], one["person"] or "nobody", until)


def _asking(one: Json) -> tuple[str, ...]:
    told = ", ".join(f"{way['person']} ({way['channel']})" for way in one["told"])
    doing = Role(one["role"]).word if one["role"] else "told"
    why = f": {one['why']}" if one["why"] else ""
    return (f"T+{one['after_s'] // 60}", one["when"], doing, (told or "nobody") + why)


def _telling(one: Json) -> tuple[str, ...]:
    minutes, seconds = divmod(int(one["after_s"]), 60)
    after = f"T+{minutes}" + (f":{seconds:02}" if seconds else "")
    step = f"step {one['step']}" if one["step"] else "catch-all"
    again = f", repeat {one['repeat']}" if one["repeat"] else ""
    told = ", ".join(f"{way['person']} ({way['channel']})" for way in one["told"])
    why = f": {one['why']}" if one["why"] else ""
    return (after, _minute(one["at"]), f"{step}{again}", told + why)


def _under_way(tests: list[Json]) -> bool:
    return any(one["state"] in {"due", "claimed"} for one in tests)


def _test(one: Json) -> tuple[str, ...]:
    return (one["person"], one["channel"], one["state"], one["error"] or "")


def _reach(person: str, one: Json) -> tuple[str, ...]:
    told = [
        f"{word} {_minute(one[at])}"
        for word, at in (
            ("acknowledged", "acknowledged_at"),
            ("accepted", "accepted_at"),
            ("failed", "failed_at"),
        )
        if one[at]
    ]
    why = f": {one['failure']}" if one["failed_at"] else ""
    return (person, one["channel"], one["verdict"], ", ".join(told) + why)


def _override(one: Json) -> tuple[str, ...]:
    return (
        one["id"],
        one["schedule"],
        one["person"],
        _span(one),
        f"{one['made_by']}: {one['reason']}",
    )


def _minute(at: str) -> str:
    return f"{parse_instant(at):%Y-%m-%d %H:%M} UTC"


def _segment(text: str) -> str:
    if not text.strip() or text in {".", ".."}:
        raise BadInput(f"{text!r} names nothing", do="give a name of tocsin.yaml or an id")
    return quote(text.strip(), safe="")
