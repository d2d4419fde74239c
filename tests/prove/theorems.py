"""What is proved about each operation, and how. A theorem either holds or names a state that refutes it."""
import time
from dataclasses import dataclass, field, replace

from tests.prove import smt
from tests.prove.explore import Explorer, PathTooLong
from tests.prove.extended import Faults
from tests.prove.instructions import Unsupported
from tests.prove.machine import WIDE
from tests.prove.meaning import Meaning
from tests.prove.memory import NotInAnyObject
from tests.prove.mitigations import Unguarded, in_force, kernels, leaving, residue
from tests.prove.questions import Questions, Undecided
from tests.prove.smt import FALSE, number, simple, variable
from tests.prove.speculation import Reached, Speculator
from tests.prove.terms import same
from tests.prove.world import World


ENTRY_STACK = 4096  # IST_STACK of descriptors.c
ENDS = ("sysret", "iret")  # back to ring 3
IRET_FRAME = ("rip", "cs", "rflags", "rsp", "ss")
# Of the kernel's variables outside the CPU's page those that the paths of interrupts touch.
OF_INTERRUPTS = ("apic", "timer_first", "clock_next_tick", "clock_next_interrupt", "clock_apic_ratio")


@dataclass
class Result:
    name: str
    world: object = None
    facts: str = ""  # what was found on the way
    refuted: str = None  # why it does not hold
    model: object = None  # a state that shows it
    seconds: float = 0
    code: set = field(default_factory=set)  # addresses of the instructions that were executed


class Refuted(Exception):
    def __init__(self, why, model=None):
        super().__init__(why)
        self.model = model


@dataclass
class Kernel:
    """The shipped image and what its headers say."""

    image: object
    structures: dict
    constants: dict
    quick: bool = False  # nobody will look at a state that refutes

    def __post_init__(self):
        stack = self.image.symbol("kernel_stack_top")
        self.stack = self.entry_stack = (stack - 4096, stack)
        if self.image.window:  # the CPU pushes its frames in the window
            start = self.image.symbol("ist_stacks")
            self.entry_stack = (start, start + ENTRY_STACK)

    def on_stack(self, offset):
        """Where nothing means anything between entries."""
        return any(low <= offset < high for low, high in (self.stack, self.entry_stack))


def explorer_of(world, entry_slow=False):
    stops = {world.kernel.image.symbol("panic"): "panic"}
    if not entry_slow:
        stops[world.bail()] = "bail-out"
    return Explorer(world.kernel.image, world.questions(), stops, world.preferences())


def paths(explorer, state):
    """All paths, one after another."""
    try:
        yield from explorer.paths(state)
    except NotInAnyObject as error:
        raise Refuted(" ".join(str(error).split()), explorer.shown(explorer.last.path)) from error
    except (Unsupported, PathTooLong) as error:
        raise Refuted(str(error)) from error
    except (Faults, Unguarded) as error:
        raise Refuted(str(error), explorer.shown(explorer.last.path)) from error


def stores(state):
    return [a for a in state.memory.accesses if a[0] == "store"]


def executed(states):
    return {address for s in states for address in s.code}


# ---- a bail-out
def _on_the_stack(world, stored):
    """Below the frame that the CPU has pushed at a fault or an interrupt, where nothing means anything."""
    _, name, offset, size = stored
    return world.trapped and name == "image" and world.kernel.entry_stack[0] <= offset <= world.stack_of(world.frame()) - size


def _frame_kept(world, explorer, path):
    """The CPU's frame is there still, and the vector below it, as the stubs leave it."""
    image, words = path.memory.named("image"), world.stubs_frame()
    same_frame = smt.And(*(image.load(world.stack_of(words) + 8 * i, 8) == term for i, term in enumerate(words)))
    model = explorer.shown(path.path, smt.Not(same_frame))
    if model is not None:
        raise Refuted("a bail-out has changed the fault's frame, or gives another vector", model)


def _space_kept(world, explorer, path):
    """CR3 is what it was, or with KPTI the kernel's; and of the thread nothing stays on the entry stack but what the C path overwrites: the
    word below the frame."""
    kpti = world.kernel.image.window
    right = kernels(path.cr3) or world.trapped and path.cr3 is None if kpti else path.cr3 is None
    if not right:
        raise Refuted(f"a bail-out has CR3 as {path.cr3}", explorer.shown(path.path))
    left = residue(world, path, world.stack_of(world.stubs_frame()) - 8)
    if left:
        raise Refuted(f"a bail-out: {left}", explorer.shown(path.path))


