/* modctl config: check, show, schema, reference. */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

static int run_check(const struct args *a)
{
    const struct config *c = NULL;
    int code = settings_need(&c, a);
    if (code != EXIT_CLEAN)
        return code;
    if (output_is_json()) {
        json_t *o = json_object();
        js_str(o, "config", settings_path(a));
        js_bool(o, "valid", true);
        js_str(o, "hash", c->hash);
        (void)output_object(o);
    } else {
        (void)output_line("%s: valid", plain(settings_path(a)));
    }
    config_free(c);
    return EXIT_CLEAN;
}

/* Strings as they are, what is not set as nothing, all else as JSON. */
static char *value_text(const json_t *value)
{
    if (json_is_string(value))
        return text_copy(json_string_value(value), json_string_length(value));
    return json_is_null(value) ? text_copy("", 0) : js_dump(value, NULL);
}

static bool show_value(json_t *value, bool with_origin)
{
    if (output_is_json())
        return output_object(json_incref(value));
    char *text = value_text(json_object_get(value, "value"));
    const char *key = json_string_value(json_object_get(value, "key"));
    const char *origin = json_string_value(json_object_get(value, "origin"));
    bool ok = text && key && origin;
    if (!ok)
        (void)output_object(NULL);
    else if (with_origin)
        ok = output_line("%-7s  %s = %s", origin, plain(key), plain(text));
    else
        ok = output_line("%s = %s", plain(key), plain(text));
    free(text);
    return ok;
}

static int run_show(const struct args *a)
{
    const struct config *c = NULL;
    int code = settings_need(&c, a);
    if (code != EXIT_CLEAN)
        return code;
    json_t *all = config_values(c), *value;
    size_t i;
    config_free(c);
    if (!all)
        (void)output_object(NULL);
    json_array_foreach(json_object_get(all, "values"), i,
                       value) if (!show_value(value, args_value(a, "origin") != NULL)) break;
    json_decref(all);
    return EXIT_CLEAN;
}

static int run_schema(const struct args *a)
{
    json_t *schema = config_schema();
    char *text = json_dumps(schema, a->json ? JSON_COMPACT : JSON_INDENT(2));
    json_decref(schema);
    if (!text) {
        say("out of memory");
        return EXIT_BUG;
    }
    (void)output_line("%s", text);
    free(text);
    return EXIT_CLEAN;
}

static int run_reference(const struct args *a)
{
    struct buffer page = BUFFER_INIT;
    config_reference(&page);
    int code = page.failed ? EXIT_BUG : EXIT_CLEAN;
    if (page.failed)
        say("out of memory");
    else if (a->json) {
        json_t *o = json_object();
        js_str(o, "markdown", page.data);
        (void)output_object(o);
    } else
        (void)output_bytes(page.data, page.size);
    buffer_finish(&page);
    return code;
}

static const struct option_row show_options[] = {
    {"origin", NULL, "say where each value is from: file, set, default", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

static const char exits[] = "  0 valid   2 usage   3 the config is missing or invalid";

const struct command cmd_config_check = {
    .name = "config check",
    .operands = "",
    .summary = "check libmod.yaml",
    .text = "Checks every key of the config. An error comes with file, line, column and the line.\n"
            "Lists, key and worker are looked at by `modctl doctor`.",
    .examples = "  modctl -c /etc/libmod/libmod.yaml config check",
    .exits = exits,
    .run = run_check,
};

const struct command cmd_config_show = {
    .name = "config show",
    .operands = "",
    .summary = "print the values in force",
    .text = "Prints every key with the value in force.",
    .options = show_options,
    .examples = "  modctl config show --origin\n"
                "  modctl --json config show | jq -r 'select(.origin != \"default\").key'",
    .exits = exits,
    .run = run_show,
};

const struct command cmd_config_schema = {
    .name = "config schema",
    .operands = "",
    .summary = "print the JSON Schema of libmod.yaml",
    .text = "Prints the JSON Schema (2020-12) of libmod.yaml, for editors.",
    .examples = "  modctl config schema > libmod.schema.json",
    .exits = "  0 printed   2 usage",
    .run = run_schema,
};

const struct command cmd_config_reference = {
    .name = "config reference",
    .operands = "",
    .summary = "print the reference of all keys",
    .text = "Prints every key of libmod.yaml with its type, default and meaning, as Markdown.",
    .examples = "  modctl config reference | less",
    .exits = "  0 printed   2 usage",
    .run = run_reference,
};
