"""Does in a bare Debian or Ubuntu what a newcomer would do: clones this tree's HEAD into it, and runs the README's commands there.

The bare system is made once by debootstrap from the mirror that this machine's own apt uses (--mirror names another), signed by its
distribution's keys, with git and make in it, and kept in ~/.cache/baton/releases/<release> together with the packages that the commands
have installed: about 1.5 GB. --fresh makes it anew. Nothing of it is in the tree, and make clean leaves it alone. Its /proc and /dev
are mounted for the commands only, in a mount namespace, and all that they start ends with them. WERROR is passed on.

--run takes words of make, several commands with `;` between: --run 'bench; equiv STATES=20000'. Without it they are the README's two
commands, and with --short what CI runs. Prints "ok <release>/make <words>" lines. Exit code: 0 all passed, 1 one did not, or there
is no such system here.
"""
import fcntl
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.base.common import ROOT, BatonError, end_group, make_parser, run_main, warn
from scripts.base.files import cache_folder
from scripts.build import mirrors
from scripts.machine import hostinfo
from scripts.machine.guest import die_with_parent
from scripts.source import plaingit

README = "bench; test"
# Some minutes: it builds, measures, executes the fast paths in Unicorn, reads the source, and boots both paths.
SHORT = ("bench ONLY='ipc.*'; footprint; equiv STATES=20000; lint; run CMDLINE='run=conform'; run CMDLINE='run=conform fastpath=off'")
# An installation that a kill has cut short is finished; next to nothing where there is none.
FINISH = ("DEBIAN_FRONTEND=noninteractive", "dpkg", "--configure", "-a")
INCLUDED = "git,make,ca-certificates"
KEYS = Path("/usr/share/keyrings")
INSIDE = "root/baton"  # the clone
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# In namespaces of its own: nobody else sees what is mounted here, and it goes with the last process.
ENTER = """set -e
tree=$1; shift
mount --make-rprivate /
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mount -t sysfs -o ro sysfs "$tree/sys"
cat /etc/resolv.conf > "$tree/etc/resolv.conf" 2>/dev/null || true
exec chroot "$tree" /usr/bin/env -i "$@"
"""


@dataclass(frozen=True)
class Kind:
    """What a distribution's releases have in common."""

    components: str
    script: str  # debootstrap's; an old debootstrap has no link of that name for a new release
    keyring: str
    package: str  # of the keyring


KINDS = {"Debian": Kind("main", "sid", "debian-archive-keyring.gpg", "debian-archive-keyring"),
         "Ubuntu": Kind("main,universe", "gutsy", "ubuntu-archive-keyring.gpg", "ubuntu-keyring")}


@contextmanager
def locked(directory, release):
    """One at a time in a system; a run that waits says for which process. The lock ends with its holder."""
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / f".{release}.lock", "a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            warn(f"another test-release works in {directory / release}: process {file.read().strip()}; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        print(os.getpid(), file=file, flush=True)
        yield


# ---- the bare system

def index_of(mirror, release):
    """The text of its file Release, asked for in the way of apt, with its proxies; None: there is no such release."""
    with tempfile.TemporaryDirectory(prefix="baton-release-") as directory:
        target = Path(directory) / "Release"
        there = mirrors.download(f"{mirror.rstrip('/')}/dists/{release}/Release", target)
        return target.read_text(encoding="utf-8", errors="replace") if there else None


def find(release, places, whose):
    """The first mirror that has it, and its Kind."""
    if not mirrors.HELPER.exists():
        raise BatonError("this machine has no apt, which would fetch the system", "the commands in a container of that release")
    for mirror in places:
        text = index_of(mirror, release)
        if text is not None:
            return mirror, kind_of(text, mirror)
    raise BatonError(f"{whose} ({', '.join(places) or 'none'}) does not have '{release}'",
                     "MIRROR=<url> of one that has it, or another RELEASE")


def kind_of(text, mirror):
    found = re.search(r"^Origin: (\w+)$", text, re.M)
    if not found or found[1] not in KINDS:
        raise BatonError(f"what {mirror} has is of {found[1] if found else 'nobody'}", f"MIRROR=<url> of {' or '.join(KINDS)}")
    return KINDS[found[1]]


def debootstrap(kind, release, target, mirror, keys=KEYS):
    """The command, whose own mounts go with it. What runs as root is not taken unsigned from a mirror."""
    keyring = keys / kind.keyring
    if not keyring.exists():
        raise BatonError(f"there is no {keyring} to check the signatures of {release}",
                         f"install {kind.package} (where there is none: Debian 13's, which needs nothing else)")
    return ["unshare", "--mount", "debootstrap", "--variant=minbase", f"--include={INCLUDED}", f"--components={kind.components}",
            "--force-check-gpg", f"--keyring={keyring}", release, str(target), mirror, kind.script]


