"""Incident: what people work on; severity and why, lifecycle, one append-only timeline.

In:  groups of alerts, a declaration, what people do.   Out: incidents and timeline entries.
"""
