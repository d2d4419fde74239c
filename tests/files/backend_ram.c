#include <stdlib.h>
#include "../../user/services/ramfs/ramfs.h"
#include "../host/test.h"
#include "backends.h"

enum { BLOCKS = 256 };

const char *const backend_aliases[] = {NULL};

void backend_begin(const char *image)
{
    (void)image;
    ramfs_start(aligned_alloc(RAM_BLOCK, BLOCKS * RAM_BLOCK), BLOCKS * RAM_BLOCK);
}

/* Each block is in one place: free, or of one file. */
static unsigned used_by(const struct ram_file *f, unsigned char *seen)
{
    unsigned count = 0;
    for (unsigned i = 0; f->used && f->tables && i < RAM_POINTERS; i++) {
        uint32_t second = ram.block[f->tables][i];
        for (unsigned k = 0; second && k < RAM_POINTERS; k++)
            if (ram.block[second][k])
                count += !seen[ram.block[second][k]]++;
        count += second ? !seen[second]++ : 0;
    }
    return count + (f->used && f->tables ? !seen[f->tables]++ : 0);
}

void backend_check(void)
{
    static unsigned char seen[BLOCKS];
    unsigned count = 1; /* block 0 */
    for (unsigned i = 0; i < RAM_FILES; i++)
        count += used_by(&ram.file[i], seen);
    for (uint32_t block = ram.first_free; block; block = ram.block[block][0])
        count += !seen[block]++;
    CHECK_NUMBER("blocks that are in one place", count, BLOCKS);
    for (unsigned i = 1; i < BLOCKS; i++)
        CHECK_NUMBER("places of a block", seen[i], 1);
}
