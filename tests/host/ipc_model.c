#include "ipc_model.h"

#include "abi/abi.h"
#include "thread/tcb.h"

static void sysret(struct registers *r)
{
    r->rcx = r->rip;
    r->r11 = r->rflags = FLAGS_AFTER_SYSCALL;
}

void model_result(long rax)
{
    RUNNING_THREAD->r.rax = (uint64_t)rax;
    sysret(&RUNNING_THREAD->r);
}

static void deliver(int to, int from, uint64_t badge)
{
    struct registers *r = &model.thread[to].r;
    const struct model_thread *f = &model.thread[from];
    const struct registers *m = f->kind == SEND_FAULT ? &f->fault : &f->r;
    r->rax = GOT_MESSAGE, r->rdi = badge, r->rsi = m->rsi, r->rbx = 0;
    for (int i = 0; i < 8; i++)
        r->word[i] = m->word[i];
    sysret(r);
}

/* The running thread's attempt ends with the cap's error, or with one for lack of a right. */
static bool refused(struct model_cap cap, unsigned right)
{
    RUNNING_THREAD->r.rbx = 0;
    long error = cap.error ? cap.error : cap.rights & right ? 0 : ERR_NO_RIGHT;
    if (error)
        model_result(error);
    return error != 0;
}

static bool has(int endpoint, enum model_state who)
{
    const struct model_list *q = &model.queue[endpoint];
    return q->length && model.thread[q->member[0]].state == who;
}

static void wait_at(int t, int endpoint, enum model_state state)
{
    struct model_thread *m = &model.thread[t];
    m->state = state;
    m->endpoint = endpoint;
    model_insert(&model.queue[endpoint], model.queue[endpoint].length, t);
}

static void send_message(int endpoint, uint64_t badge, unsigned kind)
{
    int me = model.running;
    struct model_thread *m = RUNNING_THREAD;
    m->kind = kind;
    m->badge = badge;
    if (!has(endpoint, RECEIVING)) {
        wait_at(me, endpoint, SENDING);
        model_run_most_urgent();
        return;
    }
    int to = model_take_first(&model.queue[endpoint]);
    deliver(to, me, badge);
    model.thread[to].client = kind == SEND_ONLY ? NOBODY_AT_ALL : me;
    if (kind == SEND_ONLY) {
        model_result(GOT_MESSAGE);
    } else {
        m->state = AWAITING_REPLY;
        m->server = to;
    }
    model_hand_over(to, kind == SEND_ONLY);
}

void model_send(struct model_cap cap, unsigned kind)
{
    if (!refused(cap, RIGHT_SEND))
        send_message(cap.endpoint, cap.badge, kind);
}

void model_fault(const struct registers *fault)
{
    struct model_thread *m = RUNNING_THREAD;
    m->fault = *fault;
    if (m->handler != NOBODY_AT_ALL) {
        send_message(m->handler, m->handler_badge, SEND_FAULT);
        return;
    }
    m->state = STOPPED;
    model_run_most_urgent();
}

/* The first sender's message is t's. post: the sender waits for the reply, or is done */
static void take_message(int t, int endpoint)
{
    int from = model_take_first(&model.queue[endpoint]);
    struct model_thread *f = &model.thread[from];
    deliver(t, from, f->badge);
    if (f->kind == SEND_ONLY) {
        f->r.rax = GOT_MESSAGE;
        f->r.rbx = 0;
        sysret(&f->r);
        model_wake(from);
        return;
    }
    model.thread[t].client = from;
    f->state = AWAITING_REPLY;
    f->server = t;
}

