"""What coverage=on prints (kernel/check/coverage.c), compared with what abi.def says about how each system call can end."""
import re

LINE = re.compile(r"coverage (\w+) (\w+) (\d+)")
NEVER_RETURNS = "DEBUG_EXIT"


def pairs(lines):
    """(call, result) -> how often, from a console."""
    found = (LINE.fullmatch(line.rstrip()) for line in lines)
    return {(m.group(1), m.group(2)): int(m.group(3)) for m in found if m}


def documented(abi):
    """(call, result) of every call; success with a value in rax has one name, VALUE."""
    for call in abi.calls.values():
        if call.name != NEVER_RETURNS:
            yield from ((call.name, name) for name in (["VALUE"] if call.is_value() else call.outcomes()))
        yield from ((call.name, error) for error in call.errors())


def compare(abi, seen):
    """The pairs that are not documented, and the documented ones, of calls that were made, that never came."""
    outcomes = {name for _, name, _ in abi.outcomes}
    values = {name for name, call in abi.calls.items() if call.is_value()}
    came = {(call, "VALUE" if call in values and result in outcomes else result) for call, result in seen}
    known = set(documented(abi))
    made = {call for call, _ in came}
    return sorted(came - known), sorted(pair for pair in known - came if pair[0] in made)
