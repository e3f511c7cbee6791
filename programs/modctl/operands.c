/* Hashes and pictures as operands. Bare hex is refused: a pdq and a sha256 look alike. */
#include "operands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool all_hex(const char *text)
{
    return text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
}

/* Whether so many hex digits could be a value of `s`. */
static bool is_value(size_t digits, enum signal s)
{
    return digits == 2 * signal_bytes(s);
}

static int refuse_bare_hex(const char *word, size_t digits)
{
    if (is_value(digits, SIGNAL_SHA256))
        say("%s: bare hex: a pdq and a sha256 look alike; write pdq:%.8s… or sha256:%.8s…", word,
            word, word);
    else
        say("%s: bare hex: write %s:%.8s…", word, is_value(digits, SIGNAL_MD5) ? "md5" : "sha1",
            word);
    return EXIT_USAGE;
}

static int read_link(const char *word, struct operand *out)
{
    int status = link_listed(&out->link, out->text, strlen(out->text));
    if (status == LMOD_OK) {
        memcpy(out->bytes, out->link.sha256[0], sizeof(out->link.sha256[0]));
        return EXIT_CLEAN;
    }
    say(status == LMOD_E_ARGUMENT ? "%s: is not one link, invite or handle" : "%s: out of memory",
        word);
    return status == LMOD_E_ARGUMENT ? EXIT_USAGE : EXIT_BUG;
}

static int read_value(const char *word, struct operand *out)
{
    size_t size = signal_bytes(out->signal);
    if (out->signal == SIGNAL_LINK)
        return read_link(word, out);
    if (out->signal == SIGNAL_TEXT)
        return EXIT_CLEAN;
    if (hex_read(out->text, strlen(out->text), out->bytes, size))
        return EXIT_CLEAN;
    say("%s: a %s is %zu hex digits", word, term_name(signal_terms, out->signal), 2 * size);
    return EXIT_USAGE;
}

static int refuse_type(const char *word, size_t length, const char *more)
{
    const char *names[SIGNAL_COUNT + 1];
    size_t n = 0;
    char *type = text_copy(word, length);
    for (const struct term *t = signal_terms; t->name && n < SIGNAL_COUNT; t++)
        names[n++] = t->name;
    if (more)
        names[n++] = more;
    say("%s: neither a file nor TYPE:VALUE%s", word, type ? did_you_mean(type, names, n) : "");
    free(type);
    return EXIT_USAGE;
}

int operand_read(const char *word, const char *more, struct operand *out)
{
    const char *colon = strchr(word, ':');
    size_t length = colon ? (size_t)(colon - word) : strlen(word);
    uint32_t s = 0;
    *out = (struct operand){.text = colon ? colon + 1 : NULL};
    if (colon && more && text_is(word, length, more))
        return EXIT_CLEAN;
    if (colon && term_value(signal_terms, word, length, &s)) {
        out->signal = (enum signal)s;
        return read_value(word, out);
    }
    out->file = true;
    if (access(word, F_OK) == 0)
        return EXIT_CLEAN;
    if (!colon && all_hex(word) &&
        (is_value(length, SIGNAL_MD5) || is_value(length, SIGNAL_SHA1) ||
         is_value(length, SIGNAL_SHA256)))
        return refuse_bare_hex(word, length);
    return !colon || strchr(word, '/') ? EXIT_CLEAN : refuse_type(word, length, more);
}
