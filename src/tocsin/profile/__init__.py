"""Profile: mergeable sufficient statistics of (system, version, slice, bucket).

In:  Arrow tables in the lake's schema and a `Spec` learnt once from the reference.
Out: `Profile`s that add up, and the measures derived from them.
Never: a clock, a file, a database, or a look at raw rows outside `kernel`.
"""
