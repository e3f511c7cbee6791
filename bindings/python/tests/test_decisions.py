"""Reports, decisions, and what follows: in this process, in others, and for the host's own work."""

import collections
import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import threading
import time
import uuid
from typing import Any, Optional

import pytest

import libmod
from libmod import Action, Coverage, Need, Outcome, Recorded, Subject, Surface

HOST = "example.org"


def where(item: str, room: str = "!room:example.org") -> Subject:
    """Where a content is."""
    return Subject(
        host=HOST, item=item, room=room, sender="@someone:example.org", surface=Surface.UPLOAD
    )


def reported(engine: libmod.Engine, site: pathlib.Path, item: str) -> str:
    """Reports clean.png as `item`; the event's id."""
    content = (site / "clean.png").read_bytes()
    verdict = engine.report(where(item), content=content, reason="that is me")
    assert verdict.recorded == Recorded.OK and verdict.event is not None
    return verdict.event


# ---- reports ----


def test_a_report_of_a_content(engine: libmod.Engine, site: pathlib.Path) -> None:
    content = (site / "clean.png").read_bytes()
    verdict = engine.report(where("mxc://a"), content=bytearray(content), reason="that is me")
    assert (verdict.action, verdict.coverage) == (Action.ALLOW, Coverage.COMPLETE)
    assert verdict.recorded == Recorded.OK and verdict.matches == []
    assert verdict.event is not None and uuid.UUID(verdict.event).version == 7
    again = engine.report(where("mxc://a"), content=content, reason="it is still there")
    assert again.event == verdict.event
    other = engine.report(where("mxc://b"), content=content)
    assert other.event not in (None, verdict.event)
    assert engine.stats()["store"]["reports"] == 3


def test_a_report_of_a_text(engine: libmod.Engine) -> None:
    verdict = engine.report(where("$event"), text="meet me, or else", reason=b"\xff")
    assert (verdict.recorded, verdict.coverage) == (Recorded.OK, Coverage.COMPLETE)
    assert verdict.event is not None and verdict.content is not None


def test_a_report_of_an_item(engine: libmod.Engine, site: pathlib.Path) -> None:
    """Known: it has the content of the scan. Unknown: the item alone."""
    scanned = engine.scan_file(site / "clean.png", where("mxc://known"))
    known = engine.report(where("mxc://known"), reason="that is me")
    assert (known.recorded, known.content) == (Recorded.OK, scanned.content)
    unknown = engine.report(where("mxc://unknown"))
    assert (unknown.recorded, unknown.content) == (Recorded.OK, None)
    assert unknown.coverage == Coverage.NOT_RUN
    assert unknown.event not in (None, known.event)


@pytest.mark.parametrize(
    ("subject", "arguments"),
    [
        (None, {}),
        (Subject(room="!room:example.org"), {}),
        (where("a"), {"content": b"x", "text": "x"}),
        (where("a"), {"reason": "x" * 4097}),
    ],
)
def test_a_report_of_nothing(
    engine: libmod.Engine, subject: Optional[Subject], arguments: dict[str, Any]
) -> None:
    with pytest.raises(ValueError):
        engine.report(subject, **arguments)
    assert engine.stats()["store"]["reports"] == 0


# ---- recall ----


def test_recall(engine: libmod.Engine, site: pathlib.Path) -> None:
    scanned = engine.scan_file(site / "listed.png", where("mxc://listed"))
    assert scanned.recorded == Recorded.OK
    verdict = engine.recall("mxc://listed", where("$message", room="!other:example.org"))
    assert (verdict.action, verdict.content) == (Action.HOLD, scanned.content)
    assert [m.entry for m in verdict.matches] == ["picture"]
    assert verdict.recorded == Recorded.OK
    assert verdict.event not in (None, scanned.event)  # it is somewhere else
    engine.scan_file(site / "clean.png", where("mxc://clean"))
    clean = engine.recall(b"mxc://clean", where("$message"))
    assert (clean.action, clean.coverage, clean.event) == (Action.ALLOW, Coverage.COMPLETE, None)


def test_recall_of_what_nobody_scanned(engine: libmod.Engine, site: pathlib.Path) -> None:
    engine.scan_file(site / "listed.png", where("mxc://listed"))
    for ref, subject in (
        ("mxc://nothing", where("$message")),
        ("mxc://listed", Subject(host="elsewhere.org")),
        ("mxc://listed", None),
    ):
        with pytest.raises(libmod.NotFoundError) as caught:
            engine.recall(ref, subject)
        assert caught.value.status == -91
    with pytest.raises(libmod.ArgumentError):
        engine.recall("", where("$message"))


