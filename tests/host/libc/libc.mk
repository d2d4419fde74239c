# The C library of ring 3 for the host tests: one object, compiled with its own headers and under the sanitizers, in which each of
# its functions and variables has the prefix baton_. Included by host.mk.
LIBC_HOST := $(HOST_DIR)/libc/libc.o
LIBC_HOST_C := $(wildcard user/libc/*.c user/libc/sse/*.c) tests/host/libc/ours.c
LIBC_HOST_OBJ := $(LIBC_HOST_C:%.c=$(HOST_DIR)/libc/%.o) $(LIBC_SETJMP) $(BUILD)/tests/host/libc/jump.uasm.o

$(HOST_DIR)/libc/%.o: %.c $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  HOST $<"
	@$(HOST_CC) $(HOST_CFLAGS) -std=c11 -ffreestanding -Iuser/libc/include -c $< -o $@

$(LIBC_HOST): $(LIBC_HOST_OBJ)
	@$(LD) -r $^ -o $@.tmp
	@nm --defined-only --extern-only $@.tmp | awk '$$2 ~ /[TDBRVW]/ && $$3 !~ /^(ours|_*[au]san|__odr)/ {print $$3, "baton_" $$3}' > $@.names
	@objcopy --redefine-syms=$@.names $@.tmp $@

LIBC_TESTS := $(patsubst tests/host/%_test.c,%,$(wildcard tests/host/libc_*_test.c))
$(foreach t,$(LIBC_TESTS),$(eval $(t)_OBJECTS := $(LIBC_HOST)) $(eval $(t)_SOURCES := tests/host/random.c tests/host/libc/guarded.c tests/host/libc/dies.c))
HOST_OTHER_TESTS += $(LIBC_TESTS)
libc_float_FLAGS := -lm
