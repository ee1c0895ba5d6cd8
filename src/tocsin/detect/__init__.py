"""Detect: compare a window with its baseline and say what moved, by how much, and how sure we are.

In:  windows (sums of profile cells) and a spec.   Out: `Finding`s.
Score, interval and verdict are apart.  Nothing here reads a clock, a file or a database.
"""
