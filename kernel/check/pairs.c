/* What is true of one capability, and of it and the one before it on the list. All of that follows from the words of these slots. */
#include "check/check.h"

#include "object/derive.h"
#include "object/endpoint.h"
#include "object/notification.h"

enum {
    ENDPOINT_RIGHTS = RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT,
    NOTIFICATION_RIGHTS = RIGHT_SIGNAL | RIGHT_WAIT
};

/* What docs/invariants.md says about a capability and one derived from it, said without slot_is_parent().
 */
static bool may_come_from(const struct slot *parent, const struct slot *child)
{
    bool badged = slot_flags(parent) & SLOT_BADGED;
    switch (slot_type(parent)) {
    case TYPE_UNTYPED: return child->object - parent->object < 1ull << untyped_bits(parent);
    case TYPE_IRQ_CONTROL:
        return slot_type(child) == TYPE_IRQ_CONTROL || slot_object_type(child) == TYPE_IRQ_HANDLER;
    default:
        return parent->object == child->object && slot_type(parent) == slot_type(child) &&
               (!badged || (slot_flags(child) & SLOT_BADGED && parent->data == child->data));
    }
}

/* A slot with a badge that is not the first of its line has an elder with the same; one without has the
 * data word of none. Nothing else has a badge.
 */
static void check_badge(const struct slot *before, const struct slot *s)
{
    unsigned type = slot_object_type(s);
    holds("badge", !(slot_flags(s) & SLOT_BADGED) || type == TYPE_ENDPOINT || type == TYPE_NOTIFICATION, s);
    if (slot_type(s) != TYPE_ENDPOINT && slot_type(s) != TYPE_NOTIFICATION)
        return;
    if (!(slot_flags(s) & SLOT_BADGED))
        holds("badge", s->data == (slot_type(s) == TYPE_NOTIFICATION ? UNBADGED_BITS : 0), s);
    else if (!(slot_flags(s) & SLOT_FIRST_BADGED))
        holds("badge-line", may_come_from(before, s) && slot_flags(before) & SLOT_BADGED, s);
}

/* What the tags in references and tcb_of_slot() rely on. The kernel's addresses of frames are aligned as physical ones are. */
static void check_aligned(const struct slot *s)
{
    static const uint8_t bits[TYPE_COUNT] = {[TYPE_ENDPOINT] = TYPE_BITS_ENDPOINT,
                                             [TYPE_NOTIFICATION] = TYPE_BITS_NOTIFICATION,
                                             [TYPE_TCB] = TYPE_BITS_TCB};
    unsigned type = slot_object_type(s);
    uint64_t tag = type == TYPE_ENDPOINT ? REF_ENDPOINT : 0;
    holds("object-aligned", type < TYPE_COUNT && !((s->object - tag) & ((1ull << bits[type]) - 1)), s);
    if (type == TYPE_FRAME)
        holds("frame-aligned", !((s->object | mapping_vaddr(s->data)) & ((1ull << frame_bits(s)) - 1)), s);
}

void check_slot(const struct slot *s)
{
    unsigned type = slot_type(s), rights = slot_rights(s);
    holds("list", type != TYPE_NULL, s);
    if (slot_flags(s) & SLOT_DEVICE)
        holds("device-memory", (type == TYPE_FRAME || type == TYPE_UNTYPED) && !(slot_flags(s) & SLOT_IN_TCB),
              s);
    if (type == TYPE_UNTYPED) {
        holds("untyped-is-original", slot_flags(s) & SLOT_REVOCABLE, s);
        holds("untyped-watermark", untyped_watermark(s) <= 1ull << untyped_bits(s), s);
    }
    holds("right-implies-type", !(rights & ENDPOINT_RIGHTS) || type == TYPE_ENDPOINT, s);
    holds("right-implies-type", !(rights & NOTIFICATION_RIGHTS) || type == TYPE_NOTIFICATION, s);
    holds("dying-has-no-right", !slot_dying(s) || rights == 0, s);
    check_aligned(s);
}

void check_pair(const struct slot *before, const struct slot *s)
{
    holds("list", slot_prev(s) == before, s);
    holds("derived", !slot_is_parent(before, s) || may_come_from(before, s), s);
    holds("dying-is-last", !slot_dying(s) || !slot_same_object(before, s), s);
    check_badge(before, s);
}