def add_updates(tree, release, mirror, kind):
    """What a user who installs it has besides the release: Ubuntu's own index is never touched again."""
    if index_of(mirror, f"{release}-updates") is not None:
        text = f"deb {mirror} {release}-updates {kind.components.replace(',', ' ')}\n"
        (tree / "etc/apt/sources.list.d/updates.list").write_text(text, encoding="ascii")


def make_and_tell(command, log):
    """Its exit code. It works for minutes: of what goes into the log the first line of each kind is told, too."""
    told = set()
    with open(log, "w", encoding="utf-8") as file, \
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                             errors="replace", preexec_fn=die_with_parent()) as process:
        for line in process.stdout:
            file.write(line)
            kind = line.split()[1:2]  # I: Retrieving ...
            if line.startswith("I: ") and not told.issuperset(kind):
                told.update(kind)
                warn(line[len("I: "):].strip())
    return process.returncode


def make_bare(directory, release, own):
    """The system, whole or not at all."""
    unfinished, tree = directory / f".{release}.new", directory / release
    mirror, kind = find(release, [own], "that mirror") if own else find(release, mirrors.own(), "the mirror of this machine's apt")
    command = debootstrap(kind, release, unfinished, mirror)
    shutil.rmtree(unfinished, ignore_errors=True)
    warn(f"making a bare {release} in {tree}")
    log = directory / f"{release}.log"
    if make_and_tell(command, log) != 0:
        said = log.read_text(encoding="utf-8", errors="replace").splitlines()
        shutil.rmtree(unfinished, ignore_errors=True)
        raise BatonError(f"debootstrap could not make {release}: {said[-1] if said else 'it said nothing'}", f"read {log}",
                         details=said[-5:])
    add_updates(unfinished, release, mirror, kind)
    unfinished.rename(tree)


# ---- in it

def inside(tree, *command):
    """Its exit code; by then everything that it started is gone."""
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh", str(tree),
             f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", f"WERROR={os.environ.get('WERROR', '0')}", *command]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent())
    try:
        return process.wait()
    finally:
        end_group(process)


def clone(tree):
    """HEAD of this tree, as `git clone` brings it."""
    target = tree / INSIDE
    shutil.rmtree(target, ignore_errors=True)
    head, dirty = hostinfo.commit()
    done = plaingit.run("clone", "-q", str(ROOT), str(target))
    if done.returncode != 0:
        raise BatonError(f"git cannot clone {ROOT}: {done.stderr.strip()}")
    cloned = plaingit.run("rev-parse", "HEAD", cwd=target).stdout.strip()
    if cloned != head:
        raise BatonError(f"the clone is of {cloned[:10]}, and this tree of {head[:10]}")
    warn(f"commit {head[:10]}" + (", without this tree's uncommitted changes" if dirty else ""))


def commands(text):
    """Lists of words for make."""
    found = [shlex.split(part) for part in text.split(";") if part.strip()]
    if not found:
        raise BatonError("no command is given", "VERBS='bench; test'")
    return found


def try_all(tree, release, wanted):
    failed = 0
    for words in wanted:
        name = f"{release}/make {' '.join(words)}"
        print(f"== {name}", flush=True)
        code = inside(tree, "make", "-C", f"/{INSIDE}", "--no-print-directory", *words)
        print(f"not ok {name}: it ended with code {code}" if code else f"ok {name}", flush=True)
        failed += code != 0
    print(f"{len(wanted) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("release", help="its name: bookworm, trixie, noble, ...")
    parser.add_argument("--run", metavar="COMMANDS", help=f"default: {README}")
    parser.add_argument("--short", action="store_true", help=f"instead: {SHORT}")
    parser.add_argument("--mirror", metavar="URL", help="default: that of this machine's apt")
    parser.add_argument("--fresh", action="store_true", help="make the bare system anew")
    options = parser.parse_args(arguments)
    if not re.fullmatch(r"[a-z][a-z0-9-]*", options.release):
        raise BatonError(f"'{options.release}' is not the name of a release", "RELEASE=trixie", code=2)
    wanted = commands(options.run or (SHORT if options.short else README))
    if os.geteuid() != 0:
        raise BatonError("test-release needs root, for chroot and mounts", "sudo make test-release, or run the commands in a container")
    directory = cache_folder("releases")
    with locked(directory, options.release):
        tree = directory / options.release
        if options.fresh:
            shutil.rmtree(tree, ignore_errors=True)
        if not tree.is_dir():
            make_bare(directory, options.release, options.mirror)
        if inside(tree, "true") != 0:
            raise BatonError("nothing can be mounted here", "run it outside of a container, or the commands in one of that release")
        if inside(tree, *FINISH) != 0:
            raise BatonError("what an earlier run installed was cut short, and cannot be finished", "FRESH=1")
        clone(tree)
        return try_all(tree, options.release, wanted)


if __name__ == "__main__":
    run_main(main)
