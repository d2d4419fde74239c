/* Names and contents. */
#include <string.h>
#include "ramfs.h"

static uint32_t find(uint32_t folder, const char *name, uint32_t length)
{
    for (uint32_t i = 1; i < RAM_FILES; i++) {
        const struct ram_file *f = &ram.file[i];
        if (f->used && f->parent == folder && f->name_length == length && memcmp(f->name, name, length) == 0)
            return i;
    }
    return 0;
}

/* The folder of the path's last component, which *name gets; of the root *name is empty. */
static enum fs_status walk(struct fs_path path, uint32_t *folder, struct fs_path *name)
{
    *folder = 0;
    *name = path;
    for (const char *slash; (slash = memchr(name->bytes, '/', name->length)) != NULL;) {
        uint32_t length = (uint32_t)(slash - name->bytes);
        *folder = find(*folder, name->bytes, length);
        if (*folder == 0)
            return FS_NOT_FOUND;
        if (!ram.file[*folder].folder)
            return FS_NO_FOLDER;
        *name = (struct fs_path){slash + 1, name->length - length - 1};
    }
    return FS_OK;
}

static enum fs_status make(uint32_t folder, struct fs_path name, bool is_folder, uint32_t *node)
{
    for (*node = 1; *node < RAM_FILES && ram.file[*node].used;)
        ++*node;
    if (*node == RAM_FILES)
        return FS_NO_SPACE;
    struct ram_file *f = &ram.file[*node];
    *f = (struct ram_file){
        .used = true, .folder = is_folder, .parent = folder, .name_length = (uint8_t)name.length};
    memcpy(f->name, name.bytes, name.length);
    return FS_OK;
}

/* What a path leads to; NOT_FOUND leaves folder and name of what could be made. */
static enum fs_status look(struct fs_path path, uint32_t *folder, struct fs_path *name, uint32_t *node)
{
    enum fs_status status = walk(path, folder, name);
    if (status != FS_OK)
        return status;
    *node = name->length == 0 ? 0 : find(*folder, name->bytes, name->length);
    return *node == 0 && name->length != 0 ? FS_NOT_FOUND : FS_OK;
}

enum fs_status backend_open(struct fs_path path, uint32_t flags, uint32_t *node)
{
    uint32_t folder;
    struct fs_path name = {NULL, 0};
    enum fs_status status = look(path, &folder, &name, node);
    if (status == FS_OK && (flags & FS_EXCLUSIVE) != 0)
        return FS_EXISTS;
    bool last = status == FS_NOT_FOUND && name.length != 0 && memchr(name.bytes, '/', name.length) == NULL;
    if (last && (flags & FS_CREATE) != 0)
        status = make(folder, name, false, node);
    if (status != FS_OK)
        return status;
    if ((flags & FS_WRITABLE) != 0 && ram.file[*node].folder)
        return FS_IS_FOLDER;
    ram.file[*node].references++;
    return FS_OK;
}

void backend_close(uint32_t node)
{
    ram.file[node].references--;
}

/* One block's part of a stretch; returns its bytes. */
static uint32_t part_of(uint64_t offset, uint32_t left, uint32_t *skip)
{
    *skip = (uint32_t)(offset % RAM_BLOCK);
    return left < RAM_BLOCK - *skip ? left : RAM_BLOCK - *skip;
}

enum fs_status backend_read(uint32_t node, uint64_t offset, void *to, uint32_t *length)
{
    struct ram_file *f = &ram.file[node];
    uint32_t wanted = *length, skip;
    *length = 0;
    if (f->folder)
        return FS_IS_FOLDER;
    if (offset >= f->size)
        return FS_OK;
    wanted = wanted < f->size - offset ? wanted : (uint32_t)(f->size - offset);
    for (uint32_t part; *length < wanted; *length += part) {
        part = part_of(offset + *length, wanted - *length, &skip);
        uint32_t block = ram_block_of(f, (offset + *length) / RAM_BLOCK, false);
        if (block != 0)
            memcpy((char *)to + *length, (char *)ram.block[block] + skip, part);
        else
            memset((char *)to + *length, 0, part);
    }
    return FS_OK;
}

enum fs_status backend_write(uint32_t node, uint64_t offset, const void *from, uint32_t *length)
{
    struct ram_file *f = &ram.file[node];
    uint32_t wanted = *length, skip;
    *length = 0;
    if (f->folder)
        return FS_IS_FOLDER;
    if (offset > UINT32_MAX || wanted > UINT32_MAX - offset)
        return FS_TOO_BIG;
    for (uint32_t part; *length < wanted; *length += part) {
        part = part_of(offset + *length, wanted - *length, &skip);
        uint32_t block = ram_block_of(f, (offset + *length) / RAM_BLOCK, true);
        if (block == 0)
            return FS_NO_SPACE;
        memcpy((char *)ram.block[block] + skip, (const char *)from + *length, part);
        f->size = offset + *length + part > f->size ? offset + *length + part : f->size;
    }
    return FS_OK;
}

