"""`tocsin gateway`: containment in front of a server of ML models, without touching its code."""

import importlib.util
import os
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.errors import BadInput


def gateway(
    config: Annotated[Path, typer.Option(help="What is served.")] = Path("gateway.yaml"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8471,
    *,
    check: Annotated[bool, typer.Option("--check", help="Read the file and stop.")] = False,
) -> None:
    """Serve a server's predictions under the directives in force.

    Speaks Open Inference Protocol v2, KServe v1 and OpenAI-compatible chat.  Needs no Tocsin server
    to start or to go on: the last directives known are kept on disk.
    """
    if importlib.util.find_spec("tocsin_client") is None:
        raise BadInput(
            "the gateway needs the SDK", where="tocsin gateway", do="install tocsin[gateway]"
        )
    from tocsin.gateway.form import read  # noqa: PLC0415 - only what has the SDK can load it

    try:
        text = config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"cannot be read: {error}", where=str(config), do="docs/gateway.md has an example"
        ) from None
    settings = read(text, str(config), os.environ)
    if check:
        names = ", ".join(one.system.name for one in settings.systems)
        print(f"{config}: serves {names}")
        return
    from tocsin.gateway.serve import listen, run  # noqa: PLC0415 - heavy

    listener = listen(host, port)
    address, bound = listener.getsockname()[:2]
    print(f"gateway listens on http://{address}:{bound}", flush=True)
    run(settings, listener)
