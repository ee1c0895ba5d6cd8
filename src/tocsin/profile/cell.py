"""The nouns of the profile room: a cell of counts, its key, and their mapping."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, order=True)
class CellKey:
    """Which rows a cell counts: a version, a slice key ("" is everyone) and a bucket's start."""

    version: str
    slice: str
    bucket: datetime


Profile = Mapping[CellKey, Counts]
"""One vector of whole numbers per cell, laid out by `Layout(spec)`; absent means zero."""
