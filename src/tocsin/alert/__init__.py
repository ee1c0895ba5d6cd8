"""Alert: findings that fire, with a stable fingerprint, grouped by cause; notices for people.

In:  findings.   Out: alerts, groups that become incidents, notices.   Never sends anything.
"""
