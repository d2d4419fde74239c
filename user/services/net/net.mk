# lwIP, fetched and never committed (scripts/build/lwip.py says where from); and the stack, which is compiled with its headers.
LWIP := $(shell cd $(SERVICES)/../.. && python3 -m scripts.build.lwip)
$(if $(LWIP),,$(error there is no lwIP to make the network of))
LWIP_C := $(wildcard $(LWIP)/core/*.c $(LWIP)/core/ipv4/*.c) $(LWIP)/netif/ethernet.c
LWIP_O := $(LWIP_C:$(LWIP)/%.c=$(BUILD)/lwip/%.o)
$(BUILD)/net.o $(BUILD)/parts/net/%.o $(LWIP_O): CFLAGS += -I$(LWIP)/include -I$(SERVICES)/net/port -I$(SERVICES)/net

$(LWIP_O): $(BUILD)/lwip/%.o: $(LWIP)/%.c $(wildcard $(SERVICES)/net/port/*.h $(SERVICES)/net/port/*/*.h)
	@mkdir -p $(@D)
	$(CC) $(filter-out -Werror,$(CFLAGS)) -c $< -o $@

$(BUILD)/net.elf: OTHERS := $(LWIP_O)
$(BUILD)/net.elf: $(LWIP_O)
