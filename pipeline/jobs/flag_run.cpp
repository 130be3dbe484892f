#include "pipeline/jobs/flag_run.h"

#include "models/io/npy.h"
#include "models/io/training_pack.h"
#include "models/score/attention_regions.h"
#include "pipeline/flag/rule_table.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/jobs/run_pack.h"
#include "pipeline/jobs/stoppable_compute.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace mien {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::size_t page = 4096;

Result<std::vector<SampleRow>> rowsOf(const Project &project, std::span<const SampleId> ids)
{
    std::vector<SampleRow> rows;
    rows.reserve(ids.size());
    for (std::size_t at = 0; at < ids.size(); at += page) {
        auto part = sampleRows(project, ids.subspan(at, std::min(page, ids.size() - at)));
        if (!part)
            return fail(part.error());
        std::move(part->begin(), part->end(), std::back_inserter(rows));
    }
    return rows;
}

/// What people said about the labels that are judged. Labels that people had corrected before they were judged were
/// right by that time, whatever the rest is like: with such labels only what was said after `judgedMs` counts, or the
/// answers would say that nothing is wrong any more.
Result<std::vector<SampleAnswer>> answersFor(const Project &project, const FlagInputs &inputs,
                                             const std::vector<SampleRow> &rows, std::int64_t judgedMs)
{
    std::unordered_map<std::int64_t, std::int64_t> judged;
    for (std::size_t i = 0; i < inputs.sample.size(); ++i)
        judged.emplace(inputs.sample[i], inputs.label[i]);

    const auto saidAtMs = judgedAtMs(project);
    if (!saidAtMs)
        return fail(saidAtMs.error());
    const auto nameOfJudged = [&](const SampleRow &row) -> std::string_view {
        const std::int64_t label = judged.at(row.id.value);
        return label < 0 ? std::string_view() : inputs.classes[std::size_t(label)];
    };
    const bool hasCorrections = std::any_of(rows.begin(), rows.end(), [&](const SampleRow &row) {
        const std::string_view name = nameOfJudged(row);
        return row.reviews > 0 && row.given && !name.empty() && name != project.className(*row.given);
    });

    std::vector<SampleAnswer> answers;
    for (const SampleRow &row : rows) {
        const std::string_view name = nameOfJudged(row);
        if (row.reviews == 0 || name.empty() || (row.state != LabelState::Ok && row.state != LabelState::NotAFace))
            continue;
        const auto said = saidAtMs->find(row.id.value);
        if (hasCorrections && (said == saidAtMs->end() || said->second <= judgedMs))
            continue;
        answers.push_back(
            {row.id.value, row.state == LabelState::NotAFace || !row.label || project.className(*row.label) != name});
    }
    return answers;
}

/// What the project knows against a label and no score has seen: that most annotators voted for another class, and that
/// most pictures which are nearly the same carry another one.
void addFacts(const Project &project, const FlagInputs &inputs, const std::vector<SampleRow> &rows, bool ignoreVotes,
              FlagReport &report)
{
    std::unordered_map<std::string, int> indexes;
    for (std::size_t i = 0; i < inputs.classes.size(); ++i)
        indexes.emplace(inputs.classes[i], int(i));
    std::unordered_map<std::int64_t, const SampleRow *> rowOf;
    std::unordered_map<std::int64_t, std::map<int, int>> labelsOfGroup; // near-duplicates: label, pictures
    for (const SampleRow &row : rows)
        rowOf.emplace(row.id.value, &row);
    for (const FlagRow &row : report.rows)
        if (const auto known = rowOf.find(row.sample);
            row.label >= 0 && known != rowOf.end() && known->second->nearDuplicateGroup != 0)
            ++labelsOfGroup[known->second->nearDuplicateGroup][row.label];
    for (FlagRow &row : report.rows) {
        const auto known = rowOf.find(row.sample);
        if (row.label < 0 || known == rowOf.end())
            continue;
        std::vector<Reason> facts;
        int votes = 0, most = 0, choice = -1;
        for (const auto &[name, count] : known->second->votes) {
            votes += count;
            const auto id = project.classNamed(name);
            const auto index = id ? indexes.find(std::string(project.className(*id))) : indexes.end();
            if (index != indexes.end() && count > most) {
                most = count;
                choice = index->second;
            }
        }
        if (!ignoreVotes && choice >= 0 && choice != row.label && 2 * most > votes)
            facts.push_back({ReasonKind::Voters, choice, double(most), double(votes)});
        if (const auto group = labelsOfGroup.find(known->second->nearDuplicateGroup); group != labelsOfGroup.end()) {
            const auto other = std::max_element(group->second.begin(), group->second.end(),
                                                [](const auto &a, const auto &b) { return a.second < b.second; });
            if (other->first != row.label && other->second >= group->second.at(row.label))
                facts.push_back({ReasonKind::Duplicate, other->first, double(other->second)});
        }
        row.reasons.insert(row.reasons.begin(), facts.begin(), facts.end());
    }
}

