#include "sha256.h"

#include <string.h>

static uint32_t turn(uint32_t x, unsigned by)
{
    return x >> by | x << (32 - by);
}

static uint32_t word_of(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* FIPS 180-4, 6.2.2. */
static void compress(uint32_t state[8], const uint8_t *block)
{
    static const uint32_t constant[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t w[64], s[8];
    for (unsigned i = 0; i < 16; i++)
        w[i] = word_of(block + 4 * i);
    for (unsigned i = 16; i < 64; i++) {
        uint32_t one = w[i - 15], two = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (turn(one, 7) ^ turn(one, 18) ^ one >> 3) +
               (turn(two, 17) ^ turn(two, 19) ^ two >> 10);
    }
    memcpy(s, state, sizeof s);
    for (unsigned i = 0; i < 64; i++) {
        uint32_t one = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
                       ((s[4] & s[5]) ^ (~s[4] & s[6])) + constant[i] + w[i];
        uint32_t two =
            (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (unsigned i = 0; i < 8; i++)
        state[i] += s[i];
}

void sha256_start(struct sha256 *s)
{
    *s = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                                   0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *s, const void *data, size_t bytes)
{
    const uint8_t *from = data;
    for (; bytes > 0; bytes--) {
        s->block[s->bytes++ % SHA256_BLOCK] = *from++;
        if (s->bytes % SHA256_BLOCK == 0)
            compress(s->state, s->block);
    }
}

void sha256_end(struct sha256 *s, uint8_t hash[SHA256_BYTES])
{
    static const uint8_t mark = 0x80, zero = 0;
    uint64_t bits = s->bytes * 8;
    uint8_t length[8];
    for (unsigned i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_add(s, &mark, 1);
    while (s->bytes % SHA256_BLOCK != SHA256_BLOCK - sizeof length)
        sha256_add(s, &zero, 1);
    sha256_add(s, length, sizeof length);
    for (unsigned i = 0; i < SHA256_BYTES; i++)
        hash[i] = (uint8_t)(s->state[i / 4] >> (24 - i % 4 * 8));
}

/* What HMAC begins with, inside and outside: of each password once. */
struct keyed {
    struct sha256 inside, outside;
};

static void key_start(struct keyed *k, const void *password, size_t bytes)
{
    uint8_t block[SHA256_BLOCK] = {0}, pad[SHA256_BLOCK] = {0};
    if (bytes <= SHA256_BLOCK) {
        memcpy(block, password, bytes);
    } else {
        sha256_start(&k->inside);
        sha256_add(&k->inside, password, bytes);
        sha256_end(&k->inside, block);
    }
    for (unsigned side = 0; side < 2; side++) {
        struct sha256 *s = side == 0 ? &k->inside : &k->outside;
        for (unsigned i = 0; i < sizeof pad; i++)
            pad[i] = block[i] ^ (side == 0 ? 0x36 : 0x5c);
        sha256_start(s);
        sha256_add(s, pad, sizeof pad);
    }
}

static void key_end(const struct keyed *k, struct sha256 *inside, uint8_t hash[SHA256_BYTES])
{
    struct sha256 outside = k->outside;
    sha256_end(inside, hash);
    sha256_add(&outside, hash, SHA256_BYTES);
    sha256_end(&outside, hash);
}

void pbkdf2_sha256(const void *password, size_t bytes, const void *salt, size_t salt_bytes, uint32_t rounds,
                   uint8_t key[SHA256_BYTES])
{
    static const uint8_t first[4] = {0, 0, 0, 1};
    struct keyed k;
    uint8_t last[SHA256_BYTES];
    key_start(&k, password, bytes);
    struct sha256 s = k.inside;
    sha256_add(&s, salt, salt_bytes);
    sha256_add(&s, first, sizeof first);
    key_end(&k, &s, last);
    memcpy(key, last, sizeof last);
    for (uint32_t round = 1; round < rounds; round++) {
        s = k.inside;
        sha256_add(&s, last, sizeof last);
        key_end(&k, &s, last);
        for (unsigned i = 0; i < sizeof last; i++)
            key[i] ^= last[i];
    }
}
