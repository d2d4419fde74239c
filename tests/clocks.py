"""Lines on which a verdict could depend on time: what looks at a clock, waits by one, or starts a program that does. A limit of CPU time
is one, too: a slow machine needs more of it. The rule is told in scripts/base/patience.py; a line that must have one says why after
"# clock:"."""
import re

FILES = ("scripts/*.py", "tests/*.py", "user/*.py", "scripts/*.sh", "tests/*.sh", "tests/*.c", "tests/*.h", "tests/*.cpp", "tests/kvm/init",
         ".ci/run", "Makefile", "*/Makefile", "*.mk", ".github/workflows/*.yml")
ALLOWED = re.compile(r"(#|/\*|//) clock: \w")

# What starts a program with a clock, in a shell, a makefile, a workflow, or a string of Python.
_COMMANDS = (
    r"(?<![\w.$-])timeout\s+(-\S+\s+)*[\"']?[\d$]",
    r"--(\w[\w-]*-)?(timeout|max-time)\b",
    r"\bConnectTimeout\b",
    r"\bcurl\b.*[\s\"']-\w*m\b\W*\d",
    r"\bwget\b.*[\s\"']-\w*T\b",
    r"\bz3\b.*-T:",
    r"\bwrk\b.*(--duration|-d)\b",
    r"\bulimit\s+(-\w+\s+)*-\w*t\b",
    r"\bprlimit\b",
)
_SHELL = (
    *_COMMANDS,
    r"\btimeout-minutes:",
    r"\bread\s+(-\w+\s+)*-\w*t",
    r"\$\{?SECONDS\b",
    r"\bdate\b.*%s",
    r"\bnc\s+(.*\s)?-\w*w\b",
)
_LIMIT = r"(\d|\w*(seconds|limit|patience|timeout)\b|\w*(SECONDS|LIMIT|PATIENCE|TIMEOUT)\b)"
_TEST = r"(\[[^\]]*\]|\w+)"
_PYTHON = (
    *_COMMANDS,
    r"(^|[(,.\s])(?<!\bset )\w*timeout\w*\s*=(?!=)",
    r"[\"'](\S*/)?\w*timeout\w*[\"']\s*[\],:)]",
    r"\bset(default)?timeout\(",
    r"\bimport (\w+, )*time as\b|\bfrom time import\b",
    r"\btime\s*\.\s*(monotonic|time|perf_counter|process_time|thread_time|clock_gettime)(_ns)?\b",
    r"\bos\.times\(|\bgetrusage\(|\bclock_gettime\(|\bdatetime\.(utcnow|today|now)\((?!datetime\.timezone\.utc\)\.strftime\()",
    r"(?<!patience)(?<!guest)(?<!connection)\.wait\(\s*[\w.]",
    rf"\.(join|result|exception)\(\s*{_LIMIT}|\.communicate\(\w+,|\bTimer\(\s*{_LIMIT}|\bthreading\.Timer\(",
    r"\.call_later\(|\basyncio\.(wait|wait_for|timeout)\(",
    rf"\bselect\.select\({_TEST},\s*{_TEST},\s*{_TEST},|(?<!\bselect)\.select\(\s*[\w.]|\.poll\(\s*[\w.]",
    r"\bcreate_connection\(.*\),|\burlopen\([^()]*,[^()]*,|\.(get|acquire)\((True|False),",
    r"\bSIGALRM\b|\balarm\(|\bsetitimer\((?!\w*\.?ITIMER_VIRTUAL)|\bsigtimedwait\(|\bRLIMIT_CPU\b",
)
_C = (
    r"\b(clock_gettime|gettimeofday|clock|getrusage|timespec_get|ftime|timer_create|timerfd_create)\(",
    r"\btime\((NULL|nullptr|0|&)|\btimes\(&",
    r"\bSIGALRM\b|\bu?alarm\(|\bsetitimer\((?!ITIMER_VIRTUAL)|\bRLIMIT_CPU\b|\bSO_(RCV|SND)TIMEO\b|\w+_timed\w+\(|\bsigtimedwait\(",
    r"\b(poll|epoll_wait)\(.*,\s*[1-9A-Z]\w*\)|\bppoll\(.*&|\bp?select\(.*,\s*(?!NULL\))&?\w+\)",
)
_KINDS = {".py": _PYTHON, ".c": _C, ".h": _C, ".cpp": _C}
_PATTERNS = {kind: re.compile("|".join(f"(?:{one})" for one in _KINDS.get(kind, _SHELL))) for kind in (*_KINDS, "")}


def look(name, text):
    """Each line of the file that has a clock and does not say why."""
    pattern = next((found for kind, found in _PATTERNS.items() if kind and name.endswith(kind)), _PATTERNS[""])
    return [f"{name}:{number}: a clock: {line.strip()}" for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line) and not ALLOWED.search(line)]
