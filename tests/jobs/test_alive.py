import subprocess
import sys

from tocsin.jobs.alive import gone, here


def ended() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_process_of_this_host_that_ended_is_gone_and_one_that_runs_is_not() -> None:
    host, _, mine = here().rpartition("-")
    assert gone(f"{host}-{ended()}", here())
    assert not gone(here(), here())
    assert not gone(f"{host}-{mine}", f"{host}-1")


def test_nothing_is_known_of_other_hosts_namespaces_and_names() -> None:
    dead = ended()
    assert not gone(f"{here().split('-')[0]}-1-{dead}", here())
    assert not gone(f"elsewhere-{dead}", here())
    host = here().rpartition("-")[0]
    for owner in ("worker-1", "", "lending", host, f"{host}-", f"{host}-x", f"{host}-{2**80}"):
        assert not gone(owner, here())
