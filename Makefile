# Every verb that people type; `make help` lists them. What is built lies in build/. The rules lie beside what they build: PARTS.
export CC := gcc
LD := ld
NASM := nasm
# CHECK=1: the checking build, in a directory of its own: check_invariants() after every entry.
CHECK ?= 0
BUILD ?= $(if $(filter 1,$(CHECK)),build/check,build)
# What runs in ring 3 is the same above both kernels: it is compiled once.
RING3 := $(if $(filter build/check,$(BUILD)),build,$(BUILD))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# WERROR=1: a warning fails the build. For CI and the compilers it has; another one's new warning must not keep a user from building.
WERROR ?= 0
FATAL := $(if $(filter 1,$(WERROR)),-Werror)
WARN := -Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wundef -Wvla -Wmissing-prototypes $(FATAL)
# clang has other words for some of it, does not know all of gcc's attributes, and does not tell which function calls which.
CLANG := $(findstring clang,$(notdir $(CC)))
WARN += $(if $(CLANG),-Wno-unknown-attributes)
FREESTANDING := -std=c11 -O2 -g -ffreestanding -mgeneral-regs-only -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none -fno-strict-aliasing -MMD -MP
# NASM 2.16.02 and later can warn of each relocation, of which a kernel is full; earlier ones do not know the warning.
NASMFLAGS := -f elf64 -g -w+all -w-unknown-warning -w-reloc $(FATAL) -I kernel/abi/ -I kernel/arch/x86_64/ -I fastpath/ -I $(BUILD)/

PARTS := kernel/kernel.mk user/libc/libc.mk user/user.mk user/sdk/sdk.mk bench/sdk/bench_sdk.mk bench/systems.mk bench/linux/linux.mk \
	bench/logic/logic.mk tests/host/host.mk \
	tests/host/libc/libc.mk tests/files/files.mk tests/equiv/equiv.mk tests/prove/prove.mk tests/lockstep/lockstep.mk
# What all objects are made with besides their sources. Another compiler or assembler, or a newer one, makes all of them anew.
MADE_WITH := Makefile $(PARTS) $(BUILD)/tools
RING3_MADE_WITH := Makefile $(PARTS) $(RING3)/tools
.PHONY: always
$(sort $(BUILD)/tools $(RING3)/tools): always
	@$(if $(SET_UP),:,scripts/setup.sh build) >&2
	@mkdir -p $(@D)
	@new=$@.$$$$; { echo "$(CC)"; $(CC) --version; $(NASM) -v; $(LD) --version; } > $$new; \
		if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi

# $(1): more words for NASM; $(2): what to print of them. What a source includes is asked for separately: NASM 2.16.01 leaves that
# out of what -MD writes.
define ASSEMBLE
	@mkdir -p $(@D)
	@echo "  NASM $<$(2)"
	@$(NASM) $(NASMFLAGS) $(1) -M -MP -MT $@ -MF $(@:.o=.d) $<
	@$(NASM) $(NASMFLAGS) $(1) $< -o $@
endef

include kernel/kernel.mk
include user/user.mk
include tests/host/host.mk
include tests/files/files.mk
include bench/linux/linux.mk
include bench/logic/logic.mk
include tests/equiv/equiv.mk
include tests/prove/prove.mk
include tests/lockstep/lockstep.mk
include user/sdk/sdk.mk
include bench/sdk/bench_sdk.mk
include bench/systems.mk

-include $(shell find $(RING3) -type f -name '*.d' 2>/dev/null)
# A source that a list of the last build names but that is gone: what was made from it is made anew, or no longer wanted.
%.c: ;

# ---- verbs, by name
# What a verb needs is built by a make of its own, on all processors, unless this one was told how many to use. The verb has installed
# what is missing. Two of these would build the same files beside each other: verbs go one after the other, whatever -j says.
# Where make needs a shell to start a script, the script takes that shell's place (exec): who ends the make ends the script.
ifneq ($(filter-out made $(BUILD)/%,$(or $(MAKECMDGOALS),help)),)
.NOTPARALLEL:
endif
SUBMAKE = $(MAKE) -s --no-print-directory SET_UP=1 $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
.PHONY: all baseline bench bench-linux bisect chart clean compare compile_commands.json docs equiv export footprint gate help
.PHONY: iso lint mitigations peer-linux record report run setup test test-bochs test-guards test-kvm test-microkit test-net test-release
.PHONY: test-report

all: ## build the kernel and the ring-3 programs
	@scripts/setup.sh build >&2
	+@$(SUBMAKE) made

