#include "../../user/services/fat/backend_fat.h"

#include <stdlib.h>
#include "../host/test.h"
#include "backends.h"
#include "disk.h"
#include "whole.h"

static struct disk disk;
static const char *path;
const char *const backend_aliases[] = {"HOME/Ann/LETTER TO NOBODY.TXT",
                                       "home/ann/LETTER~1.TXT",
                                       "HOME~1/ann/letter to nobody.txt",
                                       "home/ANN~1/letter to nobody.txt",
                                       "home~1/Ann~1/letter~1.txt",
                                       "home/ANNA-B~1/diary",
                                       NULL};

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
    CHECK(fat_state == FS_OK && !fat.dead && WHOLE(fat_sync(&fat)) == FS_OK);
    disk_save(&disk, path);
}
