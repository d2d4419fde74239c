/* The lines that scripts read: "#baton " and one JSON object each. All other lines are for people. The last
   field of each is the CRC-32 of all before it, in hexadecimal: a serial port may lose or change a byte, and
   with another digit a number is still a number. */
#include <stdio.h>
#include "harness.h"
#include "cpu_id.h"
#include "crc.h"
#include "evict.h"

static uint32_t sum;

static void put_text(const char *text)
{
    for (; *text; text++) {
        sum = crc32_add(sum, *text);
        print("%c", *text);
    }
}

#define PUT(...)                                                                                               \
    do {                                                                                                       \
        char text_[160];                                                                                       \
        snprintf(text_, sizeof text_, __VA_ARGS__);                                                            \
        put_text(text_);                                                                                       \
    } while (0)

static void begin(const char *event)
{
    print("#baton ");
    sum = 0;
    PUT("{\"event\":\"%s\"", event);
}

static void end(void)
{
    print(",\"sum\":\"%08x\"}\n", sum);
}

/* The value may quote what a person typed or what a machine calls itself: what JSON would have to escape
   becomes a question mark. */
static void put_string(const char *key, const char *value)
{
    PUT(",\"%s\":\"", key);
    for (; *value; value++) {
        bool plain = *value >= ' ' && *value <= '~' && *value != '"' && *value != '\\';
        put_text((char[]){plain ? *value : '?', 0});
    }
    put_text("\"");
}

static void put_number(const char *key, uint64_t value)
{
    PUT(",\"%s\":%lu", key, value);
}

static void put_milli(const char *key, uint64_t milli)
{
    PUT(",\"%s\":%lu.%03lu", key, milli / 1000, milli % 1000);
}

static void put_flag(const char *key, bool flag)
{
    PUT(",\"%s\":%s", key, flag ? "true" : "false");
}

static const char *on_off(uint32_t flag)
{
    return flag ? "on" : "off";
}

void event_boot(const struct bootinfo *bi)
{
    begin("boot");
    put_string("fastpath", on_off(bi->fastpath));
    put_string("trace", on_off(bi->trace));
    put_number("tsc_hz", bi->tsc_hz);
    end();
}

void event_machine(const struct cpu_id *id, const struct bootinfo *bi)
{
    begin("machine");
    put_string("cpu", id->brand);
    put_string("vendor", id->vendor);
    put_number("family", id->family), put_number("model", id->model), put_number("stepping", id->stepping);
    put_flag("virtual", id->is_virtual);
    put_string("hypervisor", id->hypervisor);
    put_number("mitigations", bi->mitigations);
    end();
}

void event_build(const struct build *build)
{
    begin("build");
    put_string("commit", build->commit);
    put_flag("dirty", build->dirty);
    put_string("image", build->image);
    put_string("gcc", BUILD_COMPILER);
    put_string("nasm", build->nasm);
    end();
}

void event_options(const struct options *options)
{
    begin("options");
    put_string("only", options->filter);
    put_number("samples", options->samples);
    put_flag("raw", options->raw);
    put_string("mitigations", options->mitigations);
    put_string("cold", options->cold_word);
    end();
}

void event_clock(void)
{
    if (!sieve_is_on())
        return;
    begin("clock");
    put_milli("cycle_ticks", sieve_core_clock());
    put_number("tick_cost", sieve_tick_cost());
    end();
}

void event_plan(size_t count)
{
    begin("plan");
    put_number("count", count);
    end();
}

void event_start(const char *id, size_t index, size_t count)
{
    begin("start");
    put_string("id", id);
    put_number("index", index), put_number("count", count);
    end();
}

void event_samples(const char *id, const uint64_t *samples, size_t n)
{
    begin("samples");
    put_string("id", id);
    PUT(",\"samples\":[");
    for (size_t i = 0; i < n; i++)
        PUT(i == 0 ? "%lu" : ",%lu", samples[i]);
    PUT("]");
    end();
}

void event_result(const struct result *r)
{
    const struct stats *s = &r->stats;
    begin("result");
    put_string("id", r->id);
    put_number("n", s->n), put_number("min", s->min), put_number("q1", s->q1), put_number("median", s->median);
    put_number("q3", s->q3), put_number("p99", s->p99), put_number("max", s->max);
    put_milli("mean", s->mean_milli);
    put_milli("stddev", s->stddev_milli);
    put_number("overhead", r->overhead);
    if (r->has_batch)
        put_milli("batch_mean", r->batch_milli);
    if (sieve_is_on()) {
        put_milli("cycle_ticks", r->core_clock), put_milli("cycle_ticks_after", r->core_clock_after);
        put_number("rejected", r->sieve.rejected), put_number("rejected_max", r->sieve.largest);
    }
    end();
}

void event_refused(const char *id, const char *why)
{
    begin("refused");
    put_string("id", id);
    put_string("why", why);
    end();
}

void event_error(const char *why)
{
    begin("error");
    put_string("why", why);
    end();
}

void event_cold(const struct evictor *e)
{
    begin("cold");
    put_number("cache", e->cache), put_number("walk", e->walk), put_number("pages", e->pages);
    put_number("code", e->code), put_number("hit", e->hit), put_number("miss", e->miss);
    end();
}

void event_pmu(const char *counted, const char *left, bool running)
{
    begin("pmu");
    put_string("counted", counted), put_string("left", left);
    put_flag("running", running);
    end();
}

void event_counters(const char *id, size_t n, const struct event_count *list, size_t length)
{
    begin("counters");
    put_string("id", id);
    put_number("n", n);
    PUT(",\"counts\":{");
    for (size_t i = 0; i < length; i++) {
        PUT("%s\"%s\":{\"median\":%lu", i == 0 ? "" : ",", list[i].name, list[i].median);
        put_milli("mean", list[i].mean_milli);
        PUT("}");
    }
    PUT("}");
    end();
}

void event_done(void)
{
    begin("done");
    end();
}

void table_line(const struct result *r)
{
    const struct stats *s = &r->stats;
    print("  %-34s median %6lu  min %6lu  p99 %6lu  max %7lu  mean %6lu.%03lu", r->id, s->median, s->min,
          s->p99, s->max, s->mean_milli / 1000, s->mean_milli % 1000);
    if (r->has_batch)
        print("  batch %6lu.%03lu", r->batch_milli / 1000, r->batch_milli % 1000);
    print("\n");
}
