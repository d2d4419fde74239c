# Every verb that a person types; `make help` lists them. What is built lies in build/.
export CC := gcc
LD := ld
NASM := nasm
# CHECK=1: the checking build, in a directory of its own: check_invariants() after every entry.
CHECK ?= 0
BUILD ?= $(if $(filter 1,$(CHECK)),build/check,build)
# A folder of user/ is a program of that name, but for the libraries, and the SDK and what is built with it.
USER_PROGRAMS := $(filter-out lib libc sdk examples,$(patsubst user/%/,%,$(wildcard user/*/)))
PROGRAMS := bench partner conform fuzz $(USER_PROGRAMS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# WERROR=1: a warning ends the build. CI's, for the compilers it has; another one's new warning must not keep a user from building.
WERROR ?= 0
FATAL := $(if $(filter 1,$(WERROR)),-Werror)
WARN := -Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wundef -Wvla -Wmissing-prototypes $(FATAL)
# clang says some of it in other words, does not know all of gcc's attributes, and does not tell who calls whom.
CLANG := $(findstring clang,$(notdir $(CC)))
WARN += $(if $(CLANG),-Wno-unknown-attributes)
FREESTANDING := -std=c11 -O2 -g -ffreestanding -mgeneral-regs-only -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none -fno-strict-aliasing -MMD -MP

# ---- the kernel
# From the lowest floor up: kernel/README.md.
KERNEL_DIRS := $(addprefix kernel/,debug arch/x86_64 thread object ipc entry check boot)
KERNEL_INC := -Ikernel -I$(BUILD)
# -O3: an eighth fewer instructions on the C paths than -O2, for a fifth more text (docs/decisions.md).
KCFLAGS := $(FREESTANDING) -O3 $(WARN) -mno-red-zone -mcmodel=kernel -fno-omit-frame-pointer \
	-momit-leaf-frame-pointer $(if $(CLANG),-mstack-alignment=8,-mpreferred-stack-boundary=3 -fcallgraph-info=su) -Wframe-larger-than=1024 $(KERNEL_INC)
KCFLAGS += $(if $(filter 1,$(CHECK)),-DBATON_CHECK)
# NASM 2.16.02 and later can warn of each relocation, of which a kernel is full; earlier ones do not know the warning.
NASMFLAGS := -f elf64 -g -w+all -w-unknown-warning -w-reloc $(FATAL) -I kernel/abi/ -I kernel/arch/x86_64/ -I fastpath/ -I $(BUILD)/

# Only in the checking build.
CHECK_C := $(if $(filter 1,$(CHECK)),,$(addprefix kernel/check/,invariants.c coverage.c poison.c))
KERNEL_C := $(filter-out %/offsets.c $(CHECK_C),$(wildcard $(addsuffix /*.c,$(KERNEL_DIRS))))
ENTRY_ASM := kernel/arch/x86_64/entry.asm $(wildcard fastpath/*.asm)
VARIANT_DIR := kernel/arch/x86_64/variant
VARIANTS := plain guarded kpti
# What the compiler may call by itself; linked if it does.
CALLED := $(BUILD)/called.a
CALLED_ASM := kernel/arch/x86_64/mem.asm
KERNEL_ASM := $(filter-out $(ENTRY_ASM) $(CALLED_ASM),$(wildcard $(addsuffix /*.asm,$(KERNEL_DIRS))))
KERNEL_OBJ := $(KERNEL_C:%.c=$(BUILD)/%.o) $(KERNEL_ASM:%.asm=$(BUILD)/%.asm.o) \
	$(foreach v,$(VARIANTS),$(ENTRY_ASM:%.asm=$(BUILD)/$(v)/%.asm.o))

# What all objects are made with besides their sources. Another compiler or assembler, or a newer one, makes all of them anew.
MADE_WITH := Makefile $(BUILD)/tools
.PHONY: always
$(BUILD)/tools: always
	@scripts/setup.sh build >&2
	@mkdir -p $(@D)
	@{ echo "$(CC)"; $(CC) --version; $(NASM) -v; $(LD) --version; } > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# The functions behind the system calls: kernel/abi/handlers.h.
HANDLERS := $(BUILD)/abi/handlers.def
$(HANDLERS): kernel/abi/abi.def $(MADE_WITH)
	@mkdir -p $(@D)
	@sed -n 's/^SYSCALL([^,]*, \([A-Z_]*\),.*/HANDLER(\1, sys_\L\1)/p' $< > $@

$(BUILD)/kernel/%.o: kernel/%.c $(MADE_WITH) $(HANDLERS)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(KCFLAGS) -c $< -o $@

$(BUILD)/offsets.inc: kernel/entry/offsets.c $(MADE_WITH)
	@mkdir -p $(@D)
	@$(CC) $(KCFLAGS) -MT $@ -MF $(BUILD)/offsets.d -S $< -o $(BUILD)/offsets.s
	@sed -n 's/^[[:space:]]*\.ascii[[:space:]]*"->\([A-Z0-9_]*\) \(.*\)"$$/\1 equ \2/p' $(BUILD)/offsets.s > $@

# $(1): more words for NASM; $(2): what to tell of them. What a source includes is asked for apart: NASM 2.16.01 leaves that
# out of what -MD writes.
define ASSEMBLE
	@mkdir -p $(@D)
	@echo "  NASM $<$(2)"
	@$(NASM) $(NASMFLAGS) $(1) -M -MP -MT $@ -MF $(@:.o=.d) $<
	@$(NASM) $(NASMFLAGS) $(1) $< -o $@
endef

$(BUILD)/%.asm.o: %.asm $(MADE_WITH) | $(BUILD)/offsets.inc
	$(call ASSEMBLE)

# The entries, three times: kernel/arch/x86_64/variant/README.md.
define ENTRIES
$(BUILD)/$(1)/%.asm.o: %.asm $(MADE_WITH) | $(BUILD)/offsets.inc
	$$(call ASSEMBLE,-I $(VARIANT_DIR)/ -I $(VARIANT_DIR)/$(1)/, ($(1)))
endef
$(foreach v,$(VARIANTS),$(eval $(call ENTRIES,$(v))))

$(BUILD)/kernel.ld: kernel/kernel.ld kernel/arch/x86_64/layout.h
	@mkdir -p $(@D)
	@$(CC) -E -P -x c -Ikernel $< -o $@

# --discard-locals: the labels within macros (..@) stay out of the symbol table.
LINK_KERNEL := $(LD) -nostdlib --discard-locals -z noexecstack -z max-page-size=4096 --no-warn-rwx-segments -T $(BUILD)/kernel.ld

$(CALLED): $(CALLED_ASM:%.asm=$(BUILD)/%.asm.o)
	@rm -f $@
	@ar rcs $@ $^

# Linked twice: the first time to learn the addresses that the symbol table of the second holds.
$(BUILD)/baton.elf: $(KERNEL_OBJ) $(CALLED) $(BUILD)/kernel.ld scripts/build/ksyms.py scripts/build/stack_bound.py
	@$(if $(CLANG),echo "not known: only gcc tells who calls whom",python3 -m scripts.build.stack_bound $(KERNEL_C:%.c=$(BUILD)/%.ci)) > $(BUILD)/stack.txt
	@echo "  LD   $@"
	@python3 -m scripts.build.ksyms > $(BUILD)/symbols0.asm
	@$(NASM) -f elf64 $(BUILD)/symbols0.asm -o $(BUILD)/symbols0.o
	@$(LINK_KERNEL) $(KERNEL_OBJ) $(BUILD)/symbols0.o $(CALLED) -o $(BUILD)/baton0.elf
	@nm -n $(BUILD)/baton0.elf > $(BUILD)/symbols.txt
	@python3 -m scripts.build.ksyms $(BUILD)/symbols.txt > $(BUILD)/symbols.asm
	@$(NASM) -f elf64 $(BUILD)/symbols.asm -o $(BUILD)/symbols.o
	@$(LINK_KERNEL) $(KERNEL_OBJ) $(BUILD)/symbols.o $(CALLED) -o $@

# The same bytes in a 32-bit container, for QEMU's -kernel (multiboot 1).
$(BUILD)/baton32.elf: $(BUILD)/baton.elf
	@objcopy -g -O elf32-i386 $< $@

# ---- ring 3
UCFLAGS := $(FREESTANDING) $(WARN) -static -Ikernel/abi -Iuser/lib -Iuser/libc/include
LIB_OBJ := $(patsubst %,$(BUILD)/%.o,$(basename $(wildcard user/lib/*.c))) $(BUILD)/user/lib/start.uasm.o
$(foreach p,$(USER_PROGRAMS),$(eval $(p)_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard user/$(p)/*.c))))
bench_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/*.c bench/service/*.c))
partner_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/partner/*.c bench/service/*.c))
conform_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/conform/*/*.c))
fuzz_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fuzz/*.c)) $(BUILD)/tests/fuzz/agent.uasm.o
USER_ELF := $(PROGRAMS:%=$(BUILD)/user/%.elf)

$(BUILD)/user/%.o: user/%.c $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(UCFLAGS) -c $< -o $@

$(BUILD)/bench/%.o: bench/%.c $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(UCFLAGS) -Ibench -c $< -o $@

$(BUILD)/tests/conform/%.o: tests/conform/%.c $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(UCFLAGS) -Itests/conform -c $< -o $@

$(BUILD)/tests/fuzz/%.o: tests/fuzz/%.c $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(UCFLAGS) -c $< -o $@

$(BUILD)/%.uasm.o: %.asm $(MADE_WITH)
	$(call ASSEMBLE)

include user/libc/libc.mk

define PROGRAM
$(BUILD)/user/$(1).debug: $$($(1)_OBJ) $$(LIB_OBJ) $$(LIBC) user/lib/user.ld
	@echo "  LD   $$@"
	@$$(LD) -nostdlib -z noexecstack -z max-page-size=4096 -T user/lib/user.ld $$($(1)_OBJ) $$(LIB_OBJ) $$(LIBC) -o $$@
# What boots has no debug information: each page of a module is a capability that the checking build walks over.
$(BUILD)/user/$(1).elf: $(BUILD)/user/$(1).debug
	@objcopy -g $$< $$@
endef
$(foreach p,$(PROGRAMS),$(eval $(call PROGRAM,$(p))))

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
# A source that a list of the last build names and that is no more: what was made of it is made anew, or no longer wanted.
%.c: ;

include tests/host/host.mk
include bench/linux/linux.mk
include tests/equiv/equiv.mk
include tests/prove/prove.mk
include user/sdk/sdk.mk

# ---- verbs
# What a verb needs is built on all processors, unless this make was told how many.
SUBMAKE = $(MAKE) -s --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
.PHONY: all bench mitigations bench-linux footprint test equiv test-release test-guards test-kvm test-bochs iso run gate baseline docs chart report export test-report setup clean help
all: $(BUILD)/baton.elf $(BUILD)/baton32.elf $(USER_ELF) ## build the kernel and the ring-3 programs

bench: ## measure: BACKEND=kvm|tcg, ONLY='ipc.*', SAMPLES=n, RAW=1 PMU=1 COLD=on|off MITIGATIONS=off|all|<list>; table, record and charts
	@scripts/setup.sh build run chart >&2
	@$(SUBMAKE) all >&2
	@python3 -m scripts.verbs.bench

footprint: ## what each path through the kernel costs: instructions, loads, stores, cache lines; EXPLAIN=<path> names its lines
	@scripts/setup.sh build test
	@$(SUBMAKE) $(BUILD)/baton.elf $(FOOTPRINT) >&2
	@$(if $(EXPLAIN),$(FOOTPRINT) --image $(BUILD)/baton.elf --explain $(EXPLAIN),python3 -m scripts.verbs.footprint)

test: ## all tests; TEST=<word> only those steps whose name has it
	@scripts/setup.sh
	@$(SUBMAKE) all $(SDK_MADE) $(HOST_TESTS) $(EQUIV) $(FOOTPRINT) $(BARRIERS) $(DOUBLES)
	@$(SUBMAKE) all CHECK=1
	@python3 -m tests.run $(TEST)

iso: ## build/baton.iso: boots by GRUB, BIOS and UEFI, from a disc or a USB stick; CMDLINE='words' SCREEN=1024x768x32,text
	@scripts/setup.sh build run
	@$(SUBMAKE) all
	@scripts/mkiso.sh --cmdline "$(CMDLINE)" $(if $(SCREEN),--screen "$(SCREEN)")

run: ## boot in QEMU and show the console; CMDLINE='fastpath=off bench=ipc.*'
	@scripts/setup.sh build run
	@$(SUBMAKE) all
	@python3 -m scripts.verbs.run --cmdline "$(CMDLINE)"

.PHONY: lint
lint: ## what shellcheck, pyflakes, cppcheck and clang-format find in the source (part of make test)
	@scripts/setup.sh test
	@python3 -m tests.lint

equiv: ## the fast paths compared with their C twins from a million states, and what all ways do against the CPU; STATES=n SEED=s
	@scripts/setup.sh build test
	@$(SUBMAKE) $(BUILD)/baton.elf $(EQUIV) $(BARRIERS)
	@$(EQUIV) --image $(BUILD)/baton.elf $(if $(STATES),--states $(STATES)) $(if $(SEED),--seed $(SEED))
	@$(BARRIERS) --image $(BUILD)/baton.elf

test-kvm: ## the KVM backend under real KVM, in an emulated machine that has it (two minutes)
	@scripts/setup.sh
	@$(SUBMAKE) all
	@python3 -m tests.kvm.run

test-bochs: ## the conformance program and the suite under Bochs, which has PCID, INVPCID and stricter faults (two minutes)
	@scripts/setup.sh build run bochs
	@$(SUBMAKE) all
	@python3 -m tests.run --bochs $(TEST)

RELEASE ?= trixie
test-release: ## the README's commands in a bare RELEASE=trixie|bookworm|noble (root); VERBS='bench; lint' SHORT=1 FRESH=1 MIRROR=url
	@scripts/setup.sh release
	@python3 -m tests.release $(RELEASE) $(if $(VERBS),--run "$$VERBS") $(if $(filter 1,$(SHORT)),--short) \
		$(if $(filter 1,$(FRESH)),--fresh) $(if $(MIRROR),--mirror "$(MIRROR)")

test-guards: ## every guard of the kernel removed in turn: its test must fail (minutes); GUARDS='part of a name'
	@scripts/setup.sh build run test
	@$(SUBMAKE) all $(HOST_TESTS)
	@$(SUBMAKE) all CHECK=1
	@python3 -m tests.guards $(GUARDS)

mitigations: ## what KPTI, IBPB, VERW and the others each add to a call and its reply; BACKEND=kvm|tcg
	@scripts/setup.sh build run >&2
	@$(SUBMAKE) all >&2
	@python3 -m scripts.verbs.mitigations

gate: export BACKEND := tcg
gate: bench footprint ## measure under tcg, count the footprint, and compare both with the committed baselines
	@python3 -m scripts.verbs.gate

.PHONY: compare bisect
compare: ## what differs from BASE=<commit, tag or record>, both measured in one sitting; NEW=commit ONLY='ipc.*' BACKEND= BOOTS=n
	@scripts/setup.sh build run >&2
	@$(if $(NEW),,$(SUBMAKE) all >&2)
	@python3 -m scripts.verbs.compare

bisect: ## the commit that changed ID=<benchmark>, built and measured until found; GOOD=commit BAD=commit ALL=1 BACKEND=
	@scripts/setup.sh build run >&2
	@python3 -m scripts.verbs.bisection

.PHONY: record
record: ## the record of a run on bare metal: CAPTURE=<serial capture> or BLOCK=<typed block>, NOTE=<text>; docs/measuring.md
	@scripts/setup.sh chart >&2
	@python3 -m scripts.verbs.metal

chart: ## draw the charts again from the recorded runs
	@scripts/setup.sh chart
	@python3 -m scripts.verbs.chart

bench-linux: ## measure this machine's own Linux with the same harness: ONLY='linux.*', SAMPLES=n, RAW=1
	@scripts/setup.sh build test >&2
	@$(SUBMAKE) $(BENCH_LINUX) >&2
	@python3 -m scripts.verbs.bench_linux

report: ## results/report.html: one page with summary, charts, tables and peers of what was recorded
	@scripts/setup.sh chart
	@python3 -m scripts.verbs.report

export: ## print the last record for other tools: FORMAT=go|github|bencher|openmetrics|csv, BACKEND=
	@scripts/setup.sh build >&2
	@FORMAT='$(FORMAT)' BACKEND='$(BACKEND)' python3 -m scripts.verbs.export

test-report: ## the report in a headless browser: on a phone, in light and dark
	@scripts/setup.sh chart browser
	@python3 -m tests.scripts.run test_report

baseline: ## accept the numbers of the last make gate as what CI compares with
	@scripts/setup.sh build >&2
	@python3 -m scripts.verbs.gate --accept
	@python3 -m scripts.verbs.reference
	@python3 -m scripts.verbs.footprint --readme

docs: ## docs/reference.md, the manual, from kernel/abi/abi.def and the baseline
	@scripts/setup.sh build >&2
	@python3 -m scripts.verbs.reference

setup: ## install what is missing: compiler, assembler, QEMU, GRUB, gnuplot
	@scripts/setup.sh

.PHONY: compile_commands.json
compile_commands.json: ## how each C file is compiled, for clangd and its like
	@scripts/setup.sh build >&2
	@{ $(MAKE) -s -n -B all $(SDK_MADE) $(HOST_TESTS) $(EQUIV) $(FOOTPRINT) $(BENCH_LINUX) CC=clang; $(MAKE) -s -n -B all CHECK=1 CC=clang; } \
		| python3 -m scripts.build.compile_commands > $@.new
	@mv $@.new $@

clean: ## remove what was built; results stay
	rm -rf $(BUILD)

help: ## list the verbs
	@sed -n 's/^\([a-z][a-z_.-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | LC_ALL=C sort | expand -t 30
