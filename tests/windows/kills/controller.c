/* Linked into the driver of keyboard and mouse: its ports lead to the controller in memory (controller.h). Each change is one store, so that no
   death finds half of it. */
#include <microkit.h>
#include "controller.h"

enum { DATA = 0x60, FULL = 1, FROM_MOUSE = 0x20, HEARD = 0xfa };
enum { GET_CONFIGURATION = 0x20, PUT_CONFIGURATION = 0x60, TO_MOUSE = 0xd4, REPORT = 0xf4, DEFAULTS = 0xf6 };

volatile struct controller *controller; /* where the description maps it */

seL4_Word __wrap_baton_port_in(microkit_ioport id, seL4_Word port, seL4_Word bytes);
void __wrap_baton_port_out(microkit_ioport id, seL4_Word port, seL4_Word bytes, seL4_Word value);

/* A device that is switched off keeps what it has to say. */
static bool has_byte(void)
{
    uint32_t byte = controller->byte[controller->taken % CONTROLLER_BYTES];
    return controller->put != controller->taken &&
           (controller->off & ((byte & HERE) != 0 ? MOUSE_BIT : KEYBOARD_BIT)) == 0;
}

static seL4_Word status(void)
{
    uint32_t answer = controller->answer;
    if (answer != 0)
        return FULL | ((answer & HERE << 1) != 0 ? FROM_MOUSE : 0);
    if (!has_byte())
        return 0;
    return FULL | ((controller->byte[controller->taken % CONTROLLER_BYTES] & HERE) != 0 ? FROM_MOUSE : 0);
}

static seL4_Word data(void)
{
    uint32_t answer = controller->answer, byte = controller->byte[controller->taken % CONTROLLER_BYTES];
    if (answer != 0) {
        controller->answer = 0;
        return (uint8_t)answer;
    }
    if (!has_byte())
        return 0;
    controller->taken++;
    return (uint8_t)byte;
}

/* A byte for one of the devices. */
static void tell(uint32_t device, seL4_Word byte)
{
    if (byte == REPORT)
        controller->reports |= device;
    else if (byte == DEFAULTS)
        controller->reports &= ~device;
    controller->answer = HEARD | HERE | (device == MOUSE_BIT ? HERE << 1 : 0);
}

static void data_put(seL4_Word byte)
{
    uint32_t expects = controller->expects;
    controller->expects = 0;
    if (expects == PUT_CONFIGURATION)
        controller->configuration = (uint32_t)byte;
    else
        tell(expects == TO_MOUSE ? MOUSE_BIT : KEYBOARD_BIT, byte);
}

static void command(seL4_Word byte)
{
    controller->expects = byte == PUT_CONFIGURATION || byte == TO_MOUSE ? (uint32_t)byte : 0;
    switch (byte) {
    case GET_CONFIGURATION: controller->answer = controller->configuration | HERE; break;
    case 0xa7: controller->off |= MOUSE_BIT; break;
    case 0xa8: controller->off &= ~(uint32_t)MOUSE_BIT; break;
    case 0xad: controller->off |= KEYBOARD_BIT; break;
    case 0xae: controller->off &= ~(uint32_t)KEYBOARD_BIT; break;
    default: break;
    }
}

seL4_Word __wrap_baton_port_in(microkit_ioport id, seL4_Word port, seL4_Word bytes)
{
    (void)id;
    (void)bytes;
    return port == DATA ? data() : status();
}

void __wrap_baton_port_out(microkit_ioport id, seL4_Word port, seL4_Word bytes, seL4_Word value)
{
    (void)id;
    (void)bytes;
    if (port == DATA)
        data_put(value);
    else
        command(value);
}
