/* Asks services for what makes no sense, or is not there, and more often than is kept of it; what they are refused, the shell tells. */
#include "fs/client.h"
#include "keeper/protocol.h"
#include "pci/protocol.h"
#include "timer/protocol.h"

enum { TIMER = 0, KEEPER = 1, PCI = 2, FILES = 3, INPUT = 1 /* the slot where it is notified */, MANY = 1000 };

void *rings, *data; /* where the description maps them */
static struct fs_client client;

static void signal(void)
{
    microkit_notify(FILES);
}

static void wait(void)
{
    seL4_Word badge;
    seL4_Wait(INPUT, &badge);
}

static void call(microkit_channel service, seL4_Word label, seL4_Word word)
{
    microkit_mr_set(0, word);
    (void)microkit_ppcall(service, microkit_msginfo_new(label, service == PCI ? 2 : 1)); /* as many as it has */
}

static void file(unsigned op, uint64_t fid)
{
    struct ring_entry request = {.op = (uint16_t)op, .a = fid, .length = 1}, answer;
    fs_ask(&client, &request, &answer);
}

void init(void)
{
    fs_connect(&client, rings, data, signal, wait);
    file(FS_READ, FS_FIDS + 1);
    file(FS_OPS, 0);
    call(KEEPER, KEEPER_KILL, 40);
    call(KEEPER, KEEPER_KILL, 40);
    call(KEEPER, KEEPER_FIND, 0);
    call(PCI, PCI_START, 0);
    call(PCI, PCI_KILL, 0);
    for (seL4_Word label = 0; label < MANY; label++)
        call(TIMER, TIMER_CANCEL + 1 + label, 0);
    microkit_dbg_puts("\nthe liar has lied\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
