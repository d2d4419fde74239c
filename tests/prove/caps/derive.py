"""cap_copy, cap_mint and cap_move: what the new capability can do, where it stands in the tree, and that nothing else changes."""
from tests.prove import smt
from tests.prove.smt import number, variable
from tests.prove.terms import extract
from tests.prove.caps.lookup import Lookup
from tests.prove.caps.proof import done, every
from tests.prove.caps.slots import UPPER, Slot, is_parent, linked
from tests.prove.caps.words import wide

GUARD_BITS_MAX = 16  # docs/reference.md, cap_mint


class Derivation(Lookup):
    """rdi, rsi: CNode and index of where it goes; rdx, r8: of where it comes from."""

    ENDS = ("it ends as the specification says, and what fails has stored nothing", "ended", every)
    ELSE = ("nothing else changes", "kept", done)

    def __init__(self, kernel):
        super().__init__(kernel)
        self.to_cnode, self.from_cnode = self.address("rdi"), self.address("rdx")
        if kernel.quick:  # a fault shows in the simplest states, too
            self.assume("case", "both CNodes are named in the root CNode", *(
                smt.And(in_root, Slot(self, root).is_a("CNODE")) for in_root, root, _ in (self.to_cnode, self.from_cnode)))
        self.to, self.source = self._slot(self.to_cnode, "rsi", "to"), self._slot(self.from_cnode, "r8", "from")
        self._on_the_list(self.source)
        self.shown = {name: self.register(r) for name, r in (("to cnode", "rdi"), ("to", "rsi"), ("from cnode", "rdx"), ("from", "r8"),
                                                             ("rights", "r9"), ("badge", "r10"))}

    # ---- what is assumed
    def radix(self, cnode):
        """As a shift takes it: its low six bits."""
        return wide(extract(Slot(self, cnode).data, 0, 6))

    def _beyond(self, cnode, index):
        """What of the index is too high for that CNode; an index counts by the rest."""
        return self.register(index) & (number(-1) << self.radix(cnode))

    def _slot(self, cnodes, index, name):
        """Of the CNode that the address names, by an index below 2^radix."""
        (_, root, deep), direct = cnodes, self.direct(cnodes, "CNODE")
        meanings = []
        for cnode, when in ((root, direct), (deep, smt.And(smt.Not(direct), deep != 0, Slot(self, deep).is_a("CNODE")))):
            s = Slot(self, cnode)
            self.assume("lies-in-live-memory", "a CNode has no more than 2^CNODE_RADIX_MAX slots", smt.Implies(s.is_a("CNODE"), smt.ULE(
                extract(s.data, 0, 8), self.c.CNODE_RADIX_MAX)))
            beyond = self._beyond(cnode, index)
            meanings.append((s.object + ((self.register(index) ^ beyond) << 5), smt.And(when, beyond == 0)))
        place = self.memory.call(name, *meanings)
        self.assume("lies-in-live-memory", "a CNode's slots lie in memory of their own, in RAM that is not the kernel's image",
                    place & 31 == 0, self.in_ram(place, 32), self.apart(place, 32))
        return place

    def _on_the_list(self, place):
        s, c = Slot(self, place), self.c
        before, after = (Slot(self, p) for p in (s.before | UPPER, s.after))
        usable, reply = s.usable(), s.is_a("REPLY")
        follows, behind = smt.And(usable, after.place != 0), smt.And(usable, smt.Not(reply))
        self.assume("list", "every capability but a saved reply is on one list, which ends; its links agree in both directions, and lead "
                    "to no empty slot but the head", smt.Implies(usable, s.prev & 31 == 0), smt.Implies(follows, smt.And(
                        linked(after.before, place), smt.Not(after.is_a("NULL")), self._is_a_slot(after.place), after.place != place)),
                    smt.Implies(behind, smt.And(
                        before.after == place, linked(s.before, before.place), self._is_a_slot(before.place), before.place != place,
                        smt.Or(smt.Not(before.is_a("NULL")), before.place == self.image.symbol("cap_list")))),
                    smt.Implies(smt.And(usable, reply), smt.And(s.before == 0, after.place == 0)))
        tcb = 1 << c.TYPE_BITS_TCB
        self.assume("objects-apart", "a saved reply's object is a TCB, in memory of its own", smt.Implies(reply, smt.And(
            s.object & (tcb - 1) == 0, self.in_ram(s.object, tcb), *(self.apart(p, 32, s.object, c.TCB_SLOTS_AT) for p in (
                place, self.to)))))
        self.assume("badge", "only endpoints and notifications have badges", smt.Implies(
            s.has("BADGED"), s.is_a("ENDPOINT", "NOTIFICATION")))
        self.assume("badge-line", "what has a badge and is not the first of its line stands right behind one with the same", smt.Implies(
            smt.And(follows, after.has("BADGED"), smt.Not(after.has("FIRST_BADGED"))), smt.And(s.has("BADGED"), s.same_object(after),
                                                                                           s.data == after.data)))

    # ---- how it ends
    def refusal(self):
        """The result: errors in the order of abi.def."""
        c = self.c

        def within(address, index, then):
            return self.refused(address, "CNODE", lambda cnode: smt.If(self._beyond(cnode, index) != 0, number(c.ERR_BAD_ARGUMENT), then))

        to, source = Slot(self, self.to), Slot(self, self.source)
        decided = smt.If(smt.Not(source.usable()), number(c.ERR_BAD_CAP), smt.If(
            smt.Not(to.is_a("NULL")), number(c.ERR_OCCUPIED), self.decided(source)))
        return within(self.to_cnode, "rsi", within(self.from_cnode, "r8", decided))

    def ended(self, end):
        yield "it ends as the specification says", end.result == self.refusal()
        yield "what fails has stored nothing", smt.Or(end.result == 0, smt.BoolVal(not end.stores()))

    def each(self, end):
        """(to before, to after, from before, from after)"""
        return [Slot(self, place, when) for place in (self.to, self.source) for when in (None, end)]


