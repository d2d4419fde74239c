"""The lint of conformance cases finds what lies in the wrong folder and what nobody runs."""
import tempfile
import unittest
from pathlib import Path

from tests import cases

GOOD = """static const struct test list[] = {
    {"one", one},
    {"two", two},
};

CASE_SET(120, caps_slot_cases)
{
    CASES_SPACES("caps/slots", list);
    if (case_begin("caps/%s_of_%u", word, 2u))
        case_end();
}
"""


class Cases(unittest.TestCase):
    def asked(self, name, text, what=cases.look):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "tests/conform" / name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
            return what(Path(directory))

    def says(self, why, name, text):
        found = self.asked(name, text)
        self.assertTrue(found and why in found[0], found)

    def test_where_they_lie(self):
        self.assertEqual([], self.asked("caps/slot.c", GOOD))
        self.says("cases called caps/slots lie in caps/", "ipc/slot.c", GOOD)
        self.says("the frame has no cases", "frame/slot.c", GOOD)
        self.says("the build looks nowhere else", "slot.c", GOOD)
        self.says("the build looks nowhere else", "caps/more/slot.c", GOOD)

    def test_who_runs_them(self):
        self.says("list[] are given to nobody", "caps/slot.c", GOOD.replace('"caps/slots", list', '"caps/slots", others'))
        self.says("in no CASE_SET", "caps/slot.c", GOOD.replace("CASE_SET(120, caps_slot_cases)", "void caps_slot_cases(void)"))

    def test_what_a_boot_must_say(self):
        names = [pattern.pattern for _, pattern in self.asked("caps/slot.c", GOOD, cases.wanted)]
        self.assertEqual(["caps/slots/one/same", "caps/slots/one/cross", "caps/slots/two/same", "caps/slots/two/cross",
                          "caps/[^/ ]*_of_[^/ ]*"], names)

    def test_calls_that_nobody_asks_with_wrong_capabilities(self):
        texts = {"kernel/abi/abi.def": 'SYSCALL(0x01, SEND, "x")\n    ARG(SEND, rdi, CAP_ENDPOINT, "to", "")\nSYSCALL(0x05, YIELD, "x")\n',
                 "user/lib/syscall.h": "static inline long ipc_send(cap_t to)\n{\n    return ipc(SYS_SEND, to);\n}\n"}
        for ask, found in (("ipc_send", []), ("ipc(SYS_SEND, cap)", []),
                           ("ipc_send_nb", ["tests/conform/caps/ask.c:1: SEND takes a capability, and is not asked with wrong ones"])):
            with tempfile.TemporaryDirectory() as directory:
                for name, text in {**texts, cases.ASK: ask}.items():
                    path = Path(directory) / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8")
                self.assertEqual(cases.unasked(Path(directory)), found)
