#!/usr/bin/env python3
"""`make run SYSTEM=web` against other people's programs, on this machine's loopback only: curl gets a large file from a FAT disk and its
checksum is right, wrk asks for a page for ten seconds by eight connections, and tshark finds no malformed packet in QEMU's capture of it.

Prints "ok <name>" or "not ok <name>: why" for each, with what curl and wrk say of the time; exit code 0 all passed, 1 something failed.
"""
import hashlib
import os
import random
import re
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, end_group, make_parser, positive_number, run_main
from scripts.machine import guest
from tests.files.images import Kind, make, run
from tests.net.web_test import READY, free_port
from tests.verdict import exit_code, why_not

PAGE = b"<h1>from the disk</h1>\n"
MEBIBYTE, SPARE = 1 << 20, 8  # MiB of the disk that no file has
WRONG = " or ".join(("_ws.malformed", *(f"{protocol}.checksum.status == 0" for protocol in ("ip", "tcp", "udp", "icmp"))))
CHECKED = [word for protocol in ("ip", "tcp", "udp") for word in ("-o", f"{protocol}.check_checksum:TRUE")]


def _program(name):
    path = shutil.which(name)
    if not path:
        raise BatonError(f"{name} is not installed", "scripts/setup.sh network")
    return path


def _say(*command):
    done = patience.run([_program(command[0]), *map(str, command[1:])], capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise BatonError(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-200:]}", "see what it says")
    return done.stdout


def _disk(where, mebibytes):
    """The image, and the large file's checksum."""
    image = make(Kind("fat32", (mebibytes + SPARE + 40) * 1024, ("-F", "32")), where)
    (where / "index.html").write_bytes(PAGE)
    sums, draw = hashlib.sha256(), random.Random(4)
    with open(where / "big.bin", "wb") as big:
        for _ in range(mebibytes):
            part = draw.randbytes(MEBIBYTE // 2).hex().encode()  # in segments of random bytes tshark sees protocols
            sums.update(part)
            big.write(part)
    run("mcopy", "-i", image, where / "index.html", where / "big.bin", "::")
    (where / "big.bin").unlink()
    return image, sums.hexdigest()


class Served:
    """The system, from when it serves until it is ended."""

    def __init__(self, where, image):
        self.port, self.console = free_port(), where / "console"
        self.capture = where / "capture.pcap"
        more = f"QEMU_MORE=-object filter-dump,id=capture,netdev=net,file={self.capture}"
        words = ["make", "-s", "run", "SYSTEM=web", f"DISK={image}", f"PORT={self.port}", more]
        with open(self.console, "wb") as out:
            self.process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                            start_new_session=True, preexec_fn=guest.die_with_parent())

    def _serves(self):
        return READY in self.console.read_text(encoding="utf-8", errors="replace")

    def __enter__(self):
        if not patience.until(self._serves, self.process):
            last = self.console.read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
            raise BatonError(f"it does not serve: {last}", "make run SYSTEM=web")
        return self

    def __exit__(self, *_):
        end_group(self.process)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"


def _curl(served, where, checksum):
    got = where / "got"
    said = _say("curl", "--silent", "--show-error", "--fail", "--output", got, "--write-out",
                "%{size_download} bytes in %{time_total} s", served.url("big.bin"))
    print(f"curl: {said}")
    with open(got, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return None if found == checksum else f"another checksum: {said}"


def _wrk(served, seconds):
    """Where the machine is so slow that not one page came in that time, for longer; a server that says nothing for so long is hung."""
    while True:
        words = "--threads", 1, "--connections", 8, "--latency", served.url("index.html")
        said = _say("wrk", "--duration", f"{seconds}s", *words)  # clock: measures
        print(*(f"wrk: {line.strip()}" for line in said.splitlines()[1:]), sep="\n")
        requests = re.search(r"(\d+) requests in", said)
        if not requests or int(requests[1]) or "Non-2xx" in said or seconds > patience.patience():
            break
        seconds *= 2
    if "Non-2xx" in said or not requests or int(requests[1]) == 0:
        return "answers that are no pages, or none"
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+)", said)
    return f"{errors[0]}" if errors and any(map(int, errors.groups())) else None


def _tshark(served):
    """Segments are not put together: what is in a capture of so many is no longer than one."""
    said = _say("tshark", "-n", "-r", served.capture, "-o", "tcp.desegment_tcp_streams:FALSE", *CHECKED, "-Y", WRONG).splitlines()
    print(f"tshark: {served.capture.stat().st_size} bytes of capture, {len(said)} packets are wrong")
    return f"{len(said)} packets are wrong, the first: {said[0]}" if said else None


def _tests(where, options):
    image, checksum = _disk(where, int(options.mebibytes))
    with Served(where, image) as served:
        yield "big/curl", why_not(partial(_curl, served, where, checksum))
        yield "big/wrk", why_not(partial(_wrk, served, int(options.seconds)))
    yield "big/tshark", why_not(partial(_tshark, served))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--mebibytes", default="100", metavar="N", help="of the file")
    parser.add_argument("--seconds", default="10", metavar="N", help="of wrk")
    options = parser.parse_args(arguments)
    for name in ("mebibytes", "seconds"):
        setattr(options, name, positive_number(getattr(options, name), f"--{name}"))
    os.environ.pop("MAKEFLAGS", None)
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        return exit_code(_tests(Path(where), options))


if __name__ == "__main__":
    run_main(main)
