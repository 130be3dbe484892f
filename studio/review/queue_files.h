#pragma once

#include "studio/review/blind_rules.h"
#include "studio/review/queue_plan.h"
#include "studio/review/review_queue.h"

#include <QString>
#include <QThreadPool>

#include <cstdint>
#include <optional>
#include <vector>

namespace mien {

/// An answer of the last sitting that undo can still reach.
struct KeptAnswer
{
    int position = 0;
    std::int64_t edit = 0;
    ReviewQueue::Outcome outcome = ReviewQueue::Outcome::None;
    ReviewQueue::Outcome before = ReviewQueue::Outcome::None; ///< What the item was.
    QString note;
};

/// A queue with the person's place in it.
struct QueueSitting
{
    QueuePlan plan; ///< Without its samples: they are the queue.
    ReviewQueue queue;
    std::int64_t flagging = 0; ///< Whose ranking the queue has; 0: none.
    std::vector<KeptAnswer> answers;
    SeenFaces seen; ///< Of this sitting and the ones before it.
};

/// The sitting on disk, below `review/` of a project: `queue.order` is large and written once a queue, `queue.place` is
/// small and written after each answer. Both may be deleted: the answers themselves are in the project.
class QueueFiles
{
public:
    explicit QueueFiles(const QString &projectFolder);
    ~QueueFiles(); ///< Waits for what is being written.

    /// Nothing when there is no sitting or its files do not belong together. On any thread.
    static std::optional<QueueSitting> read(const QString &projectFolder);
    /// Faces that are never asked for blind again, also when the rest is of no use any more.
    static SeenFaces readSeen(const QString &projectFolder);

    /// Both write on a thread of their own, in the order they were called.
    void writeAll(const QueuePlan &plan, const ReviewQueue &queue, std::int64_t flagging,
                  const std::vector<KeptAnswer> &answers, const SeenFaces &seen);
    void writePlace(const ReviewQueue &queue, std::int64_t flagging, const std::vector<KeptAnswer> &answers,
                    const SeenFaces &seen);

private:
    QString m_projectFolder;
    QThreadPool m_writer;
};

} // namespace mien
