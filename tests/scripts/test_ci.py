""".ci/run with a made-up make: what it adds up, and what its last lines say of a failure."""
import os

from scripts.base import patience
from tests.scripts import support
from tests.scripts.support import ROOT

PASSES = "echo ok a; echo '3 passed, 0 failed'"


class Run(support.Workspace):
    def ci(self, **verbs):
        """The lines of .ci/run where `make VERB` is the shell code given here, and its exit status."""
        cases = "\n".join(f"{name.replace('_', '-')}) {code} ;;" for name, code in verbs.items())
        self.program("make", f'#!/bin/sh\ncase "$1" in\n{cases}\n*) {PASSES} ;;\nesac\n')
        environment = {**self.environment({}, f"{self.bin}:{os.environ['PATH']}"), "BATON_RELEASES": ""}
        done = patience.run([ROOT / ".ci/run"], env=environment, encoding="utf-8", capture_output=True)
        return done.stdout.splitlines(), done.returncode

    def test_counts_are_added_up(self):
        lines, code = self.ci()
        self.assertEqual((lines[-1], code), ("9 passed, 0 failed", 0))

    def test_a_failure_is_said_again_at_the_end(self):
        lines, code = self.ci(test="echo '    why'; echo 'not ok b'; seq 99; echo '2 passed, 1 failed'; exit 2")
        self.assertEqual((lines[-4:], code),
                         (["ci: make test ended with 2", "    why", "not ok b", "8 passed, 1 failed"], 2))

    def test_a_build_that_fails_is_said_again(self):
        lines, code = self.ci(test_bochs="echo 'x.c:1: error'; exit 2")
        self.assertEqual((lines[-3:], code),
                         (["ci: make test-bochs ended with 2", "x.c:1: error", "6 passed, 1 failed"], 2))
