/* Collecting rows: checks, entries that several rows share, and the order that makes files equal. */
#include "lists/source.h"

#include <stdlib.h>
#include <string.h>

#include "lists/sort.h"

enum { LABELS_SPLIT_MAX = (LIST_LABELS_MAX + 1) / 2 };

struct list_source *list_source_new(void)
{
    struct list_source *s = calloc(1, sizeof(*s));
    uint32_t none;
    if (s && !names_intern(&s->shared, "", 0, &none)) {
        list_source_free(s);
        return NULL;
    }
    return s;
}

void list_source_free(struct list_source *s)
{
    if (!s)
        return;
    names_finish(&s->ids);
    names_finish(&s->shared);
    free(s->entries);
    free(s->old);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        free(s->rows[i].bytes);
    free(s);
}

static int refuse(struct error *e, const char *what)
{
    return error_set(e, LMOD_E_LIST, "%s", what);
}

static int check_row(const struct list_row *row, struct error *e)
{
    if (row->signal && !signal_bytes(row->signal))
        return refuse(e, "lists do not hold this type of signal");
    if (!row->entry || !row->entry[0])
        return refuse(e, "the entry's id is empty");
    if (!lml_printable(row->entry, strlen(row->entry), LIST_ENTRY_MAX))
        return refuse(e, "the entry's id is over 255 bytes, not UTF-8 or has control characters");
    if (row->labels && !lml_printable(row->labels, strlen(row->labels), LIST_LABELS_MAX))
        return refuse(e, "the labels are over 1023 bytes, not UTF-8 or have control characters");
    if (row->opinion && !lml_printable(row->opinion, strlen(row->opinion), LIST_LABELS_MAX))
        return refuse(e, "the opinion is over 1023 bytes, not UTF-8 or has control characters");
    if ((unsigned)row->status > ENTRY_DISABLED)
        return refuse(e, "the status is unknown");
    struct sketch text;
    if (row->signal == SIGNAL_TEXT && !sketch_read(&text, row->value))
        return refuse(e, "there is too little of the text to compare it");
    if (row->signal == SIGNAL_PDQ && row->quality > 100)
        return refuse(e, "the quality is over 100");
    return LMOD_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cuts `text` in place at commas, without blanks around; appends the parts that are not empty. */
static size_t split(char *text, char **out, size_t n)
{
    for (char *rest = text, *part; (part = strsep(&rest, ",")) != NULL;) {
        part += strspn(part, " ");
        size_t length = strlen(part);
        while (length > 0 && part[length - 1] == ' ')
            part[--length] = '\0';
        if (length > 0)
            out[n++] = part;
    }
    return n;
}

/* Interns the union of two comma-separated sets, sorted, so that the order of rows does not show.
 * `number` goes in as that of the first set. */
static int intern_set(struct names *t, const char *add, uint32_t *number, struct error *e)
{
    if (!add || !add[0])
        return LMOD_OK;
    const char *a = names_text(t, *number);
    char copy[2][LIST_LABELS_MAX + 1], text[2 * (LIST_LABELS_MAX + 1)];
    char *part[2 * LABELS_SPLIT_MAX];
    size_t used = 0;
    memcpy(copy[0], a, strlen(a) + 1);
    memcpy(copy[1], add, strlen(add) + 1);
    size_t n = split(copy[1], part, split(copy[0], part, 0));
    qsort(part, n, sizeof(*part), by_text);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(part[i], part[i - 1]) == 0)
            continue;
        size_t length = strlen(part[i]);
        if (used > 0)
            text[used++] = ',';
        memcpy(text + used, part[i], length);
        used += length;
    }
    if (used > LIST_LABELS_MAX)
        return refuse(e, "the labels or opinions of this entry's rows are over 1023 bytes");
    return names_intern(t, text, used, number) ? LMOD_OK : error_memory(e);
}

/* Of two statuses of one entry the one that forbids more: withdrawn, disabled, expired, active. */
static enum entry_status stricter(enum entry_status a, enum entry_status b)
{
    static const uint8_t rank[] = {
        [ENTRY_ACTIVE] = 0, [ENTRY_EXPIRED] = 1, [ENTRY_DISABLED] = 2, [ENTRY_WITHDRAWN] = 3};
    return rank[a] > rank[b] ? a : b;
}

/* What the entry is with the row, which is not of an older version. */
static int
merge(struct list_source *s, struct entry_row *entry, const struct list_row *row, struct error *e)
{
    if (row->stamp > entry->stamp)
        *entry = (struct entry_row){.always = entry->always, .stamp = row->stamp};
    int status = intern_set(&s->shared, row->labels, &entry->labels, e);
    if (status == LMOD_OK)
        status = intern_set(&s->shared, row->opinion, &entry->opinion, e);
    entry->status = (uint8_t)stricter((enum entry_status)entry->status, row->status);
    return status;
}

