"""The gateway: containment for a served system whose own code nobody can change.

In: calls for predictions on their way to a server of ML models, and the directives in force.  Out:
the server's answer, or the one that a directive demands; a prediction row for each decision.
Never: anything that needs the control plane to be there, or a shadow copy that costs the caller
something.

call ─▶ dialect reads it ─▶ a verdict a row ─▶ relay to the version wanted ─▶ answer ─▶ row
                                   └─▶ rules, pending, blocked ───────────────▶┘   └─▶ shadow copy
"""
