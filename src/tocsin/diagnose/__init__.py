"""Diagnose: since when, for whom, how many, and which change; ranked suspects with their evidence.

In:  series of counts, recorded changes, findings.   Out: a `Diagnosis` and a ledger.
"""
