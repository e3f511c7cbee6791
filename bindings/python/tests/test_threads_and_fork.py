"""One engine in many threads, across forks, and closed while it is busy."""

import concurrent.futures
import gc
import multiprocessing
import os
import pathlib
import threading
import time

import pytest

import libmod
from libmod import Action

THREADS = 8
EXPECTED = {
    "listed.png": Action.HOLD,
    "mirror.png": Action.HOLD,
    "clean.png": Action.ALLOW,
    "listed.bin": Action.HOLD,
}


def scan_all(engine: libmod.Engine, site: pathlib.Path, rounds: int = 1) -> int:
    """How many verdicts were not as expected."""
    return sum(
        engine.scan_file(site / name).action != action
        for _ in range(rounds)
        for name, action in EXPECTED.items()
    )


def test_threads(engine: libmod.Engine, site: pathlib.Path) -> None:
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        jobs = [pool.submit(scan_all, engine, site, 25) for _ in range(THREADS)]
        for _ in range(20):
            engine.reload()
            engine.stats()
        assert [job.result() for job in jobs] == [0] * THREADS


def test_the_interpreter_goes_on_while_a_scan_waits(
    engine: libmod.Engine, site: pathlib.Path
) -> None:
    """Starting a worker takes many milliseconds: this thread must run meanwhile."""
    waiting = threading.Thread(target=engine.scan_file, args=(site / "clean.png",))
    waiting.start()
    turns = 0
    while waiting.is_alive():
        turns += 1
        time.sleep(0)
    waiting.join()
    assert turns > 10


def test_closing_while_scans_are_under_way(site: pathlib.Path) -> None:
    for _ in range(10):
        engine = libmod.Engine(site / "libmod.yaml")
        started = threading.Barrier(THREADS + 1)

        def work(own: libmod.Engine = engine, begin: threading.Barrier = started) -> bool:
            begin.wait()
            try:
                while True:
                    assert own.scan_file(site / "listed.bin").action == Action.HOLD
            except ValueError:
                return True

        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            jobs = [pool.submit(work) for _ in range(THREADS)]
            started.wait()
            engine.close()
            assert all(job.result() for job in jobs)


def child(engine: libmod.Engine, site: pathlib.Path) -> None:
    """Ends the process with what scan_all() said."""
    os._exit(min(scan_all(engine, site, 2), 100))


def test_fork(engine: libmod.Engine, site: pathlib.Path) -> None:
    assert scan_all(engine, site) == 0
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=child, args=(engine, site)) for _ in range(4)]
    for process in processes:
        process.start()
    assert scan_all(engine, site) == 0
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert scan_all(engine, site) == 0


def test_fork_while_threads_scan(engine: libmod.Engine, site: pathlib.Path) -> None:
    stop = threading.Event()

    def work() -> int:
        wrong = 0
        while not stop.is_set():
            wrong += scan_all(engine, site)
        return wrong

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(work) for _ in range(4)]
        codes = []
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                child(engine, site)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        stop.set()
        assert codes == [0] * 10
        assert [job.result() for job in jobs] == [0] * 4


def test_a_child_that_drops_the_engine(site: pathlib.Path) -> None:
    """The child's copy is freed there; the parent's stays whole."""
    engine = libmod.Engine(site / "libmod.yaml")
    assert scan_all(engine, site) == 0
    pid = os.fork()
    if pid == 0:
        del engine
        gc.collect()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert scan_all(engine, site) == 0


def pooled(name: str) -> libmod.Verdict:
    """In a pool's process: a verdict goes back through a pipe."""
    assert POOL is not None
    engine, site = POOL
    return engine.scan_file(site / name)


POOL = None


def test_pool(engine: libmod.Engine, site: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(__name__ + ".POOL", (engine, site), raising=True)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        verdicts = pool.map(pooled, EXPECTED)
    assert [verdict.action for verdict in verdicts] == list(EXPECTED.values())


def test_objects_free_themselves(site: pathlib.Path) -> None:
    for _ in range(3):
        libmod.Engine(site / "libmod.yaml").scan_file(site / "listed.png")
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        libmod.Engine(site / "libmod.yaml").scan_file(site / "listed.bin")
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before
