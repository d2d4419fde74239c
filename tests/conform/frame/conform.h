/* The conformance program's own frame: cases, checks, actors.

   The runner thread executes one case after another, on priority RUNNER_PRIORITY. It has actors: threads of a
   higher priority that make one system call after another as told and stop in between, so that a case reads
   like a script: when act() returns, the actor has done its step or waits in it. What a case prints must not
   depend on time, addresses or the path (fast or slow): both boots are compared line for line. */
#ifndef CONFORM_H
#define CONFORM_H

#include "baton.h"
#include "registry.h"

enum {
    SENTINEL_PRIORITY = 1,
    QUIESCE_PRIORITY = 2,
    RUNNER_PRIORITY = 100,
    ACTOR_PRIORITY = 110,
    RUNNER_CEILING = 200,
    WATCH_PRIORITY = 254, /* the root task gives no more: 255 is its own */
    RUNNER_SLICE = 50,    /* ticks */
    ACTOR_SLICE = 50,     /* so that who comes next among equals is no matter of how fast the machine is */
};

/* ---- harness.c: cases and checks */
struct test {
    const char *name;
    void (*run)(void);
};

extern const struct bootinfo *boot_info;
extern cap_t watch_fault_ep; /* where a fault that no case expects goes: it ends the run */

/* Begins the case of that name; false: the filter leaves it out. case_end() says "ok" unless a check failed. */
bool case_begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
void case_end(void);
/* What the case needs is not there; it has tested nothing, and says so: "ok <name> # skip: <reason>". */
void case_skip(const char *reason);
/* The same of all cases in the next list, unless what they need is there. */
void cases_need(bool there, const char *reason);
const char *case_name(void);
/* Runs each as a case "<set>/<name>". */
void cases_run(const char *set, const struct test *list, size_t count);
/* The same twice, as .../same and .../cross: with all actors in this address space, and with every other actor
   in another one. */
void cases_run_spaces(const char *set, const struct test *list, size_t count);
/* Exit code of the program, after the summary line. */
uint64_t cases_finish(void);
void harness_init(const struct bootinfo *bi);

