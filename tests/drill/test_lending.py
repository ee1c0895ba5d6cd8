"""The lending scenario breaks one feature for one slice, and nothing else."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.drill import lending

ROWS = """\
39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 2174, 0, 40, United-States, <=50K
50, Self-emp-not-inc, 83311, Bachelors, 13, Married-civ-spouse, Exec-managerial, Husband, White, Male, 0, 0, 13, United-States, >50K.
38, Private, 215646, HS-grad, 9, Divorced, Handlers-cleaners, Not-in-family, White, Male, 0, 0, 40, United-States, <=50K

|1x3 Cross validator
"""  # noqa: E501 - the census file's own lines


def test_people_are_read_with_employer_and_label() -> None:
    people = lending.applicants(ROWS)
    assert [p.employer for p in people] == ["government", "self-employed", "private"]
    assert [p.able_to_repay for p in people] == [False, True, False]
    assert people[0].attributes == {
        "employer": "government",
        "sex": "Male",
        "race": "White",
        "age": "39",
    }


def test_a_file_without_people_is_refused() -> None:
    with pytest.raises(BadInput, match="no people"):
        lending.applicants("nothing\n")


def test_the_broken_release_changes_one_feature_of_one_slice() -> None:
    for person in lending.applicants(ROWS):
        healthy = lending.features(person, lending.HEALTHY_RELEASE)
        broken = lending.features(person, lending.BROKEN_RELEASE)
        changed = {name for name in healthy if healthy[name] != broken[name]}
        assert changed == ({"education_years"} if person.employer == "government" else set[str]())


def test_the_rules_do_not_look_at_the_broken_feature() -> None:
    for person in lending.applicants(ROWS):
        decisions = {lending.rules(lending.features(person, r)) for r in ("310", "311")}
        assert len(decisions) == 1


def test_the_demo_configuration_is_valid() -> None:
    text = lending.config(
        reference="r.parquet", pager_url="http://127.0.0.1:1/page", pager_secret="x"
    )
    config = load(text, "tocsin.yaml")
    assert config.systems[lending.SYSTEM].protected == lending.PROTECTED
    assert config.policies[lending.SYSTEM].name == "lending"
