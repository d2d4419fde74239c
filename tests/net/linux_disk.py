"""What a Linux under QEMU boots: Debian's kernel for clouds, and of its packages an initial RAM disk with drivers and a web server.

The packages are of the release that this machine's apt takes, and of the version that it would install.
"""
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from scripts.base.common import BatonError

META = "linux-image-cloud-amd64"  # depends on the newest one
# In an order in which each finds what it needs.
DRIVERS = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "failover", "net_failover",
           "virtio_net")
PAGE = bytes((i * 7 + (i >> 8)) % 251 for i in range(4096))
LIGHTTPD = 'server.document-root = "/www"\nserver.port = 80\nserver.modules = ()\n'


@dataclass(frozen=True)
class Server:
    """The packages that it takes, and its command."""

    name: str
    packages: tuple
    command: tuple


SERVERS = (
    Server("lighttpd", ("lighttpd", "libc6", "libcrypt1", "libnettle8", "libpcre2-8-0", "libxxhash0"),
           ("/usr/sbin/lighttpd", "-D", "-f", "/etc/lighttpd.conf")),
    Server("busybox httpd", ("busybox-static",), ("/bin/busybox", "httpd", "-f", "-h", "/www")),
)


def _said(*command, where=None):
    done = subprocess.run(command, cwd=where, capture_output=True)
    if done.returncode:
        raise BatonError(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()[-200:]}", "apt-get update, with a network")
    return done.stdout


def _kernel_package():
    depends = [line.split()[-1] for line in _said("apt-cache", "depends", META).decode().splitlines() if "Depends:" in line]
    return next(name for name in depends if name.startswith("linux-image-"))


class Packages:
    """As apt has them: fetched once into a folder. `versions`: of those that were opened."""

    def __init__(self, folder):
        self.folder, self.versions = folder, {}

    def archive(self, name):
        found = sorted(self.folder.glob(f"{name}_*.deb"))
        if not found:
            with tempfile.TemporaryDirectory(dir=self.folder) as where:
                _said("apt-get", "download", name, where=where)
                for file in Path(where).glob("*.deb"):
                    file.rename(self.folder / file.name)
            found = sorted(self.folder.glob(f"{name}_*.deb"))
        self.versions[name] = found[-1].name.split("_")[1].replace("%3a", ":")
        return tarfile.open(fileobj=BytesIO(_said("dpkg-deb", "--fsys-tarfile", str(found[-1]))))


class Disk:
    """An initial RAM disk: an archive of cpio, "newc"."""

    def __init__(self):
        self.data, self.names = bytearray(), set()

    def _put(self, name, mode, content):
        if name in self.names:
            return
        self.names.add(name)
        fields = (len(self.names), mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        self.data += b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        self.data += bytes(-len(self.data) % 4) + content
        self.data += bytes(-len(self.data) % 4)

    def folder(self, name):
        self._put(name, 0o040755, b"")

    def file(self, name, content, mode=0o100755):
        for parent in reversed(Path(name).parents[:-1]):
            self.folder(str(parent))
        self._put(name, mode, content)

    def package(self, packed):
        for one in packed:
            name = one.name.removeprefix("./")
            if one.isfile() and not name.startswith("usr/share/"):
                self.file(name, packed.extractfile(one).read())
            elif one.issym():
                self.file(name, one.linkname.encode(), 0o120777)

    def end(self):
        self._put("TRAILER!!!", 0, b"")
        return bytes(self.data)


def make(server, packages, init, where):
    """The kernel's file and the disk's, in that folder."""
    disk, drivers = Disk(), {}
    for name in ("proc", "sys", "dev", "tmp", "www", "var/log/lighttpd"):
        disk.file(f"{name}/.kept", b"")
    with packages.archive(_kernel_package()) as kernel:
        for one in kernel:
            name = one.name.removeprefix("./")
            if name.startswith("boot/vmlinuz"):
                (where / "vmlinuz").write_bytes(kernel.extractfile(one).read())
            elif one.isfile() and Path(name).stem in DRIVERS:
                drivers[Path(name).stem] = kernel.extractfile(one).read()
    for name in DRIVERS:
        disk.file(f"drivers/{name}.ko", drivers[name])
    for name in server.packages:
        with packages.archive(name) as packed:
            disk.package(packed)
    disk.file("etc/modules", "".join(f"/drivers/{name}.ko\n" for name in DRIVERS).encode())
    disk.file("etc/server", "".join(f"{word}\n" for word in server.command).encode())
    disk.file("etc/lighttpd.conf", LIGHTTPD.encode())
    disk.file("www/measured", PAGE)
    disk.file("init", init.read_bytes())
    (where / "disk").write_bytes(disk.end())
    return where / "vmlinuz", where / "disk"
