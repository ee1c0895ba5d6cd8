"""Contain: reversible, verified, time-boxed actions.

A plan is a frozen list of steps; the same list is explained, approved by its hash, applied,
verified on the affected slice, reverted or expired.  Nothing here acts on the world.
"""
