/* What is done with the contents of folders: they are listed, removed, renamed. */
#include <string.h>
#include "own.h"

/* Its long name, or the short one if that cannot be written, without characters that no name may have. */
static int name_of(const struct found *found, char *to)
{
    uint16_t units[12];
    if (name_is_good(found->name, found->name_count)) {
        int length = utf8_from_utf16(found->name, (uint32_t)found->name_count, to, FS_NAME);
        if (length > 0)
            return length;
    }
    int count = short_to_utf16(found->entry, units);
    for (int i = 0; i < count; i++)
        if (!name_is_good(units + i, 1) && units[i] != '.')
            units[i] = '_';
    return utf8_from_utf16(units, (uint32_t)count, to, FS_NAME);
}

enum fs_status fat_list(struct fat *fs, uint32_t node, uint64_t *place, struct fs_entry *entry, char *name)
{
    struct found found;
    if (!fs->node[node].folder)
        return FS_NO_FOLDER;
    struct walk walk =
        walk_from(fs->node[node].first, *place < FOLDER_ENTRIES ? (uint32_t)*place : FOLDER_ENTRIES);
    TRY(walk_next(fs, &walk, &found));
    *place = walk.index;
    bool folder = (found.entry[11] & ATTR_FOLDER) != 0, fixed = (found.entry[11] & ATTR_READ_ONLY) != 0;
    *entry = (struct fs_entry){.size = folder ? 0 : get32(found.entry + 28),
                               .name_length = (uint32_t)name_of(&found, name)};
    entry->flags = folder ? FS_FOLDER : fixed ? 0 : FS_WRITABLE;
    return FS_OK;
}

static enum fs_status must_be_empty(struct fat *fs, const struct found *found)
{
    struct found inside;
    uint32_t folder = entry_cluster(fs, found->entry);
    if ((found->entry[11] & ATTR_FOLDER) == 0)
        return FS_OK;
    if (!is_cluster(fs, folder))
        return FS_DAMAGED;
    struct walk walk = walk_from(folder, 0);
    enum fs_status status = walk_next(fs, &walk, &inside);
    return status == FS_NOT_FOUND ? FS_OK : status == FS_OK ? FS_NOT_EMPTY : status;
}

static enum fs_status may_go(struct fat *fs, const struct found *found)
{
    if (node_at(fs, found->place))
        return FS_BUSY;
    if (found->entry[11] & ATTR_READ_ONLY)
        return FS_READ_ONLY;
    return must_be_empty(fs, found);
}

static enum fs_status remove_found(struct fat *fs, uint32_t folder, const struct found *found)
{
    TRY(entry_remove(fs, folder, found));
    return chain_drop(fs, entry_cluster(fs, found->entry));
}

enum fs_status fat_remove(struct fat *fs, const char *path, uint32_t length)
{
    struct target t;
    struct found found;
    TRY(path_walk(fs, path, length, &t));
    if (t.count == 0)
        return FS_BUSY;
    TRY(folder_find(fs, t.folder, t.name, t.count, &found));
    TRY(may_go(fs, &found));
    TRY(change_begin(fs));
    return change_end(fs, remove_found(fs, t.folder, &found));
}

/* The second entry of a folder says where its parent is. */
static uint8_t *parent_entry(struct fat *fs, uint32_t folder, bool change)
{
    uint32_t sector = sector_of(fs, folder);
    uint8_t *contents = change ? sector_change(fs, sector) : sector_look(fs, sector);
    return contents ? contents + ENTRY : NULL;
}

/* Does `folder` lie in `other`, or is it the same? */
static enum fs_status must_not_be_inside(struct fat *fs, uint32_t folder, uint32_t other)
{
    for (uint32_t i = 0; i < FS_PATH; i++) {
        if (folder == other)
            return FS_BAD_REQUEST;
        if (folder == 0 || folder == root_of(fs))
            return FS_OK;
        const uint8_t *e = is_cluster(fs, folder) ? parent_entry(fs, folder, false) : NULL;
        if (!e || e[0] != '.' || e[1] != '.')
            return FS_DAMAGED;
        folder = entry_cluster(fs, e);
    }
    return FS_DAMAGED;
}

/* What stands where the new name is to be: nothing, the same entry under another spelling, or a file that may go. */
static enum fs_status look_at_new(struct fat *fs, const struct target *t, const struct found *old, bool replace,
                                  struct found *there, bool *goes)
{
    *goes = false;
    enum fs_status status = folder_find(fs, t->folder, t->name, t->count, there);
    if (status != FS_OK)
        return status == FS_NOT_FOUND ? FS_OK : status;
    if (there->place.sector == old->place.sector && there->place.offset == old->place.offset)
        return FS_OK;
    if (!replace || ((there->entry[11] | old->entry[11]) & ATTR_FOLDER) != 0)
        return FS_EXISTS;
    *goes = true;
    return may_go(fs, there);
}

static enum fs_status move(struct fat *fs, const struct target *from, const struct found *old,
                           const struct target *to)
{
    struct fat_place place;
    struct fat_node *node = node_at(fs, old->place);
    TRY(entry_add(fs, to->folder, to->name, to->count, old->entry, &place)); /* it may find no room, so first */
    TRY(entry_remove(fs, from->folder, old));
    if (node)
        node->place = place;
    if ((old->entry[11] & ATTR_FOLDER) == 0 || from->folder == to->folder)
        return FS_OK;
    uint8_t *up = parent_entry(fs, entry_cluster(fs, old->entry), true);
    if (!up)
        return fs->why;
    entry_set_cluster(fs, up, to->folder == root_of(fs) ? 0 : to->folder);
    return FS_OK;
}

static enum fs_status check_folder(struct fat *fs, const struct found *old, const struct target *to)
{
    uint32_t cluster = entry_cluster(fs, old->entry);
    if ((old->entry[11] & ATTR_FOLDER) == 0)
        return FS_OK;
    return is_cluster(fs, cluster) ? must_not_be_inside(fs, to->folder, cluster) : FS_DAMAGED;
}

enum fs_status fat_rename(struct fat *fs, const char *from, uint32_t from_length, const char *to,
                          uint32_t to_length, bool replace)
{
    struct target f, t;
    struct found old, there;
    bool goes;
    TRY(path_walk(fs, from, from_length, &f));
    TRY(path_walk(fs, to, to_length, &t));
    if (f.count == 0 || t.count == 0)
        return FS_BUSY;
    TRY(folder_find(fs, f.folder, f.name, f.count, &old));
    TRY(check_folder(fs, &old, &t));
    TRY(look_at_new(fs, &t, &old, replace, &there, &goes));
    TRY(change_begin_with_room(fs, ROOM_NAME));
    enum fs_status status = move(fs, &f, &old, &t);
    return change_end(fs, status == FS_OK && goes ? remove_found(fs, t.folder, &there) : status);
}