void appendShares(std::string &text, const char *name, const std::vector<float> &values, std::size_t row,
                  std::size_t columns)
{
    if (values.empty())
        return;
    text += text.size() > 1 ? ",\"" : "\"";
    text.append(name).append("\":[");
    for (std::size_t c = 0; c < columns; ++c) {
        char number[32];
        const auto [end, error] =
            std::to_chars(number, number + sizeof number, values[row * columns + c], std::chars_format::general, 4);
        text += c ? "," : "";
        text.append(number, error == std::errc() ? end : number);
    }
    text += "]";
}

/// Distributions for the inspector, four digits each: of a million samples they are the largest part of the project.
std::string detailsOf(const FlagInputs &inputs, const FlagRow &row, std::size_t index)
{
    const std::size_t columns = inputs.classes.size();
    std::string text = "{";
    appendShares(text, "in_sample", inputs.inSample, index, columns);
    appendShares(text, "neighbours", inputs.neighbours, index, columns);
    appendShares(text, "eac_inconsistency", inputs.eacInconsistency, index, columns);
    appendShares(text, "eac_spread", inputs.eacSpread, index, columns);
    appendShares(text, "eac_trust", inputs.eacTrust, index, columns);
    appendShares(text, "arbex_final", inputs.arbexFinal, index, columns);
    text += text.size() > 1 ? "," : "";
    text += "\"rules\":[";
    bool first = true;
    for (std::size_t rule = 0; rule < allFlagRules.size(); ++rule)
        if (row.rules >> rule & 1) {
            text += std::string(first ? "\"" : ",\"") + std::string(flagRuleName(allFlagRules[rule])) + "\"";
            first = false;
        }
    return text + "],\"ambiguous\":" + (row.ambiguous ? "true" : "false") + "}";
}

/// The fields `attention.*` of a sample; none where its shares are not known.
std::map<std::string, double> attentionOf(const FlagInputs &inputs, std::size_t index)
{
    std::map<std::string, double> shares;
    if (inputs.attentionRegions.empty())
        return shares;
    for (std::size_t region = 0; region < faceRegionNames.size(); ++region) {
        const float share = inputs.attentionRegions[index * faceRegionNames.size() + region];
        if (std::isfinite(share))
            shares.emplace("attention." + std::string(faceRegionNames[region]), double(share));
    }
    return shares;
}

