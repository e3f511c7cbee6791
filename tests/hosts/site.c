/*
 * Writes a small site for a test to use: `site DIR WORKER` gives DIR/libmod.yaml in enforce, a key, a
 * list `ban` and files:
 *
 *     listed.png   its PDQ is listed (entry "picture")      listed.bin   its SHA-256 (entry "file")
 *     mirror.png   the same, mirrored                       clean.png    nothing
 *
 * and other.lml, a list with the PDQ of clean.png, for tests that put it in place of ban.lml.
 * $LIBMOD_TEST_SANDBOX is media.sandbox: sanitized workers need "off".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "lists/lists.h"
#include "picture.h"

static const char *root;

static const char *path_of(const char *name)
{
    static char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "site: %s\n", what);
    exit(1);
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *f = fopen(path_of(name), "wb");
    need(f != NULL, name);
    need(fwrite(bytes, 1, size, f) == size, name);
    need(fclose(f) == 0, name);
}

static struct pdq pdq_of(const uint8_t grey[PICTURE_BYTES], uint8_t *quality)
{
    static struct pdq_result result;
    struct pdq_scratch *scratch = pdq_scratch_new();
    struct pdq_sampler sampler;
    need(scratch != NULL, "memory");
    pdq_sampler_begin(&sampler, scratch, PICTURE_SIDE, PICTURE_SIDE, 1);
    for (uint32_t y = 0; y < PICTURE_SIDE; y++)
        pdq_sampler_row(&sampler, y, grey + y * PICTURE_SIDE, 1, 1);
    pdq_sampler_hash(&sampler, scratch, &result);
    pdq_scratch_free(scratch);
    *quality = result.quality;
    return result.hash[STRATEGY_PLAIN];
}

static void write_list(const char *name, const struct list_row *rows, size_t n)
{
    struct list_source *source = list_source_new();
    struct error e = {0};
    need(source != NULL, "memory");
    for (size_t i = 0; i < n; i++)
        need(list_source_add(source, &rows[i], &e) == LMOD_OK, e.text);
    const struct list_meta meta = {"ban", "1", DIALECT_REFERENCE};
    need(list_write(path_of(name), source, &meta, NULL, &e) == LMOD_OK, e.text);
    list_source_free(source);
}

static void write_picture(const char *name, const uint8_t grey[PICTURE_BYTES])
{
    size_t size;
    uint8_t *png = picture_png(grey, &size);
    need(png != NULL, "memory");
    write_file(name, png, size);
    free(png);
}

static struct list_row picture_row(const char *entry, const uint8_t grey[PICTURE_BYTES])
{
    struct list_row row = {.signal = SIGNAL_PDQ, .entry = entry};
    struct pdq hash = pdq_of(grey, &row.quality);
    need(row.quality >= PDQ_QUALITY_MIN, "the picture is too plain for PDQ");
    memcpy(row.value, hash.b, sizeof(hash.b));
    return row;
}

static void write_config(const char *worker)
{
    char text[4096];
    const char *sandbox = getenv("LIBMOD_TEST_SANDBOX");
    int n =
        snprintf(text, sizeof(text),
                 "format: libmod/1\n"
                 "mode: enforce\n"
                 "site: {name: example.org, key_file: site.key}\n"
                 "state_dir: state\n"
                 "lists:\n"
                 "  - {id: ban, file: ban.lml, harm: m.adult.ncii, action: hold, severity: high}\n"
                 "media:\n"
                 "  worker: \"%s\"\n"
                 "  sandbox: \"%s\"\n"
                 "  wall_ms: 60000\n",
                 worker, sandbox ? sandbox : "strict");
    need(n > 0 && (size_t)n < sizeof(text), "the worker's path is too long");
    write_file("libmod.yaml", text, (size_t)n);
}

int main(int argc, char **argv)
{
    static uint8_t listed[PICTURE_BYTES], clean[PICTURE_BYTES], mirror[PICTURE_BYTES];
    static const uint8_t key[SITE_KEY_BYTES] = "a key that only tests ever have";
    static const char bin[] = "a file that is no picture at all, listed by its digest\n";
    need(argc == 3, "usage: site DIR WORKER");
    root = argv[1];
    (void)mkdir(root, 0700);
    (void)mkdir(path_of("state"), 0700);
    picture_make(listed, 2);
    picture_make(clean, 1);
    picture_mirror(mirror, listed);
    write_picture("listed.png", listed);
    write_picture("clean.png", clean);
    write_picture("mirror.png", mirror);
    write_file("listed.bin", bin, sizeof(bin) - 1);
    write_file("site.key", key, sizeof(key));
    need(chmod(path_of("site.key"), 0600) == 0, "chmod");

    struct list_row rows[] = {picture_row("picture", listed),
                              {.signal = SIGNAL_SHA256, .entry = "file", .quality = 100}};
    need(sha256_of(rows[1].value, bin, sizeof(bin) - 1), "sha256");
    write_list("ban.lml", rows, COUNT_OF(rows));
    rows[0] = picture_row("other", clean);
    write_list("other.lml", rows, 1);
    write_config(argv[2]);
    return 0;
}
