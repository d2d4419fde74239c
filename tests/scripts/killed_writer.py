"""Saves a made-up run and dies, by SIGKILL, before its n-th call of the system: killed_writer.py <results> <n>"""
import os
import signal
import sys

from scripts.records import record
from tests.scripts.support import make_record

CALLS = ("open", "write", "fsync", "replace", "link", "unlink", "mkdir", "fchmod", "close")


def main(results, calls):
    made = 0

    def counted(original):
        def call(*arguments, **more):
            nonlocal made
            if made == calls:
                os.kill(os.getpid(), signal.SIGKILL)
            made += 1
            return original(*arguments, **more)
        return call

    run = make_record({"syscall.null": 2}, number=1)
    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))
    record.save(results, run)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
