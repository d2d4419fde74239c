"""Commits of this tree: their names, what git says about them, and their order. Errors of git are errors of one line."""
from dataclasses import dataclass

from scripts.base.common import ROOT, USAGE, BatonError
from scripts.source import plaingit


@dataclass(frozen=True)
class Commit:
    hash: str
    author: str
    date: str  # of the author, as ISO 8601
    subject: str

    def __str__(self):
        return f"{self.hash[:10]} {self.date[:10]} {self.subject}"


class GitError(BatonError):
    """Git did not do what it was asked."""


def git(*arguments, root=ROOT, **environ):
    """What git prints, or BatonError with its own words."""
    try:
        done = plaingit.run(*arguments, cwd=root, **environ)
    except OSError as error:
        raise BatonError(f"git does not run: {error}", "install git") from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise GitError(f"git {arguments[0]}: {said[-1] if said else 'it failed and said nothing'}")
    return done.stdout


def _described(*arguments, root):
    text = git(*arguments, "--format=%H%x00%an%x00%aI%x00%s", root=root)
    return [Commit(*line.split("\0", 3)) for line in text.split("\n") if line]


def resolve(name, root=ROOT):
    """The Commit of a hash, tag, branch, HEAD~3."""
    try:
        if name.startswith("-"):
            raise BatonError("options are not names")
        found = git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", root=root).strip()
        return _described("log", "-1", found, root=root)[0]
    except BatonError as error:
        raise BatonError(f"'{name}' is not a commit, tag or branch of this tree", "git log --oneline", USAGE) from error


def first_parents(bad, good=None, root=ROOT):
    """Commits up to `bad`, one parent each, the oldest first; with `good` from it on, which must be among them."""
    commits = _described("log", "--first-parent", bad.hash, root=root)[::-1]
    if good is None:
        return commits
    if good not in commits:
        raise BatonError(f"GOOD={good.hash[:10]} is not among the first parents of {bad.hash[:10]}",
                         f"git log --first-parent --oneline {bad.hash[:10]}", USAGE)
    return commits[commits.index(good):]
