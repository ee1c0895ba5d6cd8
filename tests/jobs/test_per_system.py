"""The trouble of one system never holds up another."""

import pytest

from tests.jobs.scene import Scene
from tocsin.jobs.per_system import per_system


def test_every_system_has_its_turn_and_all_troubles_are_told(stage: Scene) -> None:
    stage.declare("a", "b")
    served: list[str] = []

    def step(name: str) -> None:
        if name == "a":
            raise ValueError("broken")
        served.append(name)

    with pytest.raises(ExceptionGroup) as caught:
        per_system(stage.rings, step)
    assert sorted(served) == ["b", "loans"]
    (trouble,) = caught.value.exceptions
    assert trouble.__notes__ == ["system a"]


def test_without_trouble_nothing_is_raised(stage: Scene) -> None:
    served: list[str] = []
    per_system(stage.rings, served.append)
    assert served == ["loans"]
