/* Linked into a component, it makes it die at every LIFE-th notification, by a fault. */
#include <microkit.h>
#include <string.h>

void __wrap_notified(microkit_channel ch);
void __real_notified(microkit_channel ch);

void __wrap_notified(microkit_channel ch)
{
    static unsigned notified_before;
    if (strcmp(microkit_name, WHO) == 0 && ++notified_before == LIFE)
        *(volatile int *)8 = 0; /* NOLINT: nothing is mapped there */
    __real_notified(ch);
}
