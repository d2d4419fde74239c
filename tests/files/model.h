/* What a tree of files must be, kept without any file system; and what a mounted one is. Both become a number, the same for the same tree. */
#ifndef FILES_MODEL_H
#define FILES_MODEL_H

#include "../../user/services/fat/fat.h"

enum { MODEL_FILES = 40, MODEL_BYTES = 1 << 17 };

struct model_file {
    char path[FS_PATH];
    bool folder;
    uint32_t size;
    uint8_t *bytes;
};

struct model {
    struct model_file file[MODEL_FILES];
    unsigned count;
};

/* Each does the same to both, and says what went wrong, or NULL. */
const char *both_write(struct model *m, struct fat *fs, const char *path, uint32_t offset, uint32_t length,
                       unsigned seed);
const char *both_truncate(struct model *m, struct fat *fs, const char *path, uint32_t size);
/* The step towards `whole` after which the file has `size` bytes. */
const char *part_truncate(struct model *m, struct fat *fs, const char *path, uint32_t size, uint32_t whole);
const char *both_mkdir(struct model *m, struct fat *fs, const char *path);
const char *both_remove(struct model *m, struct fat *fs, const char *path);
const char *both_rename(struct model *m, struct fat *fs, const char *from, const char *to);

uint32_t model_size(struct model *m, const char *path);
uint64_t model_number(const struct model *m);
/* status: why the tree cannot be read, or OK. */
uint64_t tree_number(struct fat *fs, enum fs_status *status);

#endif
