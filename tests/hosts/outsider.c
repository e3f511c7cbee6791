/*
 * A program that knows nothing of libmod and opens its store by SQLite, as a backup tool or a person
 * with a shell does: the last one to close it checkpoints and removes the log.
 *
 *     outsider once DB            opens, reads, closes
 *     outsider loop DB            the same again and again, until standard input ends
 *     outsider verify DB IDS      prints "events N lost N integrity ok"; IDS: the ids that should be
 *                                 there, one a line
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

enum { PATIENCE_MS = 10000 };

static void need(bool ok, sqlite3 *db, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "outsider: %s: %s\n", what, db ? sqlite3_errmsg(db) : "");
    exit(1);
}

static sqlite3 *open_store(const char *path)
{
    sqlite3 *db = NULL;
    need(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK, db, path);
    need(sqlite3_busy_timeout(db, PATIENCE_MS) == SQLITE_OK, db, path);
    return db;
}

/* The first column of the first row, as text; "" when there is none. */
static void ask(sqlite3 *db, const char *sql, const char *value, char *out, size_t size)
{
    sqlite3_stmt *s = NULL;
    need(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, db, sql);
    if (value)
        need(sqlite3_bind_text(s, 1, value, -1, SQLITE_STATIC) == SQLITE_OK, db, sql);
    int rc = sqlite3_step(s);
    need(rc == SQLITE_ROW || rc == SQLITE_DONE, db, sql);
    const unsigned char *text = rc == SQLITE_ROW ? sqlite3_column_text(s, 0) : NULL;
    (void)snprintf(out, size, "%s", text ? (const char *)text : "");
    (void)sqlite3_finalize(s);
}

static void visit(const char *path)
{
    char events[32];
    sqlite3 *db = open_store(path);
    ask(db, "SELECT count(*) FROM event", NULL, events, sizeof(events));
    need(sqlite3_close(db) == SQLITE_OK, db, "close");
}

static void loop(const char *path)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    long visits = 0;
    while (poll(&input, 1, 1) == 0) {
        visit(path);
        visits++;
    }
    printf("%ld visits\n", visits);
}

static void verify(const char *path, const char *ids)
{
    char events[32], found[64], integrity[256], line[64];
    unsigned long lost = 0;
    sqlite3 *db = open_store(path);
    FILE *f = fopen(ids, "r");
    need(f != NULL, NULL, ids);
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        ask(db, "SELECT id FROM event WHERE id = ?1", line, found, sizeof(found));
        lost += strcmp(found, line) != 0;
    }
    (void)fclose(f);
    ask(db, "SELECT count(*) FROM event WHERE type LIKE 'libmod.report.%'", NULL, events,
        sizeof(events));
    ask(db, "PRAGMA integrity_check", NULL, integrity, sizeof(integrity));
    need(sqlite3_close(db) == SQLITE_OK, db, "close");
    printf("events %s lost %lu integrity %s\n", events, lost, integrity);
}

int main(int argc, char **argv)
{
    need(argc >= 3, NULL, "usage: outsider once|loop|verify DB [IDS]");
    if (strcmp(argv[1], "loop") == 0)
        loop(argv[2]);
    else if (strcmp(argv[1], "verify") == 0 && argc == 4)
        verify(argv[2], argv[3]);
    else
        visit(argv[2]);
    return 0;
}
