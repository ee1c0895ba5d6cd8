"""A command finds the wiring at the root of its context."""

import typer

from tocsin.app import count
from tocsin.cli.wiring import Wiring, wiring_of


def test_the_wiring_is_the_roots() -> None:
    wiring = Wiring(
        serve=print,
        open_database=lambda _dir, _url: None,  # pyright: ignore[reportArgumentType] - not opened here
        count=count,
        write_report=str,
    )
    found: list[Wiring] = []
    app = typer.Typer()

    @app.command()
    def ask(context: typer.Context) -> None:  # pyright: ignore[reportUnusedFunction] - called by typer
        found.append(wiring_of(context))

    app(args=[], standalone_mode=False, obj=wiring)
    assert found == [wiring]
