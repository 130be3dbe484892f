#include "studio/review/queue_plan.h"

#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"

#include <QStringList>

namespace mien {

QueuePlan QueuePlan::ofConfusion(const QString &label, const QString &predicted)
{
    QueuePlan plan;
    plan.kind = Kind::Filter;
    QStringList parts;
    if (!label.isEmpty())
        parts << QStringLiteral("label:\"%1\"").arg(label);
    if (!predicted.isEmpty())
        parts << QStringLiteral("predicted:\"%1\"").arg(predicted);
    plan.filter = parts.join(QLatin1Char(' '));
    return plan;
}

Result<std::vector<SampleId>> worstFirst(const Project &project, const QueuePlan &plan)
{
    switch (plan.kind) {
    case QueuePlan::Kind::Flagged: return flaggedSamples(project, "open", std::nullopt);
    case QueuePlan::Kind::Filter: return samplesMatching(project, plan.filter.toStdString(), {"suspicion", true});
    case QueuePlan::Kind::Samples: return plan.samples;
    }
    return plan.samples;
}

Result<ReviewQueue> makeQueue(const Project &project, const QueuePlan &plan)
{
    const Result<std::vector<SampleId>> worst = worstFirst(project, plan);
    if (!worst)
        return fail(worst.error());
    if (plan.kind == QueuePlan::Kind::Samples)
        return ReviewQueue::inOrder(*worst);
    if (plan.kind == QueuePlan::Kind::Filter)
        return ReviewQueue::mixed(*worst, *worst, plan.randomShare, plan.seed);
    const Result<std::vector<SampleId>> pool = samplesMatching(project, "reviewed:no");
    if (!pool)
        return fail(pool.error());
    return ReviewQueue::mixed(*worst, *pool, plan.randomShare, plan.seed);
}

} // namespace mien
