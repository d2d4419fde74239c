/* In pci's place, and the display itself: registers that are memory, and say what the driver looks for. */
#include <microkit.h>
#include "pci/protocol.h"

enum { ID_AT = 0x500, ID = 0xb0c5 };

volatile uint8_t *registers; /* where the description maps them */

void init(void)
{
    *(volatile uint16_t *)(volatile void *)(registers + ID_AT) = ID;
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    return microkit_msginfo_new(microkit_msginfo_get_label(msginfo) == PCI_START ? PCI_OK : PCI_REFUSED, 0);
}
