#pragma once

#include "pipeline/store/ids.h"
#include "pipeline/store/sample.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mien {

class Project;

/// What the groups that a split keeps together rest on. A subject that a data set declares comes first; what has none
/// belongs together by its video and by pictures that are the same or nearly so, which is inferred.
struct GroupIdentity
{
    std::int64_t declared = 0; ///< Groups of samples that all have a declared subject.
    std::int64_t inferred = 0; ///< Groups in which none has one; a sample that nothing is known of is one of its own.
    std::int64_t mixed = 0;    ///< A declared subject, joined by samples without one through a video or a picture.
    std::int64_t samplesWithoutSubject = 0;

    bool operator==(const GroupIdentity &) const = default;
};

/// How splits were dealt: whoever deals the same samples again can tell whether the outcome is the same.
struct SplitCertificate
{
    std::string way;  ///< subject, random
    std::string hash; ///< Over the group and the split of every sample dealt.
    std::int64_t groups = 0;
    // Of ways that were stored without them: 0, 0, 0.
    std::array<double, 3> ratios{}; ///< Train, validation, test, as they were asked for.
    std::uint64_t seed = 0;
    std::optional<GroupIdentity> identity; ///< Of `subject`.
};

/// How a certificate lies in its row: "subject ratios 70,15,15 seed 0 identity 60 12 0 240", the identity in the order
/// of its members.
std::string rowTextOf(const SplitCertificate &certificate);
void readRowText(const std::string &text, SplitCertificate &certificate); ///< The contrary; a bare way is one, too.

/// Of the splits as they are: empty where the newest edit of splits that counts did not deal them, or none did.
std::optional<SplitCertificate> currentSplitCertificate(const Project &project);

/// The newest deal that is not taken back, whatever happened to the splits since.
struct DealtSplits
{
    SplitCertificate certificate;
    EditId edit;
    std::int64_t atMs = 0;
    std::vector<std::pair<SampleId, Split>> samples; ///< As they were dealt, by their ids.
};
std::optional<DealtSplits> lastDealtSplits(const Project &project);

} // namespace mien
