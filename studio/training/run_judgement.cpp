#include "studio/training/run_judgement.h"

#include "pipeline/store/samples.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <unordered_map>
#include <unordered_set>

namespace mien {

namespace {

constexpr std::size_t kPage = 4000; // rows that are asked for at once

/// Labels of those samples that have one now.
Result<std::unordered_map<std::int64_t, ClassId>> labelsOf(const Project &project,
                                                           const std::vector<PredictionRow> &predictions)
{
    std::vector<SampleId> ids;
    ids.reserve(predictions.size());
    for (const PredictionRow &row : predictions)
        ids.push_back(row.sample);
    std::unordered_map<std::int64_t, ClassId> labels;
    for (std::size_t from = 0; from < ids.size(); from += kPage) {
        const auto rows = sampleRows(project, std::span(ids).subspan(from, std::min(kPage, ids.size() - from)));
        if (!rows)
            return fail(rows.error());
        for (const SampleRow &row : *rows) {
            if (row.state == LabelState::Ok && row.label)
                labels.emplace(row.id.value, *row.label);
        }
    }
    return labels;
}

} // namespace

std::optional<double> RunJudgement::precision(std::size_t classIndex) const
{
    int predicted = 0;
    for (const std::vector<int> &line : counts.counts)
        predicted += line[classIndex];
    if (predicted == 0)
        return std::nullopt;
    return double(counts.counts[classIndex][classIndex]) / predicted;
}

std::optional<double> RunJudgement::recall(std::size_t classIndex) const
{
    const int labelled = counts.rowTotal(int(classIndex));
    if (labelled == 0)
        return std::nullopt;
    return double(counts.counts[classIndex][classIndex]) / labelled;
}

std::optional<double> RunJudgement::f1(std::size_t classIndex) const
{
    const auto p = precision(classIndex), r = recall(classIndex);
    if (!p && !r)
        return std::nullopt;
    const double sum = p.value_or(0) + r.value_or(0);
    return sum > 0 ? 2 * p.value_or(0) * r.value_or(0) / sum : 0;
}

double RunJudgement::calibrationError() const
{
    double faces = 0, error = 0;
    for (const Tenth &tenth : tenths) {
        faces += tenth.faces;
        error += tenth.faces * std::abs(tenth.accuracy - tenth.meanProbability);
    }
    return faces > 0 ? error / faces : 0;
}

std::vector<PredictionRow> judgedPredictions(const Project &project, const std::string &run,
                                             const std::vector<SampleId> &learned)
{
    std::vector<PredictionRow> rows = predictionsOf(project, run);
    std::unordered_set<std::int64_t> leftOut;
    for (const SampleId id : learned)
        leftOut.insert(id.value);
    std::erase_if(rows, [&](const PredictionRow &row) { return leftOut.contains(row.sample.value); });
    return rows;
}

Result<RunJudgement> judgementOf(const Project &project, const std::string &run, const std::vector<SampleId> &learned,
                                 const std::vector<ExpressionClass> &classes)
{
    const std::vector<PredictionRow> predictions = judgedPredictions(project, run, learned);
    const auto labels = labelsOf(project, predictions);
    if (!labels)
        return fail(labels.error());
    RunJudgement judgement;
    std::unordered_map<std::int64_t, std::unordered_map<std::int64_t, int>> counts;
    std::unordered_set<std::int64_t> used;
    for (const PredictionRow &row : predictions) {
        const auto label = labels->find(row.sample.value);
        if (label == labels->end())
            continue;
        ++counts[label->second.value][row.predicted.value];
        used.insert({label->second.value, row.predicted.value});
        judgement.tenths.resize(10);
        RunJudgement::Tenth &tenth = judgement.tenths[std::size_t(std::clamp(int(row.probability * 10), 0, 9))];
        ++tenth.faces;
        tenth.meanProbability += double(row.probability);
        tenth.accuracy += label->second == row.predicted;
    }
    for (RunJudgement::Tenth &tenth : judgement.tenths) {
        tenth.meanProbability /= std::max(1, tenth.faces);
        tenth.accuracy /= std::max(1, tenth.faces);
    }
    std::vector<ClassId> order;
    for (const ExpressionClass &expression : classes) {
        if (!used.contains(expression.id.value))
            continue;
        order.push_back(expression.id);
        judgement.counts.codes << QString::fromStdString(expression.code);
        judgement.counts.names << QString::fromStdString(expression.display);
        judgement.classes.push_back(QString::fromStdString(expression.name));
    }
    for (const ClassId label : order) {
        std::vector<int> line;
        for (const ClassId predicted : order)
            line.push_back(counts[label.value][predicted.value]);
        judgement.counts.counts.push_back(std::move(line));
    }
    return judgement;
}

} // namespace mien
