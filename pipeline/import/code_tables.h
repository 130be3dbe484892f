#pragma once

#include "pipeline/store/sample.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mien {

/// FER2013's own numbering: anger 0 … neutral 6.
inline constexpr std::array<std::string_view, 7> fer2013Classes = {"anger",   "disgust",  "fear",   "happiness",
                                                                   "sadness", "surprise", "neutral"};

/// FER+ vote columns in file order.
inline constexpr std::array<std::string_view, 10> ferPlusColumns = {
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"};

/// A code table that numbered folders or integer labels may follow.
struct CodeTable
{
    std::string_view id; ///< "fer2013", "rafdb", "rafdb.zero_based", "affectnet", "fer.alphabetical", "rafdb.compound",
                         ///< "uta-rldd"
    int first = 0;       ///< Code of classes[0].
    std::span<const std::string_view> classes; ///< "": a number that is no code.

    /// "" for what is no code.
    std::string_view classOf(long long code) const;
};
std::span<const CodeTable> codeTables();
const CodeTable *codeTableNamed(std::string_view id);

/// Counts by class of a published data set, in the native code order.
struct Fingerprint
{
    std::string_view id;    ///< "FER2013 Training"
    std::string_view table; ///< Code table of the counts.
    std::span<const std::int64_t> counts;
};
std::span<const Fingerprint> fingerprints();

/// The folder beside "train" and "test" for what belongs to no split.
inline constexpr std::string_view unsplitFolder = "unsplit";

/// What the folder and column names in use stand for ("Training", "PublicTest", "validation", "unsplit", …).
std::optional<Split> splitMeantBy(std::string_view name);

} // namespace mien
