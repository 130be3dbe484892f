#include "tests/support/scored_project.h"

#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"

namespace mien::test {

namespace {

ClassId after(ClassId given)
{
    return ClassId{given.value % 7 + 1};
}

} // namespace

std::string addFinishedRun(Project &project, int wrongEvery, double accuracy)
{
    RunRow run;
    run.network = "eac-compact";
    run.recipe = "quick";
    run.snapshot = std::string(32, 'a');
    run.state = "done";
    run.device = "cpu";
    run.configJson = "{}";
    run.metricsJson = "{\"accuracy\":" + std::to_string(accuracy) + ",\"macro_f1\":" + std::to_string(accuracy) + "}";
    run.folds = 3;
    run.startedAtMs = nowMs();
    run.finishedAtMs = nowMs() + 1;
    const std::vector<SampleId> ids = must(samplesMatching(project, ""));
    run.samples = static_cast<std::int64_t>(ids.size());
    const std::string id = must(addRun(project, run));
    run.id = id;
    must(updateRun(project, run));
    std::vector<PredictionRow> predictions;
    int number = 0;
    for (const SampleRow &row : must(sampleRows(project, ids))) {
        PredictionRow prediction;
        prediction.sample = row.id;
        prediction.labelAtTraining = row.given.value_or(ClassId{});
        prediction.predicted =
            ++number % wrongEvery == 0 ? after(row.given.value_or(ClassId{1})) : row.given.value_or(ClassId{1});
        prediction.fold = number % 3;
        prediction.probability = 0.6f;
        predictions.push_back(prediction);
    }
    must(storePredictions(project, id, predictions));
    return id;
}

void addFlagging(Project &project, const std::string &run)
{
    const std::vector<SampleId> ids = must(samplesMatching(project, ""));
    const auto samples = static_cast<std::int64_t>(ids.size());
    FlaggingRow flagging;
    flagging.run = run;
    flagging.method = "fused";
    flagging.threshold = 0.5;
    flagging.way = "without-truth";
    flagging.modelHash = "model";
    flagging.preprocessingHash = "preprocessing";
    for (int i = 1; i <= 7; ++i)
        flagging.classes.push_back(project.className(ClassId{i}));
    flagging.atMs = nowMs();
    std::vector<ScoreRow> scores;
    for (const SampleRow &row : must(sampleRows(project, ids))) {
        if (!row.given)
            continue;
        ScoreRow score;
        score.sample = row.id;
        score.scoredLabel = *row.given;
        score.suspicion = 1.0 - static_cast<double>(row.id.value) / (samples + 1);
        score.eacNoise = score.suspicion;
        score.selfConfidence = 0.3;
        score.predicted = score.suggested = score.arbexLabel = after(*row.given);
        score.flagged = row.id.value % 5 == 0;
        score.probabilities.assign(7, 0.1f / 5);
        score.probabilities[static_cast<std::size_t>(row.given->value - 1)] = 0.3f;
        score.probabilities[static_cast<std::size_t>(score.suggested.value - 1)] = 0.6f;
        // One reason to four: as different as what real scores say.
        score.reasonsJson = R"([{"kind":"margin","value":-0.3,"text":"The networks see something else."})";
        for (std::int64_t more = 0; more < row.id.value % 4; ++more)
            score.reasonsJson += R"(,{"kind":"flip","value":0.5,"text":)"
                                 R"("the mirrored face attends elsewhere, inconsistency 0.74, typical 0.41"})";
        score.reasonsJson += "]";
        scores.push_back(std::move(score));
    }
    flagging.flagged = samples / 5;
    must(storeFlagging(project, flagging, scores));
}

Project scoredProject(const std::filesystem::path &folder, int samples)
{
    Project project = filledProject(folder, samples);
    addFlagging(project, addFinishedRun(project, 5, 0.8));
    return project;
}

} // namespace mien::test
