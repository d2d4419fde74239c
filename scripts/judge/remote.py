"""Where a commit can be looked at: the web page of the repository that this tree came from, if it has one."""
import functools
import re
import subprocess

from scripts.source import plaingit

SSH = re.compile(r"(?:ssh://)?git@([\w.-]+)[:/](.+?)(?:\.git)?/?")
WEB = re.compile(r"https?://(?:[^@/]*@)?([\w.:-]+)/(.+?)(?:\.git)?/?")


def page_of(url):
    """The page of a remote's address; None: it has none, as a folder."""
    match = SSH.fullmatch(url) or WEB.fullmatch(url)
    return f"https://{match[1]}/{match[2]}" if match else None


@functools.cache
def _here():
    try:
        return page_of(plaingit.run("remote", "get-url", "origin", check=True).stdout.strip())
    except (OSError, subprocess.SubprocessError):
        return None


def commit(hexadecimal):
    """The address of a commit's page, or None."""
    return f"{_here()}/commit/{hexadecimal}" if _here() else None
