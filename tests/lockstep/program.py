"""A sequence of inputs as a program of ring 3: the table that ring3/replay.c plays. Who comes to ring 3 when, with which registers, and
what it does then is the specification's."""
from tests.lockstep.pair import told
from tests.lockstep.stage import UNITS, Stage, address_of, is_touch, name_of
from tests.lockstep.visible import SEEN
from tests.model import step
from tests.model.numbers import CONST

ORDER = ("rax", "rdi", "rsi", "rdx", "r8", "r9", "r10", "r12", "r13", "r14", "r15", "rbx")
REPLACED = {"THREAD_SET_ENTRY": ("rsi", "rdx"), "TIMER_SET": ("rsi",)}  # by what the program has there
AFTER_THE_END = 2  # ticks
assert sorted(ORDER) == sorted(SEEN)
HEAD = """/* Sequences of inputs, and what the specification says of them: written by tests/lockstep/program.py. */
#include "replay.h"

"""


def _whole(first, inputs):
    """With what is needed for a call to be at its end, and for whoever runs to be in ring 3: the possible inputs, and the states that they
    lead through."""
    states, outcomes, taken, left, stage = [first], [], [], list(inputs), Stage(first)
    while left or stage.by_itself(states[-1]) is not None:
        i = left.pop(0) if left else stage.by_itself(states[-1])
        if step.allowed(states[-1], i):
            state, outcome = step.step(states[-1], i)
            stage.refuses(states[-1], i, state, outcome)
            states.append(state)
            outcomes.append(outcome)
            taken.append(i)
    return taken, states, outcomes


def _elsewhere(first, inputs, outcomes):
    """The states of a world where code and stacks lie at other addresses: what differs then, ring 3 has from its own."""
    state = first.copy()
    state.objects[state.current].regs.update(rip=0x1000, rsp=0x2000)
    for i, outcome in zip(inputs, outcomes):
        yield state
        if name_of(i) == "THREAD_SET_ENTRY" and outcome == 0:
            i = i._replace(regs={**i.regs, "rsi": i.regs["rsi"] ^ 0x1000, "rdx": i.regs["rdx"] ^ 0x1000})
        elif isinstance(i, step.Exception_):
            i = i._replace(regs={**i.regs, "rflags": CONST.FLAGS_AFTER_SYSCALL | 0x40})
        state = step.step(state, i)[0]
    yield state


def _registers(values):
    return "{" + ", ".join(f".{r} = {v if isinstance(v, str) else hex(v)}" for r, v in values.items() if v) + "}"


def _call(s, stage, i, outcome):
    """What a call does, and with which registers."""
    values = {r: {**s.objects[s.current].regs, **i.regs, "rax": i.number}[r] for r in ORDER}
    name, does = name_of(i), "CALLS"
    if name:
        values["rax"] = f"SYS_{name}"
    if name == "THREAD_SET_ENTRY" and outcome == 0:
        target = stage.target(s, i)
        values.update(rsi="ENTRY", rdx=f"STACK({stage.threads[target]})")
    elif name == "TIMER_SET":
        does, values["rsi"] = "SETS_TIMER", max(0, stage.units + i.regs["rsi"] - s.now)
    return f".does = {does}, .in = {_registers(values)}"


def _does(s, stage, i, outcome):
    if isinstance(i, step.Call):
        return _call(s, stage, i, outcome)
    if isinstance(i, step.Write):
        return f".does = STORES, .in = {_registers({'rdi': address_of(s, i), 'rsi': i.value})}"
    if is_touch(i):
        return f".does = TOUCHES, .in = {_registers({'rdi': i.address})}"
    return ".does = TRAPS" if isinstance(i, step.Exception_) else f".does = WAITS, .at = {stage.units}"


def _arrival(s, other, unknown, thread, words):
    """One line of the table; words: what it does and its number."""
    regs, elsewhere = s.objects[s.current].regs, other.objects[s.current].regs
    unknown = sorted({r for r in ORDER if regs[r] != elsewhere[r]} | set(unknown))
    has = _registers({r: regs[r] for r in ORDER if r not in unknown})
    bits = f"\n     .unknown = {' | '.join(r.upper() for r in unknown)}," if unknown else ""
    what, number, does = words
    return f'    {{"{what}", {number},\n     .thread = {thread}, .has = {has},{bits}\n     {does}}},\n'


def _lines(first, inputs):
    """The table, and when all is over."""
    inputs, states, outcomes = _whole(first, inputs)
    others, stage, replaced, lines = list(_elsewhere(first, inputs, outcomes)), Stage(first), {}, []
    for n, (i, what) in enumerate(zip(inputs, told(inputs))):
        s, me = states[n], states[n].current
        itself = not me or stage.by_itself(s) is not None
        stage.refuses(s, i, states[n + 1], outcomes[n])
        if itself:
            lines.append(f"    /* {n + 1}. {what}: by itself */\n")
            continue
        words = what, n + 1, _does(s, stage, i, outcomes[n])
        lines.append(_arrival(s, others[n], replaced.get(me, ()), stage.threads[me], words))  # until its next call
        if isinstance(i, step.Call):
            replaced[me] = REPLACED.get(name_of(i), ())
    end, words = states[-1], ("the end", len(inputs) + 1, ".does = ENDS")
    lines.append(_arrival(end, others[-1], replaced.get(end.current, ()), stage.threads[end.current], words) if end.current else
                 f'    {{"the end", {len(inputs) + 1}, .thread = NOBODY}},\n')
    return lines, (stage.units // UNITS + AFTER_THE_END) * UNITS, 0 if end.current else 1


def _sequence(first, inputs, name, number):
    """The table of one, and its line in that of all."""
    lines, ends, left = _lines(first, inputs)
    table = f"static const struct arrival sequence_{number}[] = {{\n{''.join(lines)}}};\n\n"
    return table, f'    {{"{name}", sequence_{number}, sizeof sequence_{number} / sizeof sequence_{number}[0] - {left}, {ends}}},\n'


def text(first, sequences):
    """The C file. sequences: (name, inputs)."""
    made = [_sequence(first, inputs, name, number) for number, (name, inputs) in enumerate(sequences)]
    return (f"{HEAD}{''.join(table for table, _ in made)}const struct sequence sequences[] = {{\n{''.join(line for _, line in made)}}};\n"
            "const unsigned sequence_count = sizeof sequences / sizeof sequences[0];\n")
