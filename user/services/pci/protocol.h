/* PCI devices, for their drivers: by protected calls. Which device a channel speaks of is fixed by the table in server.c; a driver cannot name
   another. The label of a call is one of these, and with fewer words than it has here it is refused; the answer's label is 0, or 1: it was refused.
   Each may be asked again when pci died. */
#ifndef SERVICES_PCI_PROTOCOL_H
#define SERVICES_PCI_PROTOCOL_H

enum pci_op {
    PCI_IDENTIFY =
        1, /* answer: word 0 vendor | device << 16, 1 class << 8 | revision, 2 bus << 8 | device << 3 | function */
    PCI_CONFIG =
        2, /* word 0: offset in configuration space, a multiple of 4 below 256. Answer: word 0 what is there */
    PCI_START =
        3, /* words 0 and 1: address and data of a message that interrupts (setvar_msi_address, setvar_msi_data). The device's
                         registers are where the description says from now on, its first MSI-X entry interrupts, and it may master the bus */
    PCI_STOP = 4, /* no memory, no interrupts, no bus mastering; also what happens when the driver faults */
    PCI_KILL =
        5 /* of channel PCI_WHO_KILLS only; word 0: a child, which ends as if it had faulted. Not to be repeated: when pci dies, it may have been done */
};

enum { PCI_OK = 0, PCI_REFUSED = 1 };
enum { PCI_WHO_KILLS = 61 /* its drivers, by the description: a channel of no device */ };

#endif
