#include "pipeline/jobs/effect_job.h"
#include "pipeline/jobs/run_comparison.h"
#include "pipeline/store/bin.h"
#include "studio/cli/command_table.h"
#include "studio/cli/compute_job.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"
#include "studio/cli/time_text.h"

#include <cstdio>
#include <fstream>
#include <memory>
#include <span>

namespace mien {

using nlohmann::json;

namespace {

json parsed(const std::string &text)
{
    json value = json::parse(text, nullptr, false);
    return value.is_discarded() ? json::object() : value;
}

json rowOf(const RunRow &run)
{
    return {{"run", run.id},
            {"network", run.network},
            {"recipe", run.recipe},
            {"snapshot", run.snapshot},
            {"state", run.state},
            {"device", run.device},
            {"folds", run.folds},
            {"seed", run.seed},
            {"samples", run.samples},
            {"started_at_ms", run.startedAtMs},
            {"finished_at_ms", run.finishedAtMs ? json(*run.finishedAtMs) : json()},
            {"removed_at_ms", run.removedAtMs ? json(*run.removedAtMs) : json()},
            {"deleted_from_ms", run.removedAtMs ? json(deletedFromMs(*run.removedAtMs)) : json()},
            {"metrics", parsed(run.metricsJson)}};
}

std::string percent(double share)
{
    char text[16];
    std::snprintf(text, sizeof text, "%.1f %%", share * 100);
    return text;
}

json idsOf(std::span<const SampleId> samples)
{
    json ids = json::array();
    for (const SampleId id : samples)
        ids.push_back(id.value);
    return ids;
}

int list(Session &session, bool removed)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    TextTable table({"run", "network", "folds", "seed", "samples", "state", "accuracy", "macro F1", "snapshot"});
    const auto all = removed ? removedRuns(*project) : runs(*project);
    for (const RunRow &run : all) {
        if (out.isJson())
            out.row(rowOf(run));
        const json metrics = parsed(run.metricsJson);
        const auto shown = [&](const char *name) {
            return metrics.contains(name) && metrics[name].is_number() ? percent(metrics[name].get<double>())
                                                                       : std::string();
        };
        table.add({run.id, run.network, std::to_string(run.folds), std::to_string(run.seed), grouped(run.samples),
                   run.removedAtMs ? "kept until " + isoDate(deletedFromMs(*run.removedAtMs)) : run.state,
                   shown("accuracy"), shown("macro_f1"), run.snapshot.substr(0, 8)});
    }
    out.print(!table.isEmpty() ? table.text()
              : removed        ? "The bin holds no runs."
                               : "No runs yet; mien train makes one.");
    return out.done({{"rows", all.size()}});
}

/// Why a training ended, as its log says last; empty: it says nothing.
std::string lastWordOf(const Project &project, const RunRow &run)
{
    std::ifstream log(project.folder() / "runs" / run.id / "log.txt");
    std::string last;
    for (std::string line; std::getline(log, line);)
        last = std::move(line);
    constexpr std::size_t stamp = sizeof "2026-01-31 12:00:00  " - 1;
    return last.size() > stamp ? last.substr(stamp) : std::string();
}

int show(Session &session, const std::string &id)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    const auto run = runNamed(*project, id);
    if (!run)
        return out.failed({ErrorCode::NotFound, "There is no run " + id + "; mien runs list shows them."});
    json row = rowOf(*run);
    row["config"] = parsed(run->configJson);
    if (run->state == "failed")
        row["why"] = lastWordOf(*project, *run);
    TextTable table({"run", run->id});
    for (const auto &[name, value] : row.items())
        if (name != "run" && name != "config" && name != "metrics")
            table.add({name, value.is_string() ? value.get<std::string>() : jsonText(value)});
    for (const auto &[name, value] : row["metrics"].items())
        table.add({name, jsonText(value)});
    out.print(table.text() + "\n" + row["config"].dump(2));
    return out.done(row);
}

int remove(Session &session, const std::string &id)
{
    JsonLines &out = session.out();
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    if (const auto removed = removeRun(*project, id); !removed)
        return out.failed(removed.error());
    json result{{"run", id}};
    for (const RunRow &run : removedRuns(*project)) {
        if (run.id != id)
            continue;
        result = rowOf(run);
        out.print("Removed run " + id + ". mien runs restore " + id + " brings it back until " +
                  isoDate(deletedFromMs(*run.removedAtMs)) + ".");
    }
    return out.done(result);
}

int restore(Session &session, const std::string &id)
{
    JsonLines &out = session.out();
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    if (const auto restored = restoreRun(*project, id); !restored)
        return out.failed(restored.error());
    const auto run = runNamed(*project, id);
    out.print("Run " + id + " is back.");
    return out.done(run ? rowOf(*run) : json{{"run", id}});
}

Command ofOneRun(const char *name, const char *summary, int (*work)(Session &, const std::string &))
{
    return {.name = name,
            .summary = summary,
            .needs = Command::Needs::Project,
            .declare = [work](Options &options) -> Action {
                const auto id = std::make_shared<std::string>();
                options.text("RUN", "RUN", *id, "The run, e.g. r3").required();
                return [id, work](Session &session) { return work(session, *id); };
            }};
}

