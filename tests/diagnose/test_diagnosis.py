from dataclasses import replace

from tests.learn.cases import DIAGNOSIS, SUSPECT


def test_the_first_suspect_stands_first() -> None:
    other = replace(SUSPECT, rank=2, score=0.01)
    assert replace(DIAGNOSIS, suspects=(SUSPECT, other)).first == SUSPECT
    assert replace(DIAGNOSIS, suspects=()).first is None
