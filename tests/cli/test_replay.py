"""`tocsin replay` against a real server on this machine."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.served import Terminal, served
from tests.store.examples import NOW
from tocsin.base.errors import BadInput, Unavailable
from tocsin.cli import replay as module
from tocsin.cli.remote import Remote
from tocsin.cli.replay import factor_of, paced, send
from tocsin.ingest.rows import INSTANT

CONFIG = """\
version: 1
systems:
  loans:
    kind: binary
    reference: reference.parquet
    columns:
      {id: number, time: decided, score: p, prediction: answer, label: truth, positive: approved}
    slices: [age]
"""
N = 50


def history(n: int = N) -> pa.Table:
    """Decisions, newest first."""
    at = [NOW - timedelta(minutes=k) for k in range(n)]
    return pa.table(
        {
            "number": list(range(n)),
            "decided": pa.array(at, INSTANT),
            "p": [0.5] * n,
            "answer": ["approved", "denied"] * (n // 2),
            "truth": ["approved", None] * (n // 2),
            "income": [1.5] * n,
            "age": [31] * n,
        }
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "tocsin.yaml").write_text(CONFIG)
    pq.write_table(history(), tmp_path / "history.parquet")
    return tmp_path


def words(files: Path, name: str = "history.parquet", *more: str) -> tuple[str, ...]:
    config = str(files / "tocsin.yaml")
    return ("replay", str(files / name), "--config", config, "--system", "loans", *more)


def test_history_goes_through_the_live_pipeline_once(
    terminal: Terminal, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(files) as (site, url, tokens):
        monkeypatch.setenv("TOCSIN_TOKEN", tokens["service"])
        code, out, err = terminal.run(*words(files), "--url", url)
        assert (code, err) == (0, "")
        assert out.startswith("50 predictions and 25 outcomes stored in ")
        rows = site.lake.scan("loans", "predictions").sort_by("at")
        assert rows["id"].to_pylist() == [str(k) for k in reversed(range(N))]
        assert rows["f_income"].to_pylist() == [1.5] * N
        assert rows["s_age"].to_pylist() == ["25–40"] * N
        assert site.lake.scan("loans", "outcomes")["label"].to_pylist() == ["approved"] * 25
        code, out, _ = terminal.run(*words(files), "--url", url)
        assert code == 0
        assert "50 duplicate ids left out" in out


def test_a_csv_file_and_rows_that_are_refused(terminal: Terminal, files: Path) -> None:
    (files / "h.csv").write_text(
        "number,decided,p,answer,truth,income,age,note\n"
        "1,2026-11-20 14:00:00,0.5,approved,approved,1.5,31,x\n"
        "2,2026-11-20 14:01:00,7,approved,,1.5,31,x\n"
        "3,2026-11-21 14:01:00,0.5,approved,,1.5,31,x\n"
    )
    with served(files) as (site, url, tokens):
        me = ("--url", url, "--token", tokens["service"])
        code, out, err = terminal.run(*words(files, "h.csv", *me))
        assert code == 0
        assert "1 prediction and 1 outcome stored" in out
        assert "the system has no place for features.note" in out
        assert "2 rows refused, such as" in err
        assert "prediction 2: score: score must be a number between 0 and 1" in err
        assert "clock skew" in err
        assert site.lake.scan("loans", "predictions").num_rows == 1
        (files / "bad.csv").write_text((files / "h.csv").read_text().replace("0.5", "5"))
        code, _, err = terminal.run(*words(files, "bad.csv", *me))
        assert code == 2
        assert "no row was accepted; see the reasons above" in err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.parquet", None, "no such file"),
        ("empty.csv", "", "the file is empty"),
        ("broken.parquet", "PAR1 and so on", "cannot be read"),
        ("short.csv", "number,decided\n1,2026-11-20\n", "columns 'p', 'answer' and 'age' missing"),
        ("when.csv", "number,decided,p,answer,age\n1,soon,1,a,3\n", "'soon' is not an instant"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(
    terminal: Terminal, files: Path, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        (files / name).write_text(content)
    code, out, err = terminal.run(*words(files, name))
    assert (code, out) == (2, "")
    assert message in err
    assert name in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--speed", "fast"), "'fast' is no speed; write 60 or max"),
        (("--system", "lones"), "no system is called 'lones'; there is loans"),
        (("--config", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        (("--url", "localhost"), "is not an address"),
    ],
)
def test_a_wrong_option_is_one_message(
    terminal: Terminal, files: Path, more: tuple[str, str], message: str
) -> None:
    code, _, err = terminal.run(*words(files), *more)
    assert code == 2
    assert message in err


def test_a_stranger_and_an_unknown_system_are_told_at_once(terminal: Terminal, files: Path) -> None:
    with served(files) as (_site, url, tokens):
        code, _, err = terminal.run(*words(files), "--url", url, "--token", "tsn_x")
        assert code == 2
        assert "TOCSIN_TOKEN" in err
        (files / "tocsin.yaml").write_text(CONFIG.replace("loans:", "other:"))
        command = ("replay", *words(files)[1:-1], "other")
        code, _, err = terminal.run(*command, "--url", url, "--token", tokens["service"])
        assert code == 2
        assert "no system is called 'other'" in err


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=40), st.floats(0.5, 1e4))
def test_no_row_comes_before_its_time_and_none_is_left_out(
    offsets_ms: list[int], factor: float
) -> None:
    at = [NOW + timedelta(milliseconds=ms) for ms in sorted(offsets_ms)]
    rows = pa.table({"at": pa.array(at, INSTANT)})
    now_s = 100.0

    def pause(wait_s: float) -> None:
        nonlocal now_s
        now_s += wait_s

    sent = 0
    for portion in paced(rows, factor, lambda: now_s, pause):
        latest = portion["at"].to_pylist()[-1]
        assert latest is not None
        assert (latest - at[0]).total_seconds() / factor <= now_s - 100 + 1e-6
        sent += portion.num_rows
    assert sent == len(at)


def test_at_full_speed_rows_come_in_large_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 20)
    portions = paced(history(), None, float, lambda _: None)
    assert [one.num_rows for one in portions] == [20, 20, 10]


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "x", ""])
def test_a_speed_that_never_arrives_is_refused(speed: str) -> None:
    with pytest.raises(BadInput, match="is no speed"):
        factor_of(speed)


def server_that(answer: Callable[[httpx.Request], httpx.Response]) -> Remote:
    return Remote(httpx.Client(transport=httpx.MockTransport(answer), base_url="http://server"))


def taken(rows: int) -> dict[str, object]:
    return {
        "accepted": rows,
        "duplicates": 0,
        "ignored_fields": [],
        "rejected": [],
        "rejected_total": 0,
    }


def test_a_busy_server_is_waited_for_as_long_as_it_asks() -> None:
    waits: list[float] = []
    answers = [
        httpx.Response(429, headers={"Retry-After": "3"}, json={"error": {"what": "full"}}),
        httpx.Response(503, json={"error": {"what": "the disk is full"}}),
        httpx.Response(200, json=taken(1)),
    ]
    server = server_that(lambda _request: answers.pop(0))
    rows = pa.table({"id": ["a"], "at": pa.array([NOW], INSTANT)})
    tally = send(server, "loans", iter([rows]), lambda _: None, waits.append)
    assert tally.accepted == 1
    assert waits[0] >= 3
    server.client.close()


def test_a_server_that_stays_away_is_given_up_after_a_while() -> None:
    def away(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    server, waits = server_that(away), list[float]()
    rows = pa.table({"id": ["a"], "at": pa.array([NOW], INSTANT)})
    with pytest.raises(Unavailable, match="is `tocsin up` running"):
        send(server, "loans", iter([rows]), lambda _: None, waits.append)
    assert 60 <= sum(waits) < 80
    server.client.close()


def test_a_body_that_is_too_long_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def take(request: httpx.Request) -> httpx.Response:
        with pa.ipc.open_stream(request.content) as stream:
            sizes.append(stream.read_all().num_rows)
        return httpx.Response(200, json=taken(sizes[-1]))

    monkeypatch.setattr(module, "BODY_BYTES", 2_000)
    server = server_that(take)
    rows = pa.table({"id": [str(k) * 20 for k in range(100)], "at": pa.array([NOW] * 100, INSTANT)})
    moved: list[int] = []
    assert send(server, "loans", iter([rows]), moved.append).accepted == 100
    assert sum(sizes) == 100
    assert max(sizes) < 100
    assert moved == [100]
    server.client.close()
