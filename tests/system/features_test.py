"""Every feature of a CPU is asked for before it is used. All instructions of the kernel's image and of the programs are read from the
binaries: each belongs to what every 64-bit CPU has, or stands in the table below, in the functions that may use it, with the lines that ask
CPUID for it. So do all model-specific registers and all bits of CR4. The oldest models that run all of it: models_test.py.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import re
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatch

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from scripts.source.image import built_image

# What AMD64 began with (APM vol. 3; SSE2 and FXSAVE are part of it), by objdump's names, as far as compilers and this tree use it.
BASELINE = re.compile(
    r"mov(|abs|zx|sx|sxd|ups|aps|d|q|dqa|dqu|s[bwdq]?)|call|ret|jmp|j[a-z]{1,4}|loop|nop[wl]?|push|pop|pushf|popf|add|adc|sub|sbb|cmp|test|"
    r"inc|dec|neg|not|and|or|xor|i?mul|i?div|lea|leave|shl|shr|sar|sal|rol|ror|rcl|rcr|shld|shrd|set[a-z]{1,3}|cmov[a-z]{1,3}|xchg|xadd|"
    r"cmpxchg|bswap|bt[scr]?|bsf|bsr|cbw|cwde|cdqe|cwd|cdq|cqo|cld|std|(stos|lods|cmps|scas)[bwdq]?|syscall|sysretq?|iretq?|retfq?|"
    r"int[13]?|ud2|hlt|cli|sti|clts|cpuid|rdtsc|rdmsr|wrmsr|invlpg|wbinvd|lgdt|lidt|lldt|ltr|str|sldt|sgdt|sidt|smsw|verw|verr|lar|lsl|"
    r"in|out|pause|lfence|mfence|sfence|swapgs|fx(save|rstor)(64)?|(ld|st)mxcsr|wait|emms|xorps|divps|"
    r"f(n?init|nclex|ld|ld1|ldz|ild|stp?|istp|ldcw|nstcw|wait|div|divp|divrp)")
PREFIX = re.compile(r"(cs|ds|es|fs|gs|ss|data16|addr32|rep[nz]*|repz|lock|bnd|notrack|rex(\.[WRXB]+)?)$")
# Of the conformance program: instructions that are there to be refused, whether the CPU has them or not.
NOT_READ = {"conform": ("evil_*", "code_at_*", "code_sse")}
BOOT = ".boot"  # 32-bit code before long mode


@dataclass(frozen=True)
class Asked:
    functions: tuple  # that may use it
    file: str
    line: str  # that asks for it; empty: nothing need be asked, and the file says why


PCID = Asked(("arch_flush_page", "arch_space_flush", "arch_space_init"), "kernel/arch/x86_64/cpu.c",
             "cpu_features.pcid = pcid && (r[1] >> 10 & 1);")
XSAVE = Asked(("extended_init", "xsave_init", "save", "restore", "arch_extended_*", "fast_*"), "kernel/arch/x86_64/extended.c",
              "if (!(r[2] >> 26 & 1) || (may[0] & STATE_X87_SSE) != STATE_X87_SSE)")
XSAVEOPT = Asked(("save", "arch_extended_*", "fast_*"), "kernel/arch/x86_64/extended.c", "optimised = r[0] & 1;")
FSGSBASE = Asked(("*",), "kernel/arch/x86_64/extended.c", "fsgsbase = r[1] & 1;")
AVX = Asked(("load_avx", "store_avx"), "tests/conform/frame/fpu.c", "return c >> 28 & 1 && c >> 27 & 1;")
INSTRUCTIONS = {
    "invpcid": PCID,
    "xsetbv": XSAVE, "xsave64": XSAVE, "xrstor64": XSAVE, "xsaveopt64": XSAVEOPT,
    **dict.fromkeys(("rdfsbase", "rdgsbase", "wrfsbase", "wrgsbase"), FSGSBASE),
    "vinsertf128": AVX, "vextractf128": AVX,
    "rdtscp": Asked(("*",), "bench/cpu_id.c", "id->has_rdtscp = has_features && (leaf((uint32_t)LEAF_FEATURES).d >> 27 & 1);"),
    "rdpmc": Asked(("read_counter",), "kernel/arch/x86_64/pmu.c", "if (facts.vendor == VENDOR_INTEL && (r[0] & 0xff) >= 2) {"),
    # REP BSF: what a CPU without BMI1 takes for BSF gives the same for all but 0, for which compilers do not use it.
    "tzcnt": Asked(("*",), "", ""),
}
ANY = Asked(("*",), "", "")
X2APIC, FIXED_COUNTER = 0x800, 0x309
FIRST_OF = {**dict.fromkeys(range(X2APIC, X2APIC + 64), X2APIC), **dict.fromkeys(range(FIXED_COUNTER, FIXED_COUNTER + 3), FIXED_COUNTER)}
# By number. Without a line: SYSCALL, SYSENTER and their like, the APIC's base, segment bases are older than, or as old as, 64-bit mode.
MSRS = {
    **dict.fromkeys((0x1b, 0x174, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101), ANY),
    0x48: Asked(("*",), "kernel/arch/x86_64/flaw.c", "return both || facts->amd_8_ebx & AMD_8_EBX_IBRS ? set | MITIGATE_IBRS : set;"),
    0x49: Asked(("*",), "kernel/arch/x86_64/flaw.c", "if (both || facts->amd_8_ebx & AMD_8_EBX_IBPB)"),
    0x10a: Asked(("cpu_facts_read",), "kernel/arch/x86_64/mitigate.c", "if (r[3] & LEAF7_ARCH_CAPABILITIES)"),
    0x277: Asked(("cpu_init",), "kernel/arch/x86_64/cpu.c", "if (cpu_features.pat)"),
    **dict.fromkeys((0x179, 0x17a), Asked(("machine_check_*",), "kernel/arch/x86_64/machine_check.c", "if (!(features() & CPUID_MCA))")),
    X2APIC: Asked(("*",), "kernel/arch/x86_64/apic.c", "if (!(base & APIC_BASE_X2APIC))"),
    **dict.fromkeys((FIXED_COUNTER, 0x38d, 0x38f), Asked(("pmu_init*",), "kernel/arch/x86_64/pmu.c",
                                                         "*fixed = r[3], *global = MSR_GLOBAL_CONTROL;")),
}
# Functions that take the number from elsewhere: of a bank of counters or errors, of a register of the local APIC in x2APIC mode.
MSR_IN_REGISTER = ("wrmsr_may_fail", "apic_init", "machine_check_print", "pmu_init", "other_exception", "trap_sent_by_device")

# Bits of CR4 that the kernel sets, as the source names them: what asks for each, or what has none to ask for in 64-bit mode.
CR4_BITS = {
    "CR4_PGE": ANY, "CR4_OSFXSR": ANY, "CR4_OSXMMEXCPT": ANY,
    "CR4_UMIP": Asked((), "kernel/arch/x86_64/cpu.c", "if (cpu_features.umip)"),
    "CR4_SMEP": Asked((), "kernel/arch/x86_64/cpu.c", "if (cpu_features.smep)"),
    "CR4_SMAP": Asked((), "kernel/arch/x86_64/cpu.c", "if (cpu_features.smap)"),
    "CR4_PCIDE": Asked((), "kernel/arch/x86_64/cpu.c", "if (cpu_features.pcid)"),
    "CR4_OSXSAVE": XSAVE, "CR4_FSGSBASE": FSGSBASE,
    "CR4_MCE": Asked((), "kernel/arch/x86_64/machine_check.c", "if (features() & CPUID_MCE)"),
    "CR4_PCE": Asked((), "kernel/arch/x86_64/pmu.c", "if (enabled | bank.used)"),
}


def instructions(path):
    """(function, mnemonic, operands) of all code of a program."""
    said = patience.run(["objdump", "-d", "-w", "--no-show-raw-insn", "-M", "intel", str(path)], capture_output=True, encoding="utf-8")
    if said.returncode:
        raise BatonError(f"objdump cannot read {path}: {said.stderr.strip()}", "make all")
    function = section = ""
    for line in said.stdout.splitlines():
        if at := re.match(r"Disassembly of section (.*):$", line):
            section = at[1]
        elif section == BOOT:
            continue
        elif at := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            function = at[1]
        elif at := re.match(r"\s*[0-9a-f]+:\t(.*)", line):
            words = at[1].split()
            while len(words) > 1 and PREFIX.match(words[0]):
                words.pop(0)
            yield function, words[0] if words else "", " ".join(words[1:])


def any_match(name, globs):
    return any(fnmatch(name, g) for g in globs)


def beyond(path):
    """{instruction: functions} of what is not part of the baseline."""
    skipped = NOT_READ.get(path.stem, ())
    found = defaultdict(set)
    for function, name, _ in instructions(path):
        if not BASELINE.fullmatch(name) and not PREFIX.match(name) and not any_match(function, skipped):
            found[name].add(function)
    return found


def registers(path):
    """{number, or None if it is not a constant: functions} of the model-specific registers that a program reads and writes."""
    found, number, last = defaultdict(set), None, None
    for function, name, operands in instructions(path):
        if function != last:
            number, last = None, function
        if name in ("rdmsr", "wrmsr") and not any_match(function, NOT_READ.get(path.stem, ())):
            found[FIRST_OF.get(number, number)].add(function)
        elif re.match(r"[er]?cx\b", operands) and name not in ("cmp", "test", "push"):
            constant = re.fullmatch(r"[er]cx,(0x[0-9a-f]+)", operands) if name in ("mov", "movabs") else None
            number = int(constant[1], 16) & 0xffffffff if constant else None
        elif name in ("call", "cpuid"):
            number = None
    return found


def judge(what, found, table):
    """What is wrong with what was found."""
    for name, functions in sorted(found.items(), key=str):
        asked = table.get(name)
        shown = f"{name:#x}" if isinstance(name, int) else name
        if asked is None:
            yield f"{what} {shown} in {sorted(functions)[0]} is not on every 64-bit CPU, and no table says where it is asked for"
            continue
        others = sorted(f for f in functions if not any_match(f, asked.functions))
        if others:
            yield f"{what} {shown} is used in {others[0]}, too: is it asked for there?"


def lines_there(table):
    """Each line that asks stands in its file."""
    for name, asked in table.items():
        if asked.file and asked.line not in (ROOT / asked.file).read_text(encoding="utf-8"):
            yield f"{asked.file} no longer asks for {name}: there is no '{asked.line}'"


def control_bits():
    names = set()
    for path in sorted((ROOT / "kernel").rglob("*.[ch]")):
        names |= set(re.findall(r"\b(CR4_\w+) = ", path.read_text(encoding="utf-8")))
    yield from (f"{name} is not in the table of CR4's bits" for name in sorted(names - CR4_BITS.keys()))
    yield from (f"the kernel has no {name}" for name in sorted(CR4_BITS.keys() - names))
    yield from lines_there(CR4_BITS)


def unused(table, found):
    return (f"nothing uses {name:#x}" if isinstance(name, int) else f"nothing uses {name}" for name in table if name not in found)


def checks():
    """(name, what is wrong) of each."""
    kernel = ROOT / "build/baton.elf"
    programs = [kernel, *built_image().modules]
    every = defaultdict(set)
    for path in programs:
        found = beyond(path)
        for name, functions in found.items():
            every[name] |= functions
        yield f"instructions of {path.stem}", list(judge("the instruction", found, INSTRUCTIONS))
    yield "instructions are asked for", [*lines_there(INSTRUCTIONS), *unused(INSTRUCTIONS, every)]
    found = registers(kernel)
    variable = sorted(f for f in found.pop(None, ()) if not any_match(f, MSR_IN_REGISTER))
    yield "registers of the kernel", [*judge("the register", found, MSRS), *(f"{f} takes the number of a register from elsewhere"
                                                                          for f in variable)]
    yield "registers are asked for", [*lines_there(MSRS), *unused(MSRS, found)]
    yield "bits of CR4", list(control_bits())


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    failed = 0
    for name, wrong in checks():
        failed += bool(wrong)
        print(f"not ok features/{name}: {'; '.join(wrong)}" if wrong else f"ok features/{name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    run_main(main)
