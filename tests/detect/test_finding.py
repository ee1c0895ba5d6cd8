from dataclasses import replace

from tests.detect.test_levels import MISSING
from tocsin.base.slices import EVERYONE


def test_the_key_names_the_monitor_and_not_what_it_said() -> None:
    assert MISSING.key == "quality/missing/income/region=north"
    assert replace(MISSING, value=0.9, n=7).key == MISSING.key
    assert replace(MISSING, slice=EVERYONE, column=None).key == "quality/missing//"
