/*
 * PDQ: sampling to at most 512 × 512, luma, Jarosz filter, 64 × 64, DCT, median; from one DCT the
 * hashes of all eight orientations. Sums keep the order of the reference, whatever the layout: a
 * single rounding more or less changes hashes of flat pictures (tests/unit/hash/pdq_vectors.h).
 */
#include "hash/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LANES = 16,      /* lines that are filtered side by side; divides PDQ_SIDE */
    SIDE_MIN = 5,    /* smaller pictures have no hash */
    FREQUENCIES = 16 /* of the DCT that are looked at, without the constant one */
};

struct pdq_scratch {
    float luma[PDQ_SIDE * PDQ_SIDE];
    float work[PDQ_SIDE * PDQ_SIDE];
    float tile[2][PDQ_SIDE * LANES];
    float small[PDQ_LUMA][PDQ_LUMA];
    float cosine[FREQUENCIES][PDQ_LUMA]; /* the DCT matrix */
};

struct pdq_scratch *pdq_scratch_new(void)
{
    struct pdq_scratch *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    const float scale = (float)sqrt(2.0 / PDQ_LUMA);
    const double step = 3.14159265358979323846 / 2 / PDQ_LUMA;
    for (int i = 0; i < FREQUENCIES; i++)
        for (int j = 0; j < PDQ_LUMA; j++)
            s->cosine[i][j] = (float)((double)scale * cos(step * (i + 1) * (2 * j + 1)));
    return s;
}

void pdq_scratch_free(struct pdq_scratch *s)
{
    free(s);
}

/* --- sampling --- */

/* EXIF orientations 5–8 swap rows and columns; some read a stored axis backwards. */
static bool turns(uint32_t orientation)
{
    return orientation >= 5;
}

/* Whether stored columns run against the displayed axis on which they lie. */
static bool columns_backwards(uint32_t orientation)
{
    return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
}

/* The same of stored rows. */
static bool rows_backwards(uint32_t orientation)
{
    return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
}

void pdq_sampler_begin(struct pdq_sampler *p,
                       struct pdq_scratch *s,
                       uint32_t width,
                       uint32_t height,
                       uint32_t orientation)
{
    if (orientation < 1 || orientation > 8)
        orientation = 1;
    if (!width || !height)
        width = height = 0;
    bool shrinks = width > PDQ_SIDE || height > PDQ_SIDE;
    bool turned = turns(orientation);
    *p = (struct pdq_sampler){
        .width = width,
        .height = height,
        .columns = shrinks  ? PDQ_SIDE
                   : turned ? height
                            : width,
        .rows = shrinks  ? PDQ_SIDE
                : turned ? width
                         : height,
        .orientation = orientation,
        .luma = s->luma,
    };
    /* Rows that never come, as in a truncated file, are black and not those of another picture. */
    memset(s->luma, 0, (size_t)p->rows * PDQ_SIDE * sizeof(float));
}

/* The source of sample `i` on an axis of `size` pixels: the nearest neighbour below. An axis has
 * PDQ_SIDE samples, or one for each pixel. */
static size_t source_of(uint32_t i, uint32_t size, uint32_t count)
{
    return count == PDQ_SIDE ? (size_t)((uint64_t)i * size / PDQ_SIDE) : i;
}

/* The first sample whose source is `at` or later. */
static uint32_t sample_at(uint32_t at, uint32_t size, uint32_t count)
{
    return (uint32_t)(((uint64_t)at * count + size - 1) / size);
}

static float luma_of(const uint8_t *pixel, uint32_t bands)
{
    if (bands < 3)
        return pixel[0];
    return 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
}

/* The displayed lines, from `first` to before `end`, on which a stored row lies; often none. */
struct lines {
    uint32_t first, end;
};

static struct lines lines_of(const struct pdq_sampler *p, uint32_t y)
{
    if (y >= p->height)
        return (struct lines){0, 0};
    uint32_t count = turns(p->orientation) ? p->columns : p->rows;
    uint32_t shown = rows_backwards(p->orientation) ? p->height - 1 - y : y;
    return (struct lines){sample_at(shown, p->height, count),
                          sample_at(shown + 1, p->height, count)};
}

