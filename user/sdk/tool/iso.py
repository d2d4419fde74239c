"""A disc that boots a system by BIOS and UEFI, from a drive or a USB stick: GRUB, a kernel, and the image as its module."""
import shutil
import subprocess
import tempfile
from pathlib import Path

CONFIG = """set timeout=0
if serial --unit=0 --speed=115200; then
    terminal_output --append serial
fi
insmod all_video
menuentry system {
    multiboot2 /boot/baton.elf
    module2 /boot/system.img system
    set gfxpayload=1280x1024x32,1024x768x32,auto
    boot
}
"""


class IsoError(Exception):
    pass


def make(kernel, image):
    """The bytes of a disc. fails: IsoError."""
    if shutil.which("grub-mkrescue") is None:
        raise IsoError("grub-mkrescue is not installed; install GRUB (grub-pc-bin, grub-efi-amd64-bin, xorriso, mtools)")
    with tempfile.TemporaryDirectory(prefix="microkit-") as folder:
        tree = Path(folder) / "iso"
        (tree / "boot" / "grub").mkdir(parents=True)
        shutil.copyfile(kernel, tree / "boot" / "baton.elf")
        (tree / "boot" / "system.img").write_bytes(image)
        (tree / "boot" / "grub" / "grub.cfg").write_text(CONFIG, encoding="ascii")
        made = subprocess.run(["grub-mkrescue", "-o", f"{folder}/system.iso", str(tree)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              encoding="utf-8", errors="replace", check=False)
        if made.returncode:
            raise IsoError(f"grub-mkrescue failed: {made.stdout.strip().splitlines()[-1:]}")
        return (Path(folder) / "system.iso").read_bytes()
