"""A guest under QEMU with both of its side doors open: the gdb stub, which stops it at any instruction and shows
registers and memory, and QMP, which raises NMIs and machine checks.

All sockets are in a directory that goes away, and QEMU ends with the script, whatever ends that."""
import json
import os
import re
import select
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from scripts.machine import guest
from scripts.machine.guest_clock import QUESTION, seconds_of

RSP, RIP = 7, 16  # numbers of the gdb stub
PACKET_DATA = 1024  # bytes; of a packet longer than 4 KiB the stub says nothing
KERNEL = ROOT / "build" / "baton.elf"
PHYSMAP = 0xffff800000000000  # kernel/arch/x86_64/layout.h


def symbols():
    """Name -> address, of the kernel."""
    out = subprocess.run(["nm", str(KERNEL)], capture_output=True, encoding="utf-8", check=True).stdout
    return {name: int(value, 16) for value, _, name in (line.split() for line in out.splitlines())}


def instructions(start, end):
    """Addresses and texts of the kernel's instructions there; what only fills gaps is left out."""
    out = subprocess.run(["objdump", "-d", "--no-show-raw-insn", f"--start-address={start:#x}", f"--stop-address={end:#x}",
                          str(KERNEL)], capture_output=True, encoding="utf-8", check=True).stdout
    found = re.findall(r"^([0-9a-f]{16}):\s+(.*\S)\s*$", out, re.M)
    return {int(address, 16): text for address, text in found if not re.match(r"(cs |data16 )*(nop|xchg +%ax,%ax|int3)", text)}


class Qmp:
    def __init__(self, connection):
        self.file = connection.makefile("rw", encoding="utf-8")
        self.file.readline()  # the greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise BatonError(f"QEMU has ended before it answered {command}")
            answer = json.loads(line)
            if "error" in answer:
                raise BatonError(f"QEMU refuses {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def monitor(self, line):
        return self.ask("human-monitor-command", **{"command-line": line})

    def flags(self):
        """The true rflags: the gdb stub leaves out those that QEMU computes late, and DF."""
        return int(re.search(r"RFL=([0-9a-f]+)", self.monitor("info registers")).group(1), 16)


class Gdb:
    def __init__(self, connection, watchdog):
        self.connection, self.watchdog, self.buffer, self.known = connection, watchdog, b"", None
        self._send("QStartNoAckMode")
        self._answer()
        self.connection.sendall(b"+")
        self.ask("qXfer:features:read:target.xml:0,ffb")  # the stub writes registers only for those who have asked

    def _send(self, text):
        if text[0] in "csP":  # it goes on, or has another register then
            self.known = None
        data = text.encode()
        self.connection.sendall(b"$%s#%02x" % (data, sum(data) & 0xff))

    def _answer(self):
        """The next packet; None when QEMU has ended."""
        while True:
            found = re.search(rb"\$([^#]*)#..", self.buffer)
            if found:
                self.buffer = self.buffer[found.end():]
                return found.group(1).decode()
            if not select.select([self.connection], [], [], self.watchdog.every)[0]:  # clock: until the next look
                self.watchdog.look()
                continue
            try:
                data = self.connection.recv(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            self.buffer += data

    def ask(self, text, expect=None):
        self._send(text)
        answer = self._answer()
        if answer is None or (expect is not None and answer != expect):
            raise BatonError(f"QEMU's gdb stub answered {answer!r} to {text[:40]!r}")
        return answer

    def go(self):
        """Goes on; nobody waits until it stops."""
        self._send("c")

    def resume(self, how="c"):
        """Goes on (or, with "s", one instruction on) until the guest stops: its rip, or None when it has ended."""
        self._send(how)
        answer = self._answer()
        return None if answer is None or answer[0] in "WX" else self.rip()

    def registers(self):
        """As the guest stands: it is asked once."""
        self.known = self.known or self.ask("g")
        return self.known

    def rip(self):
        return self.register(RIP)

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self.registers())[number * 8:number * 8 + 8], "little")

    def set_register(self, number, value):
        self.ask(f"P{number:x}={value.to_bytes(8, 'little').hex()}", "OK")

    def read(self, address, length):
        """Bytes of the guest's memory, or None where nothing is mapped."""
        answer = self.ask(f"m{address:x},{length:x}")
        return None if answer.startswith("E") else bytes.fromhex(answer)

    def number(self, address):
        return int.from_bytes(self.read(address, 8), "little")

    def write(self, address, data):
        for i in range(0, len(data), PACKET_DATA):
            part = data[i:i + PACKET_DATA]
            self.ask(f"M{address + i:x},{len(part):x}:{part.hex()}", "OK")

    def stop_at(self, address):
        self.ask(f"Z0,{address:x},1", "OK")

    def pass_by(self, address):
        self.ask(f"z0,{address:x},1", "OK")


