"""Ids of decisions."""

import os
import random

import pytest

from tocsin_client.ids import new_id


def test_ids_differ_even_when_the_service_seeds_its_random_numbers() -> None:
    random.seed(1)
    first = new_id()
    random.seed(1)
    assert new_id() != first
    assert len({new_id() for _ in range(1000)}) == 1000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_does_not_repeat_its_parents_ids() -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(read, 32).decode()
    os.close(read)
    os.close(write)
    assert len(told) == 32
    assert told != new_id()
