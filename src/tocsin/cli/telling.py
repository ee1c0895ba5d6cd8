"""`tocsin incident draft|update|updates|war-room`: tell stakeholders, from a terminal.

A draft is one text: its subject on the first line, an empty line, its words.  What `draft` prints
and an editor has changed, `update --from` sends.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.errors import BadInput
from tocsin.cli.remote import LOCAL, AsJson, Json, Token, Url, columns, printed, remote
from tocsin.cli.which import Which, path_of
from tocsin.incident.update import Voice

SUBJECT = "Subject: "
Speaks = Annotated[Voice, typer.Option("--voice", help="Whose words it speaks.")]


def draft(
    which: Which,
    voice: Speaks = Voice.EXECUTIVE,
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Print a draft of the next update, written from the records; nothing is sent."""
    with remote(url, token) as server:
        found = server.get(path_of(which, "updates/draft"), voice=voice.value)
    print(printed(found) if as_json else _written(found))


def update(
    *,
    which: Which,
    voice: Speaks = Voice.EXECUTIVE,
    to: Annotated[
        list[str] | None, typer.Option(help="Audience; several times; default: all of that voice.")
    ] = None,
    from_: Annotated[
        str,
        typer.Option(
            "--from", help="File with the text, as `draft` prints it; `-`: standard input."
        ),
    ],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Send an update that `draft` wrote and you have read and changed."""
    order = {"voice": voice.value, "audiences": to or [], **_parsed(_read(from_))}
    with remote(url, token) as server:
        sent = server.post(path_of(which, "updates"), order)
    if as_json:
        print(printed(sent))
    else:
        print(f"sent to {', '.join(sent['audiences'])}: {sent['subject']}")


def updates(which: Which, as_json: AsJson = False, url: Url = LOCAL, token: Token = "") -> None:
    """List the updates that were sent, whether they arrived, and what is due."""
    with remote(url, token) as server:
        found = server.get(path_of(which, "updates"))
    if as_json:
        print(printed(found))
        return
    due = [
        ("overdue" if one["overdue"] else "due", one["at"][:16].replace("T", " "), one["audience"])
        for one in found["due"]
    ]
    sent = [_line(one) for one in found["updates"]]
    print(columns(due) if due else "no update is due")
    print(columns(sent) if sent else "none was sent")


def war_room(
    which: Which,
    link: Annotated[str, typer.Argument(help="Link of the channel or meeting; `none`: no more.")],
    as_json: AsJson = False,
    url: Url = LOCAL,
    token: Token = "",
) -> None:
    """Name the war room of an incident; pages and the room link to it."""
    with remote(url, token) as server:
        wanted = None if link == "none" else link
        found = server.post(path_of(which, "war-room"), {"url": wanted})
    if as_json:
        print(printed(found))
    else:
        print(f"{found['name']}: {found['war_room'] or 'no war room'}")


def _written(found: Json) -> str:
    return f"{SUBJECT}{found['subject']}\n\n{found['text']}\n"


def _parsed(text: str) -> dict[str, str]:
    head, _, words = text.strip().partition("\n")
    if not head.startswith(SUBJECT) or not words.strip():
        what = f"the text does not begin with a line {SUBJECT!r}, or has no words"
        raise BadInput(what, where="--from", do="start from `tocsin incident draft`")
    return {"subject": head.removeprefix(SUBJECT).strip(), "text": words.strip()}


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {error}", where=name, do="check the file") from None


def _line(one: Json) -> tuple[str, ...]:
    arrived = sum(row["state"] == "accepted" for row in one["told"])
    when = one["sent_at"][:16].replace("T", " ")
    whom = ", ".join(one["audiences"])
    return (when, one["voice"], f"{arrived} of {len(one['told'])} arrived", whom, one["subject"])
