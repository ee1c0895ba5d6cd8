from tocsin.ingest.rule import Demand, Rule


def test_a_rule_names_its_measure_its_place_and_its_columns() -> None:
    rule = Rule(column="paid", other="owed", demand=Demand.ABOVE, name="≥ owed")
    assert rule.measure == "breaks ≥ owed"
    assert rule.place == "r_paid ≥ owed"
    assert rule.columns == ("paid", "owed")
    assert Rule(column="age", demand=Demand.PRESENT, name="not null").columns == ("age",)
