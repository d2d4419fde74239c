"""The kernel's layers: kernel/README.md lists them from the lowest up, and no file includes what stands higher."""
import re
from pathlib import Path

ROW = re.compile(r"^\| `(\w+)/` \|", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def order(root):
    """The layers, the lowest first."""
    return ROW.findall((root / "kernel/README.md").read_text(encoding="utf-8"))


def offences(root):
    """A line for each include that leads upwards, and for each that does not say its folder."""
    layers = order(root)
    told = sorted(p.name for p in (root / "kernel").iterdir() if p.is_dir())
    found = [f"kernel/README.md: the layers are {told}, its table has {sorted(layers)}"] if sorted(layers) != told else []
    for path in sorted((root / "kernel").rglob("*.[ch]")):
        name = path.relative_to(root / "kernel")
        text = path.read_text(encoding="utf-8")
        for at in INCLUDE.finditer(text):
            where = f"kernel/{name}:{text.count(chr(10), 0, at.start(1)) + 1}"
            there = Path(at[1]).parts[0]
            if name.parts[0] == "abi" and "/" not in at[1]:
                continue  # ring 3 includes it, too, by another path
            if there not in layers:
                found.append(f'{where}: "{at[1]}" names no layer of kernel/README.md')
            elif name.parts[0] in layers and layers.index(there) > layers.index(name.parts[0]):
                found.append(f'{where}: {name.parts[0]}/ must not include "{at[1]}", which stands above it')
    return found
