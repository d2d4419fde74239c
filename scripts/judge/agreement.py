"""Two countings of the same instructions must agree: what ring 3 measures under QEMU (-icount) is what the emulated
kernel alone executes (build/footprint), and the program's own instructions around it.

The latter are those between the two readings of the clock. They are assembly, so they can be counted in the source:
"""
from dataclasses import dataclass

from scripts.records import footprint_record, record

PLAIN = 3  # bench/shot.h, PLAIN_BODY: mov rdi; mov eax; syscall
CALL = 4  # bench/ipc_pair.h, CALL_BODY: mov rdi; mov rsi; mov eax; syscall
REPLY = 4  # bench/service/service_ipc.c: lea rsi; mov rdi; mov eax; syscall
RESULT = 2  # ... and before them, when it has received: test; jz
WAIT_AGAIN = 5  # bench/service/service_signal.c, LOOP_WHILE_NOTIFIED: cmp; je; mov rdi; mov eax; syscall
OPERATION = 2  # switch.yield and syscall.null: mov eax; syscall
CLEAR = 8  # bench/shot.h, CLEAR_WORDS: a message of no words


@dataclass(frozen=True)
class Sum:
    benchmark: str
    paths: tuple
    user: int  # instructions


def _ipc_sums():
    for space in ("same", "cross"):
        for code in ("fast", "slow"):
            call, reply = f"ipc.call/{space}/{code}", f"ipc.reply_recv/{space}/{code}"
            both = f"ipc.round_trip/{space}/{code}"
            for words, clear in (("8w", 0), ("0w", CLEAR)):
                yield Sum(f"{call}/{words}", (call,), CALL + clear)
                yield Sum(f"{reply}/{words}", (reply,), REPLY + clear)
                yield Sum(f"{both}/{words}", (call, reply), CALL + RESULT + REPLY + 2 * clear)


SUMS = (
    Sum("syscall.null", ("syscall.null",), OPERATION),
    Sum("cap.lookup/1", ("cap.identify",), PLAIN),
    *_ipc_sums(),
    Sum("switch.yield/same", ("switch.yield/same",), OPERATION),
    Sum("switch.yield/cross", ("switch.yield/cross",), OPERATION),
    Sum("signal.no_waiter", ("signal.no_waiter",), PLAIN),
    Sum("signal.wake/same", ("signal.urgent_waits/same", "wait.blocks/same"), PLAIN + WAIT_AGAIN),
    Sum("signal.wake/cross", ("signal.urgent_waits/cross", "wait.blocks/cross"), PLAIN + WAIT_AGAIN),
    *(Sum(f"ipc.queue/{code}4", tuple(f"ipc.{path}/queued/cross{twin}" for path in ("reply_recv", "call")), CALL + RESULT + PLAIN)
      for code, twin in (("", ""), ("slow/", "/slow"))),
    Sum("signal.bound/waits", ("signal.bound/urgent_receives", "ipc.recv/cross"), PLAIN + WAIT_AGAIN),
    Sum("signal.wake/crowded", ("signal.crowded/second",), PLAIN),
    Sum("signal.bound/busy", ("signal.bound/busy",), PLAIN),
    *(Sum(f"switch.yield/ready/{n}", ("switch.yield/ready/cross",), OPERATION) for n in (3, 10, 100)),
)


def compare(footprint, run):
    """(benchmark, what differs or None) for each sum. pre: both are of the same build"""
    paths, benchmarks = footprint_record.by_id(footprint), record.by_id(run)
    for s in SUMS:
        lacking = [p for p in s.paths if p not in paths] + [s.benchmark] * (s.benchmark not in benchmarks)
        if lacking:
            yield s.benchmark, f"{lacking[0]} was not measured"
            continue
        kernel = [paths[p]["instructions"] for p in s.paths]
        seen = benchmarks[s.benchmark]["median"]
        told = " + ".join([*(f"{n} ({p})" for n, p in zip(kernel, s.paths)), f"{s.user} (ring 3)"])
        yield s.benchmark, None if seen == sum(kernel) + s.user else f"{seen} from ring 3 is not {told}"
