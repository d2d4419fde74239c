/* Files, of whatever kind of file system: a session is two rings (ring/ring.h) of requests and answers and a region of buffers, all
   shared with one client. Whoever has read this can write a client; README.md says who may do what. Numbers are little endian. */
#ifndef SERVICES_FS_PROTOCOL_H
#define SERVICES_FS_PROTOCOL_H

#include <stdint.h>

enum {
    FS_RING = 64,      /* entries of each ring */
    FS_BUFFERS = 64,   /* in the region of data */
    FS_BUFFER = 4096,  /* bytes of one */
    FS_NAME = 255,     /* bytes of a component of a path, at most */
    FS_PATH = 1024,    /* of a whole path */
    FS_FIDS = 32,      /* open at a time in one session */
    FS_USER = 31,      /* bytes of a user's name */
    FS_REGION = 0x4000 /* of the rings: requests at 0, answers at FS_ANSWERS */
};
enum { FS_ANSWERS = 0x2000, FS_DATA_REGION = FS_BUFFERS * FS_BUFFER };

/* A request is a ring_entry: id (the answer has it too), op, buffer and length (of the data or the path in it), flags, and as the
   table says. The answer has status, and in length the bytes that the buffer holds now, or that were written.

   Paths are UTF-8, from the session's root, without a / at the beginning; the empty path is the root. Components are at most FS_NAME bytes, not "." or
   "..", without control characters. No NUL ends them: length counts.

   A client that has users says for whom it asks: c is the length of a name of letters, digits, - and _, which stands in the buffer right behind the path, or
   both paths. Then, by what the paths lead to, and not by how they are written (README.md):
     in FS_HOMES/name         all is allowed; the folder itself stays
     in FS_HOMES/other        nothing, except to read what is in its FS_PUBLIC
     elsewhere                to read
   c 0: all is allowed everywhere. */
#define FS_HOMES "home"
#define FS_PUBLIC "public"
enum fs_op {
    FS_OPEN =
        1, /* path in the buffer, flags of enum fs_flags: the answer's a is a fid, b the size, flags FS_FOLDER of a folder */
    FS_CLOSE = 2, /* a fid */
    FS_READ = 3,  /* a fid, b offset, length bytes into the buffer: fewer only at the end */
    FS_WRITE =
        4, /* a fid, b offset, length bytes of the buffer; a gap beyond the end becomes zeros, while others are served */
    FS_STAT = 5, /* a fid: the buffer holds a struct fs_stat */
    FS_LIST =
        6, /* a fid of a folder, b 0 or what the last answer's b was: struct fs_entry, one after the other; no bytes: the end */
    FS_MKDIR = 7,  /* path */
    FS_REMOVE = 8, /* path of a file, or of an empty folder; not of what is open */
    FS_RENAME =
        9, /* two paths, the first of a bytes; flags FS_REPLACE: a file of the new name goes in the same step */
    FS_TRUNCATE = 10, /* a fid, b size, longer or shorter; longer as in FS_WRITE */
    FS_SYNC = 11,     /* when it is answered, all that was answered before is safe from a loss of power */
    FS_SPACE = 12,    /* the answer's a is bytes free, b bytes of all */
    FS_OPS
};

enum fs_flags { FS_WRITABLE = 1, FS_CREATE = 2, FS_EXCLUSIVE = 4, FS_FOLDER = 8, FS_REPLACE = 16 };

/* Results, and their names. Nothing has changed after one that is not OK, but FS_WRITE and FS_TRUNCATE may have done a part. */
#define FS_STATUSES(X)                                                                            \
    X(OK, "")                                                                                     \
    X(NOT_FOUND, "there is nothing of that name")                                                 \
    X(EXISTS, "there is something of that name")                                                  \
    X(NO_FOLDER, "it is, or a part of the path is, no folder")                                    \
    X(IS_FOLDER, "it is a folder")                                                                \
    X(NOT_EMPTY, "the folder is not empty")                                                       \
    X(BUSY, "it is open")                                                                         \
    X(NO_SPACE, "no room is left")                                                                \
    X(TOO_BIG, "no file can be that long")                                                        \
    X(BAD_NAME, "not a name that can be stored")                                                  \
    X(BAD_FID, "no such fid is open in this session")                                             \
    X(BAD_BUFFER, "the buffer does not exist, or is shorter than that")                           \
    X(BAD_REQUEST, "no such operation, flag or number")                                           \
    X(READ_ONLY, "it may only be read")                                                           \
    X(TOO_MANY, "too many are open")                                                              \
    X(DAMAGED, "what is stored contradicts itself")                                               \
    X(IO, "the device failed; nothing more is written to it")                                     \
    X(UNSUPPORTED, "a kind of file system that is not known here")                                \
    X(RESTARTED, "the server was restarted before it answered; it may have been done, or not")    \
    X(DENIED, "it is not this user's")
#define FS_STATUS_NUMBER(name, text) FS_##name,
enum fs_status {
    FS_STATUSES(FS_STATUS_NUMBER) FS_STATUS_COUNT,
    FS_UNFINISHED = FS_STATUS_COUNT /* never an answer: a backend's, see backend.h */
};

struct fs_stat {
    uint64_t size;
    uint64_t id;      /* the same as long as it is open */
    uint32_t flags;   /* FS_FOLDER, FS_WRITABLE */
    uint32_t changed; /* date << 16 | time, as FAT counts them; 0: not known */
};

/* In a list: the name follows, and the next begins at a multiple of 8. */
struct fs_entry {
    uint64_t size;
    uint32_t flags;
    uint32_t name_length;
};

#endif