# ---- decisions ----


def test_decide(engine: libmod.Engine, site: pathlib.Path) -> None:
    event = reported(engine, site, "mxc://a")
    assert engine.recall("mxc://a", where("$1")).action == Action.ALLOW
    done = engine.decide({"event_id": event, "action": "remove", "reviewer": "m1", "reason": "é"})
    assert (done["event"], done["action"], done["scope"]) == (event, "remove", "item")
    assert done["entries"] == 2  # its digest and its PDQ
    verdict = engine.recall("mxc://a", where("$2"))
    assert verdict.action == Action.HOLD
    assert {m.source for m in verdict.matches} == {"local"}
    assert {m.entry for m in verdict.matches} == {done["decision"]}
    assert engine.scan_file(site / "clean.png").action == Action.HOLD
    with pytest.raises(libmod.StateError) as caught:
        engine.decide({"event_id": event, "action": "dismiss"})
    assert caught.value.status == -90


def test_dismiss(engine: libmod.Engine, site: pathlib.Path) -> None:
    found = engine.scan_file(site / "listed.png", where("mxc://a"))
    engine.decide({"event_id": found.event, "action": "dismiss"})
    verdict = engine.scan_file(site / "listed.png", where("mxc://b"))
    assert (verdict.action, verdict.would) == (Action.ALLOW, Action.ALLOW)
    assert [m.suppressed for m in verdict.matches] == [True]


def test_decide_by_content(engine: libmod.Engine, site: pathlib.Path) -> None:
    content = engine.scan_file(site / "clean.png", where("mxc://a")).content
    wish = json.dumps({"content_key": content, "action": "add_to_list", "scope": "content"})
    assert engine.decide(wish)["entries"] == 2
    assert engine.scan_file(site / "clean.png").action == Action.HOLD


def test_the_same_decision_twice(engine: libmod.Engine, site: pathlib.Path) -> None:
    wish = {
        "id": str(uuid.uuid4()),
        "event_id": reported(engine, site, "mxc://a"),
        "action": "remove",
    }
    assert engine.decide(wish)["decision"] == wish["id"]
    again = engine.decide(json.dumps(wish).encode())
    assert (again["decision"], again["entries"]) == (wish["id"], 0)


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"event_id": str(uuid.uuid4())},
        {"event_id": str(uuid.uuid4()), "action": "explode"},
        {"event_id": str(uuid.uuid4()), "action": "remove", "colour": 1},
        {"event_id": 7, "action": "remove"},
        "",
        "[]",
        b"\xff",
    ],
)
def test_what_is_no_decision(engine: libmod.Engine, wish: Any) -> None:
    with pytest.raises(libmod.ArgumentError):
        engine.decide(wish)


def test_a_decision_about_nothing(engine: libmod.Engine) -> None:
    for key, value in (("event_id", str(uuid.uuid4())), ("content_key", "h1:" + "0" * 64)):
        with pytest.raises(libmod.NotFoundError):
            engine.decide({key: value, "action": "remove"})


# ---- the host's work ----


def decided(engine: libmod.Engine, site: pathlib.Path, item: str, action: str = "remove") -> str:
    """Reports and decides `item`; the decision's id."""
    event = reported(engine, site, item)
    return str(engine.decide({"event_id": event, "action": action, "reason": "rules"})["decision"])


def test_next_decision(engine: libmod.Engine, site: pathlib.Path) -> None:
    assert engine.next_decision(HOST) is None
    assert Need.DECISIONS not in engine.poll()
    wanted = decided(engine, site, "mxc://a")
    assert Need.DECISIONS in engine.poll()
    assert engine.next_decision("elsewhere.org") is None
    assert engine.next_decision() is None
    decision = engine.next_decision(HOST)
    assert decision is not None
    assert (decision.id, decision.action, decision.scope) == (wanted, "remove", "item")
    assert (decision.reason, decision.tries) == ("rules", 1)
    assert decision.content is not None and decision.content.startswith("h1:")
    assert decision.items == [
        libmod.Item("mxc://a", "upload", "!room:example.org", "@someone:example.org")
    ]
    assert repr(decision) == f"<Decision {wanted}: remove item>"
    assert engine.next_decision(HOST) is None  # leased
    assert Need.DECISIONS not in engine.poll()
    decision.ack()
    decision.ack()
    assert engine.next_decision(HOST) is None


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.GONE, Outcome.FAILED])
def test_outcomes_that_end_it(
    engine: libmod.Engine, site: pathlib.Path, outcome: Outcome
) -> None:
    decided(engine, site, "mxc://a")
    decision = engine.next_decision(HOST)
    assert decision is not None
    decision.ack(outcome)
    assert engine.next_decision(HOST) is None


