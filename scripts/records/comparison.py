"""What make compare records: for each side its commit, and the numbers of each of its boots; and what they say of one another."""
from pathlib import Path

from scripts.records import record
from scripts.records.record import need

SCHEMA = "baton-compare/1"
NUMBERS = ("median", "min")
MOST = 1000  # boots of a side, benchmarks of a boot


def directory(results, backend):
    return Path(results) / "compare" / backend


def _check_boot(boot, where):
    need(isinstance(boot, dict) and len(boot) <= MOST, where, "is no table of benchmarks")
    for benchmark, numbers in boot.items():
        need(record.ID.fullmatch(benchmark), where, "has what is no benchmark id")
        for key in NUMBERS:
            record.get(numbers, key, float, f"{where}.{benchmark}")


def _check_side(side, where):
    need(record.COMMIT.fullmatch(record.get(side, "commit", str, where)), f"{where}.commit", "is not a commit's 40 digits")
    record.get(side, "dirty", bool, where)
    need(side.get("image_sha256") is None or record.SHA256.fullmatch(record.get(side, "image_sha256", str, where)),
         f"{where}.image_sha256", "is not 64 digits")
    boots, refused = record.get(side, "boots", list, where), record.get(side, "refused", dict, where)
    need(len(boots) <= MOST, f"{where}.boots", "are too many")
    for i, boot in enumerate(boots):
        _check_boot(boot, f"{where}.boots[{i}]")
    for benchmark, why in refused.items():
        need(record.ID.fullmatch(benchmark) and isinstance(why, str), f"{where}.refused", "is not a reason for each id")


def check(compared):
    """Raises ValueError when the object is not a whole one."""
    need(record.get(compared, "schema", str, "record") == SCHEMA, "record.schema", f"is not {SCHEMA}")
    backend, unit = (record.get(compared, key, str, "record") for key in ("backend", "unit"))
    need(record.UNITS.get(backend) == unit, "record.unit", "is not the backend's unit")
    need(record.DATE.fullmatch(record.get(compared, "date", str, "record")), "record.date", "is not a time")
    for side in ("old", "new"):
        _check_side(record.get(compared, side, dict, "record"), f"record.{side}")


def read(path, more=lambda compared: None):
    """more(compared): what else is checked."""
    def all_of_it(compared):
        check(compared)
        more(compared)
    return record.read_as(path, all_of_it, record.BadRecord, "make compare, or remove it")
