"""An alert's fingerprint: the same for the same monitor of a system, whatever it measures."""

import hashlib

from tocsin.detect.finding import Finding


def fingerprint(system: str, finding: Finding) -> str:
    """Return sixteen hex digits that name the monitor behind `finding`.

    Equal whenever system, layer, measure, column and slice are; numbers, verdict and window do not
    enter.  A system's name cannot run into the key: its length is hashed as well.
    """
    text = f"{len(system)}:{system}/{finding.key}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
