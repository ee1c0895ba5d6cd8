"""`tocsin demo`: one real incident, end to end, on this machine."""

import json
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from tocsin.base.spans import describe
from tocsin.cli.demo import play
from tocsin.cli.demo.processes import Stage
from tocsin.cli.demo.responder import Gone
from tocsin.drill.score import Check, Play, score


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Play it to the end without a person.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Seed; default: a new one.")] = None,
    port: Annotated[int, typer.Option(help="Port of the server.")] = 8470,
    keep: Annotated[
        Path | None, typer.Option(help="Folder to keep records, logs and review in.")
    ] = None,
) -> None:
    """Play one real incident, end to end, on this machine.

    Trains a lending system on real people's data, streams the rest through a small scoring
    service, breaks a feature for one group of applicants, and lets you respond in the browser.
    """
    console = Console(stderr=False)
    chosen = secrets.randbelow(1_000_000) if seed is None else seed
    folder = keep or Path(tempfile.mkdtemp(prefix="tocsin-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    console.print(f"[bold]Tocsin demo[/bold]  seed {chosen}  records in {folder}")
    stage = Stage(
        folder=folder,
        cache=Path.home() / ".cache" / "tocsin" / "demo",
        port=port,
        service_port=port + 1,
        seed=chosen,
        tell=lambda sentence: console.print(f"· {sentence}", highlight=False),
    )
    try:
        with play.scene(stage) as scene:
            if headless:
                met = _headless(scene, console)
            else:
                _with_people(scene, console)
                met = True
    except KeyboardInterrupt:
        console.print("stopped")
        met = not headless
    finally:
        if keep is None and not headless:
            shutil.rmtree(folder, ignore_errors=True)
    raise typer.Exit(0 if met else 1)


def _headless(scene: play.Scene, console: Console) -> bool:
    _healthy(scene, console)
    play.break_it(scene)
    scene.stage.tell(f"fault: {play.PLANTED} deployed; it no longer knows public employers' codes")
    try:
        play.respond(scene)
    except Gone as gone:
        console.print(f"[red]{gone}[/red]")
    checks = score(scene.seen, planted_change=play.PLANTED)
    printed(console, scene.seen, checks)
    (scene.stage.folder / "result.json").write_text(
        json.dumps({check.name: [check.met, check.seen] for check in checks}, indent=1)
    )
    (scene.stage.folder / "review.md").write_text(scene.seen.review)
    return all(check.met for check in checks)


def _with_people(scene: play.Scene, console: Console) -> None:
    link = (scene.stage.folder / "server.log").read_text().strip().splitlines()[-1]
    console.print(f"\nOpen  [link={link}]{link}[/link]\n", soft_wrap=True)
    _healthy(scene, console)
    play.break_it(scene)
    scene.stage.tell(f"fault: {play.PLANTED} deployed; a page will follow within seconds")
    console.print("Respond in the browser.  Ctrl-C ends the demo.")
    while True:
        for page in scene.pager.received():
            console.print(f"☎ {page.subject}", highlight=False)
        time.sleep(0.5)


def _healthy(scene: play.Scene, console: Console) -> None:
    columns = (TextColumn("· all is well for a while"), BarColumn())
    with Progress(*columns, console=console, disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task("healthy", total=1.0)
        play.healthy(scene, lambda share: bar.update(task, completed=share))


def printed(console: Console, seen: Play, checks: Sequence[Check]) -> None:
    """Print the times of the response and what was expected of it."""
    timeline = Table(title="Timeline", title_justify="left", box=None, header_style="dim")
    for heading in ("", "time (UTC)", "after the fault"):
        timeline.add_column(heading)
    for name, at in seen.times:
        when = at.strftime("%H:%M:%S.%f")[:-4] if at else "never"
        timeline.add_row(name, when, describe(at - seen.fault_at) if at else "–")
    console.print(timeline)
    result = Table(title="Expected", title_justify="left", box=None, header_style="dim")
    for heading in ("", "", "seen"):
        result.add_column(heading)
    for check in checks:
        result.add_row("✓" if check.met else "✗", check.name, check.seen)
    console.print(result)
