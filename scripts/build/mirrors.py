"""The mirrors from which this machine's apt takes its own release, and files from there, in the way of apt, with its proxies."""
import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.base.common import BatonError, warn
from scripts.machine import hostinfo

HELPER = Path("/usr/lib/apt/apt-helper")
POOLS = ("main", "universe")  # Debian's, Ubuntu's


@dataclass(frozen=True)
class Archive:
    """A file of Debian's pool, of one version, which is checked."""

    name: str  # of the file
    source: str  # the source package, below whose name it lies
    sha256: str
    title: str  # with the version
    what: str
    package: str  # where a person finds it
    variable: str  # of the environment: a path that is taken instead
    users: str  # what cannot be built without it

    def data(self):
        """Its bytes, from the first place that has it. fails: BatonError."""
        given = os.environ.get(self.variable)
        if given:
            return self._checked(Path(given))
        warn(f"fetching {self.title}, once")
        with tempfile.TemporaryDirectory(prefix="baton-") as where:
            target = Path(where) / self.name
            for mirror in own():
                for pool in POOLS:
                    address = f"{mirror.rstrip('/')}/pool/{pool}/{self.source[0]}/{self.source}/{self.name}"
                    if download(address, target, self.sha256):
                        return self._checked(target)
        raise BatonError(f"{self.name}, {self.what}, cannot be fetched from the mirror of this machine's apt",
                         f"try again with a network, or {self.variable}=<that file>; all but {self.users} can be built without it")

    def _checked(self, path):
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise BatonError(f"{path} is not the {self.name} of that checksum", f"take it from Debian's {self.package}")
        return data


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
