"""What the fast paths' logic costs, operation by operation, and how little of a whole call that is."""
from scripts.records.record import by_id

CONDITIONS = (("warm", "warm"), ("data", "data out"), ("code", "code out"), ("mispredicted", "mispredicted"))
HEAD = "core cycles of one operation, without SYSCALL, SYSRET and the write to CR3: median"


def _value(numbers):
    return f"{numbers['median'] / 100:.1f}" if numbers else "-"


def render(record, predictions):
    """The table as text. predictions: operation -> CPU -> cycles, perhaps empty."""
    known = by_id(record)
    operations = list(dict.fromkeys(benchmark.rpartition("/")[0] for benchmark in known))
    cpus = list(next(iter(predictions.values()), {}))
    width = max(len(o) for o in operations) + 1
    lines = [f"{HEAD}, {record['host']['cpu_model']}"]
    if cpus:
        lines.append(" " * (width + 14 * len(CONDITIONS)) + "   llvm-mca's prediction, warm")
    lines.append(f"{'operation':<{width}}" + "".join(f"{title:>14}" for _, title in CONDITIONS) + "".join(f"{c:>10}" for c in cpus))
    for operation in operations:
        row = "".join(f"{_value(known.get(f'{operation}/{key}')):>14}" for key, _ in CONDITIONS)
        row += "".join(f"{predictions[operation][c]:>10.1f}" if operation in predictions else f"{'-':>10}" for c in cpus)
        lines.append(f"{operation:<{width}}{row}")
    lines += ["", "logic.jumps is the floor: its entry leads back at once. round_trip and ping_pong enter twice, yields too."]
    return "\n".join(lines)
