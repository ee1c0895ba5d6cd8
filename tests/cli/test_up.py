"""`tocsin up` hands its options to the composition root as they were said."""

from pathlib import Path

import pytest

from tocsin.app import count
from tocsin.cli.main import run
from tocsin.cli.wiring import Engine, Role, UpOptions, Wiring


def asked() -> tuple[Wiring, list[UpOptions]]:
    """Return a wiring that serves nothing, and the options it was asked to serve with."""
    seen: list[UpOptions] = []
    wiring = Wiring(
        serve=seen.append,
        open_database=lambda _dir, _url: None,  # pyright: ignore[reportArgumentType] - not opened here
        count=count,
        write_report=str,
    )
    return wiring, seen


def test_options_arrive(tmp_path: Path) -> None:
    wiring, seen = asked()
    arguments = ["up", "--config", str(tmp_path / "c.yaml"), "--port", "9000", "--role", "web"]
    assert run(wiring, arguments) == 0
    assert (seen[0].config, seen[0].port, seen[0].role) == (tmp_path / "c.yaml", 9000, Role.WEB)
    assert seen[0].host == "127.0.0.1"


def test_proxies_arrive_and_what_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    wiring, seen = asked()
    two = ["--trusted-proxy", "10.0.0.5", "--trusted-proxy", "fd00::/8"]
    assert run(wiring, ["up", *two]) == 0
    assert run(wiring, ["up"]) == 0
    assert [options.trusted_proxies for options in seen] == [("10.0.0.5", "fd00::/8"), ()]
    for wrong in ("*", "proxy.example.org", "10.0.0.1/8"):
        assert run(wiring, ["up", "--trusted-proxy", wrong]) == 2
        assert f"--trusted-proxy: {wrong!r} is no address" in capsys.readouterr().err
    assert len(seen) == 2


def test_spark_and_its_master_arrive_and_a_master_alone_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wiring, seen = asked()
    assert run(wiring, ["up", "--master", "spark://m:7077"]) == 2
    assert "only Spark has a master; add --engine spark" in capsys.readouterr().err
    assert run(wiring, ["up", "--engine", "spark", "--master", "spark://m:7077"]) == 0
    assert [(options.engine, options.master) for options in seen] == [
        (Engine.SPARK, "spark://m:7077")
    ]
