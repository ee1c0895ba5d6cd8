"""What duties are handed."""

from dataclasses import replace

from tests.jobs.scene import POLICY, Scene


def test_a_system_without_a_policy_of_its_own_has_the_default(stage: Scene) -> None:
    own = replace(POLICY, name="own")
    rings = replace(stage.rings, policies={"loans": own})
    assert rings.policy_of("loans") == own
    assert rings.policy_of("other") == POLICY


def test_the_secret_is_never_shown(stage: Scene) -> None:
    assert "a secret of" not in repr(stage.rings)
