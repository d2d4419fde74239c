/* CRC-32 as in zlib: it tells a line that a serial port garbled from a whole one. */
#ifndef BENCH_CRC_H
#define BENCH_CRC_H

#include <stdint.h>

/* The sum over what `crc` is the sum of (0: nothing yet) and one more byte. Without a table: it is never in a
 * hurry. */
static inline uint32_t crc32_add(uint32_t crc, char byte)
{
    crc = ~crc ^ (uint8_t)byte;
    for (int bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    return ~crc;
}

#endif
