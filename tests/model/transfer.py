"""The part of a long message that lies in the IPC buffers: words, and capabilities."""
from tests.model import caps
from tests.model.caps import Refused
from tests.model.numbers import BUFFER


def buffer_of(s, name):
    """The frame that is a thread's IPC buffer, or None."""
    cap = s.thread_slot(name, "buffer")
    return s.objects[cap.object] if cap else None


def store(frame, index, value):
    if value:
        frame.memory[index] = value
    else:
        frame.memory.pop(index, None)


def long_message(s, to, sender, with_caps):
    """Copies it; False if one of the two has no buffer."""
    source, target = buffer_of(s, sender), buffer_of(s, to)
    if source is None or target is None:
        return False
    words = min(source.memory.get(BUFFER.words, 0), BUFFER.WORDS)
    wanted = min(source.memory.get(BUFFER.caps, 0), BUFFER.CAPS) if with_caps else 0
    for i in range(words):
        store(target, BUFFER.word + i, source.memory.get(BUFFER.word + i, 0))
    passed = 0
    while passed < wanted and _pass_cap(s, to, sender, passed):
        passed += 1
    store(target, BUFFER.words, words)
    store(target, BUFFER.caps, passed)
    return True


def _pass_cap(s, to, sender, i):
    """One capability; False: it cannot be copied, or the place for it is none."""
    source, target = buffer_of(s, sender).memory, buffer_of(s, to).memory
    slot = caps.find(s, sender, source.get(BUFFER.cap + i, 0))
    if not caps.copyable(s, slot):
        return False
    try:
        place = caps.slot_at(s, to, target.get(BUFFER.cnode, 0), (target.get(BUFFER.index, 0) + i) % (1 << 64))
    except Refused:
        return False
    if place in s.slots:
        return False
    caps.copy(s, slot, place, s.slots[slot].rights)
    return True
