#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/store/sample.h"
#include "pipeline/store/split_certificates.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mien {

class Project;

/// Splits that do not leak: what belongs to one person, one video or one picture lies on one side. Pictures that are
/// nearly the same are known after findNearDuplicates(). Samples that a person excluded take no part.
struct SplitRequest
{
    enum class By {
        Subject, ///< Whole groups (FoldGroups::joinKin) are dealt.
        Random   ///< Only what is the same picture, or nearly so, is kept together: a person may come to two sides.
    };
    By by = By::Subject;
    std::array<double, 3> ratios{0.7, 0.15, 0.15}; ///< Train, validation, test; shares of any sum, 0 leaves one out.
    std::uint64_t seed = 0;
    std::string filter; ///< Only what matches is dealt; a group that matches in part is dealt in part.
    std::string annotator;
    bool isDryRun = false; ///< Nothing is stored: the report says what would come of it.
};

struct SplitReport
{
    std::int64_t groups = 0;
    std::optional<GroupIdentity> identity; ///< What the groups rest on; of By::Subject.
    /// Samples by split (train, validation, test) and class name; "" holds those without a label.
    std::array<std::map<std::string, std::int64_t>, 3> byClass;
    std::array<std::int64_t, 3> subjects{}; ///< Declared ones in each; by subject nobody is in two.
    /// XXH3 over group and split of every sample dealt, in order of their ids: says whether two splits are the same.
    /// Stored with the edit (split_certificates.h).
    std::string certificate;
};

/// Deals the samples, every class by the ratios as nearly as whole groups allow; one step of undo. The same project,
/// ratios and seed give the same splits.
/// Invalid: a wrong filter or ratio, or fewer groups than splits; Cancelled.
Result<SplitReport> dealSplits(Project &project, const SplitRequest &request, const Job &job);

/// Something that lies in more than one split.
struct SplitLeak
{
    enum class Kind {
        Subject,
        Video,        ///< Samples of one sequence.
        Duplicate,    ///< Pixel-identical.
        NearDuplicate ///< Different pixels, nearly the same picture.
    };
    Kind kind = Kind::Subject;
    std::string name; ///< Of the subject or sequence; of duplicates their first sample's source.
    std::vector<Split> splits;
    std::vector<SampleId> samples; ///< All of it that lies in a split, in order.
};
std::string_view nameOf(SplitLeak::Kind kind); ///< "subject", "video", "duplicate", "near_duplicate"

/// Subjects first, then videos, duplicates and near-duplicates, each by name. Subjects and sequences of different
/// sources are different.
Result<std::vector<SplitLeak>> splitLeaks(const Project &project, const Job &job);

/// What became of the newest deal.
struct CertificateState
{
    SplitCertificate certificate;
    std::int64_t atMs = 0;
    std::int64_t moved = 0;     ///< Of the samples dealt, those that lie in another split now.
    std::int64_t removed = 0;   ///< Those that are gone with their import.
    std::int64_t uncovered = 0; ///< Other samples that lie in a split.
    /// The samples dealt belong together in another way now, as after another search for near-duplicates: the hash made
    /// anew is another one.
    bool groupsDiffer = false;

    bool holds() const { return moved == 0 && removed == 0 && uncovered == 0 && !groupsDiffer; }
};

/// The splits as they are; samples that a person excluded take no part.
struct SplitState
{
    /// By Split (none, train, validation, test) and class name; "" holds those without a label.
    std::array<std::map<std::string, std::int64_t>, 4> byClass;
    std::array<std::int64_t, 4> subjects{};              ///< Declared ones.
    std::array<std::int64_t, 4> samplesWithoutSubject{}; ///< Of those only video and picture say who belongs together.
    GroupIdentity identity;                              ///< Of the groups that By::Subject would deal.
    std::vector<SplitLeak> leaks;
    std::int64_t trainingLeaks = 0; ///< Of labelled samples out of `train`: for these a training is refused.
    std::optional<CertificateState> certificate; ///< Empty: nobody dealt splits, or it was taken back.
};
Result<SplitState> splitState(const Project &project, const Job &job);

/// What would flatter a network that is trained on the split `train` of a snapshot and measured on the others: leaks
/// between labelled samples, in the splits of the snapshot, of which one side is `train`.
Result<std::vector<SplitLeak>> trainingLeaks(const Project &project, std::string_view snapshot, const Job &job);

} // namespace mien
