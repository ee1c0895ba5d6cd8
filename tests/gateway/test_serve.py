"""A gateway in front of a real server, with a real Tocsin that is then killed."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.cli.served import address_of
from tests.gateway.server import Server, running
from tests.gateway.stage import RULES, until
from tests.patience import PATIENCE_S, best_of_three
from tests.store import examples
from tests.web.cast import Watch, site_at, tokens_of
from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.gateway.serve import listen, run
from tocsin.gateway.served import Served, Settings
from tocsin.ingest.system import System
from tocsin.store import containment
from tocsin.web.site import Site


@contextmanager
def gateway_of(settings: Settings) -> Generator[httpx.Client]:
    """Yield a client of a gateway that runs as `tocsin gateway` runs it."""
    listener, closing = listen("127.0.0.1", 0), threading.Event()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread = threading.Thread(
        target=run, args=(settings, listener), kwargs={"until": closing.is_set}
    )
    thread.start()
    try:
        with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
            yield client
    finally:
        closing.set()
        thread.join(PATIENCE_S)
        listener.close()
    assert not thread.is_alive()


def settings_of(server: Server, url: str, token: str, folder: Path, **more: object) -> Settings:
    served = Served(
        system=System(name="loans"),
        upstream=server.url,
        version="v2",
        models=("loans",),
        fallback=RULES,
        timeout_s=30.0,
    )
    return Settings(
        server=url,
        token=token,
        spool_dir=str(folder),
        systems=(replace(served, **more),),  # pyright: ignore[reportArgumentType]
    )


def decided_by(client: httpx.Client, region: str = "south", income: float = 700) -> str:
    row = {"income": income, "region": region}
    answer = client.post("/v1/models/loans:predict", json={"instances": [row]})
    assert answer.status_code == 200
    return answer.headers["tocsin-decided-by"]


def stored(site: Site) -> int:
    """Return how many decisions lie in the lake; one that was sent again counts once."""
    return len(set(site.lake.scan("loans", "predictions", columns=("id",))["id"].to_pylist()))


def contain(site: Site, region: str) -> None:
    one = replace(
        examples.directive(f"dir_{region}"),
        slice=Slice.of({"region": region}),
        expires_at=site.clock() + timedelta(hours=4),
    )
    with site.database.unit("test", site.clock()) as unit:
        containment.add_directives(unit, [one])


def test_a_directive_is_obeyed_within_two_seconds_and_outlives_tocsin_and_a_restart(
    tmp_path: Path,
) -> None:
    server = Server()
    watch = Watch(examples.datetime.now(examples.UTC))
    site = site_at(tmp_path, watch)
    token = tokens_of(site)["service"]
    folder = tmp_path / "gateway"
    with running(server) as server.url:
        with address_of(site) as url:
            settings = settings_of(server, url, token, folder)
            with gateway_of(settings) as client:
                assert decided_by(client, "north") == "system"
                # the first batch makes the server load what it needs; a busy machine takes a while
                assert until(lambda: stored(site) == 1) < PATIENCE_S
                regions = iter(("north", "west", "east"))

                def obeyed_s() -> float:
                    region = next(regions)
                    contain(site, region)
                    return until(lambda: decided_by(client, region) == "fallback")

                assert best_of_three(obeyed_s) < 2
                assert decided_by(client, "south") == "system"
        # Tocsin is gone; a gateway that starts now knows only what is on disk
        with gateway_of(settings) as client:
            assert decided_by(client, "north") == "fallback"
            assert decided_by(client, "south") == "system"
            assert client.get("/-/healthz").json() == {"status": "alive"}
        assert any(folder.rglob("*predictions*"))


def test_a_system_that_fails_closed_goes_to_its_rules_once_tocsin_is_lost(tmp_path: Path) -> None:
    server = Server()
    site = site_at(tmp_path, Watch(examples.datetime.now(examples.UTC)))
    token = tokens_of(site)["service"]
    with running(server) as server.url:
        with address_of(site) as url:
            settings = settings_of(
                server, url, token, tmp_path / "g", on_control_loss="closed", grace_s=1.5
            )
            with gateway_of(settings) as client:
                assert until(lambda: decided_by(client) == "system") < PATIENCE_S
        with gateway_of(settings) as client:
            assert until(lambda: decided_by(client) == "fallback") < PATIENCE_S
            metrics = client.get("/-/metrics").text
            assert 'tocsin_gateway_control_lost{system="loans"} 1' in metrics


def test_rows_arrive_in_tocsins_lake(tmp_path: Path) -> None:
    server = Server()
    site = site_at(tmp_path, Watch(examples.datetime.now(examples.UTC)))
    token = tokens_of(site)["service"]
    with running(server) as server.url, address_of(site) as url:
        with gateway_of(settings_of(server, url, token, tmp_path / "g")) as client:
            for k in range(20):
                decided_by(client, income=600 + k)
            # closing sends what is left
            assert stored(site) < 21
        assert until(lambda: stored(site) == 20) < PATIENCE_S


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(BadInput, match="is in use"):
            listen("127.0.0.1", other.getsockname()[1])
    with pytest.raises(BadInput, match="cannot listen"):
        listen("203.0.113.1", 0)