class Copy(Derivation):
    function = "sys_cap_copy"
    theorems = (Derivation.ENDS,
                ("the copy is to the same object, with no right that the source or the mask lacks, and with its badge", "narrower", done),
                ("it stands right behind its source, derived from whatever that is, and from it if it is an original", "derived", done),
                Derivation.ELSE)

    def decided(self, source):
        return smt.If(source.is_a("UNTYPED", "PAGE_TABLE", "REPLY"), number(self.c.ERR_WRONG_TYPE), number(0))

    def narrower(self, end):
        _, new, old, _ = self.each(end)
        yield "no right that the source lacks", new.rights & ~old.rights == 0
        yield "the rights are those of the mask", new.rights == old.rights & extract(self.register("r9"), 0, 8)
        yield "the same type and object", new.same_object(old)
        yield from self.told_data(new, old)

    def told_data(self, new, old):
        yield "the same badge or data, and a frame that is not mapped", new.data == smt.If(
            old.is_a("FRAME"), old.data & (0xf << 60), old.data)
        yield "an original is never made", smt.Not(new.has("REVOCABLE"))
        yield "a badge is neither lost nor made", new.has("BADGED") == old.has("BADGED")
        yield "device memory stays that", new.has("DEVICE") == old.has("DEVICE")

    def derived(self, end):
        empty, new, old, source = self.each(end)
        after, parent = Slot(self, old.after, end), Slot(self, variable("parent"))
        yield "it stands right behind the source", smt.And(source.after == new.place, linked(new.before, source.place))
        yield "and before what stood there", smt.And(new.after == old.after, smt.Or(old.after == 0, linked(after.before, new.place)))
        yield "it is derived from whatever the source is", smt.Implies(is_parent(parent, old), is_parent(parent, new))
        yield "and from the source, if that is an original", smt.Implies(old.has("REVOCABLE"), is_parent(source, new))
        yield "nothing becomes derived from it", smt.Or(old.after == 0, smt.Not(is_parent(new, after)))
        yield "it says of its place what it said", smt.Implies(new.has("IN_TCB"), empty.has("IN_TCB"))

    def kept(self, end):
        empty, new, old, source = self.each(end)
        after = Slot(self, old.after), Slot(self, old.after, end)
        yield "the source is as it was", smt.And(source.holds(old), source.next & 31 == old.next & 31, source.prev == old.prev)
        yield "what is behind it is as it was", smt.Or(old.after == 0, smt.And(after[1].holds(after[0]), after[1].next == after[0].next))
        yield "nothing else is stored", end.unchanged_but(*(new.place + 8 * i for i in range(4)), old.place + 24, old.after + 16)


