"""The command line: every command on one page, and how errors become exit codes.

The menu is printed without loading anything; a command's module is imported when it is asked for.
Exit codes: 0 nothing to page, 1 alarm or refused, 2 bad input or configuration (one message on
standard error: what, where, what to do).
"""

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from tocsin import __version__
from tocsin.base.errors import TocsinError
from tocsin.cli.wiring import Wiring


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what it does in a line, and where its Typer function or group is."""

    does: str
    module: str
    name: str


COMMANDS = {
    "init": Command("write a first tocsin.yaml from a file of healthy decisions", "init", "init"),
    "up": Command("run the server on this machine", "up", "up"),
    "check": Command("compare a file with a reference: no server, no config", "check", "check"),
    "import": Command("read a peer's report and say it again beside ours", "imports", "imports"),
    "explain": Command("compute a server's finding again, and draw it", "explain", "explain"),
    "kpi": Command("judge a file of one KPI over time: no server, no config", "kpi", "kpi"),
    "profile": Command(
        "count a file or table of decisions, here or on Spark", "profile", "profile"
    ),
    "replay": Command("feed a file of history through the live pipeline", "replay", "replay"),
    "erase": Command("remove predictions by id, for good", "erase", "erase"),
    "incident": Command(
        "list, declare, acknowledge, contain and resolve incidents", "incident", "incident"
    ),
    "oncall": Command("who is on call, what a policy would do, overrides", "oncall", "oncall"),
    "silence": Command("silence alerts, ask why nobody was called", "silence", "silence"),
    "queue": Command("decisions that wait for people: list, judge, see", "queue", "queue"),
    "stages": Command("is every stage of the pipeline fresh, and why not", "stages", "stages"),
    "canary": Command("may a new version serve everybody", "canary", "canary"),
    "gate": Command("may a release go out: two files of decisions, for CI", "gate", "gate"),
    "actuators": Command(
        "what carries out directives outside; try one without changing anything",
        "actuators",
        "actuators",
    ),
    "gateway": Command("contain a served system without touching its code", "gateway", "gateway"),
    "status": Command("the status page: how it is, publish, forget people", "status", "status"),
    "token": Command("make, list and revoke API tokens", "tokens", "token"),
    "audit": Command("verify and export the audit log", "audit", "audit"),
    "demo": Command("play one real incident, end to end, here", "demo.command", "demo"),
}


def usage() -> str:
    """Return the menu."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.does}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "Tocsin: open-source AI incident response.",
            "",
            "Usage: tocsin COMMAND [OPTIONS]      tocsin COMMAND --help tells more",
            "",
            *lines,
            "",
            "  --version  say the version        --help  show this",
        ]
    )


def run(wiring: Wiring, arguments: Sequence[str]) -> int:
    """Run one command and return how the process ends."""
    try:
        return _run(wiring, arguments)
    except BrokenPipeError:  # whoever read our output has seen enough, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(wiring: Wiring, arguments: Sequence[str]) -> int:
    first = arguments[0] if arguments else "--help"
    if first in {"--help", "-h", "help", "--version"}:
        print(__version__ if first == "--version" else usage())
        return 0
    if first not in COMMANDS:
        close = get_close_matches(first, COMMANDS, n=1)
        do = f"did you mean `tocsin {close[0]}`?" if close else "`tocsin --help` lists them"
        sys.stderr.write(f"tocsin: no command is called {first!r}; {do}\n")
        return 2
    try:
        _call(first, wiring, arguments[1:])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except KeyboardInterrupt:
        return 130
    except TocsinError as error:
        sys.stderr.write(f"tocsin: {error}\n")
        return 2
    return 0


def _call(name: str, wiring: Wiring, arguments: Sequence[str]) -> None:
    import typer  # noqa: PLC0415 - the menu above must not pay for it

    command = COMMANDS[name]
    found = getattr(importlib.import_module(f"tocsin.cli.{command.module}"), command.name)
    app = found
    if not isinstance(found, typer.Typer):
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(help=found.__doc__)(found)
    app(args=list(arguments), prog_name=f"tocsin {name}", obj=wiring)
