/* Folders: tables of entries of 32 bytes. A long name stands in several before the short one, the last part first. */
#include <string.h>
#include "own.h"

uint32_t entry_cluster(const struct fat *fs, const uint8_t *entry)
{
    return get16(entry + 26) | (fs->bits == 32 ? get16(entry + 20) << 16 : 0);
}

void entry_set_cluster(const struct fat *fs, uint8_t *entry, uint32_t cluster)
{
    put16(entry + 26, cluster & 0xffff);
    if (fs->bits == 32)
        put16(entry + 20, cluster >> 16);
}

struct walk walk_from(uint32_t folder, uint32_t index)
{
    return (struct walk){.folder = folder, .index = index, .cluster = folder};
}

enum fs_status walk_place(struct fat *fs, struct walk *walk, struct fat_place *place)
{
    uint32_t byte = walk->index * ENTRY;
    place->offset = byte % FAT_SECTOR;
    if (walk->index >= FOLDER_ENTRIES)
        return FS_NOT_FOUND;
    if (walk->folder == 0) {
        place->sector = fs->root_sector + byte / FAT_SECTOR;
        return byte / FAT_SECTOR < fs->root_sectors ? FS_OK : FS_NOT_FOUND;
    }
    for (uint32_t next; walk->cluster_index < byte / cluster_bytes(fs); walk->cluster_index++) {
        TRY(table_next(fs, walk->cluster, &next));
        if (next == FAT_END)
            return FS_NOT_FOUND;
        walk->cluster = next;
    }
    if (!is_cluster(fs, walk->cluster))
        return FS_DAMAGED;
    place->sector = sector_of(fs, walk->cluster) + byte % cluster_bytes(fs) / FAT_SECTOR;
    return FS_OK;
}

/* What was gathered of a long name. */
struct gathered {
    uint32_t expected, first, parts; /* the next part's number; 0: none is wanted */
    uint8_t sum;
};

/* Where the 13 units of a long entry lie. */
const uint8_t long_unit_at[LONG_UNITS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

static void gather(const uint8_t *e, uint32_t index, struct gathered *g, struct found *found)
{
    uint32_t number = e[0] & 0x3f;
    if (e[0] & 0x40) {
        *g = (struct gathered){.expected = number, .first = index, .parts = number, .sum = e[13]};
        memset(found->name, 0, sizeof found->name);
    }
    if (number == 0 || number > 20 || number != g->expected || e[13] != g->sum) {
        g->parts = g->expected = 0;
        return;
    }
    g->expected--;
    for (uint32_t i = 0, at = (number - 1) * LONG_UNITS; i < LONG_UNITS && at < LONG_MOST; i++, at++)
        found->name[at] = (uint16_t)get16(e + long_unit_at[i]);
}

static void take(const uint8_t *e, uint32_t index, const struct gathered *g, struct found *found)
{
    bool has_long = g->parts != 0 && g->expected == 0 && g->sum == short_sum(e);
    found->first = has_long ? g->first : index;
    found->slots = index - found->first + 1;
    memcpy(found->entry, e, ENTRY);
    int most = has_long ? (int)(g->parts * LONG_UNITS) : 0;
    found->name_count = 0;
    while (found->name_count < most && found->name_count < LONG_MOST && found->name[found->name_count] != 0)
        found->name_count++;
}

enum fs_status walk_next(struct fat *fs, struct walk *walk, struct found *found)
{
    struct gathered g = {0};
    for (;; walk->index++) {
        TRY(walk_place(fs, walk, &found->place));
        const uint8_t *sector = sector_look(fs, found->place.sector);
        if (!sector)
            return fs->why;
        const uint8_t *e = sector + found->place.offset;
        if (e[0] == 0)
            return FS_NOT_FOUND;
        if (e[0] != DELETED && (e[11] & 0x3f) == ATTR_LONG) {
            gather(e, walk->index, &g, found);
            continue;
        }
        if (e[0] != DELETED && e[0] != '.' && (e[11] & ATTR_LABEL) == 0) {
            take(e, walk->index++, &g, found);
            return FS_OK;
        }
        g.parts = 0;
    }
}

bool found_is(const struct found *found, const uint16_t *name, int count)
{
    uint16_t units[12] = {0};
    int length = short_to_utf16(found->entry, units);
    return names_same(found->name, found->name_count, name, count) || names_same(units, length, name, count);
}

enum fs_status folder_find(struct fat *fs, uint32_t folder, const uint16_t *name, int count,
                           struct found *found)
{
    struct walk walk = walk_from(folder, 0);
    for (;;) {
        TRY(walk_next(fs, &walk, found));
        if (found_is(found, name, count))
            return FS_OK;
    }
}
