"""Prints a line of a table of users (users.h); the password is asked for, or is the first line of what comes by a pipe.

usage: python3 users.py NAME RIGHT...
"""
import getpass
import hashlib
import os
import sys

ROUNDS = 10000
SALT = 16
RIGHTS = ("input", "output", "memory", "files", "change", "clone", "system", "window", "network")


def line(name, password, rights, salt):
    key = hashlib.pbkdf2_hmac("sha256", password.encode("utf-8"), salt, ROUNDS)
    return " ".join([name, str(ROUNDS), salt.hex(), key.hex(), *rights])


def main(name, *rights):
    wrong = [right for right in rights if right not in RIGHTS]
    if wrong or not (name.isascii() and name.isalnum()) or len(name) > 31:
        sys.exit(f"a name of up to 31 letters and digits, and rights of: {' '.join(RIGHTS)}")
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    print(line(name, password, rights, os.urandom(SALT)))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
