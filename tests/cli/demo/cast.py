"""Forty applicants in the census files' own form, for tests that need no download."""

from collections.abc import Sequence

from tocsin.drill import lending

_JOBS = ("State-gov", "Private", "Self-emp-inc", "Private")


def applicants(n: int = 40) -> Sequence[lending.Applicant]:
    rows = [
        f"{20 + i % 45}, {_JOBS[i % 4]}, 1, Bachelors, {5 + i % 11}, Married-civ-spouse, "
        f"Exec-managerial, Husband, White, {'Male' if i % 2 else 'Female'}, 0, 0, 40, "
        f"United-States, {'>50K' if i % 11 > 5 else '<=50K'}"
        for i in range(n)
    ]
    return lending.applicants("\n".join(rows))
