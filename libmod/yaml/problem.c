/* What libyaml finds wrong, said so that the writer of the file knows what to change, and where. */
#include "yaml/tree.h"

#include <stdio.h>
#include <string.h>

/* Where to point: at the problem itself or at the start of what it spoils. */
enum point { AT_PROBLEM, AT_CONTEXT };

/* The first row whose texts are part of libyaml's applies. */
static const struct phrase {
    const char *problem, *context;
    enum point point;
    const char *text;
} phrases[] = {
    {"end of stream", "quoted scalar", AT_CONTEXT, "this quoted text is never closed"},
    {"document indicator", "quoted scalar", AT_CONTEXT, "this quoted text is never closed"},
    {"unknown escape", "", AT_PROBLEM,
     "unknown escape after \"\\\": write \"\\\\\" for a backslash, or use single quotes"},
    {"hexdecimal", "", AT_PROBLEM, "\\x needs 2 hex digits, \\u 4 and \\U 8"},
    {"Unicode character escape", "", AT_PROBLEM, "this escape is not a Unicode character"},
    {"expected ',' or ']'", "", AT_CONTEXT, "this list is not closed: \",\" or \"]\" is missing"},
    {"expected ',' or '}'", "", AT_CONTEXT, "this map is not closed: \",\" or \"}\" is missing"},
    {"could not find expected ':'", "", AT_CONTEXT, "\":\" is missing after this key"},
    {"mapping values are not allowed", "", AT_PROBLEM,
     "\": \" inside a value: quote the value, or check the indentation"},
    {"mapping keys are not allowed", "", AT_PROBLEM, "\"? \" cannot stand here: quote the text"},
    {"block sequence entries", "", AT_PROBLEM,
     "\"- \" cannot stand here: begin the list on a line of its own, indented"},
    {"expected '-' indicator", "", AT_PROBLEM,
     "\"- \" expected: every item of this list begins with it, in the same column"},
    {"expected key", "", AT_PROBLEM,
     "a key expected: the indentation does not fit the lines above, or a value needs quotes"},
    {"expected node content", "", AT_PROBLEM, "a value expected: quote it if it is a text"},
    {"unexpected ':'", "", AT_PROBLEM, "\":\" inside a value: quote the value"},
    {"tab character", "", AT_PROBLEM, "a tab cannot indent: use spaces"},
    {"comment or line break", "block scalar", AT_PROBLEM,
     "only a comment may follow \"|\" or \">\" on this line; quote the text if it is meant as it "
     "is"},
    {"indentation indicator", "", AT_PROBLEM, "the indentation after \"|\" or \">\" is 1 to 9"},
    {"", "anchor", AT_CONTEXT, "\"&\" begins an anchor, which is not supported: quote the text"},
    {"", "alias", AT_CONTEXT, "\"*\" begins an alias, which is not supported: quote the text"},
    {"", "a tag", AT_CONTEXT, "\"!\" begins a tag, which is not supported: quote the text"},
    {"tag handle", "", AT_PROBLEM, "\"!\" begins a tag, which is not supported: quote the text"},
    {"", "directive", AT_CONTEXT, "\"%\" begins a directive: quote the text"},
    {"directive", "", AT_PROBLEM, "directives (\"%YAML\", \"%TAG\") are not supported"},
    {"incompatible YAML", "", AT_PROBLEM, "this version of YAML is not supported"},
    {"expected <document start>", "", AT_PROBLEM,
     "a key expected: the file must be one map of \"key: value\" lines"},
};

static bool within(const char *text, const char *part)
{
    return strstr(text ? text : "", part) != NULL;
}

/* Bytes before character number `index`, at most the text's length. */
static size_t byte_of(const struct yaml *y, size_t index)
{
    size_t at = 0;
    for (; at < y->length; at++)
        if (((unsigned char)y->text[at] & 0xC0) != 0x80 && index-- == 0)
            break;
    return at;
}

/* Characters that begin no value. */
static int bad_start(const struct yaml *y, size_t index, struct error *e)
{
    char text[96];
    uint32_t line, column;
    size_t at = byte_of(y, index);
    yaml_place(y, index, &line, &column);
    if (at < y->length && y->text[at] == '\t')
        return yaml_fail(y, line, column, e, "a tab cannot indent: use spaces");
    (void)snprintf(text, sizeof(text), "a value cannot begin with \"%c\": put it in quotes",
                   at < y->length ? y->text[at] : ' ');
    return yaml_fail(y, line, column, e, text);
}

/* The reader's errors have a byte offset and no place. The text is valid UTF-8 already. */
static int bad_character(const struct yaml *y, const yaml_parser_t *parser, struct error *e)
{
    char text[96];
    uint32_t line, column;
    size_t index = 0;
    for (size_t i = 0; i < y->length && i < parser->problem_offset; i++)
        index += ((unsigned char)y->text[i] & 0xC0) != 0x80;
    yaml_place(y, index, &line, &column);
    (void)snprintf(text, sizeof(text), "control character U+%04X is not allowed",
                   (unsigned)parser->problem_value);
    return yaml_fail(y, line, column, e, text);
}

int yaml_problem(const struct yaml *y, const yaml_parser_t *parser, struct error *e)
{
    const char *text = parser->problem ? parser->problem : "not YAML";
    size_t index = parser->problem_mark.index;
    uint32_t line, column;
    if (parser->error == YAML_MEMORY_ERROR)
        return error_memory(e);
    if (parser->error == YAML_READER_ERROR)
        return bad_character(y, parser, e);
    if (within(parser->problem, "cannot start any token"))
        return bad_start(y, index, e);
    for (size_t i = 0; i < COUNT_OF(phrases); i++) {
        const struct phrase *p = &phrases[i];
        if (!within(parser->problem, p->problem) || !within(parser->context, p->context))
            continue;
        text = p->text;
        if (p->point == AT_CONTEXT && parser->context)
            index = parser->context_mark.index;
        break;
    }
    yaml_place(y, index, &line, &column);
    return yaml_fail(y, line, column, e, text);
}
