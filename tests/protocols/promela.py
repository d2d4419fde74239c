"""A protocol's states and steps in Promela: a process for each thread, and the claim as a formula."""
from tests.protocols.protocols import NAMES

HEAD = "/* {name}: written from the specification by tests/protocols/promela.py. s: the state, of {count}. */\nshort s = 0;\n"


def _word(name, numbers):
    """A word of the claim: it holds in these states."""
    stretches, first = [], None
    for n in sorted(numbers):
        first = n if first is None or n - 1 not in numbers else first
        if n + 1 not in numbers:
            stretches.append(f"s == {n}" if first == n else f"s >= {first} && s <= {n}")
    return f"#define {name} ({' || '.join(f'({x})' for x in stretches) or 'false'})\n"


def _process(name, edges):
    choices = "".join(f"    :: atomic {{ s == {here} -> s = {there} }}\n" for here, there in sorted(set(edges)))
    return f"active proctype {name}()\n{{\nend:\n    do\n{choices or '    :: false'}    od\n}}\n"


def text(protocol, states, edges):
    words = {name: {n for n, state in enumerate(states) if holds(*state)} for name, holds in protocol.words.items()}
    return "".join([HEAD.format(name=protocol.name, count=len(states)), *(_word(name, numbers) for name, numbers in words.items()),
                    *(_process(name, mine) for name, mine in zip(NAMES, edges)), f"ltl claim {{ {protocol.claim} }}\n"])
