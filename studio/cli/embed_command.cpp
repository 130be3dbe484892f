#include "pipeline/jobs/embed_job.h"
#include "studio/cli/command_table.h"
#include "studio/cli/compute_job.h"
#include "studio/cli/compute_module.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"

#include <cstdio>
#include <memory>

namespace mien {

using nlohmann::json;

namespace {

Result<json> embedInProject(Session &session, const EmbedRequest &request)
{
    // What it makes lies beside the database, so reading that suffices.
    return computeInProject(session, Project::Access::Read, "row",
                            [&](Project &project, Compute &compute, const EventSink &events) {
                                return embedRun(project, compute, request, events, session.job());
                            });
}

Result<json> embedAlone(Session &session, const EmbedRequest &request)
{
    session.out().setUnit("row");
    const auto module = compute(session.job());
    if (!module)
        return fail(module.error());
    return embedTable(**module, request, [&](const json &event) { session.out().relay(event); }, session.job());
}

/// "KL 3.398, trustworthiness 0.968, …" of the scores that there are.
std::string scoresText(const json &result)
{
    static constexpr std::pair<const char *, const char *> names[] = {{"kl", "KL"},
                                                                      {"trustworthiness", "trustworthiness"},
                                                                      {"continuity", "continuity"},
                                                                      {"davies_bouldin", "Davies-Bouldin"},
                                                                      {"calinski_harabasz", "Calinski-Harabasz"}};
    std::string text;
    for (const auto &[key, name] : names) {
        const json &value = result.value(key, json());
        if (!value.is_number())
            continue;
        char number[64];
        std::snprintf(number, sizeof number, "%s%s %.3f", text.empty() ? "" : ", ", name, value.get<double>());
        text += number;
    }
    return text;
}

int runEmbed(Session &session, const EmbedRequest &request)
{
    JsonLines &out = session.out();
    if (request.run.empty() == request.features.empty())
        return out.wrongUsage("say what is laid out: either --run ID or --features FILE.npy.");
    if (request.run.empty() && request.fold)
        return out.wrongUsage("--fold goes with --run.");
    if (!request.run.empty() && !request.labels.empty())
        return out.wrongUsage("--labels goes with --features; a run knows its labels.");
    EmbedRequest wanted = request;
    if (wanted.run.empty() && wanted.out.empty())
        wanted.out = wanted.features.stem().string() + ".map.npy";

    const auto result = wanted.run.empty() ? embedAlone(session, wanted) : embedInProject(session, wanted);
    if (!result)
        return out.failed(result.error());
    const auto samples = result->value("samples", std::int64_t(0));
    out.print((result->value("reused", false) ? "Found the map of " : "Laid out ") + counted(samples, "sample") + ": " +
              scoresText(*result) + ".");
    out.print("The map is in " + result->value("embedding", std::string()) +
              (wanted.run.empty() || wanted.out.empty() ? "." : " and " + wanted.out.string() + "."));
    return out.done(*result);
}

} // namespace

Command embedCommand()
{
    return {
        .name = "embed",
        .summary = "A map of all samples: alike ones lie side by side",
        .needs = Command::Needs::ProjectIfThere,
        .declare = [](Options &options) -> Action {
            struct Wanted
            {
                EmbedRequest request;
                std::string features, labels, out;
            };
            const auto wanted = std::make_shared<Wanted>();
            EmbedRequest &request = wanted->request;
            options.text("--run", "ID", request.run, "Lay out what a network of this run sees");
            options.whole("--fold", "N", request.fold, 0, 99, "Which of its networks (0); each has a space of its own");
            options.file("--features", "FILE", wanted->features, "Lay out your own features: .npy [N, D]");
            options.file("--labels", "FILE", wanted->labels, "With --features: .npy [N], for the scores of classes");
            options.choice("--method", request.method, {"tsne", "pca"}, "What lays it out; default tsne");
            options.real("--perplexity", "P", request.perplexity, 2, 10'000,
                         "About how many neighbours each keeps (30); at most a third of the samples");
            options.whole("--iterations", "N", request.iterations, 1, 100'000,
                          "In all (750); the first 250 are exaggerated");
            options.whole("--seed", "N", request.seed, 0, INT64_MAX, "Fixes everything random (0)");
            options.text("--device", "D", request.device, "auto, cpu or cuda:N").among({"auto", "cpu", "cuda:0"});
            options.file("--out", "FILE", wanted->out,
                         "Write the map as .npy [N, 2]; default with --features: FILE.map.npy in this folder");
            return [wanted](Session &session) {
                wanted->request.features = wanted->features;
                wanted->request.labels = wanted->labels;
                wanted->request.out = wanted->out;
                return runEmbed(session, wanted->request);
            };
        }};
}

} // namespace mien
