/* What is open. Each file and folder has one node, however often it is open. */
#include <string.h>
#include "own.h"

struct fat_node *node_at(struct fat *fs, struct fat_place place)
{
    for (uint32_t i = 0; i < FAT_NODES; i++) {
        struct fat_node *n = &fs->node[i];
        if (n->references != 0 && n->place.sector == place.sector && n->place.offset == place.offset)
            return n;
    }
    return NULL;
}

/* Size, first cluster and time of a file into its entry. */
enum fs_status node_store(struct fat *fs, const struct fat_node *node)
{
    uint8_t *sector = sector_change(fs, node->place.sector);
    if (!sector)
        return fs->why;
    uint8_t *e = sector + node->place.offset;
    entry_set_cluster(fs, e, node->first);
    put32(e + 28, node->size);
    put32(e + 22, node->changed);
    e[11] |= ATTR_ARCHIVE;
    return FS_OK;
}

static enum fs_status fill(struct fat *fs, const struct found *found, struct fat_node *node)
{
    const uint8_t *e = found->entry;
    *node = (struct fat_node){.references = 1, .place = found->place, .first = entry_cluster(fs, e)};
    node->folder = (e[11] & ATTR_FOLDER) != 0;
    node->read_only = (e[11] & ATTR_READ_ONLY) != 0;
    node->size = node->folder ? 0 : get32(e + 28);
    node->changed = get32(e + 22);
    bool fits = node->size <= (uint64_t)fs->clusters * cluster_bytes(fs);
    bool begins = is_cluster(fs, node->first) || (node->first == 0 && node->size == 0 && !node->folder);
    return fits && begins ? FS_OK : FS_DAMAGED;
}

static enum fs_status node_open(struct fat *fs, const struct found *found, uint32_t *number)
{
    struct fat_node *node = node_at(fs, found->place), made;
    if (node) {
        node->references++;
        *number = (uint32_t)(node - fs->node);
        return FS_OK;
    }
    TRY(fill(fs, found, &made));
    for (*number = 0; *number < FAT_NODES; ++*number)
        if (fs->node[*number].references == 0) {
            fs->node[*number] = made;
            return FS_OK;
        }
    return FS_TOO_MANY;
}

static enum fs_status open_root(struct fat *fs, uint32_t *number)
{
    struct found root = {.place = {0, 0}};
    root.entry[11] = ATTR_FOLDER;
    entry_set_cluster(fs, root.entry, is_cluster(fs, root_of(fs)) ? root_of(fs) : 2);
    TRY(node_open(fs, &root, number));
    fs->node[*number].first = root_of(fs);
    return FS_OK;
}

static enum fs_status create(struct fat *fs, const struct target *t, uint32_t attributes, uint32_t cluster,
                             struct fat_place *place)
{
    uint8_t e[ENTRY] = {0};
    e[11] = (uint8_t)attributes;
    entry_set_cluster(fs, e, cluster);
    put32(e + 14, fs->now);
    put32(e + 22, fs->now);
    put16(e + 18, fs->now >> 16);
    return entry_add(fs, t->folder, t->name, t->count, e, place);
}

static enum fs_status create_file(struct fat *fs, const struct target *t)
{
    struct fat_place place;
    TRY(change_begin_with_room(fs, ROOM_NAME));
    return change_end(fs, create(fs, t, ATTR_ARCHIVE, 0, &place));
}

enum fs_status fat_open(struct fat *fs, const char *path, uint32_t length, uint32_t flags, uint32_t *node)
{
    struct target t;
    struct found found;
    TRY(path_walk(fs, path, length, &t));
    if (t.count == 0)
        return flags & (FS_WRITABLE | FS_EXCLUSIVE) ? FS_IS_FOLDER : open_root(fs, node);
    enum fs_status status = folder_find(fs, t.folder, t.name, t.count, &found);
    if (status == FS_OK && (flags & FS_EXCLUSIVE) != 0)
        return FS_EXISTS;
    if (status == FS_NOT_FOUND && (flags & FS_CREATE) != 0) {
        TRY(create_file(fs, &t));
        status = folder_find(fs, t.folder, t.name, t.count, &found);
    }
    TRY(status);
    if ((flags & FS_WRITABLE) != 0 && (found.entry[11] & ATTR_FOLDER) != 0)
        return FS_IS_FOLDER;
    if ((flags & FS_WRITABLE) != 0 && (fs->read_only || (found.entry[11] & ATTR_READ_ONLY) != 0))
        return FS_READ_ONLY;
    return node_open(fs, &found, node);
}

void fat_close(struct fat *fs, uint32_t node)
{
    fs->node[node].references--;
}

/* "." and ".." of a new folder. */
static void first_entries(const struct fat *fs, uint8_t *sector, uint32_t own, uint32_t parent)
{
    memset(sector, 0, FAT_SECTOR);
    for (uint32_t i = 0; i < 2; i++) {
        uint8_t *e = sector + ENTRY * i;
        memset(e, ' ', 11);
        memset(e, '.', i + 1);
        e[11] = ATTR_FOLDER;
        put32(e + 22, fs->now);
        entry_set_cluster(fs, e, i == 0 ? own : parent);
    }
}

static enum fs_status make_folder(struct fat *fs, const struct target *t)
{
    uint32_t cluster;
    struct fat_place place;
    TRY(cluster_new(fs, 0, &cluster));
    TRY(disk_zero(fs, sector_of(fs, cluster), fs->cluster_sectors));
    first_entries(fs, fs->bounce, cluster, t->folder == root_of(fs) ? 0 : t->folder);
    TRY(disk_write(fs, sector_of(fs, cluster), 1, fs->bounce));
    enum fs_status status = create(fs, t, ATTR_FOLDER, cluster, &place);
    if (status == FS_NO_SPACE || status == FS_EXISTS)
        TRY(chain_drop(fs, cluster));
    return status;
}

enum fs_status fat_mkdir(struct fat *fs, const char *path, uint32_t length)
{
    struct target t;
    struct found found;
    TRY(path_walk(fs, path, length, &t));
    enum fs_status status = t.count == 0 ? FS_OK : folder_find(fs, t.folder, t.name, t.count, &found);
    if (status != FS_NOT_FOUND)
        return status == FS_OK ? FS_EXISTS : status;
    TRY(change_begin_with_room(fs, ROOM_FOLDER));
    return change_end(fs, make_folder(fs, &t));
}