def test_again(engine: libmod.Engine, site: pathlib.Path) -> None:
    wanted = decided(engine, site, "mxc://a")
    for tries in (1, 2, 3):
        decision = engine.next_decision(HOST)
        assert decision is not None
        assert (decision.id, decision.tries) == (wanted, tries)
        decision.ack(Outcome.AGAIN)


def test_a_block_acknowledges(engine: libmod.Engine, site: pathlib.Path) -> None:
    decided(engine, site, "mxc://a")
    first = engine.next_decision(HOST)
    assert first is not None
    with pytest.raises(RuntimeError, match="the host is down"), first:
        raise RuntimeError("the host is down")
    second = engine.next_decision(HOST)
    assert second is not None and (second.id, second.tries) == (first.id, 2)
    with second:
        second.ack(Outcome.AGAIN)  # leaving does not overrule it
    third = engine.next_decision(HOST)
    assert third is not None and third.tries == 3
    with third:
        pass
    assert engine.next_decision(HOST) is None


def test_decisions_come_in_order(engine: libmod.Engine, site: pathlib.Path) -> None:
    for number in range(3):
        name = f"item {number}"
        engine.report(where(name), text=f"text {number}")
        event = engine.report(where(name), text=f"text {number}").event
        engine.decide({"event_id": event, "action": "remove"})
    names = []
    while (decision := engine.next_decision(HOST)) is not None:
        with decision:
            names += [item.item for item in decision.items]
    assert names == ["item 0", "item 1", "item 2"]


@pytest.mark.parametrize("lease_s", [0, -1, 86401, 1 << 32])
def test_a_lease_out_of_range(engine: libmod.Engine, lease_s: int) -> None:
    with pytest.raises(ValueError):
        engine.next_decision(HOST, lease_s)


def test_acknowledging_what_is_not_there(engine: libmod.Engine, site: pathlib.Path) -> None:
    decided(engine, site, "mxc://a")
    decision = engine.next_decision(HOST)
    assert decision is not None
    decision.data["decision"] = str(uuid.uuid4())
    with pytest.raises(libmod.NotFoundError):
        decision.ack()
    decision.data["decision"] = "nonsense"
    with pytest.raises(libmod.ArgumentError):
        decision.ack()


def test_threads_share_the_work(engine: libmod.Engine) -> None:
    """Reported, decided and acted on in many threads: each decision comes to one of them, once."""
    count, threads = 40, 8

    def put(number: int) -> str:
        event = engine.report(where(f"item {number}"), text=f"text {number}").event
        return str(engine.decide({"event_id": event, "action": "remove"})["decision"])

    def take(_: int) -> list[str]:
        taken = []
        while (decision := engine.next_decision(HOST)) is not None:
            with decision:
                taken.append(decision.id)
        return taken

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        wanted = list(pool.map(put, range(count)))
        taken = [one for some in pool.map(take, range(threads)) for one in some]
    assert collections.Counter(taken) == collections.Counter(wanted)
    assert engine.stats()["store"]["recorded"] == count


# ---- other processes ----


def other_side(site: pathlib.Path, engine: Optional[libmod.Engine], pipe: Any) -> None:
    """Another process of the host: scans and reports, then sees what was decided elsewhere."""
    own = engine or libmod.Engine(site / "libmod.yaml")
    scanned = own.scan_file(site / "clean.png", where("mxc://a"))
    pipe.send((scanned.action, own.report(where("mxc://a"), reason="that is me").event))
    assert pipe.recv() == "decided"
    own.poll()
    pipe.send(own.recall("mxc://a", where("$1")))
    pipe.send(own.scan_file(site / "clean.png", where("mxc://b")))
    decision = own.next_decision(HOST)
    assert decision is not None
    decision.ack()
    pipe.send(decision.data)


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_two_processes(engine: libmod.Engine, site: pathlib.Path, method: str) -> None:
    """A report there, a decision here, and it is held there: one store, two processes."""
    context = multiprocessing.get_context(method)
    here, there = context.Pipe()
    engine.scan_file(site / "listed.png", where("mxc://before"))
    inherited = engine if method == "fork" else None
    process = context.Process(target=other_side, args=(site, inherited, there))  # type: ignore[attr-defined]
    process.start()
    there.close()
    assert here.poll(60)
    action, event = here.recv()
    assert action == Action.ALLOW
    done = engine.decide({"event_id": event, "action": "remove"})
    here.send("decided")
    recalled, scanned, work = (here.recv() for _ in range(3))
    process.join(60)
    assert process.exitcode == 0
    for verdict in (recalled, scanned):
        assert verdict.action == Action.HOLD and verdict.recorded == Recorded.OK
        assert {m.entry for m in verdict.matches} == {done["decision"]}
    assert work["decision"] == done["decision"]
    assert engine.next_decision(HOST) is None  # done over there
    assert engine.recall("mxc://a", where("$2")).action == Action.HOLD


