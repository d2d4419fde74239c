#include "../../user/services/fat/backend_fat.h"

#include <stdlib.h>
#include "../host/test.h"
#include "backends.h"
#include "disk.h"

static struct disk disk;
static const char *path;

void backend_begin(const char *image)
{
    path = image;
    disk_load(&disk, image);
    struct fat_disk functions = disk_functions(&disk);
    fat_state = fat_mount(&fat, &functions);
}

/* fsck.fat looks at it afterwards. */
void backend_check(void)
{
    CHECK(fat_state == FS_OK && !fat.dead && fat_sync(&fat) == FS_OK);
    disk_save(&disk, path);
}
