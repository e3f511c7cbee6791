/* The bytes of a source, with a look ahead. */
#include "import_source.h"

#include <errno.h>
#include <string.h>

void source_init(struct source *in, FILE *file, const struct import_options *o)
{
    in->file = file;
    in->o = o;
    in->begin = in->end = 0;
    in->bytes = 0;
    in->error = 0;
}

int source_open(struct source *in, const struct import_options *o, struct error *e)
{
    FILE *file = strcmp(o->path, "-") == 0 ? stdin : fopen(o->path, "re");
    source_init(in, file, o);
    return file ? LMOD_OK : error_io(e, o->path, "cannot open", errno);
}

void source_close(struct source *in)
{
    if (in->file && in->file != stdin)
        (void)fclose(in->file);
    in->file = NULL;
}

static size_t read_file(struct source *in, char *out, size_t size)
{
    size_t have = 0;
    while (have < size && !in->error) {
        errno = 0;
        size_t n = fread(out + have, 1, size - have, in->file);
        have += n;
        if (n > 0)
            continue;
        if (ferror(in->file))
            in->error = errno ? errno : EIO;
        break;
    }
    return have;
}

const char *source_head(struct source *in, size_t *size)
{
    if (in->end == 0)
        in->end = read_file(in, in->head, SOURCE_HEAD);
    *size = in->end - in->begin;
    return in->head + in->begin;
}

size_t source_read(struct source *in, void *out, size_t size)
{
    size_t n = in->end - in->begin;
    if (n > size)
        n = size;
    memcpy(out, in->head + in->begin, n);
    in->begin += n;
    if (n < size)
        n += read_file(in, (char *)out + n, size - n);
    in->bytes += n;
    if (n > 0 && in->o->progress)
        in->o->progress(in->o->context, in->o->path, in->bytes);
    return n;
}

int source_status(const struct source *in, struct error *e)
{
    return in->error ? error_io(e, in->o->path, "cannot read", in->error) : LMOD_OK;
}
