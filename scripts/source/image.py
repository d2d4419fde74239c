"""The image that boots: the kernel and its modules, in the order in which they are given to it; and the SDK's system that the suite
measures in another boot of the same kernel."""
import hashlib
from dataclasses import dataclass
from pathlib import Path

from scripts.base.common import ROOT, BatonError, shown


@dataclass(frozen=True)
class Image:
    kernel: Path
    modules: tuple = ()
    system: Path = None  # bench/sdk; None: commits before it have none

    def files(self):
        return (self.kernel, *self.modules, *([self.system] if self.system else []))

    def with_system(self):
        """What boots in that other boot."""
        return Image(self.kernel, (self.system,))

    def check(self):
        """Every file is there and can be named on QEMU's command line; else an error."""
        for path in self.files():
            if not path.is_file():
                raise BatonError(f"{shown(path)} is missing", f"make all{' CHECK=1' if self.kernel.parent.name == 'check' else ''}")
            # QEMU cuts its list of modules at commas, and each one's name at the first blank.
            if set(boot_path(path)) & set(" ,"):
                raise BatonError(f"the path {path} has a blank or a comma, which QEMU cannot load", "move the tree")

    def sha256(self):
        """One hash over all files, in order; it says which code a record measured."""
        digest = hashlib.sha256()
        for path in self.files():
            digest.update(path.read_bytes())
        return digest.hexdigest()


def boot_path(path):
    """The path as QEMU gets it: it runs with the tree as its working directory."""
    return shown(path)


def module_name(path):
    return Path(path).stem


def built_image(build=ROOT / "build"):
    """Everything that the build made: the kernel for `qemu -kernel`, the root task, then the others by name."""
    build = Path(build)
    root = build / "user" / "root.elf"
    others = sorted(p for p in (build / "user").glob("*.elf") if p != root)
    system = build / "bench_sdk" / "loader.img"
    return Image(build / "baton32.elf", (root, *others), system if system.is_file() else None)
