"""The descriptions in bad/, each with one mistake, and expected.txt: what the tool says about each, line by line."""
from tests.sdk import support

FOLDER = support.HERE / "bad"
EXPECTED = FOLDER / "expected.txt"
SEVERAL = ("many_errors", "many_kinds", "ids_wrong_twice", "map_two_over_one")     # these have more than one mistake


def names():
    return sorted(path.stem for path in FOLDER.glob("*.system"))


def told(name):
    path = FOLDER / f"{name}.system"
    return support.told(path.name, path.read_bytes())


def expected():
    """name -> lines."""
    found = {}
    for line in EXPECTED.read_text(encoding="utf-8").splitlines():
        found.setdefault(line.partition(".system:")[0], []).append(line)
    return found


def write():
    EXPECTED.write_text("".join(line + "\n" for name in names() for line in told(name)), encoding="utf-8")
