"""The system under watch: a gradient-boosted classifier trained on the older applicants."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier

from tocsin.drill.lending import CATEGORICAL, HEALTHY_RELEASE, NUMERIC, Applicant, features


class Scorer:
    """Scores in [0, 1]: how likely an applicant is able to repay."""

    def __init__(self, people: Sequence[Applicant], *, seed: int) -> None:
        """Train on `people`, whose features come from the healthy pipeline."""
        rows = [features(person, HEALTHY_RELEASE) for person in people]
        self._codes: dict[str, dict[object, int]] = {
            name: {value: code for code, value in enumerate(sorted({str(r[name]) for r in rows}))}
            for name in CATEGORICAL
        }
        # sixty shallow trees: a decision takes under a millisecond, alone as it comes
        self._classifier = GradientBoostingClassifier(
            n_estimators=60, max_depth=4, random_state=seed
        )
        self._classifier.fit(self._matrix(rows), [person.able_to_repay for person in people])

    def scores(self, rows: Sequence[Mapping[str, object]]) -> NDArray[np.float64]:
        """Return one score per row of features."""
        shares = cast("NDArray[np.float64]", self._classifier.predict_proba(self._matrix(rows)))
        return shares[:, 1]

    def _matrix(self, rows: Sequence[Mapping[str, object]]) -> NDArray[np.float64]:
        """Return features as numbers; a category never seen in training is -1."""
        return np.array(
            [
                [float(str(row[name])) for name in NUMERIC]
                + [float(self._codes[name].get(row[name], -1)) for name in CATEGORICAL]
                for row in rows
            ]
        )