def kept(world, explorer, path, scratch):
    """This bail-out has stored nothing and kept the registers."""
    stored = [s for s in stores(path) if not _on_the_stack(world, s)]
    if stored:
        raise Refuted(f"a bail-out has stored to {stored[0][1]}", explorer.shown(path.path))
    _space_kept(world, explorer, path)
    first = world.entry_registers()
    if world.trapped:
        _frame_kept(world, explorer, path)
        first["rsp"] = number(world.stack_of(world.stubs_frame()))
    registers_kept(world, explorer, path, scratch, first)


def registers_kept(world, explorer, path, scratch, first=None):
    first = first or world.entry_registers()
    for name in WIDE:
        before, after = first[name], path.registers[name]
        if name in scratch or same(before, after):
            continue
        model = explorer.shown(path.path, before != after)
        if model is not None:
            raise Refuted(f"a bail-out has changed {name}", model)


def bail_out(result, kernel, operation):
    """From every state whatever: arrival at the C path has stored nothing and kept the registers. No precondition is
    assumed, and what is found at an address may be anything: right as long as nothing has been stored. (What a fault's path
    keeps on the kernel's stack it takes back by its place; should a thread or a slot lie there, too, what is found in that decides
    only between ways that all are looked at.)"""
    result.world = operation.world(kernel, *operation.cases[-1])
    explorer = Explorer(kernel.image, Questions(()), {result.world.bail(): "bail-out"}, result.world.preferences())
    found = list(paths(explorer, result.world.at_entry(lazy=True)))
    bails = [p for p in found if p.end == "bail-out"]
    for path in bails:
        kept(result.world, explorer, path, operation.scratch)
    own = variable("fault.cs") & 3 == 0
    for path in found if result.world.trapped else ():
        model = explorer.shown(path.path, own) if path.end != "bail-out" else None
        if model is not None:
            raise Refuted("a fault or an interrupt of the kernel's own is taken for a thread's", model)
    result.facts, result.code = f"{len(bails)} ways to bail out", executed(found)


def unknown_numbers(kernel, operations):
    """A number without a fast path arrives at the C path with nothing touched at all."""
    result = Result("every other system call: goes to the C path with all registers kept, nothing read or stored")

    def theorem():
        world = result.world = World(kernel, "none", None, "any state")
        known = [o.constant for o in operations if o.constant]
        others = [world.register("rax") != kernel.constants[name] for name in known]
        explorer = Explorer(kernel.image, Questions(others), {kernel.image.symbol("syscall_entry_slow"): "bail-out"}, world.preferences())
        found = list(paths(explorer, world.at_entry(lazy=True)))
        for path in found:
            if path.end != "bail-out" or path.memory.accesses:
                raise Refuted("it does more than to look at the number", explorer.shown(path.path))
            registers_kept(world, explorer, path, ())
        result.facts, result.code = f"{len(found)} way", executed(found)
    return attempt(result, theorem)


# ---- when the fast path is taken
def taken(world, operation, explorer, found):
    """The fast path is taken exactly when nothing forbids it."""
    wanted = simple(operation.taken(world))
    if not smt.is_false(wanted) and not any(path.end in ENDS for path in found):
        raise Refuted("the fast path is never taken, which only a case may be without whose condition is false as it is written")
    for path in found:
        if path.end not in ENDS + ("bail-out",):
            raise Refuted(f"the fast path ends in {path.end}", explorer.shown(path.path))
        wrong = smt.Not(wanted) if path.end in ENDS else wanted
        model = explorer.shown(path.path, wrong)
        if model is not None:
            why = "is taken though something forbids it" if path.end in ENDS else "bails out without a reason"
            raise Refuted(f"the fast path {why}", model)


