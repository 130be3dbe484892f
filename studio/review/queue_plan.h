#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"
#include "studio/review/review_queue.h"

#include <QString>
#include <QStringList>

#include <cstdint>
#include <vector>

namespace mien {

class Project;

/// What a review queue is made of.
struct QueuePlan
{
    enum class Kind {
        Flagged, ///< Open flags, most suspicious first; the random share comes from all that nobody reviewed.
        Filter,  ///< What matches `filter`, most suspicious first; the random share comes from the same.
        Samples, ///< `samples` as they stand, without a random share.
    };
    Kind kind = Kind::Flagged;
    QString title; ///< Shown above the face; empty: made from the kind.
    QString filter;
    std::vector<SampleId> samples;
    QStringList comparedRuns; ///< Of a comparison's list: what each of them said is shown.
    int most = 0;             ///< So many of the most suspicious at most, beside the random share; 0: all.
    /// Faces of one video, or near-duplicates, not closer together than `spreadFaces` as long as there are others.
    bool spread = true;
    double randomShare = 0.25;
    std::uint64_t seed = 1;

    /// Everything given `label` and predicted `predicted`, by canonical name; either may be empty.
    static QueuePlan ofConfusion(const QString &label, const QString &predicted);
};

constexpr int spreadFaces = 10;

/// The order with no two of one group among `apart` neighbours, as long as the next `lookAhead` hold others: the rank
/// gives way by as little as that needs.
/// @param group  of each sample; 0: of none
std::vector<SampleId> spreadOut(const std::vector<SampleId> &ranked, const std::vector<std::int64_t> &group,
                                int apart = spreadFaces, int lookAhead = 400);

/// Invalid when the filter is wrong (the message names the position).
Result<ReviewQueue> makeQueue(const Project &project, const QueuePlan &plan);

/// A new ranking for what the plan's queue has not shown yet.
Result<std::vector<SampleId>> worstFirst(const Project &project, const QueuePlan &plan);

} // namespace mien
