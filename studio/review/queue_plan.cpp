#include "studio/review/queue_plan.h"

#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"

#include <QStringList>

#include <algorithm>
#include <list>
#include <span>
#include <string>
#include <unordered_map>

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

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMostSpread = 20000;

/// The clip or the group of near-duplicates that each sample belongs to; 0: neither.
Result<std::vector<std::int64_t>> groupsOf(const Project &project, std::span<const SampleId> samples)
{
    std::unordered_map<std::string, std::int64_t> numbers; // of videos and near-duplicate groups
    std::vector<std::int64_t> groups;
    groups.reserve(samples.size());
    for (std::size_t at = 0; at < samples.size(); at += kPage) {
        const auto rows = sampleRows(project, samples.subspan(at, std::min(kPage, samples.size() - at)));
        if (!rows)
            return fail(rows.error());
        for (const SampleRow &row : *rows) {
            std::string key;
            if (const std::size_t second = row.source.rfind('@'); second != std::string::npos)
                key = std::to_string(row.dataSet) + row.source.substr(0, second); // a frame of a video
            else if (row.nearDuplicateGroup != 0)
                key = "near " + std::to_string(row.nearDuplicateGroup);
            groups.push_back(key.empty() ? 0 : numbers.emplace(key, std::int64_t(numbers.size()) + 1).first->second);
        }
        if (groups.size() != std::min(at + kPage, samples.size()))
            return std::vector<std::int64_t>(); // a sample is gone meanwhile: the next commit ranks again
    }
    return groups;
}

Result<std::vector<SampleId>> ranked(const Project &project, const QueuePlan &plan)
{
    switch (plan.kind) {
    case QueuePlan::Kind::Flagged: return flaggedSamples(project, "open", std::nullopt);
    case QueuePlan::Kind::Filter: return samplesMatching(project, plan.filter.toStdString(), {"suspicion", true});
    case QueuePlan::Kind::Samples: return plan.samples;
    }
    return plan.samples;
}

} // namespace

std::vector<SampleId> spreadOut(const std::vector<SampleId> &ranked, const std::vector<std::int64_t> &group, int apart,
                                int lookAhead)
{
    std::vector<SampleId> spread;
    spread.reserve(ranked.size());
    std::list<std::size_t> waiting; // of the next lookAhead, in order of rank
    std::size_t next = 0;
    std::unordered_map<std::int64_t, std::size_t> lastAt;
    while (spread.size() < ranked.size()) {
        for (; next < ranked.size() && waiting.size() < std::size_t(lookAhead); ++next)
            waiting.push_back(next);
        const auto fits = [&](std::size_t i) {
            const auto last = group[i] == 0 ? lastAt.end() : lastAt.find(group[i]);
            return last == lastAt.end() || spread.size() - last->second >= std::size_t(apart);
        };
        auto taken = std::find_if(waiting.begin(), waiting.end(), fits);
        if (taken == waiting.end())
            taken = waiting.begin();
        if (group[*taken] != 0)
            lastAt[group[*taken]] = spread.size();
        spread.push_back(ranked[*taken]);
        waiting.erase(taken);
    }
    return spread;
}

Result<std::vector<SampleId>> worstFirst(const Project &project, const QueuePlan &plan)
{
    auto samples = ranked(project, plan);
    if (!samples || plan.kind == QueuePlan::Kind::Samples)
        return samples;
    if (plan.most > 0 && samples->size() > std::size_t(plan.most))
        samples->resize(std::size_t(plan.most));
    if (!plan.spread)
        return samples;
    // Nobody comes further before the next ranking.
    const std::vector<SampleId> head(samples->begin(),
                                     samples->begin() + std::ptrdiff_t(std::min(kMostSpread, samples->size())));
    const auto groups = groupsOf(project, head);
    if (!groups)
        return fail(groups.error());
    if (groups->size() == head.size())
        std::ranges::copy(spreadOut(head, *groups), samples->begin());
    return samples;
}

Result<ReviewQueue> makeQueue(const Project &project, const QueuePlan &plan)
{
    const Result<std::vector<SampleId>> worst = worstFirst(project, plan);
    if (!worst)
        return fail(worst.error());
    if (plan.kind == QueuePlan::Kind::Samples)
        return ReviewQueue::inOrder(*worst);
    const bool isFilter = plan.kind == QueuePlan::Kind::Filter;
    if (isFilter && plan.most == 0)
        return ReviewQueue::mixed(*worst, *worst, plan.randomShare, plan.seed);
    const Result<std::vector<SampleId>> pool =
        samplesMatching(project, isFilter ? plan.filter.toStdString() : "reviewed:no");
    if (!pool)
        return fail(pool.error());
    return ReviewQueue::mixed(*worst, *pool, plan.randomShare, plan.seed);
}

} // namespace mien
