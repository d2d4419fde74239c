"""How memory becomes objects: retype."""
from tests.model import caps, deletion
from tests.model.caps import refuse_if
from tests.model.numbers import CLEARED_MAX, ERR, RADIX_MAX, RIGHT, SPACES, SPACES_PER_CALL, TYPE, TYPE_BITS, UNTYPED_BITS
from tests.model.state import Cap, CNode, Endpoint, Extended, Frame, Notification, Table, Thread, Timer

FRAME_BITS = (12, 21, 30)
FIRST_RIGHTS = {TYPE.ENDPOINT: RIGHT.SEND | RIGHT.RECV | RIGHT.GRANT, TYPE.NOTIFICATION: RIGHT.SIGNAL | RIGHT.WAIT,
                TYPE.FRAME: RIGHT.READ | RIGHT.WRITE | RIGHT.EXECUTE}
FIRST_DATA = {TYPE.NOTIFICATION: (1, False), TYPE.CNODE: (0, 0)}


def object_bits(kind, size_bits):
    """The size of an object as a power of two, or 0: there is no such object."""
    if TYPE_BITS.get(kind):
        return TYPE_BITS[kind]
    if kind == TYPE.UNTYPED:
        return size_bits if size_bits in UNTYPED_BITS else 0
    if kind == TYPE.CNODE:
        return size_bits + 5 if 1 <= size_bits <= RADIX_MAX else 0
    return size_bits if kind == TYPE.FRAME and size_bits in FRAME_BITS else 0


def _spaces(s):
    return sum(isinstance(thing, Table) and thing.life > 0 for thing in s.objects.values())


def make(s, kind, size_bits):
    if kind == TYPE.ADDRESS_SPACE:
        s.lives += 1
        return Table(s.lives)
    if kind == TYPE.FRAME:
        return Frame(FRAME_BITS.index(size_bits))
    if kind == TYPE.CNODE:
        return CNode(size_bits)
    return {TYPE.TCB: Thread, TYPE.ENDPOINT: Endpoint, TYPE.NOTIFICATION: Notification, TYPE.PAGE_TABLE: Table, TYPE.TIMER: Timer,
            TYPE.EXTENDED_STATE: Extended}[kind]()


def sys_retype(s, me, r):
    source = caps.look_up(s, me, r.rdi, TYPE.UNTYPED)
    kind, count, cap = r.rsi, r.r10, s.slots[source]
    bits = object_bits(kind, r.rdx)
    refuse_if(not bits, ERR.BAD_ARGUMENT)
    to = caps.range_at(s, me, r.r8, r.r9, count)
    refuse_if(any(slot in s.slots for slot in to), ERR.OCCUPIED)
    total, watermark = cap.data
    reset = watermark > 0 and next(caps.derived(s, source), None) is None
    start = 0 if reset else -(-watermark >> bits) << bits
    end = start + (count << bits)
    refuse_if(end > 1 << total, ERR.NO_MEMORY)
    refuse_if(cap.device and kind not in (TYPE.FRAME, TYPE.UNTYPED), ERR.WRONG_TYPE)
    refuse_if(not cap.device and kind not in (TYPE.UNTYPED, TYPE.ENDPOINT) and end - start > CLEARED_MAX, ERR.BAD_ARGUMENT)
    if kind == TYPE.ADDRESS_SPACE:
        refuse_if(count > SPACES_PER_CALL, ERR.BAD_ARGUMENT)
        refuse_if(_spaces(s) + count > SPACES, ERR.NO_MEMORY)
    if reset and s.dying:
        return deletion.delete_first(s, [])
    s.slots[source] = cap._replace(data=(total, end))
    for i, slot in enumerate(to):
        name = cap.object + start + (i << bits)
        if kind != TYPE.UNTYPED:
            s.objects[name] = make(s, kind, r.rdx)
        data = (r.rdx, 0) if kind == TYPE.UNTYPED else FIRST_DATA.get(kind)
        caps.put_under(s, source, slot, Cap(kind, name, FIRST_RIGHTS.get(kind, 0), data, True, cap.device))
    return 0
