"""The command microkit: the phases one after another. Each prints all that it finds wrong; the next one begins when nothing is.

Exit code: 0 all is well; 1 something is wrong, which is reported on standard error.
"""
import os
import stat
import sys

from . import options as command_line
from .check import check, default_folders
from .programs import load
from .read import MAX_BYTES, read


class ToolError(Exception):
    """What ends the tool, in one line."""


def _bytes_of(path):
    """Those of the description."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ToolError(f"system description file '{path}' is a folder or device, not a file")
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ToolError(f"system description file '{path}' does not exist") from None


def checked_system(options):
    """The System that the description says, its programs read; None: something is wrong and has been told."""
    root, log = read(str(options.system), _bytes_of(options.system))
    context = check(root, log, default_folders(options.search_path), options.memory)
    if context is not None:
        # Programs are looked at with whatever else is wrong, so that all errors come at once.
        load(context)
    told = log.told()
    print(*told, sep="\n", end="\n" if told else "", file=sys.stderr)
    if log.failed:
        return None
    context.system.warnings = told
    return context.system


def run(arguments):
    options = command_line.parse(arguments)
    if options is None:
        print(command_line.usage(), end="")
        return 0
    for line in options.ignored:
        print(f"microkit: warning: {line}", file=sys.stderr)
    system = checked_system(options)
    if system is None:
        return 1
    if options.check:
        print(f"{options.system}: {len(system.pds)} protection domains, {len(system.regions)} memory regions, "
              f"{len(system.channels)} channels: all is well")
        return 0
    from . import build
    return build.build(system, options)


def main(arguments):
    try:
        return run(arguments)
    except command_line.UsageError as error:
        print(f"microkit: error: {error}", file=sys.stderr)
    except ToolError as error:
        print(f"microkit: error: {error}", file=sys.stderr)
    except OSError as error:
        where = f"'{error.filename}': " if error.filename else ""
        print(f"microkit: error: {where}{error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1
