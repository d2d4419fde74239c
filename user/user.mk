# What runs in ring 3: the library, and the programs of user/, bench/ and tests/. Included by the top-level Makefile after BUILD, RING3,
# CC, WARN, FREESTANDING, RING3_MADE_WITH and ASSEMBLE.

# A folder of user/ is a program of that name, but for the libraries, programs/ with those of proc, and the SDK and what is built with it.
USER_PROGRAMS := $(filter-out lib libc programs sdk examples services systems,$(patsubst user/%/,%,$(wildcard user/*/)))
PROGRAMS := bench partner conform fuzz $(USER_PROGRAMS)

UCFLAGS := $(FREESTANDING) $(WARN) -static -Ikernel/abi -Iuser/lib -Iuser/libc/include
LIB_OBJ := $(patsubst %,$(RING3)/%.o,$(basename $(wildcard user/lib/*.c))) $(RING3)/user/lib/start.uasm.o
$(foreach p,$(USER_PROGRAMS),$(eval $(p)_OBJ := $(patsubst %.c,$(RING3)/%.o,$(wildcard user/$(p)/*.c))))
bench_OBJ := $(patsubst %.c,$(RING3)/%.o,$(filter-out bench/plain.c,$(wildcard bench/*.c bench/service/*.c)))
partner_OBJ := $(patsubst %.c,$(RING3)/%.o,$(wildcard bench/partner/*.c bench/service/*.c))
conform_OBJ := $(patsubst %.c,$(RING3)/%.o,$(wildcard tests/conform/*/*.c))
fuzz_OBJ := $(patsubst %.c,$(RING3)/%.o,$(wildcard tests/fuzz/*.c)) $(RING3)/tests/fuzz/agent.uasm.o
USER_ELF := $(PROGRAMS:%=$(BUILD)/user/%.elf)

$(RING3)/user/%.o: user/%.c $(RING3_MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(UCFLAGS) -c $< -o $@

$(RING3)/bench/%.o: bench/%.c $(RING3_MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(UCFLAGS) -Ibench -c $< -o $@

$(RING3)/tests/conform/%.o: tests/conform/%.c $(RING3_MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(UCFLAGS) -Itests/conform -c $< -o $@

$(RING3)/tests/fuzz/%.o: tests/fuzz/%.c $(RING3_MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(UCFLAGS) -c $< -o $@

$(RING3)/%.uasm.o: %.asm $(RING3_MADE_WITH)
	$(call ASSEMBLE)

include user/libc/libc.mk

define PROGRAM
$(RING3)/user/$(1).debug: $$($(1)_OBJ) $$(LIB_OBJ) $$(LIBC) user/lib/user.ld
	@echo "  LD   $$@"
	@$$(LD) -nostdlib -z noexecstack -z max-page-size=4096 -T user/lib/user.ld $$($(1)_OBJ) $$(LIB_OBJ) $$(LIBC) -o $$@
# What boots has no debug information: each page of a module is a capability that the checking build walks over.
$(BUILD)/user/$(1).elf: $(RING3)/user/$(1).debug
	@mkdir -p $$(@D)
	@objcopy -g $$< $$@
endef
$(foreach p,$(PROGRAMS),$(eval $(call PROGRAM,$(p))))
