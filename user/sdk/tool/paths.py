"""Files that a description names: where they are looked for, and what may be wrong with them before they are read."""
import os
import stat
from pathlib import Path

from .log import shown


class SearchPath:
    def __init__(self, folders):
        self.folders = [Path(f) for f in folders]

    def find(self, name):
        """The first file of that name and its size; None and -1 when there is none. A folder or device is no file."""
        for folder in self.folders:
            path = folder / name
            try:
                status = os.stat(path)
            except (OSError, ValueError):
                continue
            if stat.S_ISREG(status.st_mode):
                return path, status.st_size
        return None, -1

    def is_other(self, name):
        """Something of that name is there, but it is a folder or a device."""
        for folder in self.folders:
            try:
                os.stat(folder / name)
                return True
            except (OSError, ValueError):
                continue
        return False

    def searched(self, name):
        """Advice on a file that is not there."""
        if os.path.isabs(name):
            return f"there is no file '{shown(name)}'"
        folders = ", ".join(shown(str(f)) for f in self.folders[:8])
        return f"searched in: {folders}; build it first, or give its folder by --search-path"