bool pdq_sampler_wants(const struct pdq_sampler *p, uint32_t y)
{
    struct lines lines = lines_of(p, y);
    return lines.first < lines.end;
}

void pdq_sampler_row(
    struct pdq_sampler *p, uint32_t y, const uint8_t *pixels, uint32_t bands, size_t step)
{
    struct lines lines = lines_of(p, y);
    if (lines.first == lines.end)
        return;
    bool turned = turns(p->orientation);
    uint32_t across = turned ? p->rows : p->columns;
    float line[PDQ_SIDE];
    bool backwards = columns_backwards(p->orientation);
    for (uint32_t i = 0; i < across; i++) {
        size_t x = source_of(i, p->width, across);
        line[i] = luma_of(pixels + step * (backwards ? p->width - 1 - x : x), bands);
    }
    for (uint32_t n = lines.first; n < lines.end; n++) {
        if (!turned)
            memcpy(p->luma + (size_t)n * PDQ_SIDE, line, across * sizeof(float));
        else
            for (uint32_t i = 0; i < across; i++)
                p->luma[(size_t)i * PDQ_SIDE + n] = line[i];
    }
}

/* --- Jarosz filter and decimation --- */

/* One running sum per lane. */
struct sums {
    float v[LANES];
};

static inline void sums_add(struct sums *s, const float *in)
{
    for (int k = 0; k < LANES; k++)
        s->v[k] += in[k];
}

static inline void sums_take(struct sums *s, const float *in)
{
    for (int k = 0; k < LANES; k++)
        s->v[k] -= in[k];
}

static inline void sums_mean(const struct sums *s, uint32_t window, float *out)
{
    float divisor = (float)window;
    for (int k = 0; k < LANES; k++)
        out[k] = s->v[k] / divisor;
}

/*
 * The moving mean along `length` steps of LANES lines that lie side by side; `step` is the distance
 * of two neighbours in floats. Near the ends the window is cut, and the mean is that of what is left.
 */
static void box(const float *in, float *out, uint32_t length, size_t step, uint32_t window)
{
    uint32_t ahead = (window + 2) / 2 - 1; /* steps that the window reaches forwards */
    uint32_t size = 0;
    const float *enters = in, *leaves = in;
    struct sums sums = {0};
    for (; size < ahead; size++, enters += step)
        sums_add(&sums, enters);
    for (uint32_t i = 0; i < length; i++, out += step) {
        if (i + ahead < length) {
            sums_add(&sums, enters);
            enters += step;
            size++;
        }
        if (i + ahead >= window) {
            sums_take(&sums, leaves);
            leaves += step;
            size--;
        }
        sums_mean(&sums, size, out);
    }
}

/* Where sample `i` of `count` lies on an axis of `size`; `i` itself when they are equal. */
static uint32_t centre(uint32_t i, uint32_t size, uint32_t count)
{
    return (2 * i + 1) * size / (2 * count);
}

/* Means along the rows, in place, LANES rows at a time, turned so that they lie side by side. Only
 * `kept` evenly spread columns are written back. */
static void
box_rows(struct pdq_scratch *s, float *m, uint32_t columns, uint32_t rows, uint32_t kept)
{
    uint32_t window = (columns + 127) / 128;
    for (uint32_t y = 0; y < rows; y += LANES, m += (size_t)LANES * PDQ_SIDE) {
        for (uint32_t x = 0; x < columns; x++)
            for (uint32_t k = 0; k < LANES; k++)
                s->tile[0][x * LANES + k] = m[k * PDQ_SIDE + x];
        box(s->tile[0], s->tile[1], columns, LANES, window);
        for (uint32_t j = 0; j < kept; j++) {
            const float *mean = s->tile[1] + (size_t)centre(j, columns, kept) * LANES;
            for (uint32_t k = 0; k < LANES; k++)
                m[k * PDQ_SIDE + j] = mean[k];
        }
    }
}

static void box_columns(const float *in, float *out, uint32_t columns, uint32_t rows)
{
    uint32_t window = (rows + 127) / 128;
    for (uint32_t x = 0; x < columns; x += LANES)
        box(in + x, out + x, rows, PDQ_SIDE, window);
}

