"""Crash injection: the real server, killed again and again while it pages, and a count of pages.

make soak SEEDS=50     fifty random plans on each set-up, a table at the end
make soak SEED=17      one plan again, with what happened told line by line

plan       what a seed does: deaths, faults of the provider, clocks, crashes of the database
provider   the receiver of pages, a server of its own that fails as the plan says
child      `tocsin up` in a process that dies where the plan says
stage      processes, database and clock of one run
ledger     what had to arrive, what did, how late
"""
