"""`tocsin up`: the server, the worker, or both in one process."""

from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.errors import BadInput
from tocsin.cli.wiring import Engine, Role, UpOptions, require_spark, wiring_of


def up(  # noqa: PLR0917 - one parameter per option
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="Configuration file.")] = Path("tocsin.yaml"),
    data_dir: Annotated[Path, typer.Option(help="Where records and predictions rest.")] = Path(
        "tocsin-data"
    ),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8470,
    role: Annotated[Role, typer.Option(help="Serve pages and API, work, or both.")] = Role.ALL,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="TOCSIN_DATABASE",
            help="Database URL; default: a SQLite file in the data directory.",
        ),
    ] = None,
    lake: Annotated[
        str | None,
        typer.Option(
            envvar="TOCSIN_LAKE",
            help="Where predictions rest: a folder or s3://bucket/prefix; default: in the data"
            " directory.",
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            help="Address by which people reach the server, e.g. https://tocsin.example.org: pages"
            " link to it, those of --role worker as well. Default: the address listened on."
        ),
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            help="Address or network (10.1.0.0/16) of a proxy before the server, whose"
            " X-Forwarded-For tells who asks; may be repeated; this machine's is trusted anyway."
        ),
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="Where large backlogs of predictions are counted.")
    ] = Engine.LOCAL,
    master: Annotated[
        str | None, typer.Option(help="Spark's master URL; default: Spark's own settings.")
    ] = None,
) -> None:
    """Run the server on this machine."""
    require_spark(engine, master)
    wiring_of(context).serve(
        UpOptions(
            config=config,
            data_dir=data_dir,
            host=host,
            port=port,
            role=role,
            database=database,
            lake=lake,
            base_url=base_url,
            trusted_proxies=_proxies(trusted_proxy or ()),
            engine=engine,
            master=master,
        )
    )


def _proxies(texts: Sequence[str]) -> tuple[str, ...]:
    for text in texts:
        try:
            ip_network(text)
        except ValueError:
            raise BadInput(
                f"{text!r} is no address and no network",
                where="--trusted-proxy",
                do="give the proxy's, e.g. 10.0.0.5 or 10.1.0.0/16; all of them cannot be trusted",
            ) from None
    return tuple(texts)