/* The sampled picture to 64 × 64. */
static void shrink(struct pdq_scratch *s, uint32_t columns, uint32_t rows)
{
    if (columns != PDQ_LUMA || rows != PDQ_LUMA) {
        box_rows(s, s->luma, columns, rows, columns);
        box_columns(s->luma, s->work, columns, rows);
        box_rows(s, s->work, columns, rows, PDQ_LUMA); /* the others would go unseen */
        box_columns(s->work, s->luma, PDQ_LUMA, rows);
    }
    for (uint32_t i = 0; i < PDQ_LUMA; i++)
        memcpy(s->small[i], s->luma + (size_t)centre(i, rows, PDQ_LUMA) * PDQ_SIDE,
               sizeof(s->small[i]));
}

/* --- quality and hashes --- */

/* How much a step between two neighbours counts: in percent of the range, cut to an integer. */
static int gradient(float a, float b)
{
    return abs((int)((a - b) * 100 / 255));
}

static uint8_t quality_of(float m[PDQ_LUMA][PDQ_LUMA])
{
    int sum = 0;
    for (int i = 0; i < PDQ_LUMA; i++)
        for (int j = 0; j < PDQ_LUMA; j++) {
            if (i + 1 < PDQ_LUMA)
                sum += gradient(m[i][j], m[i + 1][j]);
            if (j + 1 < PDQ_LUMA)
                sum += gradient(m[i][j], m[i][j + 1]);
        }
    return (uint8_t)(sum / 90 < 100 ? sum / 90 : 100);
}

static void luma_bytes(float m[PDQ_LUMA][PDQ_LUMA], uint8_t *out)
{
    for (int i = 0; i < PDQ_LUMA; i++)
        for (int j = 0; j < PDQ_LUMA; j++) {
            float v = m[i][j] + 0.5f;
            *out++ = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
}

/* The lowest frequencies but the constant one: cosine · small · cosineᵀ. */
static void dct(struct pdq_scratch *s, float out[FREQUENCIES][FREQUENCIES])
{
    float half[FREQUENCIES][PDQ_LUMA] = {{0}};
    for (int i = 0; i < FREQUENCIES; i++)
        for (int k = 0; k < PDQ_LUMA; k++)
            for (int j = 0; j < PDQ_LUMA; j++)
                half[i][j] += s->cosine[i][k] * s->small[k][j];
    for (int i = 0; i < FREQUENCIES; i++)
        for (int j = 0; j < FREQUENCIES; j++) {
            float sum = 0;
            for (int k = 0; k < PDQ_LUMA; k++)
                sum += half[i][k] * s->cosine[j][k];
            out[i][j] = sum;
        }
}

static void swap(float *a, float *b)
{
    float t = *a;
    *a = *b;
    *b = t;
}

/* The `rank`-th smallest of v[0 … n-1], counted from 0; v is reordered. A quickselect: libc's qsort
 * asks the kernel about memory, which the worker's sandbox forbids. */
static float select_rank(float *v, size_t n, size_t rank)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        float pivot = v[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i >= j)
                break;
            swap(&v[i++], &v[j--]);
        }
        /* v[low … j] ≤ pivot ≤ v[j + 1 … high], and low ≤ j < high. */
        if (rank <= j)
            high = j;
        else
            low = j + 1;
    }
    return v[rank];
}

/* Which frequencies change their sign in an orientation. */
enum sign { SIGN_NONE, SIGN_ROWS, SIGN_COLUMNS, SIGN_BOTH };

static const struct {
    bool transposed;
    enum sign sign;
} dihedrals[DIHEDRALS] = {
    [STRATEGY_PLAIN] = {false, SIGN_NONE},    [STRATEGY_ROT90] = {true, SIGN_ROWS},
    [STRATEGY_ROT180] = {false, SIGN_BOTH},   [STRATEGY_ROT270] = {true, SIGN_COLUMNS},
    [STRATEGY_FLIP] = {false, SIGN_ROWS},     [STRATEGY_MIRROR] = {false, SIGN_COLUMNS},
    [STRATEGY_TRANSPOSE] = {true, SIGN_NONE}, [STRATEGY_TRANSVERSE] = {true, SIGN_BOTH},
};

