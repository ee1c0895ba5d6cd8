"""The protocols that the gateway speaks: one file each, with the same functions in each.

`paths` are where the protocol takes calls for predictions; see `dialect.Dialect` for the functions.
"""
