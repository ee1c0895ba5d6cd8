import sys

from tests.forks import LOADED, forking


def missing() -> None:
    sys.exit(", ".join(name for name in LOADED if name not in sys.modules) or 0)


def test_what_is_forked_finds_everything_loaded() -> None:
    process = forking().Process(target=missing)
    process.start()
    process.join(300)
    assert process.exitcode == 0
