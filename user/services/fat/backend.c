/* FAT as one of the file systems of fs/. */
#include "../fs/backend.h"
#include "backend_fat.h"

struct fat fat;
enum fs_status fat_state = FS_IO;

enum fs_status backend_open(struct fs_path path, uint32_t flags, uint32_t *node)
{
    return fat_state != FS_OK ? fat_state : fat_open(&fat, path.bytes, path.length, flags, node);
}

void backend_close(uint32_t node)
{
    fat_close(&fat, node);
}

enum fs_status backend_read(uint32_t node, uint64_t offset, void *to, uint32_t *length)
{
    return fat_read(&fat, node, offset, to, length);
}

enum fs_status backend_write(uint32_t node, uint64_t offset, const void *from, uint32_t *length)
{
    return fat_write(&fat, node, offset, from, length);
}

enum fs_status backend_truncate(uint32_t node, uint64_t size)
{
    return fat_truncate(&fat, node, size);
}

void backend_stat(uint32_t node, struct fs_stat *stat)
{
    fat_stat(&fat, node, stat);
}

enum fs_status backend_list(uint32_t node, uint64_t *place, struct fs_entry *entry, char *name)
{
    return fat_list(&fat, node, place, entry, name);
}

enum fs_status backend_mkdir(struct fs_path path)
{
    return fat_state != FS_OK ? fat_state : fat_mkdir(&fat, path.bytes, path.length);
}

enum fs_status backend_remove(struct fs_path path)
{
    return fat_state != FS_OK ? fat_state : fat_remove(&fat, path.bytes, path.length);
}

enum fs_status backend_rename(struct fs_path from, struct fs_path to, bool replace)
{
    return fat_state != FS_OK ? fat_state
                              : fat_rename(&fat, from.bytes, from.length, to.bytes, to.length, replace);
}

enum fs_status backend_sync(void)
{
    return fat_state != FS_OK ? fat_state : fat_sync(&fat);
}

void backend_space(uint64_t *free, uint64_t *all)
{
    fat_space(&fat, free, all);
}
