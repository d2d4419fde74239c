# The systems in which the suite measures services (bench/systems): made by the SDK's tool, as everybody makes systems, by a make of their own.
# Included by the top-level Makefile behind bench/sdk/bench_sdk.mk.
BENCH_SYSTEMS := $(patsubst %,$(BUILD)/bench_%/loader.img,files net shell)
BENCH_SYSTEMS_OF := $(wildcard bench/systems/* bench/systems/*/* user/services/*.* user/services/*/* user/services/net/port/* user/systems/*.* \
	user/systems/files/* user/programs/*.* user/programs/lib/*) user/examples/example.mk

# Plain make: of the commands of another folder, `make -n` at the top tells nothing that can be run there. The network's images have a stack that is
# fetched; without it there are none, and what was there of another time goes.
$(BENCH_SYSTEMS): $(BUILD)/bench_%/loader.img: $(BENCH_SYSTEMS_OF) $(BUILD)/bench_sdk/libharness.a $(SDK)/bin/microkit $(SDK)/obj/libmicrokit.a \
		$(SDK)/obj/root.elf $(LIBC) | $(SDK_BOARD)/benchmark/made
	@echo "  SDK  $(@D)"
	@if [ $* = net ] && ! python3 -m scripts.build.lwip > /dev/null; then rm -f $(@D)/*.img; \
		echo "there is no lwIP: what the network costs is not measured" >&2; else \
		env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C bench/systems SYSTEM=$* BUILD=$(abspath $(@D)) MICROKIT_SDK=$(abspath $(SDK)) \
			HARNESS=$(abspath $(BUILD)/bench_sdk/libharness.a) CC=$(CC) $(if $(FATAL),WERROR=1) && touch $@; fi