class Mint(Copy):
    function = "sys_cap_mint"
    theorems = (Derivation.ENDS,
                ("the new one is to the same object, with no right that the source lacks; a badge is given once, and what has none becomes "
                 "narrower", "narrower", done), *Copy.theorems[2:])

    def decided(self, source):
        c, word, no = self.c, self.register("r10"), number(self.c.ERR_BAD_ARGUMENT)
        bits, ports = word & 0xff, (word & 0xffff, smt.LShR(word, 16))
        guard = smt.Or(smt.UGT(bits, GUARD_BITS_MAX), smt.LShR(smt.LShR(word, 8), bits) != 0)
        range_ = smt.Or(smt.ULT(ports[0], source.data & 0xffff), smt.UGT(ports[1], smt.LShR(source.data, 16)), smt.UGT(*ports))
        return smt.If(source.is_a("ENDPOINT", "NOTIFICATION"), smt.If(source.has("BADGED"), number(c.ERR_IN_USE), number(0)), smt.If(
            source.is_a("CNODE"), smt.If(guard, no, number(0)), smt.If(source.is_a("IO_PORT"), smt.If(range_, no, number(0)), smt.If(
                source.is_a("DEBUG"), smt.If(word & ~source.data != 0, no, number(0)), number(c.ERR_WRONG_TYPE)))))

    def told_data(self, new, old):
        word, signal = self.register("r10"), old.is_a("ENDPOINT", "NOTIFICATION")
        badged = smt.And(signal, word != 0)
        yield "only what has no badge gets one", smt.Implies(signal, smt.Not(old.has("BADGED")))
        yield "the badge is the word of the call, if there is one", smt.Implies(signal, new.data == smt.If(word != 0, word, old.data))
        yield "with a badge it is an original, the first of its line, and without it is neither", smt.And(*(
            new.has(flag) == badged for flag in ("FIRST_BADGED", "REVOCABLE")))
        yield "and says so", smt.Implies(signal, new.has("BADGED") == badged)
        yield "a guard changes no radix", smt.Implies(old.is_a("CNODE"), new.data == (old.data & 0xff) | (word & 0xff) << 8 | smt.LShR(
            word, 8) << 16)
        first, last = new.data & 0xffff, smt.LShR(new.data, 16)
        yield "ports lie within those of the source", smt.Implies(old.is_a("IO_PORT"), smt.And(
            smt.UGE(first, old.data & 0xffff), smt.ULE(last, smt.LShR(old.data, 16)), smt.ULE(first, last)))
        yield "what a debug capability allows, the source does", smt.Implies(old.is_a("DEBUG"), new.data & ~old.data == 0)
        yield "no other type is minted", old.is_a("ENDPOINT", "NOTIFICATION", "CNODE", "IO_PORT", "DEBUG")


class Move(Derivation):
    function = "sys_cap_move"
    theorems = (Derivation.ENDS,
                ("what was there is here, bit for bit, and the source is empty", "moved", done),
                ("it stands in the tree where the source stood, and a saved reply is found there", "derived", done),
                Derivation.ELSE)

    def decided(self, source):
        return number(0)

    def moved(self, end):
        empty, new, old, source = self.each(end)
        yield "the same object, data, type and rights", new.holds(old)
        yield "the same flags, but that of the place", smt.And(new.flags() == old.flags(), new.has("IN_TCB") == empty.has("IN_TCB"))
        yield "the source is empty", smt.And(source.is_a("NULL"), source.object == 0, source.data == 0, source.prev == 0, source.next == (
            old.next & self.c.SLOT_IN_TCB))

    def derived(self, end):
        _, new, old, _ = self.each(end)
        before, after = (Slot(self, place, end) for place in (old.before | UPPER, old.after))
        reply = new.is_a("REPLY")
        yield "it has the same neighbours", smt.And(new.before == old.before, new.after == old.after)
        yield "they lead to it", smt.And(
            smt.Or(reply, before.after == new.place), smt.Or(after.place == 0, linked(after.before, new.place)))
        yield "who waits for a saved reply knows where it is", smt.Or(smt.Not(
            reply), self.waits(end, old) == new.place | self.c.REF_SLOT)

    def kept(self, end):
        _, new, old, _ = self.each(end)
        pairs = [(Slot(self, place), Slot(self, place, end)) for place in (old.before | UPPER, old.after)]
        reply = old.is_a("REPLY")
        for name, (was, now), there in (("before", pairs[0], smt.Not(reply)), ("behind", pairs[1], pairs[1][0].place != 0)):
            yield f"what is {name} it is as it was", smt.Implies(there, smt.And(now.holds(was), now.next & 31 == was.next & 31))
        words = [place + 8 * i for place in (new.place, old.place) for i in range(4)]
        yield "nothing else is stored", end.unchanged_but(*words, (old.before | UPPER) + 24, old.after + 16, old.object + self.wait_at())

    def wait_at(self):
        return self.structures["tcb"].fields["wait"][0]

    def waits(self, end, reply):
        """The word of the thread that waits for it, where it is one."""
        return end.word(reply.object + self.wait_at()) if end.always(reply.is_a("REPLY")) else number(0)
