"""The Tocsin SDK: guard a decision, log it, obey containment.

In: a service's decisions.  Out: rows to a Tocsin server, and obedience to its directives.
Never: an exception, a wait for the network or a lost row because the server is away.

    from tocsin_client import Tocsin

    tocsin = Tocsin("http://localhost:8470", token="...", system="loan-approval", version="v2")

    @tocsin.guard(fallback=rules_decision)
    def decide(application): ...
"""

from tocsin_client.case import Contained, Pending
from tocsin_client.client import Tocsin
from tocsin_client.counters import Stats
from tocsin_client.hear import Judged

__all__ = ["Contained", "Judged", "Pending", "Stats", "Tocsin"]
