/* Works beside a driver that lies. What that one serves may go wrong as it likes; all else goes on as if nothing were. After that the
   driver's next life is honest, and its client begins anew; then all is as it should be. */
#define init kills_init
#define notified kills_notified
#define wait kills_wait
#include "../kills/client.c"
#undef init
#undef notified
#undef wait

/* The keeper's children, as the test numbers them. */
enum { FAT_CHILD = 1, BLK_CHILD, DISK_LIES, NET_CHILD, NET_LIES, CHILDREN = 7 };
enum {
    TRIES_OF_LIAR = 300,
    AFTERWARDS = 50,
    LOOKS = 200 /* at the disk, with no answer */,
    LOST = 64 /* datagrams */
};

/* The page with the kernel's command line: "victim=3". */
struct words {
    seL4_BootInfoHeader header;
    char text[240];
};
const struct words *words;
volatile uint64_t *truce;
static uint64_t liar, asked, came, looks, lost, killed[CHILDREN];

static void kill(uint64_t child)
{
    if (!keeper_kill(KEEPER, child))
        complain("not killed is child", child);
    killed[child]++;
}

/* What the liar has written into memory that it shares stays there when it dies, and its client may wait for ever. */
static void begin_anew(void)
{
    kill(liar == DISK_LIES ? BLK_CHILD : NET_CHILD);
    looks = lost = 0;
}

static void make_honest(void)
{
    *truce = 1;
    kill(liar);
    begin_anew();
}

/* For what the liar may never answer. */
static void wait(void)
{
    if (*truce == 0 && liar == DISK_LIES && ++looks == LOOKS)
        begin_anew();
    disk_serve();
}

/* Whatever comes of it. */
static void try_file(void)
{
    uint64_t found;
    uint32_t bytes = 8;
    if (fs_open(&files, "list", FS_WRITABLE | FS_CREATE, &found) == FS_OK) {
        fs_write(&files, found, asked % LIST * 8, &asked, &bytes);
        came += fs_sync(&files) == FS_OK;
        fs_close(&files, found);
    }
    asked++;
    looks = 0;
}

static void try_datagram(void)
{
    static struct frame f;
    bool back = false;
    peer_datagram(&f, PORT, ECHO, BYTES);
    interface_put(f.bytes, f.length);
    peer_step();
    for (struct frame *found; (found = peer_take()) != 0;)
        back |= peer_is_echo(&f, found);
    asked++;
    came += back;
    lost = back ? 0 : lost + 1;
    if (lost == LOST)
        begin_anew();
    else if (!back)
        peer_meet(); /* a stack that began anew does not know us */
}

static void read_words(void)
{
    static const char word[] = "victim=";
    for (const char *at = words->text; *at != 0; at++)
        if (memcmp(at, word, sizeof word - 1) == 0)
            liar = (uint64_t)(at[sizeof word - 1] - '0');
}

static void tell(void)
{
    char line[80];
    for (uint64_t i = 0; i < CHILDREN; i++) {
        snprintf(line, sizeof line, "client: killed child %lu %lu times\n", i, killed[i]);
        microkit_dbg_puts(line);
    }
    tell_lives();
    say("the liar was asked:", asked);
    say("the liar did well:", came);
    say("wrong:", wrong);
}

void init(void)
{
    read_words();
    interface_driver = NET_DRIVER;
    disk_driver = DISK_DRIVER;
    disk_format();
    fs_connect(&files, fat_rings, fat_data, signal_fat, wait);
    while (asked < TRIES_OF_LIAR) {
        liar == DISK_LIES ? try_file() : write_number();
        liar == DISK_LIES ? send_datagram() : try_datagram();
    }
    make_honest();
    if (liar == DISK_LIES) {
        disk_format(); /* it was the liar's */
        kill(FAT_CHILD);
    }
    for (unsigned left = AFTERWARDS; left > 0; left--) {
        write_number();
        send_datagram();
    }
    look();
    tell();
    microkit_notify(DUMPER);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