enum fs_status backend_truncate(uint32_t node, uint64_t size)
{
    struct ram_file *f = &ram.file[node];
    uint32_t skip = (uint32_t)(size % RAM_BLOCK);
    if (f->folder)
        return FS_IS_FOLDER;
    if (size > UINT32_MAX)
        return FS_TOO_BIG;
    if (size < f->size) {
        ram_cut(f, (size + RAM_BLOCK - 1) / RAM_BLOCK);
        uint32_t block = skip ? ram_block_of(f, size / RAM_BLOCK, false) : 0;
        if (block != 0)
            memset((char *)ram.block[block] + skip, 0, RAM_BLOCK - skip);
    }
    f->size = size;
    return FS_OK;
}

void backend_stat(uint32_t node, struct fs_stat *stat)
{
    const struct ram_file *f = &ram.file[node];
    *stat = (struct fs_stat){.size = f->size, .id = node, .flags = f->folder ? FS_FOLDER : FS_WRITABLE};
}

enum fs_status backend_list(uint32_t node, uint64_t *place, struct fs_entry *entry, char *name)
{
    if (!ram.file[node].folder)
        return FS_NO_FOLDER;
    for (; *place < RAM_FILES; ++*place) {
        const struct ram_file *f = &ram.file[*place];
        if (*place == 0 || !f->used || f->parent != node)
            continue;
        *entry = (struct fs_entry){f->size, f->folder ? FS_FOLDER : FS_WRITABLE, f->name_length};
        memcpy(name, f->name, f->name_length);
        ++*place;
        return FS_OK;
    }
    return FS_NOT_FOUND;
}

enum fs_status backend_mkdir(struct fs_path path)
{
    uint32_t folder, node;
    struct fs_path name;
    enum fs_status status = walk(path, &folder, &name);
    if (status != FS_OK)
        return status;
    return name.length == 0 || find(folder, name.bytes, name.length) != 0 ? FS_EXISTS
                                                                          : make(folder, name, true, &node);
}

static enum fs_status may_go(uint32_t node)
{
    if (node == 0 || ram.file[node].references != 0)
        return FS_BUSY;
    for (uint32_t i = 1; ram.file[node].folder && i < RAM_FILES; i++)
        if (ram.file[i].used && ram.file[i].parent == node)
            return FS_NOT_EMPTY;
    return FS_OK;
}

static void drop(uint32_t node)
{
    ram_cut(&ram.file[node], 0);
    ram.file[node].used = false;
}

enum fs_status backend_remove(struct fs_path path)
{
    uint32_t folder, node;
    struct fs_path name;
    enum fs_status status = look(path, &folder, &name, &node);
    if (status == FS_OK)
        status = may_go(node);
    if (status == FS_OK)
        drop(node);
    return status;
}

static bool is_inside(uint32_t folder, uint32_t other)
{
    for (; folder != 0; folder = ram.file[folder].parent)
        if (folder == other)
            return true;
    return false;
}

enum fs_status backend_rename(struct fs_path from, struct fs_path to, bool replace)
{
    uint32_t folder, node, there;
    struct fs_path name;
    enum fs_status status = look(from, &folder, &name, &node);
    if (status != FS_OK)
        return status;
    status = walk(to, &folder, &name);
    if (status != FS_OK || node == 0 || name.length == 0)
        return status != FS_OK ? status : FS_BUSY;
    if (is_inside(folder, node))
        return FS_BAD_REQUEST;
    there = find(folder, name.bytes, name.length);
    if (there != 0 && there != node) {
        if (!replace || ram.file[node].folder || ram.file[there].folder)
            return FS_EXISTS;
        status = may_go(there);
        if (status != FS_OK)
            return status;
        drop(there);
    }
    ram.file[node].parent = folder;
    ram.file[node].name_length = (uint8_t)name.length;
    memcpy(ram.file[node].name, name.bytes, name.length);
    return FS_OK;
}

enum fs_status backend_sync(void)
{
    return FS_OK;
}

void backend_space(uint64_t *free, uint64_t *all)
{
    *free = (uint64_t)ram.free * RAM_BLOCK;
    *all = (uint64_t)ram.blocks * RAM_BLOCK;
}
