"""What the web ring is given."""

import dataclasses

from tests.web.cast import POLICY, Stage


def test_the_secret_never_stands_in_a_log(stage: Stage) -> None:
    assert stage.site.secret.decode() not in repr(stage.site)


def test_a_system_without_a_policy_of_its_own_gets_the_houses(stage: Stage) -> None:
    own = dataclasses.replace(POLICY, name="own")
    site = dataclasses.replace(stage.site, policies={"loans": own})
    assert site.policy_of("loans") is own
    assert site.policy_of("fraud") is POLICY
