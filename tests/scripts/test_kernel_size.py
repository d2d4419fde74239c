"""The kernel stays small: its stack has a bound that the build checks, and its C can be read in an evening."""
import re
import subprocess

from tests.scripts import support
from tests.scripts.support import ROOT

CODE_MAX = 6760  # lines of C without comments and blank lines, of what is in build/baton.elf
# Numbers for NASM; and what only the checking build (make CHECK=1) has.
NOT_IN_IT = ("offsets", "checking", "check", "invariants", "pairs", "places", "seen", "objects", "queues", "coverage", "poison", "quick")

# One function that calls itself, one with a frame larger than the stack, one that calls through a pointer.
SOURCES = {
    "recursion": "int syscall_dispatch(int n); __attribute__((noinline)) int syscall_dispatch(int n)"
                 " { volatile int a = n; return n ? syscall_dispatch(a - 1) + a : 0; }",
    "deep": "void boot_main(void); void boot_main(void) { volatile char big[9000]; big[1] = 0; }",
    "pointer": "void trap_user(void (*f)(void)); void trap_user(void (*f)(void)) { f(); f(); }",
    "fine": "void boot_main(void); void boot_main(void) { volatile char small[100]; small[1] = 0; }",
}
SAYS = {"recursion": "recursion", "deep": "too small", "pointer": "nobody knows whom"}


class StackBound(support.Workspace):
    def bound_of(self, kind):
        source = self.dir / f"{kind}.c"
        source.write_text(SOURCES[kind] + "\n", encoding="utf-8")
        subprocess.run(["gcc", "-O1", "-fcallgraph-info=su", "-c", str(source), "-o", str(source.with_suffix(".o"))],
                       cwd=self.dir, check=True)
        return self.run_script("build.stack_bound", source.with_suffix(".ci"))

    def test_what_must_not_be_is_refused(self):
        for kind, says in SAYS.items():
            with self.subTest(kind):
                self.assert_error(self.bound_of(kind), 1, says)

    def test_a_small_frame_fits(self):
        done = self.bound_of("fine")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"at most \d+ of \d+ bytes\n +\d+ boot_main")

    def test_the_kernel_as_built(self):
        said = (ROOT / "build/stack.txt").read_text(encoding="utf-8")
        self.assertRegex(said, r"^the kernel's stack: at most \d+ of \d+ bytes")


class Lines(support.Workspace):
    def test_the_kernel_can_be_read_in_an_evening(self):
        files = [f for f in sorted((ROOT / "kernel").rglob("*.[ch]")) if f.stem not in NOT_IN_IT]
        text = [re.sub(r"/\*.*?\*/", "", f.read_text(encoding="utf-8"), flags=re.S) for f in files]
        code = sum(bool(line.strip()) for t in text for line in t.splitlines())
        self.assertGreater(code, 1000)
        self.assertLessEqual(code, CODE_MAX, f"{code} lines of C in kernel/, at most {CODE_MAX}")