std::string reasonsOf(const FlagInputs &inputs, const FlagRow &row)
{
    json reasons = json::array();
    for (const Reason &reason : row.reasons)
        reasons.push_back({{"kind", reasonKindName(reason.kind)},
                           {"value", reason.value},
                           {"typical", reason.typical},
                           {"class", reason.cls >= 0 ? json(inputs.classes[std::size_t(reason.cls)]) : json()},
                           {"text", reasonText(reason, inputs.classes)}});
    return reasons.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Computes the flags and stores them as the project's current ones.
/// @param judgedMs  when the labels were what `inputs` holds, ms since 1970
Result<json> flagAndStore(Project &project, const FlagInputs &inputs, std::int64_t judgedMs, const FlagRequest &request,
                          const Job &job)
{
    FlagOptions options{.method = request.method, .threshold = request.threshold};
    options.suspicion.seed = request.seed;
    std::vector<SampleId> ids;
    for (const std::int64_t id : inputs.sample)
        ids.push_back(SampleId{id});
    const auto rows = rowsOf(project, ids);
    if (!rows)
        return fail(rows.error());
    if (!request.ignoreReviews) {
        auto answers = answersFor(project, inputs, *rows, judgedMs);
        if (!answers)
            return fail(answers.error());
        options.answers = std::move(*answers);
    }
    auto report = computeFlags(inputs, options, job);
    if (!report)
        return fail(report.error());
    addFacts(project, inputs, *rows, request.ignoreVotes, *report);

    std::vector<ClassId> classes;
    for (const std::string &name : inputs.classes) {
        const auto id = project.classNamed(name);
        if (!id)
            return fail(ErrorCode::Invalid,
                        inputs.name + " names a class that the project does not have: " + name + ".");
        classes.push_back(*id);
    }
    const auto classAt = [&](int index) { return index >= 0 ? classes[std::size_t(index)] : ClassId{}; };
    const std::size_t columns = classes.size();
    std::vector<ScoreRow> scores;
    scores.reserve(report->rows.size());
    for (std::size_t i = 0; i < report->rows.size(); ++i) {
        const FlagRow &row = report->rows[i];
        if (row.label < 0)
            continue; // predicted, but there is no label to doubt
        ScoreRow score{.sample = SampleId{row.sample}, .scoredLabel = classAt(row.label)};
        score.suspicion = row.suspicion;
        score.eacNoise = row.eacNoise;
        score.eacInconsistency = row.eacInconsistency;
        score.eacSpread = row.eacSpread;
        score.arbexNoise = row.arbexNoise;
        score.arbexConfidence = row.arbexConfidence;
        score.selfConfidence = row.selfConfidence;
        score.margin = row.margin;
        score.clNoise = row.clNoise;
        score.predicted = classAt(row.predicted);
        score.suggested = classAt(row.suggested);
        score.arbexLabel = classAt(row.arbexLabel);
        score.flagged = row.flagged;
        score.inSample = row.sawLabel;
        score.probabilities.assign(inputs.probabilities.begin() + std::ptrdiff_t(i * columns),
                                   inputs.probabilities.begin() + std::ptrdiff_t((i + 1) * columns));
        score.attention = attentionOf(inputs, i);
        score.detailsJson = detailsOf(inputs, row, i);
        score.reasonsJson = reasonsOf(inputs, row);
        scores.push_back(std::move(score));
    }
    FlaggingRow flagging{.run = inputs.run,
                         .method = std::string(flagMethodName(report->method)),
                         .threshold = report->threshold,
                         .way = std::string(suspicionWayName(report->way)),
                         .modelHash = inputs.modelHash,
                         .preprocessingHash = inputs.preprocessingHash,
                         .classes = inputs.classes,
                         .atMs = nowMs(),
                         .flagged = report->flagged};
    if (const auto stored = storeFlagging(project, flagging, scores); !stored)
        return fail(stored.error());
    if (!request.out.empty())
        if (const auto written = writeRuleTable(inputs, RowKey::Sample, request.out, job); !written)
            return fail(written.error());
    return json{{"flagged", report->flagged},
                {"threshold", report->threshold},
                {"scored", scores.size()},
                {"method", flagging.method},
                {"way", flagging.way},
                {"expected_noise", report->expectedNoise},
                {"answers", options.answers.size()},
                {"in_sample", report->sawLabels > 0},
                {"in_sample_samples", report->sawLabels},
                {"missing", inputs.missing},
                {"rows", inputs.sample.size() + inputs.unknown.size()},
                {"unknown", inputs.unknown.size()}};
}

Result<FlagInputs> scored(Compute &compute, const RunRow &run, const fs::path &runFolder, const PackReport &pack,
                          const fs::path &out, const FlagRequest &request, const EventSink &events, const Job &job)
{
    json config = {{"run_folder", runFolder.string()},
                   {"pack", pack.folder.string()},
                   {"out", out.string()},
                   {"device", request.device}};
    if (request.batch)
        config["batch"] = *request.batch;
    if (const auto done = runStoppable(compute, "score", config, events, job); !done)
        return fail(done.error());
    auto inputs = readRunScores(out);
    if (inputs)
        inputs->run = run.id;
    return inputs;
}

/// What the run knew keeps the label it was trained with, whatever people have said since.
void restoreLabels(FlagInputs &inputs, const std::vector<SnapshotSample> &known)
{
    std::unordered_map<std::string, std::int64_t> indexes;
    for (std::size_t i = 0; i < inputs.classes.size(); ++i)
        indexes.emplace(inputs.classes[i], std::int64_t(i));
    std::unordered_map<std::int64_t, std::int64_t> labels;
    for (const SnapshotSample &sample : known) {
        const auto index = indexes.find(sample.label);
        labels.emplace(sample.id.value, index == indexes.end() ? -1 : index->second);
    }
    for (std::size_t i = 0; i < inputs.sample.size(); ++i)
        if (const auto label = labels.find(inputs.sample[i]); label != labels.end())
            inputs.label[i] = label->second;
}

/// Tables are read in pieces and more than once.
Result<> refusePipes(const FlagRequest &request)
{
    for (const fs::path &path : {request.probabilities, request.features, request.labels})
        if (const auto readable = refusePipe(path); !readable)
            return readable;
    return {};
}

/// Classes that labels of the project carry, and those that the first line of a table names, in project order.
Result<std::vector<std::string>> classesFor(const Project &project, const fs::path &probabilities)
{
    std::unordered_set<std::int64_t> used;
    const auto counts = countsByLabel(project, "");
    if (!counts)
        return fail(counts.error());
    for (const ClassCount &count : *counts)
        if (count.label && count.state == LabelState::Ok)
            used.insert(count.label->value);
    if (probabilities.extension() != ".npy") {
        std::ifstream file(probabilities);
        std::string line;
        std::getline(file, line);
        for (std::size_t at = 0; at < line.size();) {
            const std::size_t end = std::min(line.find_first_of(",\r", at), line.size());
            std::string name = line.substr(at, end - at);
            std::erase(name, '"');
            if (const auto id = project.classNamed(name))
                used.insert(id->value);
            at = end + 1;
        }
    }
    std::vector<std::string> names;
    for (const ExpressionClass &known : project.classes())
        if (used.contains(known.id.value))
            names.push_back(known.name);
    return names;
}

} // namespace

