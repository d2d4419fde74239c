/* proc: programs as processes, each with memory of its own. Whoever may call it, by the description, makes and watches
   them; a process calls by the one endpoint that it has. By protected calls; the answer's label is SERVICE_OK, SERVICE_BAD or one of below.

   From a client, which shares a region with the server (the program's file, and its arguments one after the other, each ended by a NUL):

     label         words                                answer's words
     PROC_SPAWN    bytes of file, of arguments, grants; or also
                   4 words of text: its user's name     pid; or PROC_NO_PROGRAM: 8 words of text; PROC_MISSING: what it needs and is not
                                                        granted
     PROC_PIPE     pid, pid of the one that reads what it writes
     PROC_KILL     pid
     PROC_RESTART  pid, bytes of its file, again        pid; or as PROC_SPAWN, or PROC_LATER: a file server is at what it has asked; then it
                                                        goes on as it was, or stays as dead as it was. SERVICE_BAD: it has exited, was
                                                        killed, or died of a fault without a wish
     PROC_BEGAN    pid                                  2 words; and the arguments that it began with, as in the region
     PROC_STATUS   pid                                  struct proc_status
     PROC_NEXT     pid or 0                             the next pid in use, or 0
     PROC_FORGET   pid of one that has ended
     PROC_TYPE     pid, bytes, text                     bytes that there was room for; none are sent: the end of its input
     PROC_ROOM                                          struct proc_room
     PROC_HEAR     user, or PROC_EVERYBODY              until the next, what programs of others write without a pipe waits

   A process that is begun again ends at once, and keeps its number, its arguments, what it was granted, its user, who reads what it writes,
   who writes to it, and what came of that and it had not read; all else is new. So who writes to it goes on, and who reads from it does not
   come to the end. `again` (of its grants, PROC_AGAIN times that) is how often its client wishes this to happen after a fault: the server
   keeps the number only, and until the client has forgotten such a process or begun it again, those that share a pipe with it wait. While
   its status says that a file server is at what it asked (files), it stays as it is, and the client is signalled when that is over.

   What processes without a pipe write is in a ring of text (ring/text.h) that the server fills. The client is signalled when there is some,
   and when a status has changed.

   What a process is refused is noted in a list of denials (denied/denied.h): who is its pid, owner its user's number.

   From a process:

     PROC_WRITE    bytes, text                          bytes that there was room for; 0: wait for a signal
     PROC_READ     bytes                                bytes, text; none: the end; PROC_LATER: wait for a signal
     PROC_MEMORY   pages, the last to be given back     address of the first, or of what is left behind the last
     PROC_FILE     op, flags, fid, offset, bytes, text  as of fs/protocol.h, its OPEN, CLOSE, READ, WRITE, MKDIR and REMOVE: status, fid or
                                                        bytes, text; PROC_LATER: wait for a signal, and ask by PROC_FILE without words
     PROC_CLONE    ip, sp                               pid of a copy of it, which begins there: with all that its memory holds now and all
                                                        that it may, but without its input, what it has open, and how often it shall begin
                                                        again
     PROC_WAIT     pid of a copy that it made           how that has ended (enum proc_end), and its code, once; PROC_LATER: wait for a
                                                        signal, and ask again; SERVICE_BAD: it made none of that pid, or knows already, or
                                                        has made too many since that ended
     PROC_WINDOW   width, height                        1: it has a window, of black pixels, until it ends; 0: there is none in this system, or
                                                        another process has it
     PROC_SHOW     address, x | y << 32, width |        PROC_LATER: wait for a signal, and ask again; the server has copied it when it answers
                   height << 32 of what has changed
                   in its picture, which is there in
                   its memory: 0x00RRGGBB, line by
                   line, each as long as its window
                   is wide
     PROC_EVENT                                         op, a, b, c, d as of wm/protocol.h; PROC_LATER: wait for a signal
     PROC_CONNECT  address, port                        a TCP socket that is being connected to there, IPv4 as of net/protocol.h
     PROC_LISTEN   port                                 a socket at which others call
     PROC_OPENED   a socket                             whether that has come about; PROC_LATER
     PROC_ACCEPT   one at which others call             a new socket, the caller's address and port; PROC_LATER
     PROC_SEND     a socket, address, bytes             bytes, when the network has taken them; PROC_LATER: ask again, and do not change them
     PROC_RECEIVE  a socket, address, bytes             bytes that came, at most so many, copied to there; 0: the other side has ended;
                                                        PROC_LATER
     PROC_SHUT     a socket                             it is closed; what PROC_SEND has told of still goes
     PROC_EXIT     code                                 does not return

   The answer of each of those with a socket, and of PROC_CONNECT and PROC_LISTEN, is a status of net/protocol.h and then what the table says;
   or PROC_NO_NETWORK: this system has none. PROC_LATER: wait for a signal, and ask the same again. NET_RESTARTED: the network has begun
   anew, and that socket is good for nothing any more but to be closed. */
