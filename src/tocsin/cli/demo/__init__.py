"""The demo: one real incident, end to end, on this machine.

`play` starts a server and a small scoring service, sends it live applicants, changes its feature
pipeline, and watches Tocsin notice, page, contain, diagnose and learn.  Everything goes through the
public API and the SDK, as a team of users would.
"""
