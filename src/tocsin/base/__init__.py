"""Base: ids, errors, instants and spans, slices, phrases.  Standard library only.

Everything here is a value or a pure function; every other room may import it and it imports none.
"""