Result<json> flagByRun(Project &project, Compute &compute, const FlagRequest &request, const EventSink &events,
                       const Job &job)
{
    const auto run = finishedRun(project, request.run);
    if (!run)
        return fail(run.error());
    if (!learnedLabels(*run))
        return fail(ErrorCode::Conflict, "Run " + run->id +
                                             " was pre-trained without labels and cannot judge any; mien train "
                                             "--network " +
                                             run->network + " --set pretrain=0 --initial " + run->id +
                                             " goes on from it.");
    if (request.ignoreVotes && settingOf(*run, "targets") == "votes")
        return fail(ErrorCode::Conflict, "Run " + run->id +
                                             " learned from votes, so they cannot be ignored; flag with a run that "
                                             "learned from labels.");
    const fs::path folder = project.folder() / "runs" / run->id;

    const auto known = snapshotSamples(project, run->snapshot);
    if (!known)
        return fail(known.error());
    const auto pack = packOfRunAndNew(project, *run, *known, job);
    if (!pack)
        return fail(pack.error());
    auto inputs = scored(compute, *run, folder, *pack, folder / "scores.safetensors", request, events, job);
    if (!inputs)
        return fail(inputs.error());
    restoreLabels(*inputs, *known);
    const auto frozen = snapshotNamed(project, run->snapshot);
    if (!frozen)
        return fail(frozen.error());
    auto result = flagAndStore(project, *inputs, frozen->atMs, request, job);
    if (result)
        (*result)["run"] = run->id;
    return result;
}

Result<json> flagByProbabilities(Project &project, const FlagRequest &request, const Job &job)
{
    if (const auto readable = refusePipes(request); !readable)
        return fail(readable.error());
    const auto names = classesFor(project, request.probabilities);
    const auto ids = samplesMatching(project, "");
    if (!names || !ids)
        return fail(names ? ids.error() : names.error());
    const auto rows = rowsOf(project, *ids);
    if (!rows)
        return fail(rows.error());
    std::unordered_map<std::int64_t, int> indexes;
    for (std::size_t i = 0; i < names->size(); ++i)
        if (const auto id = project.classNamed((*names)[i]))
            indexes.emplace(id->value, int(i));
    std::vector<SampleKey> keys;
    for (const SampleRow &row : *rows) {
        const auto index = row.label && row.state == LabelState::Ok ? indexes.find(row.label->value) : indexes.end();
        keys.push_back({row.id.value, row.source, index == indexes.end() ? -1 : index->second});
    }
    const auto resolve = [&](const std::string &name) {
        const auto id = project.classNamed(name);
        const auto index = id ? indexes.find(id->value) : indexes.end();
        return index == indexes.end() ? -1 : index->second;
    };
    auto inputs = readProbabilities(request.probabilities, keys, *names, resolve);
    if (!inputs)
        return fail(inputs.error());
    if (!request.features.empty())
        if (const auto read = readNeighbours(request.features, *inputs, job); !read)
            return fail(read.error());
    auto result = flagAndStore(project, *inputs, nowMs(), request, job);
    if (result && request.onUnknown)
        for (const FlagInputs::UnknownRow &row : inputs->unknown)
            request.onUnknown(row);
    return result;
}

Result<json> flagTables(const FlagRequest &request, const Job &job)
{
    if (const auto readable = refusePipes(request); !readable)
        return fail(readable.error());
    const auto inputs = readProbabilitiesAndLabels(request.probabilities, request.labels);
    if (!inputs)
        return fail(inputs.error());
    if (!request.features.empty()) { // no column of the table comes from them, but a wrong file is said
        const auto features = NpyArray::read(request.features);
        if (!features)
            return fail(features.error());
        if (features->shape().size() != 2 || features->shape()[0] != std::int64_t(inputs->sample.size()))
            return fail(ErrorCode::Invalid, request.features.string() + " must have a row for each of the " +
                                                std::to_string(inputs->sample.size()) + " rows of " +
                                                request.probabilities.string() + ".");
    }
    const auto report = writeRuleTable(*inputs, RowKey::Index, request.out, job);
    if (!report)
        return fail(report.error());
    return json{
        {"flagged", report->flagged}, {"threshold", report->threshold}, {"scored", report->samples}, {"method", "cl"}};
}

} // namespace mien
