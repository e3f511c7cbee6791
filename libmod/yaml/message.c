/* Messages about a node: its place, its quoted line, a caret, and what the writer may have meant. */
#include "yaml/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The excerpt is shown on terminals and in logs: only UTF-8, and no control characters. */
static void quote(const struct yaml *y, struct error *e)
{
    struct buffer fixed = BUFFER_INIT;
    utf8_repair(&fixed, y->text, y->length);
    if (!fixed.failed)
        error_quote(e, fixed.data, fixed.size);
    buffer_finish(&fixed);
    for (char *c = e->excerpt; *c; c++)
        if (((unsigned char)*c < ' ' && *c != '\n' && *c != '\t') || *c == 127)
            *c = '?';
}

int yaml_fail(
    const struct yaml *y, uint32_t line, uint32_t column, struct error *e, const char *text)
{
    if (e) {
        (void)error_at(e, y->status, y->name, line, column, "%s", text);
        quote(y, e);
    }
    return y->status;
}

int yaml_error(
    const struct yaml *y, const struct yaml_node *at, struct error *e, const char *format, ...)
{
    char text[sizeof(e->text)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return yaml_fail(y, at->line, at->column, e, text);
}

size_t yaml_character(const char *text, size_t left)
{
    for (size_t size = 1; size <= 4 && size <= left; size++)
        if (utf8_valid(text, size))
            return size;
    return 0;
}

const char *yaml_show(const struct yaml_node *n, char out[YAML_SHOWN])
{
    static const char dots[] = "…";
    size_t used = 0;
    for (size_t i = 0, size; i < n->length; i += size) {
        const char *c = n->text + i;
        bool good = (size = yaml_character(c, n->length - i)) != 0;
        size += !good;
        if (used + size + sizeof(dots) > YAML_SHOWN) {
            memcpy(out + used, dots, sizeof(dots));
            return out;
        }
        if (!good || (unsigned char)*c < ' ' || *c == 127) {
            out[used++] = '?';
        } else {
            memcpy(out + used, c, size);
            used += size;
        }
    }
    out[used] = '\0';
    return out;
}

int yaml_unknown(const struct yaml *y,
                 const struct yaml_node *key,
                 const char *where,
                 const char *const *known,
                 size_t n,
                 struct error *e)
{
    char shown[YAML_SHOWN], hint[256] = "";
    const char *like = text_suggest(key->text, key->length, known, n);
    if (like)
        (void)snprintf(hint, sizeof(hint), "; did you mean \"%s\"?", like);
    for (size_t i = 0, used = 0; !like && i < n; i++) {
        int size =
            snprintf(hint + used, sizeof(hint) - used, "%s%s", i ? ", " : "; known: ", known[i]);
        if (size < 0 || (size_t)size >= sizeof(hint) - used) {
            hint[0] = '\0'; /* too many to be of help */
            break;
        }
        used += (size_t)size;
    }
    return yaml_error(y, key, e, "unknown key \"%s\"%s%s%s", yaml_show(key, shown),
                      where && where[0] ? " in " : "", where ? where : "", hint);
}
