/* A host in about thirty lines: scans the file it is given and obeys the verdict.
 * cc host.c $(pkg-config --cflags --libs libmod) -o host && ./host libmod.yaml picture.jpg */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <libmod/libmod.h>

static int fail(lmod_error *error)
{
    fprintf(stderr, "%s\n", lmod_error_message(error));
    lmod_error_free(error);
    return 2;
}

int main(int argc, char **argv)
{
    lmod_config *config;
    lmod_engine *engine;
    lmod_subject *subject;
    lmod_verdict *verdict;
    lmod_error *error;

    if (argc != 3 || lmod_abi() != LMOD_ABI)
        return 2;
    if (lmod_config_load(&config, argv[1], &error) != LMOD_OK)
        return fail(error);
    if (lmod_engine_open(&engine, config, LMOD_ABI, &error) != LMOD_OK)
        return fail(error);
    lmod_config_free(config); /* the engine keeps its own copy */
    if (lmod_subject_new(&subject) != LMOD_OK)
        return 2;
    lmod_subject_set_u64(subject, LMOD_KEY_SURFACE, LMOD_SURFACE_UPLOAD);
    int fd = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (lmod_scan_fd(&verdict, engine, subject, fd, &error) != LMOD_OK)
        return fail(error); /* not looked at: never the same as clean */

    uint32_t action = lmod_verdict_action(verdict);
    puts(lmod_verdict_json(verdict, NULL));
    puts(lmod_verdict_coverage(verdict) == LMOD_COMPLETE ? "all of it was looked at" : "in part");
    puts(action >= LMOD_HOLD ? "keep it back" : "let it through");

    close(fd);
    lmod_verdict_free(verdict);
    lmod_subject_free(subject);
    lmod_engine_close(engine);
    return action >= LMOD_HOLD;
}
