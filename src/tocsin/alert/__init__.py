"""Alert: findings that fire, with a stable fingerprint, grouped by shared cause; notices for people.

In:  findings.   Out: alerts, groups that become incidents, notices.   Never sends anything.
"""
