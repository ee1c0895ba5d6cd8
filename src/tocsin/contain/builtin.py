"""The playbooks that come with the product: one for each sort of failure.

None of their steps is automatic: a team allows that itself, in `tocsin.yaml`, for the systems it
knows.  Whoever writes a playbook for the same failure replaces the one here.
"""

from datetime import timedelta

from tocsin.contain.directive import Action
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import Playbook, Step

_REVIEW = Step(say="Let people decide for those who are hit", action=Action.REVIEW)
_RULES = Step(say="Let the rules decide for those who are hit", action=Action.FALLBACK)
_BACK = Step(
    say="Return to the version that worked, for everyone", action=Action.ROLLBACK, everyone=True
)
_LEDGER = Step(say="Go through the list of affected decisions: who must be decided anew?")

BUILT_IN: tuple[Playbook, ...] = (
    Playbook(
        name="feature-pipeline-fault",
        title="An input is wrong",
        failures=(Failure.INPUT,),
        steps=(
            _RULES,
            Step(say="Ask the owner of the named feature what was changed, and have it reverted"),
            Step(say="Compare ten raw records with what the model was given"),
            Step(say="Have the fixed feature flow through shadow traffic before the rules end"),
            _LEDGER,
        ),
    ),
    Playbook(
        name="data-poisoning",
        title="Outcomes move: what it learns from may be false",
        failures=(Failure.POISONING,),
        steps=(
            _REVIEW,
            _BACK,
            Step(say="Stop the next training run"),
            Step(
                say="Shut out the source that the slice names",
                action=Action.QUARANTINE,
                for_=timedelta(days=7),
            ),
            Step(say="Have a sample of its outcomes labelled again by people"),
            Step(say="Train anew without it, and try the result as a canary"),
        ),
    ),
    Playbook(
        name="bias-against-a-group",
        title="A group is treated unlike its baseline",
        failures=(Failure.UNFAIR,),
        steps=(
            _REVIEW,
            Step(say="Bring in compliance: a duty to report may have begun"),
            Step(say="Keep the evidence: no clean-up of logs or data until legal says so"),
            Step(say="Look for the change that the group met first"),
            _LEDGER,
        ),
    ),
    Playbook(
        name="bad-release",
        title="Everyone is hurt since a new version",
        failures=(Failure.VERSION,),
        steps=(
            _BACK,
            Step(say="Hold further releases of this system"),
            Step(say="Set the two versions side by side: tocsin canary"),
            _LEDGER,
        ),
    ),
    Playbook(
        name="performance-decay",
        title="It decides worse than it did",
        failures=(Failure.DECAY,),
        steps=(
            _REVIEW,
            Step(say="Check that outcomes are complete: late ones look like errors"),
            Step(
                say="See whether the people changed (drift) or the world (same inputs, more errors)"
            ),
            Step(say="Train a candidate on recent data, and try it as a canary"),
        ),
    ),
    Playbook(
        name="kpi-drop",
        title="A number of the business moved",
        failures=(Failure.KPI,),
        steps=(
            Step(say="Rule out the calendar: holiday, campaign, price change, outage elsewhere"),
            Step(say="Set what the system answered beside what it answered a week ago"),
            _RULES,
            Step(say="Tell the owner of the number what is known, and when the next word comes"),
        ),
    ),
    Playbook(
        name="outage",
        title="It fails, or answers too late",
        failures=(Failure.OUTAGE,),
        steps=(
            _RULES,
            Step(say="Look at the last deployment, and at what the system calls"),
            Step(say="Replay the failed calls once it answers again"),
        ),
    ),
    Playbook(
        name="moderation-miss",
        title="What should have been stopped went through",
        failures=(Failure.MODERATION,),
        steps=(
            _REVIEW,
            Step(say="Send the known-bad probes again, by hand: which go through?"),
            Step(say="Check the version and age of the filter"),
            Step(say="Take down what went through, and keep a copy as evidence"),
            Step(say="Ask communications and legal who must be told"),
        ),
    ),
    Playbook(
        name="harmful-generation",
        title="It wrote something harmful",
        failures=(Failure.GENERATION,),
        steps=(
            Step(
                say="Let people answer instead, for everyone", action=Action.REVIEW, everyone=True
            ),
            Step(say="Keep prompt, template, answer and model version"),
            Step(say="Return to the template and the model from before the first report"),
            Step(say="Bring in legal: the person concerned may have to be told"),
        ),
    ),
    Playbook(
        name="stale-retrieval",
        title="It answered from a stale or broken index",
        failures=(Failure.RETRIEVAL,),
        steps=(
            _REVIEW,
            Step(say="Return to the last index that passed its probes"),
            Step(say="Find the segment that the wrong answers cite, and when it was built"),
            _LEDGER,
        ),
    ),
    Playbook(
        name="vendor-model-change",
        title="A model that somebody else runs changed",
        failures=(Failure.VENDOR,),
        steps=(
            Step(say="Pin the model version with the vendor, if it offers one"),
            _RULES,
            Step(say="Run the evaluation set against the vendor now, and keep the answers"),
            Step(say="Open a case with the vendor; note its number here"),
        ),
    ),
    Playbook(
        name="monitoring-outage",
        title="The monitors are late or blind",
        failures=(Failure.MONITORING,),
        steps=(
            Step(say="See which stage is stale: tocsin stages"),
            Step(say="Until it is fresh, take every healthy verdict of that time as unknown"),
            Step(say="Have people sample decisions of the blind hours"),
            Step(say="Once it is fresh, look at what the monitors say of those hours"),
        ),
    ),
    Playbook(
        name="unexplained-harm",
        title="People are harmed, and it is not known why",
        steps=(
            _REVIEW,
            Step(say="Read the suspects, the first three; rule each out or in"),
            Step(say="Widen: does it hit others whom no slice names?"),
            _LEDGER,
        ),
    ),
)
