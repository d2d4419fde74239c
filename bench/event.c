/* The lines that scripts read: "#baton " and one JSON object each. All other lines are for people. */
#include "harness.h"

static const char *on_off(uint32_t flag)
{
    return flag ? "on" : "off";
}

void event_boot(const struct bootinfo *bi)
{
    print("#baton {\"event\":\"boot\",\"fastpath\":\"%s\",\"trace\":\"%s\",\"tsc_hz\":%lu}\n",
          on_off(bi->fastpath), on_off(bi->trace), bi->tsc_hz);
}

void event_plan(size_t count)
{
    print("#baton {\"event\":\"plan\",\"count\":%zu}\n", count);
}

void event_start(const char *id, size_t index, size_t count)
{
    print("#baton {\"event\":\"start\",\"id\":\"%s\",\"index\":%zu,\"count\":%zu}\n", id, index, count);
}

void event_samples(const char *id, const uint64_t *samples, size_t n)
{
    print("#baton {\"event\":\"samples\",\"id\":\"%s\",\"samples\":[", id);
    for (size_t i = 0; i < n; i++)
        print(i == 0 ? "%lu" : ",%lu", samples[i]);
    print("]}\n");
}

static void print_milli(const char *key, uint64_t milli)
{
    print(",\"%s\":%lu.%03lu", key, milli / 1000, milli % 1000);
}

void event_result(const struct result *r)
{
    const struct stats *s = &r->stats;
    print("#baton {\"event\":\"result\",\"id\":\"%s\",\"n\":%lu,\"min\":%lu,\"q1\":%lu,\"median\":%lu", r->id,
          s->n, s->min, s->q1, s->median);
    print(",\"q3\":%lu,\"p99\":%lu,\"max\":%lu", s->q3, s->p99, s->max);
    print_milli("mean", s->mean_milli);
    print_milli("stddev", s->stddev_milli);
    print(",\"overhead\":%lu", r->overhead);
    if (r->has_batch)
        print_milli("batch_mean", r->batch_milli);
    print("}\n");
}

void event_refused(const char *id, const char *why)
{
    print("#baton {\"event\":\"refused\",\"id\":\"%s\",\"why\":\"%s\"}\n", id, why);
}

/* `why` may quote what a person typed: what JSON would have to escape becomes a question mark. */
void event_error(const char *why)
{
    print("#baton {\"event\":\"error\",\"why\":\"");
    for (; *why; why++)
        print("%c", *why == '"' || *why == '\\' || (unsigned char)*why < ' ' ? '?' : *why);
    print("\"}\n");
}

void event_done(void)
{
    print("#baton {\"event\":\"done\"}\n");
}

void table_line(const struct result *r)
{
    const struct stats *s = &r->stats;
    print("  %-32s median %6lu  min %6lu  p99 %6lu  max %7lu  mean %6lu.%03lu", r->id, s->median, s->min,
          s->p99, s->max, s->mean_milli / 1000, s->mean_milli % 1000);
    if (r->has_batch)
        print("  batch %6lu.%03lu", r->batch_milli / 1000, r->batch_milli % 1000);
    print("\n");
}
