#include "pipeline/jobs/flag_run.h"
#include "studio/cli/command_table.h"
#include "studio/cli/compute_job.h"
#include "studio/cli/counted.h"
#include "studio/cli/sample_lines.h"
#include "studio/cli/session.h"

#include <chrono>
#include <cstdio>
#include <memory>

namespace mien {

using nlohmann::json;

namespace {

struct Wanted
{
    std::string run, probabilities, features, labels, out, method = "fused", ignore, device = "auto";
    std::optional<double> threshold;
    std::optional<std::int64_t> batch;
    std::int64_t seed = 0;
};

Result<json> flagInProject(Session &session, const FlagRequest &request)
{
    if (!request.run.empty())
        return computeInProject(session, Project::Access::Write, "look",
                                [&](Project &project, Compute &compute, const EventSink &events) {
                                    return flagByRun(project, compute, request, events, session.job());
                                });
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return fail(project.error());
    if (const auto begun = session.beginJob(*project, "look"); !begun)
        return fail(begun.error());
    return flagByProbabilities(*project, request, session.job());
}

int runFlag(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    if (wanted.run.empty() == wanted.probabilities.empty())
        return out.wrongUsage("say what scores: either --run ID or --probabilities FILE.");
    if (!wanted.labels.empty() && (wanted.probabilities.empty() || wanted.out.empty()))
        return out.wrongUsage("--labels goes with --probabilities FILE.npy and --out FILE.csv, without a project.");
    if (!wanted.features.empty() && wanted.probabilities.empty())
        return out.wrongUsage("--features goes with --probabilities.");
    if (!wanted.labels.empty() && (wanted.threshold || wanted.method == "eac" || wanted.method == "arbex"))
        return out.wrongUsage("without a project only confident learning is possible: --threshold, --method eac and "
                              "--method arbex need one.");
    FlagRequest request{.run = wanted.run,
                        .probabilities = wanted.probabilities,
                        .features = wanted.features,
                        .labels = wanted.labels,
                        .out = wanted.out,
                        .method = *flagMethodNamed(wanted.method),
                        .threshold = wanted.threshold};
    for (const std::string &what : splitAtCommas(wanted.ignore)) {
        // Votes come into a score only through a run that learned from them.
        if (what != "" && what != "votes" && what != "reviews")
            return out.wrongUsage("--ignore: '" + what + "' is not possible; votes and reviews are.");
        request.ignoreReviews = request.ignoreReviews || what == "reviews";
        request.ignoreVotes = request.ignoreVotes || what == "votes";
    }
    request.batch = wanted.batch;
    request.device = wanted.device;
    request.seed = std::uint64_t(wanted.seed);

    std::vector<ItemProblem> unknown;
    request.onUnknown = [&](const FlagInputs::UnknownRow &row) {
        unknown.push_back({"UNKNOWN_KEY", row.key, wanted.probabilities, row.line, "No sample of the project is it."});
        out.problem(unknown.back(), true);
    };

    const auto begin = std::chrono::steady_clock::now();
    auto result = wanted.labels.empty() ? flagInProject(session, request) : flagTables(request, session.job());
    if (!result)
        return out.failed(result.error());
    (*result)["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, " (threshold %.3f, %.1f s)", result->value("threshold", 0.0),
                  result->value("seconds", 0.0));
    out.print("Flagged " + grouped(result->value("flagged", std::int64_t(0))) + " of " +
              counted(result->value("scored", std::int64_t(0)), "sample") + numbers + ".");
    if (const auto saw = result->value("in_sample_samples", std::int64_t(0)); saw > 0)
        out.print("The probabilities of " + grouped(saw) +
                  " samples come from a network that was trained on their labels (in_sample): trust them less.");
    out.countItems(result->value("rows", std::int64_t(0)));
    return out.done(*result, session.writeReport(unknown));
}

} // namespace

Command flagCommand()
{
    return {.name = "flag",
            .summary = "Score every sample: how likely is its label wrong",
            .needs = Command::Needs::ProjectIfThere,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.text("--run", "ID", wanted->run, "Score by the networks of this run");
                options.file("--probabilities", "FILE", wanted->probabilities,
                             "Score by your own model: .npy [N, L] or CSV keyed by id or source");
                options.file("--features", "FILE", wanted->features,
                             "With --probabilities: .npy [N, D], for neighbours");
                options.file("--labels", "FILE", wanted->labels, "Without a project: the labels, .npy [N]");
                options.file("--out", "FILE", wanted->out, "Write the rules of confident learning as CSV");
                options.choice("--method", wanted->method, {"fused", "eac", "arbex", "cl"},
                               "Which score decides what is flagged");
                options.text("--ignore", "WHAT", wanted->ignore, "votes,reviews: do not learn from them")
                    .among({"votes", "reviews", "votes,reviews"});
                options.real("--threshold", "X", wanted->threshold, 0, 1,
                             "Flag from this score on; default: as many as are expected wrong");
                options.whole("--batch", "N", wanted->batch, 1, 65536, "Pictures at a time; changes no score");
                options.text("--device", "D", wanted->device, "auto, cpu or cuda:N").among({"auto", "cpu", "cuda:0"});
                options.whole("--seed", "N", wanted->seed, 0, INT64_MAX, "Fixes everything random (0)");
                return [wanted](Session &session) { return runFlag(session, *wanted); };
            }};
}

} // namespace mien
