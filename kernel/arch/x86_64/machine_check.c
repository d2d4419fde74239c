/* Machine checks (SDM vol. 3, chapter 16): the CPU's report of an error of its own or of memory. One ends the
   machine in a panic that can be read; with CR4.MCE off it would be a reset without a word. What is reported is
   as the firmware has set it: not every CPU that claims the banks has them (Bochs), so they are read only when
   there was a machine check. */
#include "arch/x86_64/cpu.h"
#include "debug/debug.h"

enum { CPUID_MCE = 1 << 7, CPUID_MCA = 1 << 14, CR4_MCE = 1 << 6, MSR_MCG_CAP = 0x179 };
enum { MSR_MCG_STATUS = 0x17a, MSR_MC0_STATUS = 0x401, MSR_MC0_ADDRESS = 0x402, MSRS_OF_BANK = 4 };
enum { BANKS = 0xff };

#define STATUS_VALID (1ull << 63)
#define STATUS_HAS_ADDRESS (1ull << 58)

static uint32_t features(void)
{
    uint32_t r[4];
    cpuid(1, 0, r);
    return r[3];
}

void machine_check_init(void)
{
    if (features() & CPUID_MCE)
        write_cr4(read_cr4() | CR4_MCE);
}

void machine_check_print(void)
{
    if (!(features() & CPUID_MCA))
        return;
    kprintf("machine check status %lx\n", rdmsr(MSR_MCG_STATUS));
    unsigned banks = rdmsr(MSR_MCG_CAP) & BANKS;
    for (unsigned i = 0; i < banks * MSRS_OF_BANK; i += MSRS_OF_BANK) {
        uint64_t status = rdmsr(MSR_MC0_STATUS + i);
        uint64_t address = status & STATUS_HAS_ADDRESS ? rdmsr(MSR_MC0_ADDRESS + i) : 0;
        if (status & STATUS_VALID)
            kprintf("bank %u: status %lx, address %lx\n", i / MSRS_OF_BANK, status, address);
    }
}
