/* A table of users, as text that the system is built with: a line for each, made by users.py; other lines say nothing.

     NAME ROUNDS SALT KEY RIGHT...

   SALT and KEY are in hexadecimal, KEY what PBKDF2 makes of the password, by so many rounds. A line that is not whole is no user. */
#ifndef SERVICES_USERS_H
#define SERVICES_USERS_H

#include <stdbool.h>
#include <stdint.h>
#include "sha256.h"

enum { USER_NAME = 32, USER_SALT = 16, USER_ROUNDS = 1000000 /* at most */ };
struct user {
    char name[USER_NAME];
    uint32_t rounds;
    uint8_t salt[USER_SALT], key[SHA256_BYTES];
    uint64_t rights;
};

/* The next user; *at: where to go on. False: there are no more. `right` says a right's bit by its name, or 0. */
bool user_next(const char **at, struct user *u, uint64_t (*right)(const char *name, unsigned length));
/* Takes as long for a wrong password as for the right one. */
bool user_is(const struct user *u, const char *password, unsigned bytes);

#endif
