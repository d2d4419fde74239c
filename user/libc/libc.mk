# The C library of ring 3, twice: LIBC for code without SSE, and LIBC_SSE, which also has floating point. Included by the top-level
# Makefile after RING3, UCFLAGS and RING3_MADE_WITH.
LIBC := $(RING3)/user/libc/libc.a
LIBC_SSE := $(RING3)/user/libc/libc_sse.a
LIBC_COMMON := $(wildcard user/libc/*.c)
LIBC_SETJMP := $(RING3)/user/libc/setjmp.uasm.o

$(LIBC): $(patsubst %.c,$(RING3)/%.o,$(LIBC_COMMON) $(wildcard user/libc/general/*.c)) $(LIBC_SETJMP)
$(LIBC_SSE): $(patsubst %.c,$(RING3)/sse/%.o,$(LIBC_COMMON) $(wildcard user/libc/sse/*.c)) $(LIBC_SETJMP)
$(LIBC) $(LIBC_SSE):
	@rm -f $@
	@ar rcs $@ $^

$(RING3)/sse/%.o: %.c $(RING3_MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $< (SSE)"
	@$(CC) $(filter-out -mgeneral-regs-only,$(UCFLAGS)) -c $< -o $@

# The program of tests/system/doubles_test.py, which shows that the second works. It is not a boot module like the others.
DOUBLES := $(BUILD)/tests/system/doubles.elf
$(DOUBLES): $(RING3)/sse/tests/system/doubles.o $(LIB_OBJ) $(LIBC_SSE) user/lib/user.ld
	@mkdir -p $(@D)
	@echo "  LD   $@"
	@$(LD) -nostdlib -z noexecstack -z max-page-size=4096 -T user/lib/user.ld $(filter-out %.ld,$^) -o $(@:.elf=.debug)
	@objcopy -g $(@:.elf=.debug) $@
