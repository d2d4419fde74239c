"""Whatever the tree's documents and comments cite exists: files, numbered sections of documents, links and their anchors.

A path must be there from the root, from the file that names it, or at the end of some file's path; a bare name ("tcb.h") must be some
file's; or it is what the build or a run makes. Looked at: all text of documents, the comments of other files. tests/lint.py runs this.
"""
import ast
import functools
import re

ENDING = r"(?:md|[ch]|asm|inc|def|py|sh|mk|ld|css|json|txt|yml)"
CITED = re.compile(rf"(?<![\w/.*<>$%{{}}-])((?:[\w.-]+/)*[\w-][\w.-]*\.{ENDING})(?![\w*/<-]|\.\w)")
SECTION = re.compile(r"([\w./-]+\.md)[,)]? sections? (\d+)(?: and (\d+))?")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]*)\)")
# What no file of the tree is: made by the build, a run or a test; a compiler's, a library's or another project's; chosen by the user.
MADE = re.compile(r"^(build|results/(runs|latest|charts)|runs|latest)/|^(offsets\.inc|symbols\.asm|stack\.txt|compile_commands\.json|"
                  r"file\.json|file\.txt|run\.json|std\w+\.h|(sys|unicorn)/\w+\.h|mutant\.asm|(on|off|bochs)\.sh|docs/specs/edu\.txt|"
                  r"user/hello/hello\.c|bencher\.dev/bmf\.json)$|\.\.\.|NAME")
COMMENT_C = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)


def _c_comments(text):
    return [(text.count("\n", 0, m.start()) + 1, m.group(0)) for m in COMMENT_C.finditer(text)]


def _line_comments(text, sign):
    return [(number, line.split(sign, 1)[1]) for number, line in enumerate(text.splitlines(), 1) if sign in line]


def _docstrings(text):
    """From a Python file: comments at the beginning of a line or after code, and docstrings."""
    found = [(n, c) for n, c in ((n, line.partition("# ")[2]) for n, line in enumerate(text.splitlines(), 1)) if c]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            found.append((node.body[0].lineno, ast.get_docstring(node, clean=False)))
    return found


def prose(name, text):
    """(line, text) of all that people read in a file."""
    if name.endswith((".md", ".def")):
        return [(1, text)]
    if name.endswith((".c", ".h", ".ld")):
        return _c_comments(text)
    if name.endswith((".asm", ".inc")):
        return _line_comments(text, ";")
    if name.endswith(".py"):
        return _docstrings(text)
    return _line_comments(text, "#")


def anchor(heading):
    """As GitHub makes it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


@functools.cache
def _headings(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.findall(r"^#+ (.*)$", text, re.M)


def _there(name, here, root, files):
    if "/" not in name:
        return name in files
    return (root / name).exists() or (here / name).exists() or any(f.endswith("/" + name) for f in files["/"])


def _bad_section(cited, number, here, root):
    path = next((p for p in (root / cited, here / cited) if p.exists()), None)
    return path and not any(h.startswith(f"{number}. ") for h in _headings(path))


def _bad_link(target, path):
    if re.match(r"\w+:", target):
        return None
    where, _, part = target.partition("#")
    to = (path.parent / where) if where else path
    if not to.exists():
        return "there is no such file"
    if part and part not in {anchor(h) for h in _headings(to)}:
        return "there is no such heading"
    return None


def _look(name, root, files):
    path, here = root / name, (root / name).parent
    for line, text in prose(name, path.read_text(encoding="utf-8")):
        at = lambda match: f"{name}:{line + text.count(chr(10), 0, match.start())}"  # noqa: E731
        for match in CITED.finditer(text):
            if not MADE.search(match[1]) and not _there(match[1], here, root, files):
                yield f"{at(match)}: there is no file {match[1]}"
        for match in SECTION.finditer(text):
            for number in filter(None, match.groups()[1:]):
                if _bad_section(match[1], number, here, root):
                    yield f"{at(match)}: {match[1]} has no section {number}"
        for match in LINK.finditer(text) if name.endswith(".md") else ():
            why = _bad_link(match[1], path)
            if why:
                yield f"{at(match)}: {match[1]}: {why}"


def look(names, every, root):
    """What these files cite that does not exist. `every`: all files of the tree."""
    files = {f.rsplit("/", 1)[-1]: True for f in every}
    files["/"] = list(every)
    return [found for name in names for found in _look(name, root, files)]
