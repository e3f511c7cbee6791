/*
 * Runs a fuzz target as a plain test: every seed of a directory, then mutations of each, always the
 * same ones, for at most a given time. With a fault shim, some with an allocation that fails.
 *
 *     driver [--memory] MILLISECONDS CORPUS
 *
 * What kills the target is left in the file crash-<name> of the current directory.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "shim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEEDS_MAX = 4096, INPUT_MAX = 1 << 17, ROUNDS = 2000 };

struct seed {
    char *name;
    struct buffer bytes;
};

static struct seed seeds[SEEDS_MAX];
static size_t seed_count;
static uint8_t input[INPUT_MAX];
static size_t input_size;
static const char *input_name;
static bool memory_faults;

/* Tells which input it was, and keeps it; only calls that a signal handler may make. */
static void crashed(int number)
{
    static const char text[] = "not ok 1 - died; the input is kept, it is a mutation of: ";
    char path[128] = "crash-";
    size_t n = strnlen(input_name, sizeof(path) - 8);
    memcpy(path + 6, input_name, n);
    path[6 + n] = '\0';
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool told = write(1, text, sizeof(text) - 1) > 0 && write(1, input_name, n) > 0 &&
                write(1, "\n", 1) > 0 && write(fd, input, input_size) >= 0;
    struct sigaction usual = {.sa_handler = SIG_DFL};
    (void)sigaction(number, &usual, NULL);
    (void)raise(told ? number : SIGKILL);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t below(uint64_t *state, size_t n)
{
    return n ? (size_t)(next_random(state) % n) : 0;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void set_input(const uint8_t *bytes, size_t size)
{
    input_size = size < INPUT_MAX ? size : INPUT_MAX;
    if (input_size)
        memcpy(input, bytes, input_size);
}

/* Puts `n` bytes at `at`, moving the rest back. */
static void insert(size_t at, const uint8_t *bytes, size_t n)
{
    if (n > INPUT_MAX - input_size)
        n = INPUT_MAX - input_size;
    memmove(input + at + n, input + at, input_size - at);
    memmove(input + at, bytes, n);
    input_size += n;
}

static void mutate_once(uint64_t *r)
{
    static const uint64_t edges[] = {0,          1,          0x7f,     0x80,       0xff,
                                     0x7fff,     0x8000,     0xffff,   0x7fffffff, 0x80000000,
                                     0xffffffff, UINT64_MAX, INT64_MAX};
    size_t at = below(r, input_size + 1), left = input_size - at;
    uint64_t edge = edges[below(r, COUNT_OF(edges))];
    const struct seed *other = &seeds[below(r, seed_count)];
    uint8_t run[64];
    switch (below(r, 8)) {
    case 0: /* a bit */
        if (left)
            input[at] ^= (uint8_t)(1u << below(r, 8));
        break;
    case 1: /* a byte */
        if (left)
            input[at] = (uint8_t)next_random(r);
        break;
    case 2: /* a number at an edge */
        memcpy(input + at, &edge, smaller(left, (size_t)1 << below(r, 4)));
        break;
    case 3: /* bytes gone */
        left -= left ? 1 + below(r, left < 32 ? left : 32) : 0;
        memmove(input + at, input + input_size - left, left);
        input_size = at + left;
        break;
    case 4: /* a byte many times */
        memset(run, (int)(next_random(r) & 0xff), sizeof(run));
        insert(at, run, 1 + below(r, sizeof(run)));
        break;
    case 5: /* the end gone */
        input_size = at;
        break;
    case 6: /* a piece again */
        memcpy(run, input + at, smaller(left, sizeof(run)));
        insert(below(r, input_size + 1), run, smaller(left, sizeof(run)));
        break;
    default: /* a piece of another seed */
        if (other->bytes.size) {
            size_t from = below(r, other->bytes.size);
            size_t most = smaller(other->bytes.size - from, 256);
            insert(at, (const uint8_t *)other->bytes.data + from, 1 + below(r, most));
        }
    }
}

/* The target must not be able to read past the end unseen: the bytes lie in a block of their own. */
static void run_target(unsigned fail_at)
{
    uint8_t *exact = malloc(input_size ? input_size : 1);
    if (!exact)
        exit(99);
    if (input_size)
        memcpy(exact, input, input_size);
    if (fail_at)
        fault_arm(FAULT_MEMORY, fail_at);
    (void)LLVMFuzzerTestOneInput(exact, input_size);
    (void)fault_disarm();
    free(exact);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct seed *)a)->name, ((const struct seed *)b)->name);
}

static bool read_seeds(const char *directory)
{
    DIR *d = opendir(directory);
    for (struct dirent *e; d && (e = readdir(d)) && seed_count < SEEDS_MAX;) {
        struct seed *s = &seeds[seed_count];
        char *path = path_join(directory, e->d_name);
        if (e->d_name[0] != '.' && path && file_read(&s->bytes, path, INPUT_MAX, NULL) == LMOD_OK) {
            s->name = text_copy(e->d_name, strlen(e->d_name));
            seed_count += s->name != NULL;
        }
        free(path);
    }
    if (d)
        (void)closedir(d);
    qsort(seeds, seed_count, sizeof(seeds[0]), by_name);
    return seed_count > 0;
}

static void run_seeds(void)
{
    for (size_t i = 0; i < seed_count; i++) {
        input_name = seeds[i].name;
        set_input((const uint8_t *)seeds[i].bytes.data, seeds[i].bytes.size);
        run_target(0);
    }
    set_input(NULL, 0);
    input_name = "empty";
    run_target(0);
    printf("ok 1 - %zu seeds\n", seed_count);
}

static void run_mutations(uint64_t until)
{
    uint64_t r = 0x9e3779b97f4a7c15u;
    size_t runs = 0;
    for (size_t round = 0; round < ROUNDS && time_now_ns() < until; round++)
        for (size_t i = 0; i < seed_count && time_now_ns() < until; i++, runs++) {
            input_name = seeds[i].name;
            set_input((const uint8_t *)seeds[i].bytes.data, seeds[i].bytes.size);
            for (size_t k = 1 + below(&r, 6); k > 0; k--)
                mutate_once(&r);
            run_target(memory_faults && round % 2 ? 1 + (unsigned)below(&r, 64) : 0);
        }
    printf("ok 2 - mutations (%zu runs)\n", runs);
}

int main(int argc, char **argv)
{
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGALRM};
    struct sigaction action = {.sa_handler = crashed};
    memory_faults = argc > 1 && strcmp(argv[1], "--memory") == 0;
    if (argc != 3 + memory_faults || !read_seeds(argv[argc - 1])) {
        printf("Bail out! no seeds\n");
        return 2;
    }
    for (size_t i = 0; i < COUNT_OF(deadly); i++)
        (void)sigaction(deadly[i], &action, NULL);
    printf("1..2\n");
    uint64_t ms = strtoul(argv[argc - 2], NULL, 10);
    (void)alarm((unsigned)(ms / 1000 + 30)); /* an input that hangs */
    run_seeds();
    run_mutations(time_now_ns() + ms * 1000000u);
    for (size_t i = 0; i < seed_count; i++) {
        free(seeds[i].name);
        buffer_finish(&seeds[i].bytes);
    }
    return 0;
}
