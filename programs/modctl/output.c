/* Output: text, JSON lines, diagnostics, colour, progress. */
#include "modctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmod/config.h>

enum { SLOTS = 8 };

static bool json_wanted;
static bool lost;                  /* a write to stdout failed */
static int lost_errno;             /* why */
static atomic_bool progress_shown; /* threads that warn end it, too */
static uint64_t progress_at;

void output_begin(bool json)
{
    json_wanted = json;
}

bool output_is_json(void)
{
    return json_wanted;
}

/* After every line, so that a reader of a pipe sees each result at once and a loss is known early. */
static bool flush(void)
{
    if (!lost && (fflush(stdout) != 0 || ferror(stdout))) {
        lost = true;
        lost_errno = errno;
    }
    return !lost;
}

bool output_bytes(const char *bytes, size_t size)
{
    if (!lost && fwrite(bytes, 1, size, stdout) != size) {
        lost = true;
        lost_errno = errno;
    }
    return flush();
}

/* Control characters, in UTF-8, become \xNN; a terminal never sees an escape sequence of others. */
static void append_plain(struct buffer *out, const char *text, const char *keep)
{
    struct buffer fixed = BUFFER_INIT;
    utf8_repair(&fixed, text, strlen(text));
    for (size_t i = 0; !fixed.failed && i < fixed.size; i++) {
        unsigned char c = (unsigned char)fixed.data[i];
        bool c1 = c == 0xc2 && i + 1 < fixed.size && (unsigned char)fixed.data[i + 1] < 0xa0;
        if (c1)
            c = (unsigned char)fixed.data[++i];
        if (c1 || ((c < 0x20 || c == 0x7f) && !strchr(keep, c)))
            buffer_printf(out, "\\x%02x", c);
        else
            buffer_append(out, &fixed.data[i], 1);
    }
    buffer_finish(&fixed);
}

/* One of the static slots, to hand a short-lived string to a printf(). */
static struct buffer *next_slot(void)
{
    static struct buffer slot[SLOTS];
    static unsigned next;
    struct buffer *b = &slot[next++ % SLOTS];
    buffer_finish(b);
    return b;
}

const char *plain(const char *text)
{
    struct buffer *b = next_slot();
    append_plain(b, text, "");
    return b->failed || !b->data ? "" : b->data;
}

static bool colour_wanted(void)
{
    static int wanted = -1;
    if (wanted < 0) {
        const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
        wanted = isatty(STDOUT_FILENO) && !(no && no[0]) && !(term && strcmp(term, "dumb") == 0);
    }
    return wanted == 1;
}

const char *coloured(enum colour c, const char *text, int width)
{
    static const char *const code[] = {"", "\033[32m", "\033[33m", "\033[31m", "\033[2m"};
    struct buffer *b = next_slot();
    bool on = c != COLOUR_NONE && colour_wanted();
    buffer_printf(b, "%s%-*s%s", on ? code[c] : "", width, text, on ? "\033[0m" : "");
    return b->failed || !b->data ? "" : b->data;
}

bool output_line(const char *format, ...)
{
    va_list list;
    progress_end();
    va_start(list, format);
    if (!lost && (vfprintf(stdout, format, list) < 0 || fputc('\n', stdout) == EOF)) {
        lost = true;
        lost_errno = errno;
    }
    va_end(list);
    return flush();
}

bool output_object(json_t *object)
{
    char *text = js_dump(object, NULL);
    json_decref(object);
    if (!text) {
        say("out of memory");
        lost = true;
        lost_errno = ENOMEM;
        return false;
    }
    bool ok = output_line("%s", text);
    free(text);
    return ok;
}

int output_end(int code)
{
    progress_end();
    if (flush())
        return code;
    if (lost_errno != EPIPE) /* a reader that went away knows it */
        say("cannot write the output: %s", strerror(lost_errno));
    return EXIT_INPUT;
}

static void say_text(const char *text)
{
    struct buffer b = BUFFER_INIT;
    append_plain(&b, text, "\n\t");
    if (!b.failed && b.data)
        (void)fprintf(stderr, "modctl: %s\n", b.data);
    buffer_finish(&b);
}

void say(const char *format, ...)
{
    char text[4096];
    va_list list;
    progress_end();
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    say_text(text);
}

int say_error(const struct error *e)
{
    char text[4096];
    progress_end();
    error_render(e, text, sizeof(text));
    say_text(text);
    return exit_of(e->status);
}

void say_log(void *user, uint32_t level, const char *message)
{
    (void)user;
    if (level >= LMOD_LOG_WARNING)
        say("%s", message);
}

void progress(const char *format, ...)
{
    char text[256];
    va_list list;
    uint64_t now = time_now_ns();
    if (!isatty(STDERR_FILENO) || isatty(STDOUT_FILENO) || now - progress_at < 100000000u)
        return;
    progress_at = now;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    (void)fprintf(stderr, "\r\033[K%s", text);
    progress_shown = true;
}

void progress_end(void)
{
    if (progress_shown)
        (void)fputs("\r\033[K", stderr);
    progress_shown = false;
}
