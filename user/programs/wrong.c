/* Does what a program must not: the word says what. */
#include <stdio.h>
#include <string.h>
#include "window.h"

static int deeper(volatile int n)
{
    volatile char room[512];
    room[0] = (char)n;
    return n < 0 ? room[0] : deeper(n + 1) + room[0];
}

static void call(seL4_Word number, seL4_Word one, seL4_Word two)
{
    for (seL4_Word slot = 0; slot < 64; slot++)
        (void)baton_call(number, baton_address(slot), one, two, 0);
}

/* Every system call on every slot, but those that wait and those of its own two capabilities. */
static void calls(void)
{
    static const seL4_Word numbers[] = {BATON_SYS_THREAD_SUSPEND, BATON_SYS_MEMORY_MAP, BATON_SYS_RETYPE,
                                        BATON_SYS_CAP_COPY,       BATON_SYS_CAP_DELETE, BATON_SYS_CAP_REVOKE,
                                        BATON_SYS_IO_OUT,         BATON_SYS_DEBUG_EXIT, BATON_SYS_DEBUG_PUTCHAR,
                                        BATON_SYS_IRQ_HANDLER_GET};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        call(numbers[i], 1, 1);
}

/* Messages with numbers and lengths that make no sense. */
static void messages(void)
{
    seL4_Word number = 1;
    for (unsigned i = 0; i < 4000; i++) {
        for (int word = 0; word < 120; word++)
            seL4_SetMR(word, number = number * 6364136223846793005ul + 1442695040888963407ul);
        seL4_SetMR(0, number >> (i % 64));
        seL4_Word label = i % 40;
        if (label != PROC_EXIT && label != PROC_WRITE)
            (void)baton_ppcall(baton_address(1), microkit_msginfo_new(label, number >> 57));
    }
}

/* Takes all the memory that there is for it. */
static void memory(void)
{
    unsigned pages = 0;
    while (program_memory(1))
        pages++;
    printf("%u pages\n", pages);
}

/* Its note does not say that it reads. */
static void input(void)
{
    char text[64];
    printf("%lu bytes\n", program_read(text, sizeof text));
}

static void read_other(seL4_Word fid)
{
    char text[8];
    size_t bytes = sizeof text;
    if (program_read_file(fid, 0, text, &bytes) == FS_OK)
        printf("read what is not its own\n");
}

/* Fids that others may have, and some that nobody has; and more of its own than one may have, which are left open. */
static void open_files(const char *path)
{
    seL4_Word fid;
    unsigned opened = 0;
    enum fs_status status;
    for (fid = 0; fid < 4ul * FS_FIDS; fid++)
        read_other(fid);
    for (unsigned bit = 8; bit < 64; bit++)
        read_other(1ul << bit);
    while ((status = program_open(path, 0, &fid)) == FS_OK)
        opened++;
    printf("%u opened, then status %d\n", opened, status);
}

/* Copies itself until there is no room, and the copies do so, too; some begin where nothing is. */
static void clones(void)
{
    for (seL4_Word word = 1; word != 0; word <<= 4) {
        seL4_SetMR(0, word * 0x1001);
        seL4_SetMR(1, word * 0x10f);
        (void)baton_ppcall(baton_address(1), microkit_msginfo_new(PROC_CLONE, 2));
    }
    while (program_clone() != PROGRAM_NO_CLONE)
        ;
}

/* Keeps one open, for as long as it lives. */
static void hold(const char *path)
{
    seL4_Word fid;
    printf("held: %d\n", program_open(path, 0, &fid));
    for (;;)
        program_wait();
}

/* Pictures from where it has no memory, and parts that lie in no window. */
static void window(void)
{
    enum { SIDE = 16, WHOLE = SIDE * SIDE };
    static uint32_t picture[WHOLE];
    static const struct rect all = {0, 0, SIDE, SIDE},
                             parts[] = {{-1, 0, 1, 1}, {0, 0, SIDE + 1, 1},      {SIDE, 0, 1, 1},
                                        {0, 0, 0, 1},  {1, 1, SIDE, 0x7fffffff}, {0, -0x7fffffff, 1, 1}};
    const seL4_Word places[] = {0,         0x123000,       ~0ul - 8,  0xffffffff80000000,
                                1ul << 47, 0x7ffffffff000, 1ul << 63, (seL4_Word)picture + (1ul << 32)};
    struct program_event event;
    unsigned without = program_show(picture, all) + program_event(&event) + program_window(0, 1) +
                       program_window(1, 0) + program_window(WM_WIDTH + 1, 1) +
                       program_window(WM_WIDTH, WM_HEIGHT);
    unsigned opened = program_window(SIDE, SIDE), again = program_window(SIDE, SIDE), shown = 0;
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        shown += program_show(picture, parts[i]);
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        shown += program_show((const uint32_t *)places[i], all); /* NOLINT: where it has nothing */
    printf("%u without a window, %u and %u opened, %u wrong ones, %u right one\n", without, opened, again,
           shown, program_show(picture, all));
}

/* Dies while the file server is at what it has asked, which takes long there; its copy tells that somebody else runs meanwhile. */
static int far_write(const char *path, const volatile int *nothing)
{
    enum { FAR = 6 << 20, HEAD = 5 };
    seL4_Word fid = 0;
    enum fs_status status = program_open(path, FS_WRITABLE | FS_CREATE, &fid);
    const seL4_Word asked[HEAD + 1] = {FS_WRITE, 0, fid, FAR, 1};
    memcpy(BATON_IPC_BUFFER->msg, asked, sizeof asked);
    microkit_msginfo answer = baton_ppcall(baton_address(1), microkit_msginfo_new(PROC_FILE, HEAD + 1));
    if (status != FS_OK || microkit_msginfo_get_label(answer) != PROC_LATER)
        printf("it is not far\n");
    if (program_clone() != 0)
        return *nothing;
    (void)baton_call(BATON_SYS_YIELD, 0, 0, 0, 0); /* first it dies */
    printf("meanwhile\n");
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "", *path = argc > 2 ? argv[2] : "readme.txt";
    volatile int *volatile nothing = (volatile int *)0x123000; /* NOLINT: nothing is there */
    if (strcmp(what, "read") == 0)
        return *nothing;
    if (strcmp(what, "write") == 0)
        *(volatile int *)(seL4_Word)main = 0; /* NOLINT: code */
    if (strcmp(what, "trap") == 0)
        __builtin_trap();
    if (strcmp(what, "port") == 0)
        __asm__ volatile("inb $0x92, %%al" ::: "rax");
    if (strcmp(what, "nocall") == 0)
        (void)baton_call(0x99, 0, 0, 0, 0);
    if (strcmp(what, "deep") == 0)
        return deeper(0);
    if (strcmp(what, "calls") == 0)
        calls();
    else if (strcmp(what, "messages") == 0)
        messages();
    else if (strcmp(what, "memory") == 0)
        memory();
    else if (strcmp(what, "input") == 0)
        input();
    else if (strcmp(what, "hold") == 0)
        hold(path);
    else if (strcmp(what, "far") == 0)
        return far_write(path, nothing);
    else if (strcmp(what, "clones") == 0)
        clones();
    else if (strcmp(what, "files") == 0)
        open_files(path);
    else if (strcmp(what, "window") == 0)
        window();
    else if (strcmp(what, "flood") == 0)
        for (unsigned i = 0; i < 2000; i++)
            printf("%u: there is never enough of it\n", i);
    else
        printf("read, write, trap, port, nocall, deep, calls, messages, memory, input, hold, far, clones, "
               "files or flood?\n");
    return 0;
}
