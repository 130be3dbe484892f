#include "studio/review/queue_prospect.h"

#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"

namespace mien {

Result<QueueProspect> queueProspect(const Project &project)
{
    const auto faces = countMatching(project, "");
    if (!faces)
        return fail(faces.error());
    const auto flagging = currentFlagging(project);
    QueueProspect prospect{.faces = *faces, .isFlagged = flagging.has_value()};
    std::int64_t newestAtMs = 0;
    std::string newest;
    for (const RunRow &run : runs(project))
        if (run.state == "done" && learnedLabels(run) && run.startedAtMs >= newestAtMs) {
            newestAtMs = run.startedAtMs;
            newest = run.id;
        }
    if (!flagging || flagging->run != newest)
        prospect.runToFlag = QString::fromStdString(newest);
    return prospect;
}

} // namespace mien