# ---- equality
def _differences(world, fast, slow, a):
    """name -> (by the fast path, by the C path) for all that ring 3 or the next entry can notice. `a`: the first one's Meaning."""
    found = {name: (fast.registers[name], slow.registers[name]) for name in WIDE}
    if fast.end == "iret":
        found.update(zip(IRET_FRAME, zip(*(_frame(s) for s in (fast, slow)))))
    if not world.kernel.image.window:  # with KPTI C writes it where a path that has touched nothing need not
        found["whether CR3 is written"] = tuple(number(s.cr3 is not None, 1) for s in (fast, slow))
    found.update({name: (fast.special[name], slow.special[name]) for name in fast.special})
    found["CR3"] = tuple(in_force(world, s) for s in (fast, slow))
    b = Meaning(world, slow.memory)
    for (name, left), right in zip(a.states().items(), b.states().values()):
        found[name] = (left, right)
    for name, offsets in _units(world, fast, slow).items():
        left, right = a.of(name, offsets), b.of(name, offsets)
        found.update({field: (left[field], right[field]) for field in left})
    return found


def _frame(state):
    """What IRETQ finds on the stack; rsp itself ring 3 does not see. No access of the path's: VERW comes before it."""
    places = (state.memory.resolve(simple(state.registers["rsp"] + 8 * i), 8, None) for i in range(len(IRET_FRAME)))
    return [region.load(offset, 8) for region, offset in places]


def _units(world, fast, slow):
    """Object -> offsets of what is compared there: all units of an object; of the image what either run has written."""
    found = {}
    for name in world.regions:
        if name == "image":
            at = fast.memory.named(name).written | slow.memory.named(name).written
            found[name] = sorted(o for o in at if not world.kernel.on_stack(o))
        else:
            region = fast.memory.named(name)
            found[name] = sorted({region.field_at(o)[1] for o in range(region.size)})
    return found


def equal(world, explorer, fast_path):
    """From the state of this path the C path ends in the same meaning."""
    slow_explorer = explorer_of(world, entry_slow=True)
    start = world.at_entry(slow=True)
    start.path, start.witness = list(fast_path.path), fast_path.witness
    ends, meaning = [], Meaning(world, fast_path.memory)
    for end in paths(slow_explorer, start):
        ends.append(end)
        if end.end != fast_path.end:
            raise Refuted(f"the fast path ends in {fast_path.end}, the C path in {end.end}", slow_explorer.shown(end.path))
        known = slow_explorer.questions.facts(end.path)
        differing = ((name, pair) for name, pair in _differences(world, fast_path, end, meaning).items() if not same(*pair))
        pairs = {name: pair for name, pair in ((name, tuple(map(known.of, pair))) for name, pair in differing) if not same(*pair)}
        ways = [(f"{text}, by the {by}", known.of(smt.Not(condition))) for by, state in (("fast path", fast_path), ("C path", end))
                for text, condition in leaving(world, state)]
        model = slow_explorer.differs(end.path, smt.Or(FALSE, *(a != b for a, b in pairs.values()), *(wrong for _, wrong in ways)))
        if model is None:
            continue
        for text, wrong in ways:
            if model.holds(wrong):
                raise Refuted(f"not so: {text}", model)
        for name, (a, b) in pairs.items():
            left, right = (model.number(t) for t in (a, b))
            if left != right:
                raise Refuted(f"{name} is 0x{left:x} by the fast path and 0x{right:x} by the C path", model)
    if not ends:
        raise Refuted("no path through the C twin: the preconditions contradict each other")
    return ends


# ---- all of an operation
def attempt(result, theorem):
    start = time.process_time()  # clock: told
    try:
        theorem()
    except Refuted as refuted:
        result.refuted, result.model = str(refuted), refuted.model
    except Undecided as error:
        result.refuted = str(error)
    result.seconds = time.process_time() - start  # clock: told
    return result


def inside(result, kernel, found):
    """Where the fast path has loaded from and stored to; exploration has refused what is in no object."""
    cpu, size = kernel.image.symbol("cpu"), kernel.structures["cpu"].size
    idle = {kernel.image.symbol(f"{n}_tcb"): kernel.structures["tcb"].size for n in ("nobody", "slow_head")}
    extra = (*(OF_INTERRUPTS if result.world.interrupt else ()), *(("clean_state",) if kernel.image.suffix else ()))
    variables = {kernel.image.symbol(name) for name in extra}
    touched = set()
    for path in found:
        for kind, name, offset, _ in path.memory.accesses:
            shared = [a for a, n in idle.items() if a <= offset < a + n]
            own = cpu <= offset < cpu + size or kernel.on_stack(offset) or offset in variables
            if name == "image" and not own and (kind == "store" or not shared):
                raise Refuted(f"a {kind} in the image outside the CPU's page: 0x{offset:x}")
            touched.add(name if name != "image" else "nobody or slow head" if shared else "cpu")
    result.facts = "touches " + ", ".join(sorted(touched)) if touched else "touches no memory"


