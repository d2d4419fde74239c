/* Entries written and taken away. */
#include <string.h>
#include "own.h"

enum { SHORT_TRIES = 200 };

static bool is_taken(const uint8_t *entry)
{
    return entry[0] != 0 && entry[0] != DELETED;
}

/* Whether the folder has an entry of these eleven bytes. */
static enum fs_status short_exists(struct fat *fs, uint32_t folder, const uint8_t name[11], bool *exists)
{
    struct walk walk = walk_from(folder, 0);
    struct fat_place place;
    for (*exists = false; !*exists; walk.index++) {
        enum fs_status status = walk_place(fs, &walk, &place);
        const uint8_t *sector = status == FS_OK ? sector_look(fs, place.sector) : NULL;
        if (!sector)
            return status == FS_NOT_FOUND ? FS_OK : status == FS_OK ? fs->why : status;
        const uint8_t *e = sector + place.offset;
        if (e[0] == 0)
            return FS_OK;
        *exists = (e[11] & 0x3f) != ATTR_LONG && memcmp(e, name, 11) == 0;
    }
    return FS_OK;
}

/* A short name that the folder does not have yet; *whole: it is all of the name. */
static enum fs_status choose_short(struct fat *fs, uint32_t folder, const uint16_t *name, int count,
                                   uint8_t to[11], bool *whole)
{
    bool exists = true;
    *whole = short_from_name(name, count, 0, to);
    for (uint32_t n = *whole ? 0 : 1; n < SHORT_TRIES; n++) {
        short_from_name(name, count, n, to);
        TRY(short_exists(fs, folder, to, &exists));
        *whole = *whole && n == 0;
        if (!exists)
            return FS_OK;
    }
    return FS_EXISTS;
}

/* One more cluster of zeros at the end of a folder. */
static enum fs_status folder_grow(struct fat *fs, const struct walk *walk)
{
    uint32_t cluster;
    if (walk->folder == 0 || walk->index >= FOLDER_ENTRIES)
        return FS_NO_SPACE;
    TRY(cluster_new(fs, walk->cluster, &cluster));
    return disk_zero(fs, sector_of(fs, cluster), fs->cluster_sectors);
}

/* So many free entries one after the other: the index of the first. *at_end: those behind them are not in use, and need an end mark. */
static enum fs_status find_slots(struct fat *fs, uint32_t folder, uint32_t count, uint32_t *first, bool *at_end)
{
    struct walk walk = walk_from(folder, 0);
    struct fat_place place;
    *at_end = false;
    for (*first = 0; walk.index < *first + count; walk.index++) {
        enum fs_status status = walk_place(fs, &walk, &place);
        if (status == FS_NOT_FOUND) {
            TRY(folder_grow(fs, &walk));
            status = walk_place(fs, &walk, &place);
        }
        TRY(status);
        const uint8_t *sector = sector_look(fs, place.sector);
        if (!sector)
            return fs->why;
        *at_end = *at_end || sector[place.offset] == 0;
        if (!*at_end && is_taken(sector + place.offset))
            *first = walk.index + 1;
    }
    return FS_OK;
}

static uint8_t *slot_change(struct fat *fs, struct walk *walk, struct fat_place *place)
{
    fs->why = walk_place(fs, walk, place);
    uint8_t *sector = fs->why == FS_OK ? sector_change(fs, place->sector) : NULL;
    return sector ? sector + place->offset : NULL;
}

static void long_part(uint8_t *e, const uint16_t *name, int count, uint32_t number, uint8_t sum)
{
    memset(e, 0xff, ENTRY);
    bool last = (int)(number * LONG_UNITS) >= count;
    e[0] = (uint8_t)(number | (last ? 0x40 : 0));
    e[11] = ATTR_LONG;
    e[12] = 0;
    e[13] = sum;
    put16(e + 26, 0);
    for (int i = 0, at = (int)(number - 1) * LONG_UNITS; i < LONG_UNITS && at <= count; i++, at++)
        put16(e + long_unit_at[i], at < count ? name[at] : 0);
}

/* What lies behind the old end of a folder need not be zero. */
static enum fs_status end_mark(struct fat *fs, struct walk *walk)
{
    struct fat_place place;
    enum fs_status status = walk_place(fs, walk, &place);
    if (status != FS_OK)
        return status == FS_NOT_FOUND ? FS_OK : status;
    uint8_t *e = slot_change(fs, walk, &place);
    if (!e)
        return fs->why;
    e[0] = 0;
    return FS_OK;
}

enum fs_status entry_add(struct fat *fs, uint32_t folder, const uint16_t *name, int count,
                         const uint8_t entry[ENTRY], struct fat_place *place)
{
    uint8_t short_name[11];
    bool whole, at_end;
    uint32_t first;
    TRY(choose_short(fs, folder, name, count, short_name, &whole));
    uint32_t parts = whole ? 0 : (uint32_t)(count + LONG_UNITS - 1) / LONG_UNITS;
    TRY(find_slots(fs, folder, parts + 1, &first, &at_end));
    struct walk walk = walk_from(folder, first);
    for (uint32_t number = parts; number > 0; number--, walk.index++) {
        uint8_t *e = slot_change(fs, &walk, place);
        if (!e)
            return fs->why;
        long_part(e, name, count, number, short_sum(short_name));
    }
    uint8_t *e = slot_change(fs, &walk, place);
    if (!e)
        return fs->why;
    memcpy(e, entry, ENTRY);
    memcpy(e, short_name, sizeof short_name);
    e[12] = 0;
    walk.index++;
    return at_end ? end_mark(fs, &walk) : FS_OK;
}

enum fs_status entry_remove(struct fat *fs, uint32_t folder, const struct found *found)
{
    struct walk walk = walk_from(folder, found->first);
    struct fat_place place;
    for (uint32_t i = 0; i < found->slots; i++, walk.index++) {
        uint8_t *e = slot_change(fs, &walk, &place);
        if (!e)
            return fs->why;
        e[0] = DELETED;
    }
    return FS_OK;
}
