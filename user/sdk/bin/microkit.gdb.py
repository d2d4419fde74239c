"""GDB in a system: which component runs, with its symbols. Every component is linked at the same addresses, so only its memory shows
which one it is: the name that the tool has written there.

    qemu-system-x86_64 -s -S ...                          in one terminal: the machine waits
    gdb -x build/sdk/bin/microkit.gdb.py                  in another one
    (gdb) microkit-system build/report.json               what microkit --json has written
    (gdb) target remote :1234
    (gdb) microkit-break client init                      stops there in this component only
    (gdb) continue
    (gdb) microkit-pd                                     which component is this? loads its symbols
"""
import json
import os

import gdb  # pylint: disable=import-error


class System:
    programs = {}   # name of a component -> (file, address of its microkit_name)


def _name_at(address):
    """The text there; empty: no memory."""
    try:
        data = gdb.selected_inferior().read_memory(address, 64).tobytes()
    except gdb.MemoryError:
        return ""
    return data.split(b"\0")[0].decode("utf-8", "replace")


def running():
    """The component whose memory this is, or None."""
    return next((name for name, (_, address) in System.programs.items() if _name_at(address) == name), None)


def _symbols_of(name):
    if name not in System.programs:
        raise gdb.GdbError(f"there is no component '{name}'; there are: {', '.join(System.programs) or 'none (microkit-system)'}")
    gdb.execute(f"symbol-file {System.programs[name][0]}", to_string=True)


class LoadSystem(gdb.Command):
    """microkit-system REPORT.JSON: what microkit --json has written."""

    def __init__(self):
        super().__init__("microkit-system", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)

    def invoke(self, argument, from_tty):
        with open(argument, encoding="utf-8") as file:
            domains = json.load(file)["domains"]
        System.programs = {d["name"]: (os.path.abspath(d["file"]), int(d["name_at"], 16)) for d in domains}
        print(f"{len(domains)} components: {', '.join(System.programs)}")


class Which(gdb.Command):
    """microkit-pd [NAME]: loads the symbols of the component that runs, or of that one."""

    def __init__(self):
        super().__init__("microkit-pd", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        name = argument or running()
        if name is None:
            print("no component runs: this is the kernel, or the root task")
            return
        _symbols_of(name)
        print(f"component {name}")


class OfOne(gdb.Breakpoint):
    """Stops in one component, whatever else has something at that address."""

    def __init__(self, name, address):
        super().__init__(f"*{address:#x}", type=gdb.BP_HARDWARE_BREAKPOINT)
        self.name = name

    def stop(self):
        return running() == self.name


class Break(gdb.Command):
    """microkit-break NAME FUNCTION: a breakpoint in one component."""

    def __init__(self):
        super().__init__("microkit-break", gdb.COMMAND_BREAKPOINTS)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if len(words) != 2:
            raise gdb.GdbError("microkit-break NAME FUNCTION")
        _symbols_of(words[0])
        OfOne(words[0], int(gdb.parse_and_eval(f"(unsigned long)&{words[1]}")))


LoadSystem()
Which()
Break()
