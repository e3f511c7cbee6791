/* Which pictures say too little to be compared: their hashes would match other such pictures. */
#include "shapes/internal.h"

#include <math.h>
#include <string.h>

enum { BINS = 32, CELLS = PDQ_LUMA * PDQ_LUMA, LAGS = 32 };

#define ENTROPY_LEAST  2.0f  /* bits, of a histogram of BINS */
#define PERIODIC_MOST  0.70f /* photographs: at most 0.49 */
#define BIN_MOST_PART  0.60f /* share of the largest bin: of a rectangle … */
#define BIN_MOST_WHOLE 0.80f /* … and of a whole picture, which may well have a black letterbox */

/* Grey levels: their entropy in bits and the share of the commonest. */
static float entropy_of(const uint8_t luma[CELLS], float *largest)
{
    unsigned count[BINS] = {0}, most = 0;
    float bits = 0;
    for (size_t i = 0; i < CELLS; i++)
        count[luma[i] * BINS / 256]++;
    for (size_t i = 0; i < BINS; i++) {
        float share = (float)count[i] / CELLS;
        most = count[i] > most ? count[i] : most;
        if (count[i])
            bits -= share * log2f(share);
    }
    *largest = (float)most / CELLS;
    return bits;
}

/* What the columns of a picture have in common with those `lag` further on. */
static float product(const float m[PDQ_LUMA][PDQ_LUMA], size_t lag)
{
    float column[PDQ_LUMA] = {0}, sum = 0;
    size_t n = PDQ_LUMA - lag;
    for (size_t i = 0; i < PDQ_LUMA; i++)
        for (size_t j = 0; j < n; j++)
            column[j] += m[i][j] * m[i][j + lag];
    for (size_t j = 0; j < n; j++)
        sum += column[j];
    return sum;
}

/* How much it looks like itself again, some way to the right: what its correlation with itself rises
 * above the least one at a shorter way. A smooth picture's only falls. */
static float periodicity(const float m[PDQ_LUMA][PDQ_LUMA])
{
    float before[PDQ_LUMA + 1] = {0}; /* energy of the columns before */
    float least = 1, most = 0;
    for (size_t j = 0; j < PDQ_LUMA; j++) {
        float sum = 0;
        for (size_t i = 0; i < PDQ_LUMA; i++)
            sum += m[i][j] * m[i][j];
        before[j + 1] = before[j] + sum;
    }
    for (size_t lag = 1; lag <= LAGS; lag++) {
        float left = before[PDQ_LUMA - lag], right = before[PDQ_LUMA] - before[lag];
        float r = left > 0 && right > 0 ? product(m, lag) / sqrtf(left * right) : 0;
        float rise = r - least < r ? r - least : r;
        if (lag > 1 && rise > most)
            most = rise;
        least = r < least ? r : least;
    }
    return most;
}

static bool periodic(const uint8_t luma[CELLS])
{
    float m[PDQ_LUMA][PDQ_LUMA], turned[PDQ_LUMA][PDQ_LUMA], mean = 0;
    for (size_t i = 0; i < CELLS; i++)
        mean += (float)luma[i] / CELLS;
    for (size_t i = 0; i < PDQ_LUMA; i++)
        for (size_t j = 0; j < PDQ_LUMA; j++)
            turned[j][i] = m[i][j] = (float)luma[i * PDQ_LUMA + j] - mean;
    return periodicity((const float(*)[PDQ_LUMA])m) > PERIODIC_MOST ||
           periodicity((const float(*)[PDQ_LUMA])turned) > PERIODIC_MOST;
}

static bool poor(const uint8_t luma[CELLS], float bin_most)
{
    float largest;
    return entropy_of(luma, &largest) < ENTROPY_LEAST || largest > bin_most || periodic(luma);
}

bool shapes_poor(const uint8_t luma[CELLS])
{
    return poor(luma, BIN_MOST_WHOLE);
}

bool gates_part_poor(const uint8_t luma[CELLS])
{
    return poor(luma, BIN_MOST_PART);
}
