/*
 * A chat server of sixty lines, for scripts/demo: one process that stays, with one engine. It reads
 * "media ITEM PATH" or "text ITEM WORDS" a line, and answers with what it does about it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libmod/libmod.h>

static int fail(lmod_error *error)
{
    (void)fprintf(stderr, "demo-server: %s\n", lmod_error_message(error));
    lmod_error_free(error);
    return 1;
}

static const char *action_name(uint32_t action)
{
    return action >= LMOD_BLOCK  ? "blocked"
           : action >= LMOD_HOLD ? "held back"
           : action >= LMOD_FLAG ? "let through, flagged"
                                 : "let through";
}

static int32_t scan(lmod_verdict **out,
                    lmod_engine *engine,
                    const lmod_subject *subject,
                    const char *kind,
                    const char *content,
                    lmod_error **error)
{
    if (strcmp(kind, "text") == 0)
        return lmod_scan_text(out, engine, subject, content, strlen(content), error);
    int fd = open(content, O_RDONLY | O_CLOEXEC);
    int32_t status = lmod_scan_fd(out, engine, subject, fd, error);
    if (fd >= 0)
        (void)close(fd);
    return status;
}

int main(int argc, char **argv)
{
    char line[4096];
    lmod_config *config = NULL;
    lmod_engine *engine = NULL;
    lmod_subject *subject = NULL;
    lmod_error *error = NULL;
    if (argc != 2 || lmod_config_load(&config, argv[1], &error) != LMOD_OK ||
        lmod_engine_open(&engine, config, LMOD_ABI, &error) != LMOD_OK)
        return fail(error);
    lmod_config_free(config);
    if (lmod_subject_new(&subject) != LMOD_OK)
        return 1;
    (void)lmod_subject_set(subject, LMOD_KEY_HOST, "demo", 4);
    (void)lmod_subject_set(subject, LMOD_KEY_ROOM, "#lobby", 6);
    while (fgets(line, sizeof(line), stdin)) {
        lmod_verdict *verdict = NULL;
        char *save = NULL, *kind = strtok_r(line, " \n", &save), *item = strtok_r(NULL, " ", &save);
        char *content = strtok_r(NULL, "\n", &save);
        if (!content)
            continue;
        (void)lmod_subject_set(subject, LMOD_KEY_ITEM, item, strlen(item));
        if (scan(&verdict, engine, subject, kind, content, &error) != LMOD_OK)
            return fail(error);
        (void)printf("%s\n", action_name(lmod_verdict_action(verdict)));
        (void)fflush(stdout);
        lmod_verdict_free(verdict);
    }
    lmod_subject_free(subject);
    lmod_engine_close(engine);
    return 0;
}