#ifndef SERVICES_PROC_PROTOCOL_H
#define SERVICES_PROC_PROTOCOL_H

#include "service.h"

enum {
    PROC_SPAWN = 1,
    PROC_PIPE,
    PROC_KILL,
    PROC_STATUS,
    PROC_NEXT,
    PROC_FORGET,
    PROC_TYPE,
    PROC_ROOM,
    PROC_HEAR,
    PROC_RESTART,
    PROC_BEGAN,
    PROC_WRITE = 32,
    PROC_READ,
    PROC_MEMORY,
    PROC_EXIT,
    PROC_FILE,
    PROC_CLONE,
    PROC_WAIT,
    PROC_WINDOW,
    PROC_SHOW,
    PROC_EVENT,
    PROC_CONNECT,
    PROC_LISTEN,
    PROC_OPENED,
    PROC_ACCEPT,
    PROC_SEND,
    PROC_RECEIVE,
    PROC_SHUT
};
enum { PROC_NO_PROGRAM = 16, PROC_MISSING, PROC_LATER, PROC_NO_NETWORK };
/* What can be granted. PROC_BEHIND is no right: it runs when those without have nothing to do. */
enum {
    PROC_INPUT = 1,
    PROC_OUTPUT = 2,
    PROC_HEAP = 4,
    PROC_FILES = 8,
    PROC_CHANGE = 16,
    PROC_COPIES = 32,
    PROC_SYSTEM = 64, /* files of all users (fs/protocol.h), not only its own user's and, to read, nobody's */
    PROC_WINDOWS = 128,
    PROC_NETWORK = 256,
    PROC_ALL = 511,
    PROC_BEHIND = 512,
    PROC_USER =
        1 << 10, /* times a number below 256, which the client chooses: whose it is; a copy has it, too */
    PROC_EVERYBODY = 256, /* of PROC_HEAR: no such user */
    PROC_NEVER = 1 << 18,
    PROC_AGAIN = 1 << 19, /* times a number up to PROC_AGAIN_MOST */
    PROC_AGAIN_MOST = 127,
    PROC_GRANTS = PROC_ALL | PROC_BEHIND | PROC_USER * 255 | PROC_AGAIN * PROC_AGAIN_MOST
};
enum {
    PROC_REGION = 0x100000,    /* shared with the client: */
    PROC_ARGUMENTS = 0xff000,  /* the file at 0, arguments here */
    PROC_ARGUMENT_BYTES = 288, /* a line of a shell, and a longer path for its first word */
    PROC_TEXT = 800,           /* bytes in a message */
    PROC_NAME = 32,
    PROC_PART = 4096,     /* bytes that are sent or received at once */
    PROC_SOCKETS = 4,     /* of one process */
    PROC_ALL_SOCKETS = 10 /* of all */
};

enum proc_end { PROC_RUNS, PROC_EXITED, PROC_KILLED, PROC_PAGE_FAULT, PROC_EXCEPTION, PROC_BAD_CALL };

struct proc_status {
    seL4_Word end;         /* enum proc_end */
    seL4_Word code;        /* of its exit, or number of the exception */
    seL4_Word ip, address; /* of a fault */
    seL4_Word reads;       /* 1: it waits for input */
    seL4_Word writes;      /* 1: it waits until there is room for its output */
    seL4_Word files;       /* 1 and its place: it waits for that file server, or waited when it died */
    seL4_Word pipe;        /* pid of the one that reads what it writes, or 0 */
    seL4_Word user;        /* of PROC_USER */
    seL4_Word behind;      /* 1: it runs when those without have nothing to do */
    seL4_Word pages;       /* of memory */
    seL4_Word copy;        /* pid of the copy for whose end it waits, or 0 */
    seL4_Word again;       /* so often it shall be begun again if it dies of a fault */
    char name[PROC_NAME];  /* the first of its arguments, or the end of it */
};

struct proc_room {
    seL4_Word processes, most;       /* that there are, and can be */
    seL4_Word free, bytes;           /* of the pool, as the kernel says */
    seL4_Word slots;                 /* of its table that are in use */
    seL4_Word lost;                  /* pieces of the pool, and slots, that belong to no process */
    seL4_Word sockets, most_sockets; /* of programs; that there can be, 0: there is no network */
};

#endif
