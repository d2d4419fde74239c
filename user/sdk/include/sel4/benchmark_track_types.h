/* Components that can measure name this header, whatever the kernel is. This one keeps no such records: no CONFIG_BENCHMARK_... is
   defined, and nothing is here. */
