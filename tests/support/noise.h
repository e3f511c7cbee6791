/* Values for drawn pictures: the same every time, on every machine. */
#ifndef SUPPORT_NOISE_H
#define SUPPORT_NOISE_H

#include <stdint.h>

/* A value that looks random, for a place and a colour. */
static inline uint32_t mixed(uint32_t x, uint32_t y, uint32_t c)
{
    uint32_t h = x * 0x9e3779b1u ^ y * 0x85ebca77u ^ c * 0xc2b2ae3du;
    h ^= h >> 15;
    h *= 0x2c1b3c6du;
    h ^= h >> 12;
    return h >> 24;
}

/* Random values on a grid of `cell` pixels, blended in between. */
static inline uint32_t blended(uint32_t x, uint32_t y, uint32_t c, uint32_t cell)
{
    uint32_t i = x / cell, j = y / cell, u = x % cell, v = y % cell;
    uint32_t above = mixed(i, j, c) * (cell - u) + mixed(i + 1, j, c) * u;
    uint32_t below = mixed(i, j + 1, c) * (cell - u) + mixed(i + 1, j + 1, c) * u;
    return (above * (cell - v) + below * v) / (cell * cell);
}

#endif
