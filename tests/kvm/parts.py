"""The parts of the test machine that come from Debian packages: a Linux kernel, KVM's modules, busybox.

They are downloaded and unpacked into build/kvm/parts, not installed, and kept there: the next run needs no network.
"""
import lzma
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError

WORK = ROOT / "build" / "kvm"
PARTS = WORK / "parts"
KERNEL_META = "linux-image-cloud-amd64"  # small, and its drivers for this machine are built in
BUSYBOX = "busybox-static"
MODULE = "kvm-amd"


@dataclass(frozen=True)
class Parts:
    kernel: Path
    busybox: Path
    modules: tuple  # in the order in which they must be loaded


def _run(*command, cwd=None):
    try:
        done = patience.run(command, cwd=cwd, capture_output=True, encoding="utf-8", check=True)
        return done.stdout
    except FileNotFoundError as error:
        raise BatonError(f"{command[0]} is not installed, and this test takes its Linux from Debian's packages",
                         "run it on Debian or Ubuntu") from error
    except patience.Hung as hung:
        raise BatonError(f"'{' '.join(command[:2])}' was started, and {hung.what}", "check the network") from hung
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BatonError(f"'{' '.join(command[:2])}' failed: {last}", "apt-get update (as root), then again") from error


def _kernel_package():
    """The package of the kernel that the meta-package stands for today."""
    found = re.search(r"Depends: (linux-image-\S+)", _run("apt-cache", "depends", KERNEL_META))
    if not found:
        raise BatonError(f"apt knows no package {KERNEL_META}", "apt-get update (as root), then again")
    return found.group(1)


def _download(directory):
    """Unpacks both packages into directory/root."""
    _run("apt-get", "-o", "APT::Sandbox::User=root", "download", _kernel_package(), BUSYBOX, cwd=directory)
    for package in directory.glob("*.deb"):
        _run("dpkg-deb", "-x", str(package), str(directory / "root"))


def _module_bytes(path):
    """Some distributions compress their modules; the busybox that loads them here takes plain ones only."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def _load_order(files, name):
    """Names of the modules, `name` last, each after those that it depends on (as its .modinfo section says)."""
    if name not in files:
        raise BatonError(f"{KERNEL_META} has no module {name}", "report it: the package has changed")
    found = re.search(rb"\0depends=([^\0]*)\0", _module_bytes(files[name]))
    order = []
    for needed in found.group(1).decode().split(",") if found and found.group(1) else []:
        order += [m for m in _load_order(files, needed.replace("_", "-")) if m not in order]
    return [*order, name]


def _one(paths, what):
    found = sorted(paths)
    if not found:
        raise BatonError(f"the downloaded packages hold no {what}", "report it: the package has changed")
    return found[0]


def _pick(root, target):
    """Copies what is needed out of the unpacked packages; a module's name begins with its place in the order."""
    shutil.copy(_one(root.glob("boot/vmlinuz-*"), "kernel"), target / "vmlinuz")
    shutil.copy(_one(root.glob("**/bin/busybox"), "busybox"), target / "busybox")
    files = {path.name.split(".ko")[0].replace("_", "-"): path for path in root.glob("**/*.ko*")}
    for i, name in enumerate(_load_order(files, MODULE)):
        (target / f"{i}-{name}.ko").write_bytes(_module_bytes(files[name]))


def parts(fresh=False):
    """The parts, downloaded when they are not there yet (or `fresh`)."""
    if fresh:
        shutil.rmtree(PARTS, ignore_errors=True)
    if not PARTS.is_dir():
        WORK.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="download-", dir=WORK) as directory:
            picked = Path(directory) / "parts"
            picked.mkdir()
            _download(Path(directory))
            _pick(Path(directory) / "root", picked)
            picked.rename(PARTS)  # whole or not at all
    return Parts(PARTS / "vmlinuz", PARTS / "busybox", tuple(sorted(PARTS.glob("*.ko"))))
