"""Kubernetes: how serving platforms share traffic out, set through the cluster's API.

kserve   `spec.predictor.canaryTrafficPercent` of an InferenceService (serving.kserve.io/v1beta1)
seldon   the candidates' weights of an Experiment of Seldon Core 2 (mlops.seldon.io/v1alpha1)

Needs: `url`, `namespace`, `name`, `token_file` or `token`; `ca_file` where the cluster signs its
own certificate.   Rights: get and patch of that one object.

A change is a merge patch that names the version of the object it was made from: whoever else has
changed the object meanwhile, in any field, makes the cluster refuse it, and it is looked at anew.
"""

import ssl
from collections.abc import Mapping

import httpx

from tocsin.base.errors import BadInput
from tocsin.integrations.http import Setting
from tocsin.integrations.kubernetes.actuator import Custom
from tocsin.integrations.kubernetes.kserve import InferenceService
from tocsin.integrations.kubernetes.seldon import Experiment
from tocsin.integrations.kubernetes.settings import Settings

__all__ = ["Custom", "Experiment", "InferenceService", "Settings", "kserve", "seldon"]


def kserve(settings: Mapping[str, Setting], client: httpx.Client) -> Custom:
    """Return the actuator of one InferenceService.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    known = Settings.parse("kserve", settings)
    return Custom(known, InferenceService(known.namespace, known.name), _trusting(known, client))


def seldon(settings: Mapping[str, Setting], client: httpx.Client) -> Custom:
    """Return the actuator of one Experiment.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    known = Settings.parse("seldon", settings, more=("candidate",))
    shape = Experiment(known.namespace, known.name, known.more["candidate"] or "{version}")
    if "{version}" not in shape.candidate:
        raise BadInput(
            "candidate does not say which version",
            where="seldon",
            do="write {version} where the version stands in a candidate's name",
        )
    return Custom(known, shape, _trusting(known, client))


def _trusting(settings: Settings, client: httpx.Client) -> httpx.Client:
    """Return a client that trusts the cluster's own authority, where one is named."""
    if not settings.ca_file:
        return client
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(
            f"ca_file cannot be used: {getattr(error, 'strerror', None) or type(error).__name__}",
            where=settings.kind,
            do="name a file of certificates in PEM form",
        ) from None
    return httpx.Client(verify=context, timeout=settings.timeout_s, follow_redirects=False)