def theorems(kernel, operation):
    """The results, one after another."""
    name = operation.name
    but = f" but {' '.join(operation.scratch)}" if operation.scratch else ""
    result = Result(f"{name}: a bail-out has stored nothing and kept every register{but}, from every state")
    yield attempt(result, lambda: bail_out(result, kernel, operation))
    for world in operation.worlds(kernel):
        yield from _of_world(kernel, operation, world)
        world.asked = None  # who keeps the world does not keep what the solver has learned
        smt.forget()


def speculated(result, kernel, world):
    """Every load after a mispredicted jump lies in an object, too."""
    stops = {kernel.image.symbol("panic"): "panic", world.bail(): "bail-out"}
    explorer = Speculator(kernel.image, world.questions(), stops, world.preferences())
    try:
        list(paths(explorer, world.at_entry()))
    except Reached as reached:
        raise Refuted(f"a mispredicted jump leads to a load outside the objects: {reached}",
                      explorer.shown(reached.state.path)) from reached
    result.facts, result.code = f"{explorer.ways} wrong ways", explorer.code


def _of_world(kernel, operation, world):
    name, found, explorer = f"{operation.name}, {world.case}", [], explorer_of(world)
    result = Result(f"{name}: all loads and stores lie in the objects of the state", world)

    def explore():
        found.extend(paths(explorer, world.at_entry()))
        if not found:
            raise Refuted("no state satisfies the preconditions")
        inside(result, kernel, found)
        result.code = executed(found)
    yield attempt(result, explore)
    if not found:
        return
    reach = Result(f"{name}: after a mispredicted jump all loads lie in the objects, too", world)
    yield attempt(reach, lambda: speculated(reach, kernel, world))
    fast = [p for p in found if p.end in ENDS]
    yield attempt(Result(f"{name}: the fast path is taken exactly when nothing forbids it", world,
                         f"{len(fast)} of {len(found)} ways"), lambda: taken(world, operation, explorer, found))
    if not fast:
        return
    equality = Result(
        f"{name}: all memory that means something, registers, CR3 and the next thread are equal, and the ways out guarded", world)

    def compare():
        slow, lengths = [], []
        calms = [_calm(world, explorer, p) for p in fast]
        for calm in sorted(set(calms)):
            refined = replace(world, calm=calm) if calm else world
            searcher = explorer_of(refined)
            for known in (path for path, its in zip(fast, calms) if its == calm):
                for path in paths(searcher, again(refined, world, known)) if calm else (known,):
                    if path.end not in ENDS:
                        raise Refuted(f"the fast path ends in {path.end}", searcher.shown(path.path))
                    lengths.append(len(path.code))
                    slow += equal(refined, searcher, path)
        if len(lengths) < len(fast):
            raise Refuted("a way of the fast path was lost")
        equality.code = executed(slow)
        by_c = sorted({len(p.code) for p in slow})
        equality.facts = (f"{' and '.join(map(str, sorted(lengths)))} instructions, by C {by_c[0]}"
                          f"{f' to {by_c[-1]}' if by_c[1:] else ''} in {len(slow)} ways")
    yield attempt(equality, compare)


def again(refined, world, path):
    """At the entry, in the states of this path, which are some of the refined world's: its conditions as they are there."""
    start, given = refined.at_entry(), ((name, *each) for name in world.threads for each in refined.regions[name].given.items())
    written_out = [(world.first(name, field), what) for name, field, what in given if field not in world.regions[name].given]
    start.path = [simple(smt.substitute(condition, written_out)) for condition in path.path]
    start.witness = path.witness
    return start


def _calm(world, explorer, path):
    """The threads that can have no slow reason in a state of this path."""
    return tuple(name for name in world.threads
                 if explorer.model(path.path, simple(world.first(name, "slow_reasons") != 0)) is None)
