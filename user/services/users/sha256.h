/* SHA-256 (FIPS 180-4), HMAC (RFC 2104) and PBKDF2 (RFC 8018) with it: how a password becomes what a table of users holds. */
#ifndef SERVICES_USERS_SHA256_H
#define SERVICES_USERS_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_BLOCK = 64 };

struct sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[SHA256_BLOCK];
};

void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t bytes);
void sha256_end(struct sha256 *s, uint8_t hash[SHA256_BYTES]);

/* The first 32 bytes, which is all that is wanted here. pre: rounds > 0. */
void pbkdf2_sha256(const void *password, size_t bytes, const void *salt, size_t salt_bytes, uint32_t rounds,
                   uint8_t key[SHA256_BYTES]);

#endif
