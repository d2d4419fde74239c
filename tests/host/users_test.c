/* user/services/users: the published values of SHA-256, HMAC within PBKDF2, and a table of users with whatever stands in it. */
#include "random.h"
#include "test.h"
#include "users/users.h"

static const char *hexadecimal(const uint8_t *bytes)
{
    static char text[2 * SHA256_BYTES + 1];
    for (unsigned i = 0; i < SHA256_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

static const char *hash_of(const char *text, unsigned part)
{
    struct sha256 s;
    uint8_t hash[SHA256_BYTES];
    size_t length = strlen(text);
    sha256_start(&s);
    for (size_t at = 0; at < length; at += part)
        sha256_add(&s, text + at, length - at < part ? length - at : part);
    sha256_end(&s, hash);
    return hexadecimal(hash);
}

/* FIPS 180-2, appendix B, and the empty text. */
static void hashes(void)
{
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    CHECK_STRING("none", hash_of("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_STRING("abc", hash_of("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (unsigned part = 1; part < sizeof two_blocks; part++)
        CHECK_STRING("two blocks", hash_of(two_blocks, part),
                     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static const char *key_of(const char *password, const char *salt, uint32_t rounds)
{
    uint8_t key[SHA256_BYTES];
    pbkdf2_sha256(password, strlen(password), salt, strlen(salt), rounds, key);
    return hexadecimal(key);
}

/* RFC 7914, section 11, the first half of each; and a password longer than a block, as Python's hashlib has it. */
static void keys(void)
{
    static const char longer[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
    CHECK_STRING("a round", key_of("passwd", "salt", 1),
                 "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    CHECK_STRING("many", key_of("Password", "NaCl", 80000),
                 "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
    CHECK_STRING("long", key_of(longer, "salt", 2),
                 "ab2f9aaa2ee62897374f006ac377d9f5943aba88d7fecb899b72d65516dce7cc");
}

static uint64_t right(const char *name, unsigned length)
{
    return length == 4 && memcmp(name, "read", 4) == 0    ? 1
           : length == 5 && memcmp(name, "write", 5) == 0 ? 2
                                                          : 0;
}

#define SALT "000102030405060708090a0b0c0d0e0f"
#define KEY "0d1804ee7e80ffe801da919acc874b8c6271498452406f6c9cfa975b84674c57"
static const char good[] =
    "# ann 2 " SALT " " KEY "\n\nann 2 " SALT " " KEY " read write\nbob 2 " SALT " " KEY "\n";

static void table(void)
{
    const char *at = good;
    struct user u;
    CHECK(user_next(&at, &u, right) && strcmp(u.name, "ann") == 0 && u.rights == 3 && u.rounds == 2);
    CHECK(user_is(&u, "garden gate", 11) && !user_is(&u, "garden gate", 10) && !user_is(&u, "Garden gate", 11));
    CHECK(user_next(&at, &u, right) && strcmp(u.name, "bob") == 0 && u.rights == 0);
    CHECK(!user_next(&at, &u, right) && *at == 0);
}

static void bad_lines(void)
{
    static const char *const lines[] = {
        "ann",
        "ann 2",
        "ann 2 " SALT,
        "ann 0 " SALT " " KEY,
        "ann 1000001 " SALT " " KEY,
        "ann 123456789 " SALT " " KEY,
        "ann -2 " SALT " " KEY,
        "ann a " SALT " " KEY,
        "ann 2 " SALT "00 " KEY,
        "ann 2 0g0102030405060708090a0b0c0d0e0f " KEY,
        "ann 2 " SALT " " KEY "00",
        "ann 2 " SALT " " KEY " everything",
        "ann 2 " SALT " " KEY " read everything",
        "a name of more letters than there can be 2 " SALT " " KEY,
        "anameofmorelettersthantherecanbe 2 " SALT " " KEY,
    };
    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *at = lines[i];
        struct user u;
        CHECK(!user_next(&at, &u, right) && *at == 0);
    }
}

/* A mutant has no more users than lines, names that end, and is read to its end. */
static void mutants(void)
{
    for (unsigned i = 0; i < 100000; i++) {
        char copy[sizeof good];
        struct user u;
        memcpy(copy, good, sizeof good);
        for (unsigned n = random_below(8); n-- > 0;)
            copy[random_below(sizeof good - 1)] =
                random_below(3) == 0 ? (char)random_next() : "\n 0a#"[random_below(5)];
        const char *at = copy;
        for (unsigned found = 0; user_next(&at, &u, right); found++)
            CHECK(found < 16 && memchr(u.name, 0, sizeof u.name) && u.name[0] != 0 && u.rounds > 0 &&
                  u.rounds <= USER_ROUNDS && u.rights < 4);
        CHECK(*at == 0);
    }
}

int main(void)
{
    random_seed();
    test_run("users/hashes", hashes);
    test_run("users/keys", keys);
    test_run("users/table", table);
    test_run("users/bad lines", bad_lines);
    test_run("users/mutants", mutants);
    return test_end();
}