/* Defines what runs the cases of a file. All sets run by their places, and nothing else names them. */
#define CASE_SET(place, function)                                                                              \
    REGISTRY_PLACE_IS_GOOD(place);                                                                             \
    static void function(void);                                                                                \
    REGISTERED(place, function) static void (*const function##_here)(void) = function;                         \
    static void function(void)

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define CASES(set, list) cases_run(set, list, COUNT(list))
#define CASES_SPACES(set, list) cases_run_spaces(set, list, COUNT(list))

/* The last check that the case made, good or not. */
const char *case_file(void);
unsigned case_line(void);
bool expect(bool good, const char *what, const char *file, unsigned line);
bool expect_is(uint64_t got, uint64_t want, const char *what, const char *file, unsigned line);
#define EXPECT(condition) expect((condition), #condition, __FILE__, __LINE__)
#define EXPECT_IS(got, want) expect_is((uint64_t)(got), (uint64_t)(want), #got, __FILE__, __LINE__)

/* The CNode that cap_at() names slots of, as operations on slots want it. */
static inline cap_t own_cnode(void)
{
    return cap_at(CAP_SELF_CNODE);
}

/* ---- temp.c: capabilities that go away with the case */
uint64_t temp_slot(void);
uint64_t temp_object(unsigned type, unsigned size_bits);
static inline uint64_t temp_endpoint(void)
{
    return temp_object(TYPE_ENDPOINT, 0);
}
static inline cap_t new_endpoint(void)
{
    return cap_at(temp_endpoint());
}
uint64_t temp_copy(uint64_t slot, unsigned rights);
uint64_t temp_mint(uint64_t slot, unsigned rights, uint64_t badge);
/* Gives back the last slot that the case took; its content is deleted. */
void temp_drop(void);
/* A page number of address space that the case may map at; its page tables exist. */
uint64_t temp_page(void);
void temp_clear(void);
/* The slot of a capability of that type that no case changes; 0 for TYPE_REPLY, which only a call makes, and
   for numbers that are no type. */
uint64_t zoo(unsigned type);
/* Nothing that is retyped can be of this type. */
bool only_boot_makes(unsigned type);
void zoo_init(void);

/* ---- actor.c */
enum { A, B, C, D, E, F, ACTORS };

struct step {
    unsigned who, number; /* the actor; its first step since it was configured is 1 */
    uint64_t op;          /* a system call, or STEP_FUNCTION */
    cap_t cap;
    struct msg m; /* as sent; then as received */
    long result;
    uint64_t order;       /* number of this step among all that ended: 1 is the first of the case */
    uint64_t home, space; /* the address space that its thread belongs to, and that it was in when it ended */
    uint64_t done;
    void (*function)(uint64_t cap); /* with STEP_FUNCTION */
};

enum { STEP_FUNCTION = 0x1000 };
enum { SPACE_OTHER, SPACE_OURS };

void actors_init(void);
/* Stops all actors and gives them back their usual priority. */
void actors_reset(bool cross);
/* Makes a stopped actor ready for steps at another priority, with another fault endpoint. */
void actor_configure(unsigned who, unsigned priority, cap_t fault_ep);
/* The same at the usual priority, with that frame as IPC buffer; the result is thread_configure's. */
long actor_set_buffer(unsigned who, cap_t frame);
cap_t actor_tcb(unsigned who);
cap_t other_space(void);
/* Adds a step with the message pattern(seed, ...) to what the actor will do. */
struct step *plan(unsigned who, uint64_t op, cap_t cap, uint64_t seed);
struct step *plan_function(unsigned who, void (*function)(uint64_t cap), cap_t cap);
/* Starts it, or lets it go on where it was stopped. */
#define go(who) actor_go(who, __FILE__, __LINE__)
void actor_go(unsigned who, const char *file, unsigned line);
#define act(who, op, cap, seed) actor_act(who, op, cap, seed, __FILE__, __LINE__)
struct step *actor_act(unsigned who, uint64_t op, cap_t cap, uint64_t seed, const char *file, unsigned line);
/* Has it done everything that it was told to? */
bool actor_idle(unsigned who);
/* Says "not ok" for the case that runs: why it does not end, at which check it was, and which actors have
 * not ended their steps. */
void tell_stuck(const char *why);
/* A and B, who spin and count their rounds, each get on whenever it is not our turn. */
void actors_take_turns(const volatile uint64_t *rounds);
/* Stops the actors; none has segment bases any more. */
void actors_take_bases(void);
/* Until all threads of lower priority, too, wait or have stopped. */
void quiesce(void);

uint64_t pattern(uint64_t seed, unsigned word);
struct msg pattern_msg(uint64_t seed);
bool is_pattern(const struct msg *m, uint64_t badge, uint64_t seed);

void expect_message(const struct step *s, uint64_t badge, uint64_t seed, const char *file, unsigned line);
void expect_result(const struct step *s, long result, const char *file, unsigned line);
void expect_waits(const struct step *s, const char *file, unsigned line);
void expect_canceled(const struct step *s, const char *file, unsigned line);
/* The name of an error, or NULL. */
const char *error_word(long result);
/* expect.c. What a failure says names actor, step and system call. */
bool expect_done(const struct step *s, const char *file, unsigned line);
bool expect_outcome(const struct step *s, long result, const char *file, unsigned line);
#define EXPECT_MESSAGE(step, badge, seed) expect_message(step, badge, seed, __FILE__, __LINE__)
#define EXPECT_RESULT(step, result) expect_result(step, result, __FILE__, __LINE__)
#define EXPECT_DONE(step) expect_done(step, __FILE__, __LINE__)
#define EXPECT_WAITS(step) expect_waits(step, __FILE__, __LINE__)
#define EXPECT_CANCELED(step) expect_canceled(step, __FILE__, __LINE__)

#endif
