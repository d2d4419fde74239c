"""Imports of the host scripts run one way. The table in scripts/README.md is the order: a room may import those that its row names, and
its row names only rooms above it. No modules import one another in a circle, and scripts/ imports nothing from tests/.

Also for tests/: every folder with Python in it says in its `__init__.py` what it is for, imports stand before all other code, and no
program changes where Python looks for modules: all run from the root, as python3 -m. tests/lint.py runs this.
"""
import ast
import re

TABLE = "scripts/README.md"
ROW = re.compile(r"^\| \[(\w+)\]\(\w+/__init__\.py\) \|.*\| ([\w, ]*) \|$", re.M)
PATH = re.compile(r"\bsys\.path\b")
# What may stand among imports: a better message than a traceback for what is missing.
GUARDS = (ast.Import, ast.ImportFrom, ast.Try)


def rooms(text):
    """Room: the rooms that it may import, in the order of the table."""
    return {name: set(filter(None, allowed.split(", "))) for name, allowed in ROW.findall(text)}


def wrong_rows(table):
    above = set()
    for room, allowed in table.items():
        for other in sorted(allowed - above):
            yield f"{TABLE}:1: {room} may not import {other}, whose row is not above its own"
        above.add(room)


def module_of(name):
    """scripts/base/common.py: scripts.base.common"""
    return re.sub(r"(/__init__)?\.py$", "", name).replace("/", ".")


def _from(node, name):
    """The module that a `from` names, with the dots of a relative one resolved."""
    if not node.level:
        return node.module
    here = name.split("/")[:-node.level]
    return ".".join([*here, node.module] if node.module else here)


def imported(tree, name, known):
    """(line, module of the tree) of all imports of a file, those inside of functions, too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = _from(node, name)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                if whole in known or base in known:
                    yield node.lineno, whole if whole in known else base


def room_of(module):
    """scripts.base.common: base; None: it is in no room."""
    parts = module.split(".")
    return parts[1] if parts[0] == "scripts" and len(parts) > 2 else None


def against_the_order(name, module, found, table):
    """What a file of scripts/ imports but may not."""
    here = room_of(module)
    for line, other in found:
        there = room_of(other)
        if other.split(".")[0] == "tests":
            yield f"{name}:{line}: {other} is imported: scripts/ may not import tests/"
        elif there not in (None, here) and there not in table.get(here, ()):
            yield f"{name}:{line}: {other} is imported: {here} may not import {there} ({TABLE})"


def circles(graph):
    """Each circle of modules once, by its first module in the alphabet."""
    found, done = [], set()

    def walk(module, way):
        if module in way:
            circle = way[way.index(module):]
            least = circle.index(min(circle))
            found.append(circle[least:] + circle[:least])
        elif module not in done:
            for other in sorted(graph[module]):
                walk(other, [*way, module])
            done.add(module)
    for module in sorted(graph):
        walk(module, [])
    return sorted(map(list, {tuple(c) for c in found}))


def late(tree):
    """Lines of imports that stand after other code."""
    code = False
    for node in tree.body:
        if code and isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node.lineno
        code |= not isinstance(node, GUARDS) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def folders(trees):
    """What a folder with Python in it lacks, or a folder that the table does not name."""
    for folder in sorted({name.rsplit("/", 1)[0] for name in trees}):
        said = trees.get(f"{folder}/__init__.py")
        if said is None or not ast.get_docstring(said):
            yield f"{folder}/__init__.py:1: does not say what the folder is for"


def unlisted(trees, table):
    there = {room_of(f"{module_of(name)}.x") for name in trees if re.fullmatch(r"scripts/\w+/__init__\.py", name)}
    for room in sorted(there ^ set(table)):
        yield f"{TABLE}:1: {'there is no room' if room in table else 'the table has no row of the room'} {room}"


def look(names, root):
    """What is wrong in these Python files of scripts/ and tests/."""
    texts = {name: (root / name).read_text(encoding="utf-8") for name in names}
    trees = {name: ast.parse(text) for name, text in texts.items()}
    table = rooms((root / TABLE).read_text(encoding="utf-8"))
    known = {module_of(name) for name in names}
    found, graph = [*wrong_rows(table), *unlisted(trees, table), *folders(trees)], {}
    for name, tree in trees.items():
        module, taken = module_of(name), list(imported(tree, name, known))
        graph[module] = {other for _, other in taken} - {module}
        if name.startswith("scripts/"):
            found += against_the_order(name, module, taken, table)
        found += [f"{name}:{line}: an import after other code" for line in late(tree)]
        found += [f"{name}:{n}: it changes where Python looks for modules; run it from the root, as python3 -m {module}"
                  for n, line in enumerate(texts[name].splitlines(), 1) if PATH.search(line)]
    return found + [f"{circle[0].replace('.', '/')}.py:1: a circle: {' imports '.join([*circle, circle[0]])}" for circle in circles(graph)]
