"""The mirrors from which this machine's apt takes its own release, and files from there, in the way of apt, with its proxies."""
import subprocess
from pathlib import Path

from scripts.machine import hostinfo

HELPER = Path("/usr/lib/apt/apt-helper")


def own():
    """Where this machine's apt takes its own release from, each once."""
    try:
        done = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"],
                              capture_output=True, encoding="utf-8")
    except OSError:
        return []
    rows = [line.split() for line in done.stdout.splitlines()]
    own_name = hostinfo.os_codename()
    return list(dict.fromkeys(row[0] for row in rows if row[1:] == [own_name, "main"]))


def download(address, target, sha256=None):
    """Whether the file is there now, and of that checksum."""
    checksum = [f"SHA256:{sha256}"] if sha256 else []
    return HELPER.exists() and subprocess.run([str(HELPER), "download-file", address, str(target), *checksum],
                                              capture_output=True).returncode == 0
