/* RE2::Set for bench/text: which patterns are in a message, confirmed by PCRE2. */
#include <memory>
#include <string>
#include <vector>

#include <re2/re2.h>
#include <re2/set.h>

#include "text_peers.h"

static std::unique_ptr<RE2::Set> set;
static std::vector<size_t> rule; /* by number in the set */
static std::vector<int> candidates;

void re2_load(char *const *patterns, size_t n, struct ready *out)
{
    RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_max_mem(int64_t(1) << 30);
    set.reset(new RE2::Set(options, RE2::UNANCHORED));
    for (size_t i = 0; i < n; i++)
        if (set->Add(patterns[i], nullptr) >= 0)
            rule.push_back(i);
    need(set->Compile(), "RE2::Set does not compile");
    out->taken = rule.size();
}

size_t re2_scan(const char *bytes, size_t size)
{
    size_t found = 0;
    RE2::Set::ErrorInfo error = {RE2::Set::kNoError};
    if (!set->Match(re2::StringPiece(bytes, size), &candidates, &error))
        need(error.kind == RE2::Set::kNoError, "RE2::Set is out of memory");
    for (int i : candidates)
        found += confirm(rule[size_t(i)], bytes, size);
    return found;
}
