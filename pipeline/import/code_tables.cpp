#include "pipeline/import/code_tables.h"

#include "pipeline/import/text_form.h"

#include <algorithm>

namespace mien {

namespace {

constexpr std::array<std::string_view, 7> rafDb = {"surprise", "fear",  "disgust", "happiness",
                                                   "sadness",  "anger", "neutral"};
constexpr std::array<std::string_view, 8> affectNet = {"neutral", "happiness", "sadness", "surprise",
                                                       "fear",    "disgust",   "anger",   "contempt"};
constexpr std::array<std::string_view, 7> alphabetical = {"anger",   "disgust", "fear",    "happiness",
                                                          "neutral", "sadness", "surprise"};

constexpr std::array<std::string_view, 11> compound = {
    "happiness+surprise", "happiness+disgust", "sadness+fear",   "sadness+anger", "sadness+surprise", "sadness+disgust",
    "fear+anger",         "fear+surprise",     "anger+surprise", "anger+disgust", "disgust+surprise"};

// Only 0, 5 and 10 are codes.
constexpr std::array<std::string_view, 11> utaRldd = {"alert", "", "", "", "",      "low_vigilant",
                                                      "",      "", "", "", "drowsy"};

constexpr std::array<CodeTable, 7> tables = {{
    {"fer2013", 0, fer2013Classes},
    {"rafdb", 1, rafDb},
    {"affectnet", 0, affectNet},
    {"rafdb.zero_based", 0, rafDb},
    {"fer.alphabetical", 0, alphabetical},
    {"rafdb.compound", 1, compound},
    {"uta-rldd", 0, utaRldd},
}};

constexpr std::array<std::int64_t, 7> ferTraining = {3995, 436, 4097, 7215, 4830, 3171, 4965};
constexpr std::array<std::int64_t, 7> ferPublic = {467, 56, 496, 895, 653, 415, 607};
constexpr std::array<std::int64_t, 7> ferPrivate = {491, 55, 528, 879, 594, 416, 626};
constexpr std::array<std::int64_t, 7> ferTest = {958, 111, 1024, 1774, 1247, 831, 1233};
constexpr std::array<std::int64_t, 7> ferAll = {4953, 547, 5121, 8989, 6077, 4002, 6198};
constexpr std::array<std::int64_t, 7> rafTrain = {1290, 281, 717, 4772, 1982, 705, 2524};
constexpr std::array<std::int64_t, 7> rafTest = {329, 74, 160, 1185, 478, 162, 680};
constexpr std::array<std::int64_t, 8> affectTrain = {74874, 134415, 25459, 14090, 6378, 3803, 24882, 3750};
constexpr std::array<std::int64_t, 8> affectValidation = {500, 500, 500, 500, 500, 500, 500, 500};

constexpr std::array<Fingerprint, 9> prints = {{
    {"FER2013 Training", "fer2013", ferTraining},
    {"FER2013 PublicTest", "fer2013", ferPublic},
    {"FER2013 PrivateTest", "fer2013", ferPrivate},
    {"FER2013 PublicTest and PrivateTest", "fer2013", ferTest},
    {"FER2013 all", "fer2013", ferAll},
    {"RAF-DB basic train", "rafdb", rafTrain},
    {"RAF-DB basic test", "rafdb", rafTest},
    {"AffectNet train", "affectnet", affectTrain},
    {"AffectNet validation", "affectnet", affectValidation},
}};

} // namespace

std::string_view CodeTable::classOf(long long code) const
{
    const long long at = code - first;
    return at < 0 || at >= static_cast<long long>(classes.size()) ? std::string_view() : classes[std::size_t(at)];
}

std::span<const CodeTable> codeTables()
{
    return tables;
}

const CodeTable *codeTableNamed(std::string_view id)
{
    const auto found =
        std::find_if(tables.begin(), tables.end(), [&](const CodeTable &table) { return table.id == id; });
    return found == tables.end() ? nullptr : &*found;
}

std::span<const Fingerprint> fingerprints()
{
    return prints;
}

std::optional<Split> splitMeantBy(std::string_view name)
{
    const std::string lower = lowered(trimmed(name));
    for (std::string_view alias : {"train", "training", "tr"})
        if (lower == alias)
            return Split::Train;
    for (std::string_view alias : {"val", "valid", "validation", "dev", "publictest"})
        if (lower == alias)
            return Split::Val;
    for (std::string_view alias : {"test", "testing", "eval", "privatetest"})
        if (lower == alias)
            return Split::Test;
    return lower == unsplitFolder ? std::optional(Split::None) : std::nullopt;
}

} // namespace mien
