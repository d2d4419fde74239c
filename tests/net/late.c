/* The stack on a host, with a peer that acknowledges each segment just before the stack would send it again: that each time looks like a longer way.
   The stack never waits longer than it says (STREAM_WAIT), and so sends again when at last nothing is acknowledged. A part of client_fuzz.c. */

enum {
    OWN_PORT = 3000,
    TEXT = 10,
    ROUNDS = 24,
    LONGEST = STREAM_WAIT / TCP_SLOW_INTERVAL + 2, /* it is looked at once a second */
    SYN = 2,
    ACKNOWLEDGES = 16,
    PUSH = 8
};
static uint32_t my_sequence, its_sequence;

static void segment(uint8_t flags, uint32_t payload)
{
    uint8_t f[MOST] = {0};
    memcpy(f, theirs, 6);
    memcpy(f + 6, ours, 6);
    put(f + 34, 2, OWN_PORT);
    put(f + 36, 2, PORT);
    put(f + 38, 4, my_sequence);
    put(f + 42, 4, its_sequence);
    f[46] = 0x50;
    f[47] = flags;
    put(f + 48, 2, 8192);
    uint32_t length = make_ip(f, 6, 20 + payload);
    put(f + 20, 2, 0); /* in one piece */
    set_sums(f, length);
    receive(f, length);
    run();
    my_sequence += payload + (flags & SYN ? 1 : 0);
}

static void half_seconds(uint32_t count)
{
    for (count *= 2; count > 0; count--) {
        now += TCP_TMR_INTERVAL; /* its timer does not catch up */
        run();
    }
}

static void late(void)
{
    start();
    segment(SYN, 0);
    its_sequence = seen_sequence + 1;
    segment(ACKNOWLEDGES, 0);
    expect(tcp_active_pcbs && tcp_active_pcbs->state == ESTABLISHED, "a connection");
    for (unsigned i = 0; i < ROUNDS; i++) {
        segment(ACKNOWLEDGES | PUSH, TEXT); /* comes back at once */
        expect(tcp_active_pcbs->unacked != 0, "an echo is under way");
        half_seconds(tcp_active_pcbs->rto > 1 ? (uint32_t)tcp_active_pcbs->rto - 1 : 0);
        its_sequence += TEXT;
        segment(ACKNOWLEDGES, 0);
        half_seconds(3); /* it is looked at in the second one */
        printf("after %u: %d half seconds\n", i + 1, tcp_active_pcbs->rto);
        expect(tcp_active_pcbs->rto >= 0 && tcp_active_pcbs->rto <= LONGEST,
               "it waits for no longer than it says");
    }
    segment(ACKNOWLEDGES | PUSH, TEXT);
    half_seconds(1); /* the acknowledgement, if it was delayed */
    uint32_t before = sent, waited = 0;
    for (; sent == before && waited <= LONGEST; waited++)
        half_seconds(1);
    expect(sent > before, "it sends again");
    printf("%u half seconds until it sends again\n", waited);
}
