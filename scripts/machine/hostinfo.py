"""What a record says about where and from what it was made. What cannot be found is "unknown"."""
import os
import platform
import re
import subprocess
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT
from scripts.machine import qemu
from scripts.source import plaingit

UNKNOWN = "unknown"


def _output(*command):
    try:
        done = patience.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
        return done.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*words):
    try:
        return plaingit.run(*words, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def commit():
    """Commit of the tree (40 hex digits), and whether the tree differs from it."""
    name = _git("rev-parse", "HEAD") or UNKNOWN
    # What the tools record does not change the code that is measured.
    changes = _git("status", "--porcelain", "--", ".", ":(exclude)results")
    return name, changes != ""


def _cpu(field):
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return UNKNOWN
    found = re.search(rf"^{field}\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else UNKNOWN


def cpu_flags():
    return set(_cpu("flags").split())


def _os_word(name):
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return UNKNOWN
    found = re.search(rf'^{name}="?([^"\n]+)', text, re.MULTILINE)
    return found.group(1) if found else UNKNOWN


def os_codename():
    return _os_word("VERSION_CODENAME")


def _mitigations():
    """What the host's kernel does against which flaws of the CPU."""
    found = {}
    for path in sorted(Path("/sys/devices/system/cpu/vulnerabilities").glob("*")):
        try:
            found[path.name] = path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            found[path.name] = UNKNOWN
    return found


def compiler():
    first = (_output(os.environ.get("CC", "gcc"), "--version") or UNKNOWN).splitlines()[0]
    return first or UNKNOWN


def nasm():
    found = re.search(r"version (\S+)", _output("nasm", "-v") or "")
    return found.group(1) if found else UNKNOWN


def linker():
    return (_output("ld", "--version") or UNKNOWN).splitlines()[0]


def describe():
    return {
        "cpu_model": _cpu("model name"), "cpu_stepping": _cpu("stepping"), "cpu_microcode": _cpu("microcode"),
        "kernel": platform.release(), "os": _os_word("PRETTY_NAME"), "qemu": qemu.version(), "gcc": compiler(), "nasm": nasm(),
        "mitigations": _mitigations(),
    }
