"""A branch of origin that holds results and no source: what is on it, and what is put there as one commit while others do the same.
The working tree, its index and its branch are left alone."""
import tempfile
import time
from pathlib import Path

from scripts.base.common import BatonError
from scripts.source import gitlog

TRIES = 8
BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")


class Branch:
    def __init__(self, name, tree):
        self.name, self.tree = name, tree

    def git(self, *words, **environ):
        return gitlog.git(*words, root=self.tree, **environ)

    def tip(self):
        """The commit at its end, which is then here; None: there is no such branch."""
        return self.fetched(f"refs/heads/{self.name}")

    def fetched(self, ref):
        """The commit that origin has by that name, which is then here, or None."""
        found = self.git("ls-remote", "origin", ref).split()
        if found:
            self.git("fetch", "-q", "--no-tags", "origin", found[0])
        return found[0] if found else None

    def files(self, commit):
        """The paths of its files."""
        return self.git("ls-tree", "-r", "-z", "--name-only", commit).split("\0")[:-1] if commit else []

    def read(self, commit, path):
        return self.git("show", f"{commit}:{path}")

    def change(self, message, edit, alone=False):
        """Puts a commit there and pushes it; whether there was something to change. edit(commit): {path: bytes, a file's Path, or
        None where it goes}, of what is there now; where somebody else pushes meanwhile it is asked again. alone: the branch has
        only that commit, so what has gone is nowhere any more."""
        for pause in range(TRIES):
            try:
                return self._changed(message, edit, alone)
            except gitlog.GitError as error:  # somebody else pushed, or what was there a moment ago is gone
                last = error
            time.sleep(pause)
        raise BatonError(f"cannot push to {self.name}: {last.what}", "git remote -v")

    def _changed(self, message, edit, alone):
        parent = self.tip()
        tree = self._tree(parent, edit(parent))
        if parent and tree == self.git("rev-parse", f"{parent}^{{tree}}").strip():
            return False
        commit = self._commit(tree, None if alone else parent, message)
        # Only onto the very commit that this one begins from.
        self.git("push", "-q", f"--force-with-lease=refs/heads/{self.name}:{parent or ''}", "origin", f"{commit}:refs/heads/{self.name}")
        return True

    def _commit(self, tree, parent, message):
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in zip(("NAME", "EMAIL"), BOT)}
        return self.git("commit-tree", tree, *(("-p", parent) if parent else ()), "-m", message, **who).strip()

    def _tree(self, parent, changes):
        with tempfile.TemporaryDirectory(prefix="baton-branch-") as directory:
            index = {"GIT_INDEX_FILE": str(Path(directory) / "index")}
            if parent:
                self.git("read-tree", parent, **index)
            for path, content in changes.items():
                if content is None:
                    self.git("update-index", "--force-remove", "--", path, **index)
                    continue
                file = content if isinstance(content, Path) else Path(directory) / "content"
                if file is not content:
                    file.write_bytes(content)
                blob = self.git("hash-object", "-w", "--no-filters", "--", str(file.resolve())).strip()
                self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", **index)
            return self.git("write-tree", **index).strip()
