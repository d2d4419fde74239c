"""The image that boots: the kernel and its modules, in the order in which they are given to it; and the SDK's systems that the suite
measures in other boots of the same kernel."""
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from scripts.base.common import ROOT, BatonError, shown


@dataclass(frozen=True)
class System:
    """One that the suite measures: where its image lies in the build, how the ids of its benchmarks begin; port: it has a serial port."""

    place: str
    ids: tuple
    port: bool = True

    def measures(self, only):
        """It may have a benchmark that the pattern names."""
        return any(may_name(only, start) for start in self.ids)


def may_name(only, start):
    """Whether an id that begins so can match the pattern: no build and no boot for nothing."""
    plain = re.split(r"[*?]", only)[0]
    return plain.startswith(start) or (start.startswith(plain) and plain != only)


# In the order of a record. Commits before a system came have no image of it, and neither have builds without lwIP of those with a network.
SYSTEMS = (
    System("bench_sdk/loader.img", ("sdk.",), port=False),
    System("bench_files/loader.img", ("fs.read/", "spawn", "restart.serial", "restart.fs")),
    System("bench_net/loader.img", ("net.", "web.request", "restart.net")),
    *(System(f"bench_net/walls{number}.img", (f"isolation.tax/{number}",)) for number in (7, 4, 2, 1)),
    System("bench_shell/loader.img", ("boot.",)),
)


@dataclass(frozen=True)
class Image:
    kernel: Path
    modules: tuple = ()
    systems: tuple = ()  # images of those of SYSTEMS that there are, in their order

    def files(self):
        return (self.kernel, *self.modules, *self.systems)

    def boots_of_systems(self):
        """Each of its systems, and the image that boots there."""
        known = {system.place: system for system in SYSTEMS}
        return [(known[f"{path.parent.name}/{path.name}"], Image(self.kernel, (path,))) for path in self.systems]

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
    systems = tuple(path for path in (build / system.place for system in SYSTEMS) if path.is_file())
    return Image(build / "baton32.elf", (root, *others), systems)
