"""A gateway on a port, with two servers of models behind it and directives told in memory."""

import threading
import time
from collections.abc import Callable, Container, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.gateway.server import Server, running
from tests.patience import PATIENCE_S
from tocsin.gateway.desk import Control
from tocsin.gateway.proxy import Gateway
from tocsin.gateway.served import Rule, Rules, Served, Settings, ShadowLimits
from tocsin.ingest.system import System
from tocsin_client.conditions import condition
from tocsin_client.directives import CONTROL_LOST, Board, Directive, Key, read_board
from tocsin_client.hear import Judged
from tocsin_client.rows import Row

SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat()
POOR = Rule((condition("income", "<100"),), {"score": 0.1, "decision": "no"})
RULES = Rules((POOR, Rule((), {"score": 0.2, "decision": "no"})))


class Desk:
    """The control of one system, in memory."""

    def __init__(self) -> None:
        self.board, self.rows, self.lost = Board(), list[Row](), False
        self.referred: list[Row] = []
        self.judged: dict[str, Judged] = {}
        self.landed = threading.Condition()

    def direct(self, *directives: Mapping[str, object]) -> None:
        told: list[dict[str, object]] = [
            {"id": f"dir_{k}", "expires_at": SOON, **one} for k, one in enumerate(directives)
        ]
        lists = [[one for one in told if ("of_version" in one) is of] for of in (False, True)]
        answer = {"directives": lists[0], "of_versions": lists[1]}
        self.board = read_board({"version": self.board.version + 1, **answer})

    def now(self) -> datetime:
        return datetime.now(UTC)

    def choose(
        self,
        attributes: Mapping[str, object],
        now: datetime,
        key: Key = "",
        versions: Container[str] | None = None,
    ) -> Directive | None:
        if self.lost:
            return CONTROL_LOST
        found = self.board.choose(attributes, now, key)
        return self.board.narrowed(found, attributes, now, "v2", versions)

    def shadow(
        self, attributes: Mapping[str, object], now: datetime, key: Key = "", version: str = ""
    ) -> Directive | None:
        return self.board.shadow(attributes, now, key, version)

    def moved(
        self, attributes: Mapping[str, object], now: datetime, version: str = ""
    ) -> Directive | None:
        return self.board.threshold(attributes, now, version)

    def put(self, row: Row) -> None:
        with self.landed:
            self.rows.append(row)
            self.landed.notify_all()

    def refer(self, row: Row) -> None:
        with self.landed:
            self.referred.append(row)
            self.landed.notify_all()

    def answer(self, prediction_id: str, *, wait_s: float = 0.0) -> Judged | None:
        assert wait_s == 0
        return self.judged.get(prediction_id)

    def taken(self, count: int = 1) -> list[Row]:
        """Return the rows once there are `count`: they are written after the answer is out."""
        with self.landed:
            assert self.landed.wait_for(lambda: len(self.rows) >= count, PATIENCE_S)
        assert len(self.rows) == count
        return self.rows


@dataclass
class Stage:
    """What a test of the gateway works with."""

    client: httpx.Client
    desk: Desk
    server: Server
    other: Server
    gateway: Gateway
    settings: Settings

    def v1(self, *incomes: float, **more: Any) -> httpx.Response:
        rows = [{"income": income, "region": region_of(income)} for income in incomes]
        return self.client.post("/v1/models/loans:predict", json={"instances": rows}, **more)

    def v2(self, *incomes: float, id_: str | None = None, **more: Any) -> httpx.Response:
        body = v2_body(*incomes) | ({"id": id_} if id_ else {})
        return self.client.post("/v2/models/loans/infer", json=body, **more)

    def chat(self, text: str = "hello", **more: Any) -> httpx.Response:
        return self.client.post("/v1/chat/completions", json=chat_body(text, **more))

    def shadows(self, result: str) -> int:
        return self.gateway.counts.get("shadow", system="loans", version="v3", result=result)


def region_of(income: float) -> str:
    """Tell odd incomes apart: they live in the north."""
    return "north" if income % 2 else "south"


def v2_body(*incomes: float) -> dict[str, Any]:
    n = len(incomes)
    income = {"name": "income", "datatype": "FP64", "shape": [n, 1], "data": list(incomes)}
    regions = [region_of(one) for one in incomes]
    region = {"name": "region", "datatype": "BYTES", "shape": [n, 1], "data": regions}
    return {"inputs": [income, region]}


def chat_body(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"model": "loans", "messages": [{"role": "user", "content": text}], **more}


@contextmanager
def stage_of(**changes: Any) -> Generator[Stage]:
    """Yield a stage; `changes` are of what is served, `shadow` of the limits."""
    said: dict[str, Any] = {"timeout_s": 30.0, **changes.pop("shadow", {})}
    limits = ShadowLimits(**said)
    server, other, desk = Server(), Server(bias=0.2), Desk()
    with running(server) as server.url, running(other) as other.url:
        served = replace(
            Served(
                system=System(name="loans"),
                upstream=server.url,
                version="v2",
                models=("loans",),
                versions={"v1": other.url, "v3": other.url},
                fallback=RULES,
                headers={"x-channel": "channel"},
                timeout_s=30.0,
            ),
            **changes,
        )
        settings = Settings(
            server="http://127.0.0.1:1",
            token="t",
            spool_dir="",
            systems=(served,),
            shadow=limits,
            max_body_bytes=100_000,
        )
        control: Control = desk
        gateway = Gateway(settings, {"loans": control})
        with running(gateway) as url, httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
            yield Stage(client, desk, server, other, gateway, settings)


def until(ready: Callable[[], bool], timeout_s: float = PATIENCE_S) -> float:
    """Return after how many seconds `ready` came to hold; infinity if it did not in time."""
    pause, start_s = threading.Event(), time.monotonic()
    while time.monotonic() - start_s < timeout_s:
        if ready():
            return time.monotonic() - start_s
        pause.wait(0.005)
    return float("inf")
