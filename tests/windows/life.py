"""A program of the shell's that has a window, user/programs/life.c: what it must show, and what becomes of it."""
from collections import Counter

from tests.windows.desk import AWAY

COLUMNS, ROWS, CELL = 64, 40, 5
ALIVE, EMPTY = "f0c674", "20242c"
FIRST = {(18, 31), (18, 32), (19, 30), (19, 31), (20, 31)}


def step(cells):
    near = Counter(((row + down) % ROWS, (column + right) % COLUMNS) for row, column in cells
                   for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right)
    return {cell for cell, n in near.items() if n == 3 or n == 2 and cell in cells}


def lives(s, cells):
    """What the program's window shows: these cells, and nothing around them."""
    x, y = s.program.content
    looked_at = {(row + down, column + right) for row, column in cells for down in (-1, 0, 1) for right in (-1, 0, 1)}

    def seen():
        shot = s.desk.picture()
        colours = {(row, column): shot.stretch(x + column * CELL + 2, y + row * CELL + 2, 1).hex()
                   for row, column in looked_at}
        return colours == {place: ALIVE if place in cells else EMPTY for place in colours}
    s.desk.until(seen, f"in the window {sorted(cells)}")


def opened(s, typed="life &"):
    s.desk.press("ctrl", "l")
    s.desk.type(typed + "\n")
    s.order.append(s.program)
    s.is_right()
    lives(s, FIRST)


def closed(s):
    s.order.remove(s.program)
    s.is_right()


def programs(s):
    """A program of the shell's has a window, as long as it lives, whoever else dies."""
    opened(s, "life")
    cells = FIRST
    for _ in range(3):
        cells = step(cells)
        s.desk.type(" ")
        lives(s, cells)
    x, y = s.program.content
    s.click(x + 10 * CELL + 1, y + 3 * CELL + 1)
    s.desk.point(*AWAY)
    lives(s, cells | {(3, 10)})
    s.desk.type("q")
    closed(s)
    s.command("without window life", r"life: it needs window, and is not granted that")
    opened(s)
    s.click(s.terminal.x + 20, s.terminal.y + 380)
    s.desk.point(*AWAY)
    s.raised(s.terminal)
    s.command("life", "there is no window to be had")
    for name in ("wm", "screen", "terminal"):
        s.command(f"kill {name}")
        s.is_right()
        s.desk.press("alt", "tab")
        s.raised(s.program)
        lives(s, FIRST)
        s.desk.press("alt", "tab")
        s.raised(s.terminal)
    s.command("kill all")
    closed(s)
    opened(s)
    s.click(s.terminal.x + 20, s.terminal.y + 380)
    s.desk.point(*AWAY)
    s.raised(s.terminal)
    s.command("kill proc")
    closed(s)
    s.command("wrong window", r"0 without a window, 1 and 0 opened, 0 wrong ones, 1 right one")
    s.command("denied", r"process \d+: show: it has no such memory, or not to do that.*", r"process \d+: event: it has no such thing.*")
