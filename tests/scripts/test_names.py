"""What a description says of its components, for log, keeper and the shell (user/services/names.py). Names and numbers differ, so that an
exchange shows."""
import contextlib
import importlib.util
import io

from tests.scripts import support
from tests.scripts.support import ROOT

SYSTEM = """<system>
    <memory_region name="both" size="0x1000"/> <memory_region name="read" size="0x1000"/> <memory_region name="one" size="0x1000"/>
    <protection_domain name="low" priority="0x14">
        <map mr="both" vaddr="0x1000" perms="r"/> <map mr="read" vaddr="0x2000" perms="r"/>
    </protection_domain>
    <protection_domain name="keeper" priority="30">
        <protection_domain name="first" priority="19" id="4">
            <map mr="both" vaddr="0x3000"/> <map mr="one" vaddr="0x4000" perms="rw"/> <map mr="read" vaddr="0x5000" perms="r"/>
        </protection_domain>
        <protection_domain name="second" priority="11" id="6"><map mr="both" vaddr="0x6000" perms="r"/></protection_domain>
    </protection_domain>
    <protection_domain name="nobody"><map mr="read" vaddr="0x7000" perms="r"/></protection_domain>
    <channel><end pd="low" id="7" pp="true"/><end pd="first" id="8"/></channel>
    <channel><end pd="second" id="2"/><end pd="keeper" id="3" pp="true"/></channel>
    <channel><end pd="second" id="5" pp="true"/><end pd="first" id="1"/></channel>
</system>
"""


def load():
    spec = importlib.util.spec_from_file_location("names", ROOT / "user/services/names.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Names(support.Workspace):
    def said(self, *words):
        path = self.dir / "some.system"
        path.write_text(SYSTEM, encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()) as out:
            load().main(path, *words)
        self.assertTrue(out.getvalue().endswith("\n\0"))
        return out.getvalue()[:-2].splitlines()

    def test_channels(self):
        self.assertEqual(self.said("first", "channels"), ["8 low", "1 second"])
        self.assertEqual(self.said("keeper", "channels"), ["3 second"])

    def test_children(self):
        self.assertEqual(self.said("keeper", "children"), ["4 first", "6 second"])
        self.assertEqual(self.said("first", "children"), [])

    def test_services(self):
        self.assertEqual([line.split(maxsplit=1) for line in self.said("shell", "services")], [
            ["keeper", "starts first, second"],
            ["low", "shares memory with first, second"],
            ["first", "called by low, second; shares memory with low, second"],
            ["second", "called by keeper; shares memory with first, low"],
            ["nobody", "alone"]])
