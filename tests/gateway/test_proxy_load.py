"""How busy the servers are, as the gateway tells it."""

from concurrent.futures import ThreadPoolExecutor

from tests.gateway.stage import Stage, stage_of


def test_the_share_of_the_servers_capacity_in_use_goes_with_every_row() -> None:
    with stage_of(capacity=4) as stage:
        stage.v2(700, 301)
        assert [row["capacity_used"] for row in stage.desk.taken(2)] == [0.25, 0.25]
        stage.desk.rows.clear()
        stage.server.faults.waits_for = len(stage.server.seen) + 8
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(stage.v2, [700] * 8))
        used = [float(str(row["capacity_used"])) for row in stage.desk.taken(8)]
        assert min(used) == 0.25
        assert max(used) == 2  # more calls than the servers work on at once
        stage.desk.rows.clear()
        stage.v2(700)  # those that were answered no longer count
        assert stage.desk.taken()[0]["capacity_used"] == 0.25


def test_a_gateway_that_was_not_told_the_capacity_says_nothing_of_it(stage: Stage) -> None:
    stage.v2(700)
    assert "capacity_used" not in stage.desk.taken()[0]
