#include "users.h"

#include <string.h>

static unsigned word_of(const char **at)
{
    *at += strspn(*at, " ");
    return (unsigned)strcspn(*at, " \n");
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool bytes_of(const char **at, uint8_t *to, unsigned bytes)
{
    bool good = word_of(at) == 2 * bytes;
    for (unsigned i = 0; i < bytes && good; i++, *at += 2) {
        int high = digit_of((*at)[0]), low = digit_of((*at)[1]);
        good = high >= 0 && low >= 0;
        to[i] = good ? (uint8_t)(high << 4 | low) : 0;
    }
    return good;
}

static bool number_of(const char **at, uint32_t *number)
{
    unsigned length = word_of(at);
    *number = 0;
    for (unsigned i = 0; i < length && i < 8; i++) {
        int digit = digit_of((*at)[i]);
        if (digit < 0 || digit > 9)
            return false;
        *number = *number * 10 + (uint32_t)digit;
    }
    *at += length;
    return length <= 8 && *number > 0 && *number <= USER_ROUNDS;
}

static bool line_of(const char *at, struct user *u, uint64_t (*right)(const char *name, unsigned length))
{
    unsigned length = word_of(&at);
    *u = (struct user){0};
    if (length == 0 || length >= USER_NAME || *at == '#')
        return false;
    memcpy(u->name, at, length);
    at += length;
    if (!number_of(&at, &u->rounds) || !bytes_of(&at, u->salt, sizeof u->salt) ||
        !bytes_of(&at, u->key, sizeof u->key))
        return false;
    for (; (length = word_of(&at)) > 0; at += length) {
        uint64_t bit = right(at, length);
        if (bit == 0)
            return false;
        u->rights |= bit;
    }
    return true;
}

bool user_next(const char **at, struct user *u, uint64_t (*right)(const char *name, unsigned length))
{
    bool found = false;
    while (**at != 0 && !found) {
        found = line_of(*at, u, right);
        *at += strcspn(*at, "\n");
        *at += **at == '\n';
    }
    return found;
}

bool user_is(const struct user *u, const char *password, unsigned bytes)
{
    uint8_t key[SHA256_BYTES], differs = 0;
    pbkdf2_sha256(password, bytes, u->salt, sizeof u->salt, u->rounds, key);
    for (unsigned i = 0; i < sizeof key; i++)
        differs |= key[i] ^ u->key[i];
    return differs == 0;
}