int compare(Session &session, const std::string &a, const std::string &b)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    const auto found = compareRuns(*project, a, b);
    if (!found)
        return out.failed(found.error());
    json classes = json::object();
    TextTable table({"class", "samples", "recall " + a, "recall " + b, "F1 " + a, "F1 " + b});
    for (const RunComparison::ClassLine &line : found->classes) {
        classes[line.name] = {
            {"samples", line.samples}, {"recall", {line.recallA, line.recallB}}, {"f1", {line.f1A, line.f1B}}};
        table.add({line.name, grouped(line.samples), percent(line.recallA), percent(line.recallB), percent(line.f1A),
                   percent(line.f1B)});
    }
    const bool clear = found->lower > 0 || found->upper < 0;
    out.print("accuracy " + percent(found->accuracyA) + " -> " + percent(found->accuracyB) + " on " +
              counted(found->samples, "sample") + " (95 %: " + percent(found->lower) + " to " + percent(found->upper) +
              (clear ? ")" : ": not clear)") + "\nfaces: " + grouped(std::int64_t(found->fixed.size())) + " fixed, " +
              grouped(std::int64_t(found->broken.size())) + " broken, " +
              grouped(std::int64_t(found->bothWrong.size())) + " both wrong\n" +
              (found->leftOut > 0 ? "left out: " + grouped(found->leftOut) +
                                        " samples that a network of one of the runs was trained on\n"
                                  : std::string()) +
              table.text());
    return out.done({{"a", rowOf(found->a)},
                     {"b", rowOf(found->b)},
                     {"samples", found->samples},
                     {"left_out", found->leftOut},
                     {"accuracy", {found->accuracyA, found->accuracyB}},
                     {"macro_f1", {found->macroF1A, found->macroF1B}},
                     {"interval", {found->lower, found->upper}},
                     {"fixed", idsOf(found->fixed)},
                     {"broken", idsOf(found->broken)},
                     {"both_wrong", idsOf(found->bothWrong)},
                     {"learned", {idsOf(found->learnedA), idsOf(found->learnedB)}},
                     {"classes", classes}});
}

Result<json> effectInProject(Session &session, const EffectRequest &request)
{
    return computeInProject(session, Project::Access::Write, "pair",
                            [&](Project &project, Compute &compute, const EventSink &events) {
                                return effectOfCorrections(project, compute, request, events, session.job());
                            });
}

int effect(Session &session, const EffectRequest &request)
{
    JsonLines &out = session.out();
    auto result = effectInProject(session, request);
    if (!result)
        return out.failed(result.error());
    const double low = result->value("low", 0.0), high = result->value("high", 0.0);
    out.print("accuracy " + percent(result->value("accuracy_before", 0.0)) + " -> " +
              percent(result->value("accuracy_after", 0.0)) + ", by " +
              counted(std::int64_t((*result)["pairs"].size()), "pair") +
              " of trainings: " + percent(result->value("difference", 0.0)) + " (95 %: " + percent(low) + " to " +
              percent(high) + (low > 0 || high < 0 ? ")" : ": not clear)") +
              "\nfaces, in most of them: " + grouped(std::int64_t((*result)["fixed"].size())) + " fixed, " +
              grouped(std::int64_t((*result)["broken"].size())) + " broken");
    return out.done(*result);
}

} // namespace

Command runsCommand()
{
    using Needs = Command::Needs;
    Command listSub{.name = "list",
                    .summary = "The runs of the project",
                    .needs = Needs::Project,
                    .declare = [](Options &options) -> Action {
                        const auto removed = std::make_shared<bool>(false);
                        options.flag("--removed", *removed, "What lies in the bin instead");
                        return [removed](Session &session) { return list(session, *removed); };
                    }};
    Command showSub = ofOneRun("show", "One run with its configuration", show);
    Command compareSub{.name = "compare",
                       .summary = "Two runs side by side, with the samples that changed",
                       .needs = Needs::Project,
                       .declare = [](Options &options) -> Action {
                           struct Wanted
                           {
                               std::string a, b;
                           };
                           const auto wanted = std::make_shared<Wanted>();
                           options.text("A", "A", wanted->a, "The run before").required();
                           options.text("B", "B", wanted->b, "The run after").required();
                           return [wanted](Session &session) { return compare(session, wanted->a, wanted->b); };
                       }};
    Command effectSub{
        .name = "effect",
        .summary = "What corrections brought: trainings on the labels of then and of now, in pairs",
        .needs = Needs::Project,
        .declare = [](Options &options) -> Action {
            const auto wanted = std::make_shared<EffectRequest>();
            options.text("RUN", "RUN", wanted->run, "Trained on the labels as they were").required();
            options.whole("--seeds", "K", wanted->seeds, 1, 10, "Pairs of trainings (3)");
            options.text("--snapshot", "HASH", wanted->snapshot, "The corrected labels; default: as they are now");
            options.text("--device", "D", wanted->device, "auto, cpu or cuda:N").among({"auto", "cpu", "cuda:0"});
            return [wanted](Session &session) { return effect(session, *wanted); };
        }};
    return {.name = "runs",
            .summary = "Trainings, side by side",
            .needs = Needs::Project,
            .declare = {},
            .children = {listSub, showSub, compareSub, effectSub,
                         ofOneRun("remove", "Take a run out; kept for 30 days", remove),
                         ofOneRun("restore", "Bring a removed run back", restore)}};
}

} // namespace mien
