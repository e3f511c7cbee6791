/*
 * Any bytes through the pinyin view, beside a reference that goes one character of the fold view at a
 * time and looks its syllables up in a list.
 */
#include <string.h>

#include "signs.h"
#include "text/pinyin_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SYLLABLES_MAX = 1000, TYPED_MAX = 63 };

static struct sign fold[OUT_MAX], want[OUT_MAX];
static size_t fold_size, want_size;

static struct {
    char text[8];
    uint32_t number;
} syllables[SYLLABLES_MAX];
static size_t syllable_count;

/* Every way through the letters, as text. */
static void list_syllables(void)
{
    static struct {
        uint32_t state;
        char text[8];
    } open[SYLLABLES_MAX];
    size_t n = 1;
    for (size_t i = 0; i < n; i++) {
        const uint16_t *row = &pinyin_letters[open[i].state * PINYIN_LETTERS];
        size_t length = strlen(open[i].text);
        if (row[26]) {
            memcpy(syllables[syllable_count].text, open[i].text, sizeof(open[i].text));
            syllables[syllable_count++].number = row[26];
        }
        for (uint32_t c = 0; c < 26; c++)
            if (row[c]) {
                must(n < SYLLABLES_MAX && length < 6);
                memcpy(open[n].text, open[i].text, length);
                open[n].text[length] = (char)('a' + c);
                open[n++].state = row[c];
            }
    }
}

/* The number of the syllable that is the `n` characters from `at` on; 0: they are none. */
static uint32_t syllable(size_t at, size_t n)
{
    for (size_t i = 0; i < syllable_count; i++) {
        size_t k = 0;
        while (k < n && syllables[i].text[k] && (uint32_t)syllables[i].text[k] == fold[at + k].c)
            k++;
        if (k == n && !syllables[i].text[k])
            return syllables[i].number;
    }
    return 0;
}

static bool is_letter(size_t i)
{
    return i < fold_size && fold[i].c >= 'a' && fold[i].c <= 'z';
}

/* can[i]: the letters from `at + i` to `end` are syllables. */
static void find_ways(size_t at, size_t end, bool *can)
{
    memset(can, 0, TYPED_MAX + 1);
    can[end - at] = true;
    for (size_t i = end - at; i-- > 0;)
        for (size_t n = 2; n <= 6 && at + i + n <= end; n++)
            can[i] |= can[i + n] && syllable(at + i, n) > 0;
}

static void add(uint32_t c, const struct sign *first, const struct sign *last)
{
    want[want_size++] = (struct sign){c, first->from, last->to};
}

static size_t add_letters(size_t at)
{
    bool can[TYPED_MAX + 1] = {false};
    size_t end = at;
    while (is_letter(end))
        end++;
    if (end - at <= TYPED_MAX)
        find_ways(at, end, can);
    if (!can[0]) {
        for (size_t i = at; i < end; i++)
            add(fold[i].c, &fold[i], &fold[i]);
        return end;
    }
    for (size_t i = at, best; i < end; i += best) {
        bool good = false;
        best = 0;
        for (size_t n = 2; n <= 6 && i + n <= end; n++) {
            bool consonant = i + n == end || !strchr("aeo", (int)fold[i + n].c);
            if (!can[i + n - at] || !syllable(i, n) || (good && !consonant))
                continue;
            good = consonant;
            best = n;
        }
        add(PINYIN_FIRST + syllable(i, best), &fold[i], &fold[i + best - 1]);
    }
    return end;
}

static void make_want(void)
{
    want_size = 0;
    for (size_t i = 0; i < fold_size;) {
        uint32_t c = fold[i].c, number = pinyin_reading(c);
        if (is_letter(i)) {
            i = add_letters(i);
            continue;
        }
        if (number)
            add(PINYIN_FIRST + number, &fold[i], &fold[i]);
        else if (c >= '0' && c <= '9')
            add(c, &fold[i], &fold[i]);
        else if (c >= 0x80 && !view_is_sign(c) && (!want_size || want[want_size - 1].c != ' '))
            add(' ', &fold[i], &fold[i]);
        i++;
    }
}

/* The usual way to read a word is its view. */
static void compare_word(const struct text_view *v, const uint8_t *data, size_t size)
{
    struct buffer word = BUFFER_INIT;
    if (text_reading(&word, (const char *)data, size, 0) == LMOD_OK)
        must(word.size == v->size && memcmp(word.data, v->bytes, v->size) == 0);
    buffer_finish(&word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size = size > INPUT_MAX ? INPUT_MAX : size;
    struct text *t = text_new();
    if (!syllable_count)
        list_syllables();
    if (t && text_run(t, data, size, 1u << VIEW_PINYIN) == LMOD_OK) {
        fold_size = signs_read(fold, text_get(t, VIEW_FOLD));
        make_want();
        signs_compare(want, want_size, text_get(t, VIEW_PINYIN), size);
        compare_word(text_get(t, VIEW_PINYIN), data, size);
    }
    text_free(t);
    return 0;
}