static void add_signal(struct list_source *s, const struct list_row *row, uint32_t entry)
{
    struct rows *rows = &s->rows[row->signal];
    size_t key = signal_bytes(row->signal);
    uint8_t *record = rows->bytes + rows->n++ * lml_item(row->signal);
    memcpy(record, row->value, key);
    record_set_entry(record, key, entry);
    if (row->signal == SIGNAL_PDQ)
        record[key + 4] = row->quality;
}

/* Room for one row, one entry and one entry of an older version. */
static bool make_room(struct list_source *s, enum signal signal)
{
    struct rows *rows = &s->rows[signal];
    return (!signal ||
            array_grow((void **)&rows->bytes, &rows->cap, rows->n + 1, lml_item(signal))) &&
           array_grow((void **)&s->entries, &s->entries_cap, s->ids.n + 1, sizeof(*s->entries)) &&
           array_grow((void **)&s->old, &s->old_cap, s->old_n + 1, sizeof(*s->old));
}

int list_source_add(struct list_source *s, const struct list_row *row, struct error *e)
{
    int status = check_row(row, e);
    if (status != LMOD_OK)
        return status;
    uint32_t number;
    if (!make_room(s, row->signal))
        return error_memory(e);
    struct entry_row entry = {.status = ENTRY_ACTIVE};
    bool known = names_find(&s->ids, row->entry, strlen(row->entry), &number);
    if (known)
        entry = s->entries[number];
    bool older = row->stamp < entry.stamp, newer = known && row->stamp > entry.stamp;
    if (!row->stamp)
        entry.always = (uint8_t)stricter((enum entry_status)entry.always, row->status);
    if (!older)
        status = merge(s, &entry, row, e);
    if (status != LMOD_OK)
        return status;
    if (!names_intern(&s->ids, row->entry, strlen(row->entry), &number))
        return error_memory(e);
    s->entries[number] = entry;
    if (newer) {
        struct old_rows *old = &s->old[s->old_n++];
        old->entry = number;
        for (size_t i = 0; i < SIGNAL_COUNT; i++)
            old->before[i] = s->rows[i].n;
    }
    if (row->signal && !older)
        add_signal(s, row, number);
    return LMOD_OK;
}

/* Drops the rows that are of older versions of their entries. */
static int drop_old(struct list_source *s, struct error *e)
{
    if (s->old_n == 0)
        return LMOD_OK;
    size_t *latest = array_new(s->ids.n, sizeof(*latest)); /* by entry, number in `old` plus 1 */
    if (!latest)
        return error_memory(e);
    for (size_t i = 0; i < s->old_n; i++)
        latest[s->old[i].entry] = i + 1;
    for (unsigned k = 0; k < SIGNAL_COUNT; k++) {
        struct rows *rows = &s->rows[k];
        size_t item = lml_item((enum signal)k), key = signal_bytes((enum signal)k), kept = 0;
        for (size_t i = 0; i < rows->n; i++) {
            const uint8_t *record = rows->bytes + i * item;
            size_t old = latest[record_entry(record, key)];
            if (!old || i >= s->old[old - 1].before[k])
                memmove(rows->bytes + kept++ * item, record, item);
        }
        rows->n = kept;
    }
    s->old_n = 0;
    free(latest);
    return LMOD_OK;
}

/* Sorts the rows of one signal; the last of those with one key and entry has the best quality. */
static void order_rows(struct rows *rows, enum signal signal, const uint32_t *rank)
{
    size_t item = lml_item(signal), key = signal_bytes(signal), kept = 0;
    for (size_t i = 0; i < rows->n; i++) {
        uint8_t *record = rows->bytes + i * item;
        record_set_entry(record, key, rank[record_entry(record, key)]);
    }
    records_sort(rows->bytes, rows->n, item, item);
    for (size_t i = 0; i < rows->n; i++) {
        const uint8_t *record = rows->bytes + i * item;
        if (i + 1 < rows->n && memcmp(record, record + item, key + 4) == 0)
            continue;
        memmove(rows->bytes + kept++ * item, record, item);
    }
    rows->n = kept;
}

int source_order(struct list_source *s, struct error *e)
{
    int status = drop_old(s, e);
    if (status != LMOD_OK)
        return status;
    size_t n = s->ids.n;
    struct entry_row *entries = array_new(n, sizeof(*entries));
    uint32_t *rank = entries ? names_order(&s->ids) : NULL;
    if (!rank) {
        free(entries);
        return error_memory(e);
    }
    for (size_t i = 0; i < n; i++) {
        const struct entry_row *x = &s->entries[i];
        entries[rank[i]] = *x;
        entries[rank[i]].status =
            (uint8_t)stricter((enum entry_status)x->status, (enum entry_status)x->always);
    }
    free(s->entries);
    s->entries = entries;
    s->entries_cap = n;
    for (unsigned i = 0; i < SIGNAL_COUNT; i++)
        if (s->rows[i].n)
            order_rows(&s->rows[i], (enum signal)i, rank);
    free(rank);
    return LMOD_OK;
}
