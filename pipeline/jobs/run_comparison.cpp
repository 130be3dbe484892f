#include "pipeline/jobs/run_comparison.h"

#include "models/io/safetensors.h"
#include "pipeline/store/samples.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace mien {

namespace {

Result<RunRow> predictedRun(const Project &project, const std::string &id)
{
    if (auto run = runNamed(project, id))
        return *run;
    std::string known;
    for (const RunRow &run : runs(project))
        known += (known.empty() ? "" : ", ") + run.id;
    return fail(ErrorCode::NotFound,
                "There is no run " + id + (known.empty() ? "; mien train makes one." : "; there are: " + known + "."));
}

/// Samples whose prediction comes from a network that was trained on them: none where several folds took turns. The
/// table of predictions does not know; the run's own file does.
Result<std::unordered_set<std::int64_t>> learnedBy(const Project &project, const RunRow &run)
{
    std::unordered_set<std::int64_t> learned;
    if (run.folds > 1)
        return learned;
    const auto path = project.folder() / "runs" / run.id / "predictions.safetensors";
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    const auto sample = file->values<std::int64_t>("sample");
    const auto heldOut = file->values<std::uint8_t>("held_out");
    if (!sample || !heldOut)
        return fail(sample ? heldOut.error() : sample.error());
    if (sample->size() != heldOut->size())
        return fail(ErrorCode::Invalid, path.string() + " does not hold predictions that fit together; train again.");
    for (std::size_t i = 0; i < sample->size(); ++i)
        if (!(*heldOut)[i])
            learned.insert((*sample)[i]);
    return learned;
}

struct Counts
{
    std::int64_t support = 0, predictedA = 0, predictedB = 0, rightA = 0, rightB = 0;
};

double f1(std::int64_t right, std::int64_t predicted, std::int64_t support)
{
    return predicted + support == 0 ? 0 : 2.0 * double(right) / double(predicted + support);
}

} // namespace

Result<RunComparison> compareRuns(const Project &project, const std::string &a, const std::string &b)
{
    RunComparison comparison;
    const auto runA = predictedRun(project, a);
    const auto runB = predictedRun(project, b);
    if (!runA || !runB)
        return fail(runA ? runB.error() : runA.error());
    comparison.a = *runA;
    comparison.b = *runB;

    std::unordered_map<std::int64_t, ClassId> inA;
    for (const PredictionRow &row : predictionsOf(project, a))
        inA.emplace(row.sample.value, row.predicted);
    std::vector<PredictionRow> both = predictionsOf(project, b);
    for (const auto &[run, empty] : {std::pair{&*runA, inA.empty()}, std::pair{&*runB, both.empty()}})
        if (empty)
            return fail(ErrorCode::NotFound,
                        "Run " + run->id + " has no predictions to compare: it " +
                            (learnedLabels(*run) ? "is " + run->state : "was pre-trained without labels") + ".");
    std::erase_if(both, [&](const PredictionRow &row) { return !inA.contains(row.sample.value); });
    std::sort(both.begin(), both.end(), [](const auto &x, const auto &y) { return x.sample < y.sample; });

    std::vector<SampleId> ids;
    std::unordered_map<std::int64_t, ClassId> inB;
    for (const PredictionRow &row : both) {
        ids.push_back(row.sample);
        inB.emplace(row.sample.value, row.predicted);
    }
    const auto rows = sampleRows(project, ids);
    if (!rows)
        return fail(rows.error());

    const auto learnedByA = learnedBy(project, *runA);
    const auto learnedByB = learnedBy(project, *runB);
    if (!learnedByA || !learnedByB)
        return fail(learnedByA ? learnedByB.error() : learnedByA.error());
    for (const auto &[learned, list] :
         {std::pair(&*learnedByA, &comparison.learnedA), std::pair(&*learnedByB, &comparison.learnedB)}) {
        for (const std::int64_t id : *learned)
            list->push_back(SampleId{id});
        std::sort(list->begin(), list->end());
    }

    std::map<ClassId, Counts> counts;
    std::int64_t rightA = 0, rightB = 0;
    for (const SampleRow &row : *rows) {
        if (row.state != LabelState::Ok || !row.label)
            continue;
        if (learnedByA->contains(row.id.value) || learnedByB->contains(row.id.value)) {
            ++comparison.leftOut;
            continue;
        }
        const ClassId predictedA = inA.at(row.id.value), predictedB = inB.at(row.id.value);
        const bool isRightA = predictedA == *row.label, isRightB = predictedB == *row.label;
        ++comparison.samples;
        rightA += isRightA;
        rightB += isRightB;
        ++counts[*row.label].support;
        counts[*row.label].rightA += isRightA;
        counts[*row.label].rightB += isRightB;
        ++counts[predictedA].predictedA;
        ++counts[predictedB].predictedB;
        if (!isRightA)
            (isRightB ? comparison.fixed : comparison.bothWrong).push_back(row.id);
        else if (!isRightB)
            comparison.broken.push_back(row.id);
    }

    if (comparison.samples == 0 && comparison.leftOut > 0) {
        const std::string which = learnedByA->empty()   ? "run " + b
                                  : learnedByB->empty() ? "run " + a
                                  : a == b              ? "run " + a
                                                        : "the runs " + a + " and " + b;
        return fail(ErrorCode::Conflict,
                    "Nothing is left to compare: of the " + std::to_string(comparison.leftOut) +
                        " samples that both runs predicted none was held out in both, because " + which +
                        " learned with one fold. Runs of several folds (mien train --folds 3) hold every sample out.");
    }

    const double n = double(std::max<std::int64_t>(comparison.samples, 1));
    comparison.accuracyA = double(rightA) / n;
    comparison.accuracyB = double(rightB) / n;
    // Paired: only samples that changed sides carry variance.
    const double changed = double(comparison.fixed.size() + comparison.broken.size());
    const double gain = comparison.accuracyB - comparison.accuracyA;
    const double halfWidth = 1.96 * std::sqrt(std::max(0.0, changed / n - gain * gain) / n);
    comparison.lower = gain - halfWidth;
    comparison.upper = gain + halfWidth;

    for (const auto &[id, count] : counts) {
        const double support = double(std::max<std::int64_t>(count.support, 1));
        comparison.classes.push_back({project.className(id), count.support, double(count.rightA) / support,
                                      double(count.rightB) / support, f1(count.rightA, count.predictedA, count.support),
                                      f1(count.rightB, count.predictedB, count.support)});
    }
    for (const RunComparison::ClassLine &line : comparison.classes) {
        comparison.macroF1A += line.f1A / double(comparison.classes.size());
        comparison.macroF1B += line.f1B / double(comparison.classes.size());
    }
    return comparison;
}

} // namespace mien