/* Frequencies are counted from 1, so it is the even indices that stand for odd waves. */
static bool negated(enum sign sign, int i, int j)
{
    switch (sign) {
    case SIGN_ROWS:
        return i % 2 == 0;
    case SIGN_COLUMNS:
        return j % 2 == 0;
    case SIGN_BOTH:
        return (i + j) % 2 != 0;
    default:
        return false;
    }
}

/* The hash in one orientation: one bit per frequency that is above the lower median. */
static void hash_turned(float m[FREQUENCIES][FREQUENCIES], enum strategy how, struct pdq *out)
{
    enum { BITS = FREQUENCIES * FREQUENCIES };
    float v[BITS], sorted[BITS];
    for (int i = 0; i < FREQUENCIES; i++)
        for (int j = 0; j < FREQUENCIES; j++) {
            float c = dihedrals[how].transposed ? m[j][i] : m[i][j];
            v[i * FREQUENCIES + j] = negated(dihedrals[how].sign, i, j) ? -c : c;
        }
    memcpy(sorted, v, sizeof(v));
    float median = select_rank(sorted, BITS, BITS / 2 - 1);
    memset(out, 0, sizeof(*out));
    for (int k = 0; k < BITS; k++) /* the first digit of the hex form holds the highest bits */
        if (v[k] > median)
            out->b[PDQ_BYTES - 1 - k / 8] |= (uint8_t)(1 << k % 8);
}

/* Of s->small. */
static void hash_small(struct pdq_scratch *s, struct pdq_result *out)
{
    out->quality = quality_of(s->small);
    luma_bytes(s->small, out->luma);
    float frequencies[FREQUENCIES][FREQUENCIES];
    dct(s, frequencies);
    for (int how = 0; how < DIHEDRALS; how++)
        hash_turned(frequencies, (enum strategy)how, &out->hash[how]);
}

void pdq_sampler_hash(struct pdq_sampler *p, struct pdq_scratch *s, struct pdq_result *out)
{
    memset(out, 0, sizeof(*out));
    if (p->columns < SIDE_MIN || p->rows < SIDE_MIN)
        return;
    shrink(s, p->columns, p->rows);
    hash_small(s, out);
}

void pdq_luma_hash(struct pdq_scratch *s,
                   const float luma[PDQ_LUMA][PDQ_LUMA],
                   struct pdq_result *out)
{
    memcpy(s->small, luma, sizeof(s->small));
    hash_small(s, out);
}

/* --- looks --- */

bool pdq_look(const uint8_t hash[DIHEDRALS][PDQ_BYTES],
              uint8_t strategy,
              unsigned look,
              struct pdq *out,
              uint8_t *name)
{
    unsigned turn = look % DIHEDRALS;
    bool negative = look >= DIHEDRALS;
    bool part = strategy >= STRATEGY_TRIM && strategy <= STRATEGY_CROP;
    if (look >= PDQ_LOOKS || (part && negative && turn != STRATEGY_PLAIN))
        return false;
    memcpy(out->b, hash[turn], sizeof(out->b));
    for (size_t i = 0; negative && i < PDQ_BYTES; i++)
        out->b[i] = (uint8_t)~out->b[i];
    if (part || look == STRATEGY_PLAIN)
        *name = strategy;
    else
        *name = negative ? STRATEGY_NEGATIVE : (uint8_t)turn;
    return true;
}

/* --- text and distance --- */

void pdq_write(const struct pdq *h, char out[2 * PDQ_BYTES + 1])
{
    hex_write(h->b, PDQ_BYTES, out);
}

bool pdq_read(const char *text, size_t length, struct pdq *out)
{
    return hex_read(text, length, out->b, PDQ_BYTES);
}

unsigned pdq_distance(const struct pdq *a, const struct pdq *b)
{
    unsigned bits = 0;
    for (size_t i = 0; i < PDQ_BYTES; i += sizeof(uint64_t)) {
        uint64_t x, y;
        memcpy(&x, a->b + i, sizeof(x));
        memcpy(&y, b->b + i, sizeof(y));
        bits += (unsigned)__builtin_popcountll(x ^ y);
    }
    return bits;
}
