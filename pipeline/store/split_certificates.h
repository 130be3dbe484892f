#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mien {

class Project;

/// How splits were dealt: whoever deals the same samples again can tell whether the outcome is the same.
struct SplitCertificate
{
    std::string way;  ///< subject, random
    std::string hash; ///< Over the group and the split of every sample dealt.
    std::int64_t groups = 0;
};

/// Of the splits as they are: empty where the newest edit of splits that counts did not deal them, or none did.
std::optional<SplitCertificate> currentSplitCertificate(const Project &project);

} // namespace mien
