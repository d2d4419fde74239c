# Host unit tests, under AddressSanitizer and UndefinedBehaviorSanitizer. Included by the top-level Makefile after
# BUILD, CC, WARN and KERNEL_INC; HOST_TESTS lists the programs, all of which tests/run.py runs.
# `make HOST_CC=clang HOST_DIR=build/host-clang host-tests` builds the same with another compiler.
HOST_CC := $(CC)
HOST_DIR := $(BUILD)/host
# Renamed: functions of the kernel that the C library has, too, and that the sanitizers call.
HOST_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-strict-aliasing -MMD -MP $(WARN) \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-Dsched_yield=baton_sched_yield -Dbacktrace=baton_backtrace -DOBJECT_BASE=0ull

# What the tests of the kernel link: all of it that runs on a host, and a machine in place of kernel/arch. A library,
# so that the test of the kernel's own panic() can bring that along. -iquote and not -I: the kernel has an elf.h and a
# syscall.h of its own, which are not <elf.h> and <syscall.h>.
HOST_KERNEL_INC := $(KERNEL_INC:-I%=-iquote%)
HOST_KERNEL_C := $(wildcard $(addsuffix /*.c,kernel/object kernel/ipc kernel/thread)) kernel/entry/syscall.c \
	kernel/boot/elf.c kernel/boot/multiboot.c kernel/boot/regions.c kernel/arch/x86_64/acpi.c kernel/arch/x86_64/flaw.c \
	kernel/debug/print.c kernel/debug/trace.c kernel/check/dump.c kernel/check/queues.c
HOST_OBJ := $(patsubst %.c,$(HOST_DIR)/%.o,$(HOST_KERNEL_C) $(filter-out %_test.c,$(wildcard tests/host/*.c)))

# The others name what they test: sources, what the test includes itself, and what to tell the compiler.
stats_SOURCES := tests/host/random.c bench/stats.c
stats_FLAGS := -Ibench
# Its memory lies where AddressSanitizer has its own.
evict_SOURCES := bench/evict.c bench/cache.c bench/stats.c
evict_FLAGS := -Ibench -Ikernel/abi -Iuser/lib -include tests/host/evict_shim.h -fno-sanitize=all -fno-pie -no-pie
cache_SOURCES := bench/cache.c
cache_FLAGS := -Ibench
elf_SOURCES := tests/host/random.c user/lib/elf_image.c
elf_FLAGS := -Ikernel/abi -Iuser/lib
lib_SOURCES := user/lib/cmdline.c user/lib/names.c user/lib/ticks.c
lib_FLAGS := -Ikernel/abi -Iuser/lib
sieve_SOURCES := bench/sieve.c bench/stats.c
sieve_FLAGS := -Ibench -Ikernel/abi
harness_SOURCES := bench/harness.c bench/stats.c
harness_FLAGS := -Ibench -Ikernel/abi -Iuser/lib -include tests/host/harness_shim.h
screen_SOURCES := tests/host/random.c user/lib/font.c user/lib/screen_mode.c user/lib/screen.c
screen_FLAGS := -Ikernel/abi -Iuser/lib
abi_FLAGS := -Ikernel/abi
ioapic_SOURCES := kernel/arch/x86_64/ioapic.c
ioapic_FLAGS := $(HOST_KERNEL_INC)
# Another sanitizer, which looks at threads.
ring_SOURCES := tests/host/random.c user/services/ring/ring.h
ring_FLAGS := -Iuser/services
ring_order_SOURCES := user/services/ring/ring.h
ring_order_FLAGS := -Iuser/services
session_SOURCES := tests/host/random.c user/services/ring/client.c user/services/ring/session.h user/services/ring/ring.h
session_FLAGS := -Iuser/services -Itests/host/sdk
VIRTIO_FLAGS := -Iuser/services -Itests/host/sdk
virtio_blk_SOURCES := tests/host/random.c user/services/virtio/virtio.c
virtio_blk_INCLUDED := user/services/virtio_blk/server.c user/services/virtio/virtio.h user/services/ring/ring.h
virtio_blk_FLAGS := $(VIRTIO_FLAGS)
virtio_net_SOURCES := tests/host/random.c user/services/virtio/virtio.c
virtio_net_INCLUDED := user/services/virtio_net/server.c user/services/virtio/virtio.h user/services/net/frames.h
virtio_net_FLAGS := $(VIRTIO_FLAGS)
proc_image_SOURCES := tests/host/random.c user/services/proc/image.c user/lib/elf_image.c
proc_image_FLAGS := -Ikernel/abi -Iuser/lib -Iuser/services
blk_client_SOURCES := user/services/blk/client.c user/services/blk/client.h user/services/ring/ring.h
blk_client_FLAGS := -Iuser/services
fs_client_SOURCES := user/services/fs/client.c user/services/fs/client.h user/services/ring/ring.h
fs_client_FLAGS := -Iuser/services
ring_stress_SOURCES := user/services/ring/ring.h
ring_stress_FLAGS := -Iuser/services -fno-sanitize=all -fsanitize=thread -Usched_yield
draw_SOURCES := tests/host/random.c user/services/draw/draw.c user/services/draw/draw.h
draw_FLAGS := -Iuser/services -lm
input_SOURCES := tests/host/random.c user/services/input/decode.c
input_FLAGS := -Iuser/services
wm_SOURCES := tests/host/random.c user/services/draw/draw.c $(addprefix user/services/wm/,surface.c window.c paint.c pointer.c keys.c)
wm_FLAGS := -Iuser/services -Itests/host/sdk
grid_SOURCES := tests/host/random.c user/services/terminal/grid.c user/services/terminal/grid.h
grid_FLAGS := -Iuser/services
users_SOURCES := tests/host/random.c user/services/users/users.c user/services/users/sha256.c user/services/users/users.h
users_FLAGS := -Iuser/services -Iuser/services/users
login_INCLUDED := user/services/shell/login.c
login_SOURCES := user/services/denied/denied.c user/services/timer/client.c user/services/users/users.c user/services/users/sha256.c
login_FLAGS := -Iuser/services -Iuser/services/users -Itests/host/sdk
# With a file server, and a file system in memory.
proc_SOURCES := $(addprefix user/services/proc/,server.c lives.c files.c calls.c copies.c denied.c window.c sockets.c socket_calls.c) user/services/wm/client.c user/services/net/client.c user/services/ring/client.c user/services/draw/draw.c $(addprefix user/services/fs/,serve.c session.c path.c owner.c places.c client.c) \
	$(addprefix user/services/ramfs/,ramfs.c blocks.c) user/services/denied/denied.c tests/host/proc/memory.c
proc_INCLUDED := tests/host/proc/served.h
proc_FLAGS := -Iuser/services -Itests/host/sdk -Iuser/sdk/include -include tests/host/proc_shim.h
proc_again_SOURCES := $(proc_SOURCES)
proc_again_INCLUDED := $(proc_INCLUDED)
proc_again_FLAGS := $(proc_FLAGS)
proc_window_SOURCES := tests/host/random.c $(proc_SOURCES)
proc_window_INCLUDED := $(proc_INCLUDED)
proc_window_FLAGS := $(proc_FLAGS)
proc_socket_SOURCES := tests/host/random.c $(proc_SOURCES)
proc_socket_INCLUDED := $(proc_INCLUDED) tests/host/proc/network.h
proc_socket_FLAGS := $(proc_FLAGS)
proc_wait_SOURCES := $(proc_SOURCES)
proc_wait_INCLUDED := $(proc_INCLUDED)
proc_wait_FLAGS := $(proc_FLAGS)
denied_SOURCES := user/services/denied/denied.c
denied_FLAGS := -Iuser/services
programs_INCLUDED := user/services/shell/programs.c
programs_FLAGS := -Iuser/services -Itests/host/sdk
say_INCLUDED := user/services/shell/say.c
say_FLAGS := -Iuser/services -Itests/host/sdk
pci_INCLUDED := $(wildcard user/services/pci/*.[ch])
pci_SOURCES := tests/host/random.c user/services/denied/denied.c
pci_FLAGS := -Iuser/services -Iuser/services/pci -Itests/host/sdk
wm_liar_INCLUDED := user/services/wm/server.c $(wildcard user/services/wm/*.h user/services/ring/*.h)
wm_liar_SOURCES := tests/host/random.c user/services/denied/denied.c user/services/draw/draw.c user/services/screen/client.c $(addprefix user/services/wm/,surface.c window.c pointer.c keys.c)
wm_liar_FLAGS := $(wm_FLAGS)
input_driver_INCLUDED := user/services/input/server.c $(wildcard user/services/input/*.h user/services/ring/*.h)
input_driver_SOURCES := tests/host/random.c user/services/input/decode.c
input_driver_FLAGS := -Iuser/services -Itests/host/sdk
shell_liar_INCLUDED := user/services/shell/server.c $(wildcard user/services/shell/*.h user/services/ring/*.h)
shell_liar_SOURCES := tests/host/random.c user/services/shell/terminal.c
shell_liar_FLAGS := -Iuser/services -Iuser/services/shell -Itests/host/sdk -include tests/host/wait_shim.h
shell_trace_INCLUDED := user/services/shell/trace.c $(wildcard tests/host/sdk/baton/*)
shell_trace_FLAGS := -Iuser/services -Itests/host/sdk
log_liar_INCLUDED := user/services/log/server.c $(wildcard user/services/log/*.h user/services/ring/*.h)
log_liar_SOURCES := tests/host/random.c
log_liar_FLAGS := -Iuser/services -Itests/host/sdk
# Servers of the network, with one that is made up.
NET_CLIENT := tests/host/random.c user/services/net/client.c user/services/ring/client.c
web_INCLUDED := user/systems/web.c user/systems/web.h user/services/net/again.h
web_SOURCES := $(NET_CLIENT) user/services/fs/client.c
web_FLAGS := -Iuser/services -Iuser/systems -Itests/host/sdk
echo_INCLUDED := user/systems/echo.c user/services/net/again.h
echo_SOURCES := $(NET_CLIENT)
echo_FLAGS := -Iuser/services -Iuser/systems -Itests/host/sdk
HOST_OTHER_TESTS := shell_trace log_liar shell_liar input_driver wm_liar pci web echo abi ioapic stats cache evict sieve harness elf lib screen ring ring_order ring_stress session virtio_blk virtio_net blk_client fs_client proc proc_again proc_wait proc_window proc_socket proc_image denied programs say draw input wm grid users login
include tests/host/libc/libc.mk
memory_KERNEL := kernel/boot/memory.c
odd_loader_KERNEL := kernel/boot/memory.c
check_KERNEL := $(addprefix kernel/check/,invariants.c pairs.c places.c seen.c objects.c)
debug_KERNEL := kernel/check/panic.c kernel/check/symbol.c

HOST_ALL_TESTS := $(patsubst tests/host/%_test.c,%,$(wildcard tests/host/*_test.c))
HOST_KERNEL_TESTS := $(filter-out $(HOST_OTHER_TESTS),$(HOST_ALL_TESTS))
HOST_TESTS := $(HOST_ALL_TESTS:%=$(HOST_DIR)/%_test)

define HOST_COMPILE
$(HOST_DIR)/$(1)/%.o: $(1)/%.c $$(MADE_WITH) $$(HANDLERS)
	@mkdir -p $$(@D)
	@echo "  HOST $$<"
	@$(HOST_CC) $(HOST_CFLAGS) $(HOST_KERNEL_INC) -c $$< -o $$@
endef
$(foreach d,kernel tests/host,$(eval $(call HOST_COMPILE,$(d))))

$(HOST_DIR)/kernel.a: $(HOST_OBJ)
	@rm -f $@
	@ar rcs $@ $^

define HOST_KERNEL_TEST
$(HOST_DIR)/$(1)_test: $(HOST_DIR)/tests/host/$(1)_test.o $($(1)_KERNEL:%.c=$(HOST_DIR)/%.o) $(HOST_DIR)/kernel.a
	@$(HOST_CC) $(HOST_CFLAGS) $$^ -o $$@
endef
$(foreach t,$(HOST_KERNEL_TESTS),$(eval $(call HOST_KERNEL_TEST,$(t))))

define HOST_OTHER_TEST
$(HOST_DIR)/$(1)_test: tests/host/$(1)_test.c $($(1)_SOURCES) $($(1)_OBJECTS) $($(1)_INCLUDED) $(wildcard tests/host/*.h tests/host/libc/*.h kernel/abi/*) $(MADE_WITH)
	@mkdir -p $$(@D)
	@echo "  HOST $$<"
	@$(HOST_CC) $(filter-out -MMD -MP $(WARN),$(HOST_CFLAGS)) -Wall -Wextra $(FATAL) $($(1)_FLAGS) \
		$$(filter-out $($(1)_INCLUDED),$$(filter %.c %.o,$$^)) -o $$@
endef
$(foreach t,$(HOST_OTHER_TESTS),$(eval $(call HOST_OTHER_TEST,$(t))))

.PHONY: host-tests
host-tests: ## build the host unit tests; HOST_CC=clang HOST_DIR=<directory> by another compiler
	@scripts/setup.sh build test >&2
	+@$(SUBMAKE) $(HOST_TESTS)