# What the verbs ask for: never `all`, a make of its own, which would build the same files beside the one that asks. All that lies
# there boots as a module, so a program that is no more goes.
.PHONY: made
made: $(BUILD)/baton.elf $(BUILD)/baton32.elf $(USER_ELF) $(if $(filter 1,$(CHECK)),,$(BENCH_SDK) $(BENCH_SYSTEMS))
	@rm -f $(filter-out $(USER_ELF),$(wildcard $(BUILD)/user/*.elf))

baseline: ## accept the numbers of the last make gate as what CI compares with
	@scripts/setup.sh build >&2
	@python3 -m scripts.verbs.gate --accept
	@python3 -m scripts.verbs.reference
	@python3 -m scripts.verbs.footprint --readme
	@python3 -m scripts.verbs.readme_sample

bench: ## measure: BACKEND=kvm|tcg|logic, ONLY='ipc.*', SAMPLES=n, RAW=1 PMU=1 COLD=on|off MITIGATIONS=off|all|<list>; table, record and charts
	@scripts/setup.sh build run chart >&2
	+@$(SUBMAKE) $(if $(filter logic,$(BACKEND)),build/baton.elf $(BENCH_LOGIC),made) >&2
	@python3 -m scripts.verbs.$(if $(filter logic,$(BACKEND)),bench_logic,bench)

bench-linux: ## measure this machine's own Linux with the same harness: ONLY='linux.*', SAMPLES=n, RAW=1
	@scripts/setup.sh build test >&2
	+@$(SUBMAKE) $(BENCH_LINUX) >&2
	@python3 -m scripts.verbs.bench_linux

bisect: ## the commit that changed ID=<benchmark>, built and measured until found; GOOD=commit BAD=commit ALL=1 BACKEND=
	@scripts/setup.sh build run >&2
	@python3 -m scripts.verbs.bisection

chart: ## draw the charts again from the recorded runs
	@scripts/setup.sh chart >&2
	@python3 -m scripts.verbs.chart

clean: ## remove what was built; results stay
	rm -rf $(BUILD)

compare: ## what differs from BASE=<commit, tag or record>, both measured in one sitting; NEW=commit ONLY='ipc.*' BACKEND= BOOTS=n
	@scripts/setup.sh build run >&2
	+@$(if $(NEW),,$(SUBMAKE) made >&2)
	@python3 -m scripts.verbs.compare

compile_commands.json: ## how each C file is compiled, for clangd and its like
	@scripts/setup.sh build >&2
	@{ $(MAKE) -s -n -B made $(SDK_MADE) $(HOST_TESTS) $(EQUIV) $(FOOTPRINT) $(BENCH_LINUX) $(LINUX_INIT) CC=clang; \
		$(MAKE) -s -n -B made CHECK=1 CC=clang; } \
		| python3 -m scripts.build.compile_commands > $@.new
	@mv $@.new $@

docs: ## docs/reference.md, the manual, from kernel/abi/abi.def and the baseline
	@scripts/setup.sh build >&2
	@python3 -m scripts.verbs.reference

equiv: ## the fast paths compared with their C twins from a million states, and what all ways do against the CPU; STATES=n SEED=s
	@scripts/setup.sh build test >&2
	+@$(SUBMAKE) $(BUILD)/baton.elf $(EQUIV) $(BARRIERS) >&2
	@$(EQUIV) --image $(BUILD)/baton.elf $(if $(STATES),--states $(STATES)) $(if $(SEED),--seed $(SEED))
	@$(BARRIERS) --image $(BUILD)/baton.elf

export: ## print the last record for other tools: FORMAT=go|github|bencher|openmetrics|csv, BACKEND=
	@scripts/setup.sh build >&2
	@FORMAT='$(FORMAT)' BACKEND='$(BACKEND)' exec python3 -m scripts.verbs.export

footprint: ## what each path through the kernel costs: instructions, loads, stores, cache lines; EXPLAIN=<path> names its lines
	@scripts/setup.sh build test >&2
	+@$(SUBMAKE) $(BUILD)/baton.elf $(FOOTPRINT) >&2
	@$(if $(EXPLAIN),$(FOOTPRINT) --image $(BUILD)/baton.elf --explain $(EXPLAIN),python3 -m scripts.verbs.footprint)

gate: export BACKEND := tcg
gate: bench footprint ## measure under tcg, count the footprint, and compare both with the committed baselines
	@python3 -m scripts.verbs.gate

help: ## list the verbs
	@sed -n 's/^\([a-z][a-z_.-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | LC_ALL=C sort | expand -t 30

iso: ## build/baton.iso: boots by GRUB, BIOS and UEFI, from a disc or a USB stick; CMDLINE='words' SCREEN=1024x768x32,text
	@scripts/setup.sh build run
	+@$(SUBMAKE) made
	@scripts/mkiso.sh --cmdline "$(CMDLINE)" $(if $(SCREEN),--screen "$(SCREEN)")

lint: ## what tools that read source find, and whether it keeps the rules of CONTRIBUTING.md (part of make test)
	@scripts/setup.sh test
	@python3 -m tests.lint

mitigations: ## what KPTI, IBPB, VERW and the others each add to a call and its reply; BACKEND=kvm|tcg
	@scripts/setup.sh build run >&2
	+@$(SUBMAKE) made >&2
	@python3 -m scripts.verbs.mitigations

peer-linux: ## what a Linux takes for an echo and a web page in the same emulator, on a wire of the tests; SAMPLES=n ONLY=<server>
	@scripts/setup.sh build run >&2
	+@$(SUBMAKE) $(LINUX_INIT) >&2
	@python3 -m tests.net.linux $(if $(SAMPLES),--samples $(SAMPLES)) $(if $(ONLY),--only '$(ONLY)')

record: ## the record of a run on bare metal: CAPTURE=<serial capture> or BLOCK=<typed block>, NOTE=<text>; docs/measuring.md
	@scripts/setup.sh chart >&2
	@python3 -m scripts.verbs.metal

report: ## results/report.html: one page with summary, charts, tables and peers of what was recorded
	@scripts/setup.sh chart >&2
	@python3 -m scripts.verbs.report

run: SYSTEM := $(or $(SYSTEM),$(if $(CMDLINE),,shell))
run: ## boot in QEMU to a shell, until Ctrl-C; SYSTEM=web: another system of user/systems; CMDLINE='run=hello fastpath=off': a program
	@scripts/setup.sh build run
	+@$(SUBMAKE) $(if $(SYSTEM),$(SDK_MADE),made)
	+@$(if $(SYSTEM),$(MAKE) -s --no-print-directory -C user/systems run SYSTEM=$(SYSTEM) BUILD=$(abspath $(BUILD))/systems/$(SYSTEM) \
		MICROKIT_SDK=$(abspath $(SDK)))
	@$(if $(SYSTEM),,exec python3 -m scripts.verbs.run --cmdline "$(CMDLINE)")

setup: ## install what is missing: compiler, assembler, QEMU, GRUB, gnuplot
	@scripts/setup.sh

test: ## all tests; TEST=<word> only those steps whose name has it
	@scripts/setup.sh
	+@$(SUBMAKE) made $(SDK_MADE) $(HOST_TESTS) $(FILES_TOOLS) $(EQUIV) $(FOOTPRINT) $(BARRIERS) $(DOUBLES)
	+@$(SUBMAKE) made CHECK=1
	@python3 -m tests.run $(TEST)

test-bochs: ## the conformance program and the suite under Bochs, which has PCID, INVPCID and stricter faults (two minutes)
	@scripts/setup.sh build run bochs
	+@$(SUBMAKE) made
	@python3 -m tests.run --bochs $(TEST)

test-guards: ## every guard of the kernel removed in turn: its test must fail (minutes); GUARDS='part of a name'
	@scripts/setup.sh build run test
	+@$(SUBMAKE) made $(HOST_TESTS)
	+@$(SUBMAKE) made CHECK=1
	@python3 -m tests.guards $(GUARDS)

test-kvm: ## the KVM backend under real KVM, in an emulated machine that has it (minutes)
	@scripts/setup.sh
	+@$(SUBMAKE) made
	@python3 -m tests.kvm.run

test-microkit: ## components that others wrote, built and booted: SOURCE=<checkout of Microkit> SDDF=<checkout of sDDF> TEST=<word>
	@scripts/setup.sh build run test others
	+@$(SUBMAKE) made $(SDK_MADE)
	@python3 -m tests.sdk.others_test $(if $(SOURCE),--microkit "$(SOURCE)") $(if $(SDDF),--sddf "$(SDDF)") $(TEST)

test-net: ## the web server against curl, wrk and tshark: 100 MB, eight connections (two minutes); MB=<size of the file> SECONDS=<of wrk>
	@scripts/setup.sh build run test network
	@python3 -m tests.net.big $(if $(MB),--mebibytes $(MB)) $(if $(SECONDS),--seconds $(SECONDS))

RELEASE ?= trixie
test-release: ## the README's commands in a bare RELEASE=trixie|bookworm|noble (root); VERBS='bench; lint' SHORT=1 FRESH=1 MIRROR=url
	@scripts/setup.sh release
	@exec python3 -m tests.release $(RELEASE) $(if $(VERBS),--run "$$VERBS") $(if $(filter 1,$(SHORT)),--short) \
		$(if $(filter 1,$(FRESH)),--fresh) $(if $(MIRROR),--mirror "$(MIRROR)")

test-report: ## the report in a headless browser: on a phone, in light and dark
	@scripts/setup.sh chart browser
	@python3 -m tests.scripts.run test_report
