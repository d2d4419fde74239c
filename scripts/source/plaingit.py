"""Git, called so that it says the same on every machine: what a user has configured, for all trees or for this one, changes nothing
of what it prints or does. The configuration is read all the same, because safe.directory is in it, without which git refuses
somebody else's tree; what changes output is set again on the command line, which has the last word.
"""
import os
import subprocess

from scripts.base import patience
from scripts.base.common import ROOT

# Plain git's own values of what a user may have set.
PLAIN = {
    "color.ui": "false", "commit.gpgSign": "false", "core.abbrev": "auto", "core.autocrlf": "false", "core.fsmonitor": "false",
    "core.hooksPath": os.devnull, "core.quotePath": "true", "fetch.prune": "false", "format.pretty": "medium",
    "i18n.commitEncoding": "UTF-8", "i18n.logOutputEncoding": "UTF-8",
    "log.abbrevCommit": "false", "log.date": "default", "log.decorate": "false", "log.follow": "false", "log.showSignature": "false",
    "push.followTags": "false", "push.gpgSign": "false", "push.recurseSubmodules": "no",
    "status.branch": "false", "status.showUntrackedFiles": "normal", "submodule.recurse": "false", "tag.gpgSign": "false",
}
# The environment has words of the same kind; some name another tree, as in a hook of git.
DROPPED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS",
           "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS")


def words(*arguments):
    """The command line."""
    return ["git", "--no-pager", *(word for option in PLAIN.items() for word in ("-c", "=".join(option))), *arguments]


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if name not in DROPPED}
    return {**kept, "LC_ALL": "C.UTF-8", "LANGUAGE": "C", "GIT_TERMINAL_PROMPT": "0", **more}


def run(*arguments, cwd=ROOT, check=False, **environ):
    """As subprocess.run(): what it prints is text, as UTF-8."""
    return patience.run(words(*arguments), cwd=cwd, check=check, capture_output=True, stdin=subprocess.DEVNULL,
                        env=environment(**environ), encoding="utf-8", errors="replace")