class SocketDirectory:
    """with SocketDirectory() as at: a new directory, by a short name without commas, whatever TMPDIR is: the path of a socket has
    107 bytes at most, and QEMU takes what is after a comma for an option."""

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="baton-debug-")
        self.fd = os.open(self.directory.name, os.O_RDONLY | os.O_DIRECTORY)
        return Path(f"/proc/{os.getpid()}/fd/{self.fd}")

    def __exit__(self, *_):
        os.close(self.fd)
        self.directory.cleanup()


def connect(path, process):
    """A connection with a socket that QEMU opens."""
    connection = socket.socket(socket.AF_UNIX)
    if not patience.until(lambda: connection.connect_ex(str(path)) == 0, process, 0.01):
        connection.close()
        raise BatonError(f"QEMU ends and opens no {path.name}", "check the QEMU installation")
    return connection


class Debugged:
    """with Debugged(machine) as d: the guest stands at its first instruction; d.gdb, d.qmp; d.end() waits for its end.

    debug=False: it runs at once, without d.gdb. limits: guest.Limits; more: words for QEMU. jumps=True: it may be stopped where it idles,
    and its clock then jumps to the next time that QEMU waits for, with version 10 a day ahead: its limits are of QEMU's CPU time."""

    def __init__(self, machine, debug=True, limits=None, more=(), jumps=False):
        self.machine, self.debug, self.more, self.jumps = machine, debug, more, jumps
        self.limits = limits or (guest.UNCOUNTED if jumps else guest.limits_of(machine))
        self.console = guest.Console(None)
        self.lines = self.console.lines

    def __enter__(self):
        self.sockets = SocketDirectory()
        at = self.sockets.__enter__()
        extra = ["-qmp", f"unix:{at}/qmp,server=on,wait=off"]
        if self.debug:
            extra += ["-S", "-gdb", f"unix:{at}/gdb,server=on,wait=off"]
        self.process, self.clock = guest.start(self.machine, *extra, *self.more, stderr=subprocess.STDOUT)
        self.watchdog = self.watchdog_of(self.process.pid, self.clock)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            self.qmp = Qmp(connect(at / "qmp", self.process))
            self.gdb = Gdb(connect(at / "gdb", self.process), self.watchdog) if self.debug else None
        except BaseException:
            self.__exit__()
            raise
        return self

    def watchdog_of(self, pid, clock):
        return guest.Watchdog(self.limits, self.console.seen, pid, None if self.jumps else clock)

    def _read(self):
        while data := os.read(self.process.stdout.fileno(), 65536):
            self.console.feed(data)
            self.watchdog.heard()
        self.console.end()

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        if self.clock:
            self.clock.close()
        self.sockets.__exit__()

    def seconds(self):
        """Seconds of the guest's clock."""
        return seconds_of(self.qmp.ask(QUESTION["execute"], **QUESTION["arguments"]))

    def end(self):
        """The guest's exit code. pre: it runs"""
        code = guest.wait(self.process, self.watchdog) >> 1
        self.reader.join()
        return code
