/* The numbers that a state must have; few of its pieces are others than those of the state before it. */
#include "wanted.h"

#include <stdlib.h>
#include <string.h>

static bool unknown(struct wanted *w, uint32_t question)
{
    w->question = question;
    return false;
}

static bool read_piece(struct wanted *w, uint32_t question, const uint32_t *row)
{
    struct leaf leaf = memo_ask(question, row);
    if (!leaf.first)
        return unknown(w, question);
    for (const struct follows *f = leaf.first; f < leaf.end && w->count < NUMBERS_MOST; f++)
        w->numbers[w->count++] = memo_number(f, row);
    return true;
}

bool wanted_read(struct wanted *w, uint32_t pieces, const uint32_t *row)
{
    w->pieces = memo_ask(pieces, row);
    if (!w->pieces.first)
        return unknown(w, pieces);
    if (w->pieces.end - w->pieces.first > PIECES_MOST)
        abort();
    w->count = 0;
    unsigned n = 0;
    for (const struct follows *f = w->pieces.first; f < w->pieces.end; f++) {
        w->first[n++] = w->count;
        if (!read_piece(w, f->place, row))
            return false;
    }
    w->first[n] = w->count;
    return true;
}

/* Those of the pieces from `first` to `end` as they were. */
static void keep(struct wanted *w, const struct wanted *before, unsigned first, unsigned end)
{
    unsigned count = before->first[end] - before->first[first];
    if (count > NUMBERS_MOST - w->count)
        count = NUMBERS_MOST - w->count;
    memcpy(w->numbers + w->count, before->numbers + before->first[first], count * sizeof *w->numbers);
    w->count += count;
}

bool wanted_read_after(struct wanted *w, uint32_t pieces, const uint32_t *row, const struct wanted *before,
                       const uint64_t *changed)
{
    if (memo_depends(pieces, changed) && memo_ask(pieces, row).first != before->pieces.first)
        return wanted_read(w, pieces, row);
    unsigned n = 0, same = 0;
    w->count = 0;
    for (const struct follows *f = before->pieces.first; f < before->pieces.end; f++, n++) {
        if (!memo_depends(f->place, changed))
            continue;
        keep(w, before, same, n);
        same = n + 1;
        if (!read_piece(w, f->place, row))
            return false;
    }
    keep(w, before, same, n);
    return true;
}
