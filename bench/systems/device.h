/* The devices' side of their queues. Work is done when one of these is called, and never in between. */
#ifndef BENCH_DEVICE_H
#define BENCH_DEVICE_H

#include "board.h"

/* The channels to their drivers: who measures says which. */
extern microkit_channel disk_driver, interface_driver;

/* Does what the disk was asked, and tells its driver. False: nothing was asked. */
bool disk_serve(void);
/* An empty FAT volume with clusters of 4 KiB; and a file in it, whose byte i is disk_byte(i). */
void disk_format(void);
void disk_file(const char name[11], uint32_t bytes);
static inline uint8_t disk_byte(uint32_t i)
{
    return (uint8_t)(i * 7 + (i >> 8));
}

/* A frame comes from the wire; the driver hears of it by interface_interrupt(). False: the driver has no buffer there. */
bool interface_put(const void *frame, uint32_t length);
/* Takes the next frame off the wire; 0: there is none. pre: room for the longest */
uint32_t interface_take(void *frame);
/* The driver is told: that there are frames, or that those were taken. */
void interface_interrupt(void);

/* A measurement that leaves out what the devices do: nothing is counted between pause and resume. */
void meter_begin(void);
void meter_pause(void);
void meter_resume(void);
/* Ticks, as a single region would have them that did all of it. */
uint64_t meter_end(void);

#endif
