# The SDK: what a component outside of this tree is built with, in build/sdk. Makefiles of components look for
# board/<board>/<config>/{include,lib,elf} and bin/microkit there.
SDK := $(BUILD)/sdk
SDK_BOARD := $(SDK)/board/x86_64_generic
SDK_CONFIGS := debug release benchmark
SDK_HEADERS := $(wildcard user/sdk/include/*.h user/sdk/include/*/*.h user/sdk/include/*/*/*.h)
SDK_CFLAGS := $(FREESTANDING) $(WARN) -static -Ikernel/abi -Iuser/lib -Iuser/libc/include -Iuser/sdk/include -I$(SDK)/include

# Numbers of system calls, types and rights under names that no component has of its own.
$(SDK)/include/baton/calls.h: kernel/abi/abi.def $(MADE_WITH)
	@mkdir -p $(@D)
	@sed -n -e 's/^SYSCALL(\(0x[0-9a-f]*\), \([A-Z_]*\),.*/#define BATON_SYS_\2 \1/p' \
		-e 's/^\(TYPE\|RIGHT\)(\([0-9a-fx]*\), \([A-Z_]*\),.*/#define BATON_\1_\3 \2/p' $< > $@

# The ring by which components move data is that of the services.
$(SDK)/include/baton/ring.h: user/services/ring/ring.h $(SDK)/include/baton/calls.h
	@cp $< $@

# What the kernel records, and how its calls and errors are called.
$(SDK)/include/baton/trace.h: kernel/abi/trace.h
	@mkdir -p $(@D)
	@cp $< $@
$(SDK)/include/baton/words.def: kernel/abi/abi.def
	@mkdir -p $(@D)
	@sed -n -e 's/^SYSCALL(\(0x[0-9a-f]*\), \([A-Z_]*\),.*/CALL(\1, \2)/p' -e 's/^ERROR(-\([0-9]*\), \([A-Z_]*\),.*/ERROR(\1, \2)/p' $< > $@

SDK_LIB_OBJ := $(patsubst user/sdk/lib/%.c,$(SDK)/obj/%.o,$(wildcard user/sdk/lib/*.c)) \
	$(patsubst user/sdk/lib/%.asm,$(SDK)/obj/%.asm.o,$(wildcard user/sdk/lib/*.asm))

$(SDK)/obj/%.o: user/sdk/lib/%.c $(SDK)/include/baton/calls.h $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(SDK_CFLAGS) -c $< -o $@

$(SDK)/obj/%.asm.o: user/sdk/lib/%.asm user/sdk/lib/words.inc kernel/abi/abi.def kernel/abi/abi.inc $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  NASM $<"
	@$(NASM) $(NASMFLAGS) -I user/sdk/lib/ $< -o $@

$(SDK)/obj/libmicrokit.a: $(SDK_LIB_OBJ)
	@rm -f $@
	@ar rcs $@ $^

# The system root task, with what it needs of libbaton and no more.
SDK_ROOT_OBJ := $(patsubst user/sdk/root/%.c,$(SDK)/obj/root/%.o,$(wildcard user/sdk/root/*.c))
$(SDK)/obj/root/%.o: user/sdk/root/%.c $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(SDK_CFLAGS) -c $< -o $@

$(SDK)/obj/libbaton.a: $(LIB_OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(SDK)/obj/root.elf: $(SDK_ROOT_OBJ) $(SDK)/obj/libbaton.a $(LIBC) user/lib/user.ld
	@echo "  LD   $@"
	@$(LD) -nostdlib -z noexecstack -z max-page-size=4096 -T user/lib/user.ld $(SDK_ROOT_OBJ) $(BUILD)/user/lib/start.uasm.o \
		$(SDK)/obj/libbaton.a $(LIBC) -o $@.debug
	@objcopy -g $@.debug $@

# One folder for each configuration. Only gen_config.h differs: a debug build can print. Other people's Makefiles boot the kernels by
# the names that they know.
define SDK_CONFIG
$(SDK_BOARD)/$(1)/made: $(SDK_HEADERS) $(SDK)/include/baton/calls.h $(SDK)/include/baton/ring.h $(SDK)/include/baton/trace.h \
		$(SDK)/include/baton/words.def $(SDK)/obj/libmicrokit.a $(SDK)/obj/root.elf \
		$(LIBC) $(LIBC_SSE) $(wildcard user/libc/include/*.h) $(BUILD)/baton.elf $(BUILD)/baton32.elf user/sdk/lib/microkit.ld
	@rm -rf $$(@D)
	@mkdir -p $$(@D)/include $$(@D)/lib $$(@D)/elf
	@cp -R user/sdk/include/. $(SDK)/include/. $$(@D)/include
	@cp -R user/libc/include $$(@D)/include/libc
	@$(if $(filter release,$(1)),,printf '#define CONFIG_PRINTING 1\n#define CONFIG_DEBUG_BUILD 1\n' >> $$(@D)/include/kernel/gen_config.h)
	@cp $(SDK)/obj/libmicrokit.a user/sdk/lib/microkit.ld $(LIBC) $(LIBC_SSE) $$(@D)/lib
	@cp $(SDK)/obj/root.elf $(BUILD)/baton.elf $(BUILD)/baton32.elf $$(@D)/elf
	@cp $(BUILD)/baton.elf $$(@D)/elf/sel4.elf && cp $(BUILD)/baton32.elf $$(@D)/elf/sel4_32.elf
	@touch $$@
endef
$(foreach c,$(SDK_CONFIGS),$(eval $(call SDK_CONFIG,$(c))))

$(SDK)/bin/microkit: $(wildcard user/sdk/bin/* user/sdk/tool/*.py) $(SDK_HEADERS) kernel/abi/abi.def
	@rm -rf $(SDK)/bin $(SDK)/tool
	@mkdir -p $(SDK)/bin $(SDK)/tool $(SDK)/include/baton
	@cp user/sdk/tool/*.py $(SDK)/tool
	@cp kernel/abi/abi.def user/sdk/include/baton/image.h $(SDK)/include/baton
	@cp user/sdk/include/microkit.h $(SDK)/include
	@cp user/sdk/bin/microkit user/sdk/bin/microkit.gdb.py $(SDK)/bin

SDK_MADE := $(SDK)/bin/microkit $(SDK_CONFIGS:%=$(SDK_BOARD)/%/made)

.PHONY: sdk
sdk: ## what systems of components are built with: build/sdk (user/sdk/README.md)
	@scripts/setup.sh build run
	+@$(SUBMAKE) $(SDK_MADE)
