/* user/services/input/decode.c: bytes of keyboard and mouse. */
#include "input/decode.h"
#include "random.h"
#include "test.h"

static struct decode decode;
static struct ring_entry event;

/* The events of these key bytes: how many, the last is in `event`. */
static unsigned keys(const uint8_t *bytes, unsigned count)
{
    unsigned events = 0;
    for (unsigned i = 0; i < count; i++)
        events += decode_key(&decode, bytes[i], &event);
    return events;
}

static void each_key(void)
{
    for (unsigned code = 1; code < 0x7a; code++)
        for (unsigned kind = 0; kind < 4; kind++) {
            bool extended = (kind & 1) != 0, up = (kind & 2) != 0;
            if (code == 0x60 || code == 0x61)
                continue; /* their releases are prefixes: no key has these numbers */
            const uint8_t bytes[] = {0xe0, (uint8_t)(code | (up ? 0x80 : 0))};
            decode = (struct decode){0};
            CHECK_NUMBER("events", keys(bytes + !extended, 2 - !extended), 1);
            CHECK_NUMBER("key", event.a, code | (extended ? 0x80u : 0));
            CHECK_NUMBER("down", event.b, !up);
            CHECK_NUMBER("op", event.op, INPUT_KEY);
        }
}

static void no_keys(void)
{
    static const uint8_t pause[] = {0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5},
                         others[] = {0, 0x80, 0xfa, 0xfe, 0xff, 0xe0};
    decode = (struct decode){0};
    CHECK_NUMBER("pause", keys(pause, sizeof pause), 0);
    CHECK_NUMBER("others", keys(others, sizeof others), 0);
    CHECK_NUMBER("a key afterwards", keys((const uint8_t[]){0x1e}, 1), 1);
    CHECK_NUMBER("the prefix counts", event.a, 0x9e);
}

static bool mouse(uint8_t a, uint8_t b, uint8_t c)
{
    return !decode_mouse(&decode, a, &event) && !decode_mouse(&decode, b, &event) &&
           decode_mouse(&decode, c, &event);
}

static void mouse_moves(void)
{
    decode = (struct decode){0};
    for (int x = -256; x < 256; x++)
        for (int y = -256; y < 256; y += 5) {
            unsigned buttons = (unsigned)(x + y) & 7;
            uint8_t head = (uint8_t)(8 | buttons | (x < 0 ? 0x10 : 0) | (y < 0 ? 0x20 : 0));
            CHECK(mouse(head, (uint8_t)x, (uint8_t)y));
            CHECK_NUMBER("right", event.a, x);
            CHECK_NUMBER("down", event.b, -y);
            CHECK_NUMBER("buttons", event.c, buttons);
        }
    CHECK(mouse(0x49, 200, 100));
    CHECK(event.a == 0 && event.b == 0 && event.c == 1);
}

/* After bytes that are no packet, it finds the beginning of one again; whatever comes, an event is one that there can be. */
static void anything(void)
{
    for (unsigned i = 0; i < 1000000; i++) {
        uint8_t byte = (uint8_t)random_next();
        if ((random_next() & 1) != 0 ? decode_key(&decode, byte, &event)
                                     : decode_mouse(&decode, byte, &event)) {
            bool key = event.op == INPUT_KEY;
            CHECK(key || event.op == INPUT_POINTER);
            CHECK(!key || (event.a > 0 && event.a < INPUT_KEYS && event.b <= 1));
            CHECK(key || ((int64_t)event.a >= -256 && (int64_t)event.a < 256 && (int64_t)event.b > -256 &&
                          (int64_t)event.b <= 256 && event.c < 8));
        }
    }
    decode.count = 0;
    CHECK(!decode_mouse(&decode, 0x37, &event));
    CHECK(mouse(8, 1, 1));
}

int main(void)
{
    random_seed();
    test_run("input/each key", each_key);
    test_run("input/no keys", no_keys);
    test_run("input/mouse moves", mouse_moves);
    test_run("input/anything", anything);
    return test_end();
}
