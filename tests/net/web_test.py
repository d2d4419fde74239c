#!/usr/bin/env python3
"""user/systems/web.system, behind QEMU's own network: its address comes by DHCP, and Python's http.client gets the files that mtools has
put on its disk, one of 4 MiB among them, and that of the file system in memory. No frame in QEMU's capture of the wire is malformed.
tests/net/big.py does that with more, and with other people's programs.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import hashlib
import http.client
import random
import shutil
import socket
import tempfile
import threading
from functools import partial
from pathlib import Path

from scripts.base.common import ROOT
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.files.images import Kind, make, run
from tests.net import frames, wire
from tests.sdk.systems import build
from tests.verdict import run_checks, why_not

SYSTEMS = ROOT / "user/systems"
READY = "web: it serves"
LIMITS = guest.Limits(total=100.0, silence=100.0)  # the guest never idles: of its instructions
KIND = Kind("fat16", 8192, ("-F", "16", "-s", "2"))
RESTLESS = '    <protection_domain name="restless" priority="1">\n        <program_image path="restless.elf" />\n    </protection_domain>\n'
LONG = random.Random(3).randbytes(4 << 20)
FILES = {"index.html": b"<h1>from the disk</h1>\n", "folder/A longer name.txt": b"text\n", "empty": b"", "long.bin": LONG}


def restless_system(where):
    """A folder with web.system and, beside all that it has, a component that never idles."""
    folder = Path(where) / "system"
    folder.mkdir()
    for name in ("web.c", "web.h", "web.policy", "web.settings"):
        shutil.copy(SYSTEMS / name, folder)
    shutil.copy(ROOT / "tests/net/restless.c", folder)
    text = (SYSTEMS / "web.system").read_text(encoding="utf-8")
    (folder / "web.system").write_text(text.replace("</system>", RESTLESS + "</system>"), encoding="utf-8")
    (folder / "Makefile").write_text(f"SYSTEM ?= web\ninclude {ROOT}/user/services/services.mk\n", encoding="utf-8")
    return folder


def disk(where):
    image = make(KIND, Path(where))
    run("mmd", "-i", image, "::folder")
    for name, data in FILES.items():
        (Path(where) / "one").write_bytes(data)
        run("mcopy", "-i", image, Path(where) / "one", f"::{name}")
    return image


def get(port, path, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.getheader("Content-Type"), int(answer.getheader("Content-Length")), body


def pages(port, files):
    for path, name in (("/", "index.html"), ("/folder/A%20longer%20name.txt?x=1", "folder/A longer name.txt"), ("/empty", "empty"),
                       ("/long.bin", "long.bin")):
        if name not in files:
            continue
        status, _, length, body = get(port, path)
        if (status, length, hashlib.sha256(body).digest()) != (200, len(files[name]), hashlib.sha256(files[name]).digest()):
            return f"{path}: {status}, {length} bytes told, {len(body)} come"
    for path, method, wanted in (("/nothing", "GET", 404), ("/folder", "GET", 404), ("/../index.html", "GET", 404), ("/%zz", "GET", 400),
                                 ("/", "POST", 405), ("/" + "x" * 1500, "GET", 431), ("/", "HEAD", 200)):
        status, _, _, body = get(port, path, method)
        if status != wanted or (method == "HEAD" and body):
            return f"{method} {path[:20]}: {status}, {len(body)} bytes"
    return together(port, files["index.html"])


def together(port, page, count=8, rounds=5):
    """So many at a time."""
    right = []

    def work():
        right.extend(number for number in range(rounds) if get(port, "/")[::3] == (200, page))
    threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return None if len(right) == count * rounds else f"of {count * rounds}, {count} at a time, {len(right)} are right"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def malformed(capture, least):
    """What is wrong with the frames of either side, of which there are at least so many."""
    read = [frames.read(frame) for frame in frames.captured(capture)]
    wrong = next((packet.wrong for packet in read if packet.wrong), None)
    return wrong or (None if len(read) >= least else f"only {len(read)} frames are in the capture")


def boot(image, where_disk, work, capture=None):
    """Why the work with the guest failed. A port that was free may be taken before QEMU has it: then another one."""
    while True:
        port = free_port()
        machine = qemu.Machine("tcg", Image(image.parent / "baton32.elf", (image,)), memory_mib=256, board="q35", disk=where_disk,
                               serial=True, capture=capture, network=f"user,hostfwd=tcp:127.0.0.1:{port}-:80")
        why, lines = wire.run(machine, partial(work, port), LIMITS, READY)
        if not why or "forwarding rule" not in why:
            break
    if why:
        print(*lines, sep="\n")
    return why


def _with_disk():
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        image, capture = build(restless_system(where), where), Path(where) / "capture"
        return boot(image, disk(where), partial(pages, files=FILES), capture) or malformed(capture, len(LONG) // 1514)


def _in_memory():
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        image = build(restless_system(where), where)

        def look(port):
            status, kind, _, body = get(port, "/")
            return None if status == 200 and kind.startswith("text/html") and b"RAM file system" in body else f"{status} {kind} {body}"
        return boot(image, None, look)


def _checks():
    return ((f"web/{name}", why_not(test)) for name, test in (("disk", _with_disk), ("memory", _in_memory)))


if __name__ == "__main__":
    run_checks(__doc__, _checks)
