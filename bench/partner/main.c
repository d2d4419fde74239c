/* partner.elf: the other side of a measurement in an address space of its own. */
#include "service/service.h"

int main(const struct bootinfo *bi)
{
    service_run(bi->argument);
    return 1;
}
