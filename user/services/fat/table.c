/* The table of clusters. Only its first copy is looked at; log.c writes all of them. */
#include <stddef.h>
#include "own.h"

/* An entry of FAT12 may lie in two sectors. */
static uint8_t *entry_byte(struct fat *fs, uint32_t byte, bool change)
{
    uint32_t sector = fs->table + byte / FAT_SECTOR;
    uint8_t *contents = change ? sector_change(fs, sector) : sector_look(fs, sector);
    return contents ? contents + byte % FAT_SECTOR : NULL;
}

static enum fs_status get12(struct fat *fs, uint32_t cluster, uint32_t *value)
{
    uint32_t byte = cluster + cluster / 2;
    const uint8_t *low = entry_byte(fs, byte, false);
    const uint8_t *high = low ? entry_byte(fs, byte + 1, false) : NULL;
    if (!high)
        return fs->why;
    *value = (uint32_t)(*low | *high << 8);
    *value = cluster % 2 ? *value >> 4 : *value & 0xfff;
    return FS_OK;
}

/* Values from 0x..f7 on mean the same in all three. */
static uint32_t widened(const struct fat *fs, uint32_t value)
{
    uint32_t most = fs->bits == 12 ? 0xfff : fs->bits == 16 ? 0xffff : 0x0fffffff;
    value &= most;
    return value < most - 8 ? value : value == most - 8 ? FAT_BAD : FAT_END;
}

enum fs_status table_get(struct fat *fs, uint32_t cluster, uint32_t *value)
{
    if (!is_cluster(fs, cluster))
        return FS_DAMAGED;
    if (fs->bits == 12) {
        TRY(get12(fs, cluster, value));
    } else {
        const uint8_t *at = entry_byte(fs, cluster * (fs->bits / 8), false);
        if (!at)
            return fs->why;
        *value = fs->bits == 16 ? get16(at) : get32(at);
    }
    *value = widened(fs, *value);
    return FS_OK;
}

static enum fs_status set12(struct fat *fs, uint32_t cluster, uint32_t value)
{
    uint32_t byte = cluster + cluster / 2;
    uint8_t *low = entry_byte(fs, byte, true), *high = low ? entry_byte(fs, byte + 1, true) : NULL;
    if (!high)
        return fs->why;
    if (cluster % 2) {
        *low = (uint8_t)((*low & 0x0f) | value << 4);
        *high = (uint8_t)(value >> 4);
    } else {
        *low = (uint8_t)value;
        *high = (uint8_t)((*high & 0xf0) | (value >> 8 & 0x0f));
    }
    return FS_OK;
}

enum fs_status table_set(struct fat *fs, uint32_t cluster, uint32_t value)
{
    if (!is_cluster(fs, cluster))
        return FS_DAMAGED;
    if (fs->bits == 12)
        return set12(fs, cluster, value);
    uint8_t *at = entry_byte(fs, cluster * (fs->bits / 8), true);
    if (!at)
        return fs->why;
    if (fs->bits == 16)
        put16(at, value & 0xffff);
    else
        put32(at, (get32(at) & 0xf0000000) | value);
    return FS_OK;
}

enum fs_status table_next(struct fat *fs, uint32_t cluster, uint32_t *next)
{
    TRY(table_get(fs, cluster, next));
    return *next == FAT_END || is_cluster(fs, *next) ? FS_OK : FS_DAMAGED;
}

static uint32_t after(const struct fat *fs, uint32_t cluster)
{
    return is_cluster(fs, cluster + 1) ? cluster + 1 : 2;
}

static void spot_remove(struct fat *fs, uint32_t cluster)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < fs->spots; i++)
        if (fs->spot[i] != cluster)
            fs->spot[left++] = fs->spot[i];
    fs->spots = left;
}

/* One that is known is nothing new: else a search that comes around to it would begin again, and never end. */
static void spot_add(struct fat *fs, uint32_t cluster)
{
    for (uint32_t i = 0; i < fs->spots; i++)
        if (fs->spot[i] == cluster)
            return;
    if (fs->spots < FAT_SPOTS)
        fs->spot[fs->spots++] = cluster;
    fs->looked = 0;
}

/* After those that are known, or, if there are none, after the last that was taken. It ends where it began, if the table says something
   else than it did. */
enum fs_status spots_find(struct fat *fs, uint32_t needed)
{
    uint32_t left = FAT_SEARCH * FAT_SECTOR * 8 / fs->bits, value;
    if (fs->spots == 0 && fs->looked == 0)
        fs->seek = fs->hint;
    for (; fs->spots < needed && fs->spots < fs->free && fs->looked < fs->clusters; fs->looked++) {
        if (left-- == 0)
            return FS_UNFINISHED;
        TRY(table_get(fs, fs->seek, &value));
        if (value == FAT_FREE)
            spot_add(fs, fs->seek);
        fs->seek = after(fs, fs->seek);
    }
    fs->looked = 0;
    return FS_OK;
}

/* Where the last one was taken, if that goes on there; else what was found before the operation began, if it still is free: a device may
   say something else now. */
static enum fs_status find_free(struct fat *fs, uint32_t *cluster)
{
    uint32_t at = fs->hint, value;
    TRY(table_get(fs, at, &value));
    while (value != FAT_FREE) {
        spot_remove(fs, at);
        if (fs->spots == 0)
            return FS_NO_SPACE;
        at = fs->spot[0];
        TRY(table_get(fs, at, &value));
    }
    *cluster = at;
    return FS_OK;
}

enum fs_status cluster_new(struct fat *fs, uint32_t last, uint32_t *cluster)
{
    uint32_t made;
    if (fs->free == 0)
        return FS_NO_SPACE;
    TRY(find_free(fs, &made));
    TRY(table_set(fs, made, FAT_END));
    if (last != 0)
        TRY(table_set(fs, last, made));
    sectors_forget(fs, sector_of(fs, made), fs->cluster_sectors);
    spot_remove(fs, made);
    fs->hint = after(fs, made);
    fs->free--;
    *cluster = made;
    return FS_OK;
}

enum fs_status chain_drop(struct fat *fs, uint32_t first)
{
    if (!is_cluster(fs, first))
        return FS_OK; /* an empty file has none; one with a wrong number loses nothing */
    if (fs->pending_count == FAT_PENDING)
        return FS_DAMAGED; /* change_begin() left room */
    fs->pending[fs->pending_count++] = first;
    fs->changes++;
    return FS_OK;
}

/* Frees a part of the last pending chain, as much as one transaction may. */
static enum fs_status free_last(struct fat *fs)
{
    uint32_t *at = &fs->pending[fs->pending_count - 1], next = *at;
    while (is_cluster(fs, next) && fs->dirty + 4 < fs->log_room) {
        TRY(table_get(fs, *at = next, &next));
        if (next == FAT_FREE || next == FAT_BAD)
            break;
        TRY(table_set(fs, *at, FAT_FREE));
        fs->free++;
        spot_add(fs, *at);
    }
    *at = next;
    if (!is_cluster(fs, next))
        fs->pending_count--;
    return FS_OK;
}

enum fs_status chains_free_part(struct fat *fs)
{
    while (fs->pending_count != 0 && fs->dirty + 4 < fs->log_room)
        TRY(free_last(fs));
    return log_commit(fs);
}

enum fs_status table_count(struct fat *fs)
{
    fs->free = 0;
    for (uint32_t n = 0; n < fs->clusters; n++) {
        uint32_t value;
        TRY(table_get(fs, n + 2, &value));
        fs->free += value == FAT_FREE;
    }
    return FS_OK;
}