def test_a_process_that_dies_with_a_lease(engine: libmod.Engine, site: pathlib.Path) -> None:
    wanted = decided(engine, site, "mxc://a")
    pid = os.fork()
    if pid == 0:
        decision = engine.next_decision(HOST, lease_s=1)
        os._exit(0 if decision is not None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    begin = time.monotonic()
    decision = None
    while decision is None and time.monotonic() < begin + 60:
        decision = engine.next_decision(HOST)
    assert decision is not None
    assert (decision.id, decision.tries) == (wanted, 2)


def test_children_that_record(engine: libmod.Engine, site: pathlib.Path) -> None:
    """Parent and children record at the same time: every event is there, and each only once."""
    events, children, each = set(), 4, 10
    readers = []

    def report(name: str) -> Optional[str]:
        """Until it is recorded: that it takes a while on a busy disk is not what this is about."""
        verdict = engine.report(where(name), text=name)
        while verdict.recorded == Recorded.FAILED:
            verdict = engine.report(where(name), text=name)
        return verdict.event

    for child in range(children):
        reader, writer = os.pipe()
        if os.fork() == 0:
            for number in range(each):
                os.write(writer, f"{report(f'{child} {number}')}\n".encode())
            os._exit(0)
        os.close(writer)
        readers.append(reader)
    for number in range(each):
        events.add(report(f"own {number}"))
    for reader in readers:
        with open(reader, encoding="ascii") as lines:
            events |= {line.strip() for line in lines}
        os.wait()
    assert len(events) == (children + 1) * each
    for event in events:
        engine.decide({"event_id": event, "action": "dismiss"})


# ---- without a store ----


def test_no_store(site: pathlib.Path) -> None:
    """Scans go on and say so; what cannot do without it raises."""
    config = libmod.Config.load(site / "libmod.yaml")
    config.set("state_dir", str(site / "listed.bin" / "state"))
    with libmod.Engine(config) as engine:
        verdict = engine.scan_file(site / "listed.png", where("mxc://a"))
        assert (verdict.action, verdict.recorded) == (Action.HOLD, Recorded.FAILED)
        assert verdict.event is None
        assert engine.report(where("$a"), text="x").recorded == Recorded.FAILED
        for call in (
            lambda: engine.recall("mxc://a", where("$b")),
            lambda: engine.report(where("mxc://a")),
            lambda: engine.decide({"event_id": str(uuid.uuid4()), "action": "remove"}),
            lambda: engine.next_decision(HOST),
        ):
            with pytest.raises(libmod.StoreError):
                call()
        store = engine.stats()["store"]
        assert (store["recorded"], store["unrecorded"]) == (0, 2)
        assert store["error"]


def test_unrecorded_by_policy(site: pathlib.Path) -> None:
    """The operator's policy for what cannot be recorded is in the action."""
    config = libmod.Config.load(site / "libmod.yaml")
    config.set("state_dir", str(site / "listed.bin" / "state"))
    config.set("policy.failure.unrecorded", "block")
    with libmod.Engine(config) as engine:
        assert engine.scan_file(site / "listed.png").action == Action.BLOCK
        assert engine.scan_file(site / "clean.png").action == Action.ALLOW


def test_closing_while_decisions_are_asked_for(site: pathlib.Path) -> None:
    engine = libmod.Engine(site / "libmod.yaml")
    started = threading.Barrier(5)

    def ask() -> bool:
        started.wait()
        try:
            while engine.next_decision(HOST) is None:
                pass
        except ValueError:
            return True
        return False

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(ask) for _ in range(4)]
        started.wait()
        engine.close()
        assert all(job.result() for job in jobs)
