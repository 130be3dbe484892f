#include "pipeline/jobs/self_test_job.h"
#include "studio/cli/command_table.h"
#include "studio/cli/compute_job.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"

#include <chrono>
#include <cstdio>
#include <memory>

namespace mien {

using nlohmann::json;

namespace {

struct Wanted
{
    std::string run, shape = "uniform", device = "auto";
    double rate = 0.1;
    std::optional<std::int64_t> epochs;
    std::int64_t seed = 0;
};

Result<json> runInProject(Session &session, const SelfTestRequest &request)
{
    return computeInProject(session, Project::Access::Write, "look",
                            [&](Project &project, Compute &compute, const EventSink &events) {
                                return selfTest(project, compute, request, events, session.job());
                            });
}

void printTable(JsonLines &out, const json &result)
{
    const std::int64_t flipped = result.value("flipped", std::int64_t(0));
    out.print("Flipped " + grouped(flipped) + " of " + counted(result.value("samples", std::int64_t(0)), "label") +
              " (" + result.value("shape", "") + ") and looked for them:");
    char line[160];
    std::snprintf(line, sizeof line, "%-22s %-24s %s", "score", "AUROC", "precision at as many");
    out.print(line);
    for (const json &score : result["scores"]) {
        std::snprintf(line, sizeof line, "%-22s %.3f (%.3f to %.3f)   %.3f (%.3f to %.3f)",
                      score.value("name", "").c_str(), score.value("auroc", 0.0), score.value("auroc_low", 0.0),
                      score.value("auroc_high", 0.0), score.value("precision", 0.0), score.value("precision_low", 0.0),
                      score.value("precision_high", 0.0));
        out.print(line);
    }
    out.print("Best here: " + result.value("best", "") + "; mien flag --run " + result.value("run", "") + " --method " +
              result.value("method", "") + " flags by it.");
}

int runSelfTest(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    if (wanted.run.empty())
        return out.wrongUsage("say which run's way of training is tested: --run ID.");
    const SelfTestRequest request{.run = wanted.run,
                                  .rate = wanted.rate,
                                  .shape = *flipShapeNamed(wanted.shape),
                                  .epochs = wanted.epochs,
                                  .seed = std::uint64_t(wanted.seed),
                                  .device = wanted.device};
    const auto begin = std::chrono::steady_clock::now();
    auto result = runInProject(session, request);
    if (!result)
        return out.failed(result.error());
    (*result)["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    printTable(out, *result);
    return out.done(*result);
}

} // namespace

Command selftestCommand()
{
    return {.name = "selftest",
            .summary = "Flip a known share of labels in a copy and measure how well each score finds them",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.text("--run", "ID", wanted->run, "Train the copy as this run was trained");
                options.real("--rate", "R", wanted->rate, 0.01, 0.5, "Share of the labels that is flipped (0.1)");
                options.choice("--shape", wanted->shape, {"uniform", "confusion"},
                               "Other classes evenly, or as labels are confused now");
                options.whole("--epochs", "N", wanted->epochs, 1, 100000, "Instead of the run's");
                options.text("--device", "D", wanted->device, "auto, cpu or cuda:N").among({"auto", "cpu", "cuda:0"});
                options.whole("--seed", "N", wanted->seed, 0, INT64_MAX, "Fixes everything random (0)");
                return [wanted](Session &session) { return runSelfTest(session, *wanted); };
            }};
}

} // namespace mien
