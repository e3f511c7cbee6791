/* ICU for bench/text: NFKC_Casefold with the map back to the raw text, a number for each byte. */
#include <vector>

#include <unicode/bytestream.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>

#include "text_peers.h"

const char *icu_fold(const char *bytes, size_t size, size_t *folded_size)
{
    static std::vector<char> folded;
    static std::vector<uint32_t> map;
    static icu::Edits edits;
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2 *fold = icu::Normalizer2::getNFKCCasefoldInstance(status);
    folded.resize(32 * size + 64); /* U+FDFA becomes eighteen characters */
    icu::CheckedArrayByteSink sink(folded.data(), int32_t(folded.size()));
    edits.reset();
    fold->normalizeUTF8(0, icu::StringPiece(bytes, int32_t(size)), sink, &edits, status);
    need(U_SUCCESS(status) && !sink.Overflowed(), "ICU fails");
    *folded_size = size_t(sink.NumberOfBytesWritten());
    map.resize(*folded_size + 1);
    for (icu::Edits::Iterator it = edits.getFineIterator(); it.next(status);)
        for (int32_t i = 0; i < it.newLength(); i++)
            map[size_t(it.destinationIndex() + i)] =
                uint32_t(it.sourceIndex() + (it.hasChange() ? 0 : i));
    map[*folded_size] = uint32_t(size);
    return folded.data();
}
