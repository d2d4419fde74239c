"""Calls that read or write text by the locale's encoding: files are UTF-8, whatever the locale."""
import ast

METHODS = ("read_text", "write_text")
RUNNERS = ("run", "Popen", "check_output")


def _is_text(call):
    """Does this call open a text file, or return a program's output as text?"""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = {k.arg: k.value for k in call.keywords}
    if name in METHODS:
        return isinstance(call.func, ast.Attribute) and not call.args[name == "write_text":]
    if name in RUNNERS or "text" in given:
        return any(isinstance(given.get(k), ast.Constant) and given[k].value is True for k in ("text", "universal_newlines"))
    if name not in ("open", "fdopen", "NamedTemporaryFile", "TemporaryFile"):
        return False
    owner = call.func.value.id if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) else ""
    if (owner, name) == ("os", "open") or owner == "tarfile":
        return False
    first_is_mode = "Temporary" in name or isinstance(call.func, ast.Attribute) and owner not in ("os", "io", "gzip")
    at = 0 if first_is_mode else 1
    mode = given.get("mode", call.args[at] if len(call.args) > at else None)
    if mode is None:
        return name in ("open", "fdopen")  # a temporary file is binary
    return not (isinstance(mode, ast.Constant) and "b" in str(mode.value))


def by_locale(source):
    """Those calls, as nodes, of a Python source."""
    return [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and _is_text(n)
            and not any(k.arg in ("encoding", None) for k in n.keywords)]
