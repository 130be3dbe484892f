#pragma once

#include "pipeline/import/importer.h"

#include <optional>
#include <string>
#include <string_view>

namespace mien {

/// A recording of UTA-RLDD as its path names it: [Fold<f>_part<p>/]<subject>/<label>[_<cut>].<video>, where unpacking
/// may have repeated the folder of the fold (datasets.md 5.1). Letters in any case.
struct UtaRlddPath
{
    std::optional<int> fold, part; ///< Absent without folders of folds.
    std::string subject;           ///< As the folder is named: "01".
    int label = 0;                 ///< 0 alert, 5 low vigilant, 10 drowsy
    std::optional<int> cut;        ///< Of a recording in several files.
};
/// @param path  '/' between names
std::optional<UtaRlddPath> utaRlddPath(std::string_view path);

/// The videos of the Real-Life Drowsiness Dataset: 60 people, alert, low vigilant and drowsy for ten minutes each. Each
/// becomes a clip; its faces are samples once they are extracted.
class UtaRlddVideos : public Importer
{
public:
    std::string_view id() const override { return "uta-rldd.videos"; }
    std::string_view title() const override { return "UTA-RLDD, drowsiness videos"; }
    std::string_view termsId() const override { return "uta-rldd"; }
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;
};

/// Frames that others cut out of UTA-RLDD: folders "Drowsy" and "Non Drowsy" of pictures whose names begin with the
/// letters of a recording, A0010.png. Letters differ between the classes in case only.
class UtaRlddFrames : public Importer
{
public:
    std::string_view id() const override { return "uta-rldd.derived-frames"; }
    std::string_view title() const override { return "UTA-RLDD, frames in two folders"; }
    std::string_view termsId() const override { return "uta-rldd"; }
    std::vector<Candidate> probe(const Listing &listing) const override;
    Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const override;
};

} // namespace mien