/* Its wait ends without what it waited for. A fault is simply raised again. */
static void cut_off(int t)
{
    struct model_thread *m = &model.thread[t];
    bool fault = (m->state == SENDING || m->state == AWAITING_REPLY) && m->kind == SEND_FAULT;
    if (m->state == SENDING || m->state == RECEIVING)
        model_take_out(&model.queue[m->endpoint], t);
    if (m->state == AWAITING_REPLY)
        model.thread[m->server].client = NOBODY_AT_ALL;
    m->state = STOPPED;
    if (fault)
        return;
    struct registers gone = {.rax = (uint64_t)ERR_CANCELED, .rip = m->r.rip, .rsp = m->r.rsp, .rbp = m->r.rbp};
    m->r = gone;
    sysret(&m->r);
}

static void drop_client(int client)
{
    if (client == NOBODY_AT_ALL)
        return;
    cut_off(client);
    model_wake(client);
}

void model_recv(struct model_cap cap)
{
    int me = model.running;
    if (refused(cap, RIGHT_RECV))
        return;
    int client = model.thread[me].client;
    model.thread[me].client = NOBODY_AT_ALL;
    if (has(cap.endpoint, SENDING)) {
        take_message(me, cap.endpoint);
    } else {
        wait_at(me, cap.endpoint, RECEIVING);
        model_run_most_urgent();
    }
    int kept = model.thread[me].client;
    drop_client(client);
    model.thread[me].client = kept;
}

/* The client has its answer and could run. */
static void answer(int me, int client)
{
    if (model.thread[client].kind != SEND_FAULT)
        deliver(client, me, 0);
    model.thread[me].client = NOBODY_AT_ALL;
}

void model_reply(void)
{
    int me = model.running, client = RUNNING_THREAD->client;
    RUNNING_THREAD->r.rbx = 0;
    if (client == NOBODY_AT_ALL) {
        model_result(ERR_NO_CALLER);
        return;
    }
    model.thread[me].kind = SEND_ONLY;
    answer(me, client);
    model_result(0);
    model_hand_over(client, true);
}

void model_reply_recv(struct model_cap cap)
{
    int me = model.running, client = RUNNING_THREAD->client;
    if (refused(cap, RIGHT_RECV))
        return;
    model.thread[me].kind = SEND_ONLY;
    if (client != NOBODY_AT_ALL)
        answer(me, client);
    if (has(cap.endpoint, SENDING)) {
        take_message(me, cap.endpoint);
        if (client != NOBODY_AT_ALL)
            model_wake(client);
        return;
    }
    wait_at(me, cap.endpoint, RECEIVING);
    if (client != NOBODY_AT_ALL)
        model_hand_over(client, false);
    else
        model_run_most_urgent();
}

void model_halt(int t)
{
    struct model_thread *m = &model.thread[t];
    if (m->state == RUNNING) {
        m->state = STOPPED;
        model_run_most_urgent();
    } else if (m->state == READY) {
        model_take_out(&model.ready, t);
        m->state = STOPPED;
    } else if (m->state != STOPPED) {
        cut_off(t);
    }
}

void model_suspend(int t)
{
    model_result(0);
    model_halt(t);
}

void model_resume(int t)
{
    bool stopped = model.thread[t].state == STOPPED;
    model_result(stopped ? 0 : ERR_IN_USE);
    if (stopped)
        model_wake(t);
}

void model_set_entry(int t, const struct registers *entry)
{
    struct model_thread *m = &model.thread[t];
    bool stopped = m->state == STOPPED;
    model_result(stopped ? 0 : ERR_IN_USE);
    if (!stopped)
        return;
    m->r = *entry;
    m->r.rflags = FLAGS_AFTER_SYSCALL;
    int client = m->client;
    m->client = NOBODY_AT_ALL;
    drop_client(client);
}

void model_cancel_endpoint(int endpoint)
{
    while (model.queue[endpoint].length) {
        int t = model.queue[endpoint].member[0];
        cut_off(t);
        model_wake(t);
    }
}

void model_reset(void)
{
    model = (struct model){.running = NOBODY_AT_ALL};
    for (int i = 0; i < MODEL_THREADS; i++)
        model.thread[i].client = model.thread[i].server = model.thread[i].handler = NOBODY_AT_ALL;
}
