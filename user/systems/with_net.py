"""A system with a shell, and the network beside it: adds net.xml to a description, and writes that and the texts that go with it into a
folder, if they are not there as they should be.

usage: python3 with_net.py NAME.system FOLDER
"""
import sys
import xml.etree.ElementTree as tree
from pathlib import Path

HERE = Path(__file__).parent


def description(usual):
    root, more = tree.parse(usual).getroot(), tree.parse(HERE / "net.xml").getroot()
    domains = {domain.get("name"): domain for domain in root.iter("protection_domain")}
    for element in more:
        if element.tag == "into":
            domains[element.get("pd")].extend(element)
        else:
            root.append(element)
    return tree.tostring(root, encoding="unicode")


def main(usual, folder):
    usual, folder = Path(usual), Path(folder)
    texts = {path.name: path.read_text(encoding="utf-8") for kind in ("policy", "places") for path in [usual.with_suffix(f".{kind}")]
             if path.is_file()}
    texts |= {usual.name: description(usual), "net.settings": (HERE / "net.settings").read_text(encoding="utf-8")}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text:
            (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
