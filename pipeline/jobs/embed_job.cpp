#include "pipeline/jobs/embed_job.h"

#include "pipeline/import/file_facts.h"
#include "pipeline/jobs/run_pack.h"
#include "pipeline/jobs/stoppable_compute.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/snapshots.h"

namespace mien {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

json configurationOf(const EmbedRequest &request)
{
    json config = {{"method", request.method}, {"seed", request.seed}, {"device", request.device}};
    if (request.perplexity)
        config["perplexity"] = *request.perplexity;
    if (request.iterations)
        config["iterations"] = *request.iterations;
    if (!request.out.empty())
        config["out"] = request.out.string();
    return config;
}

} // namespace

Result<json> embedRun(const Project &project, Compute &compute, const EmbedRequest &request, const EventSink &events,
                      const Job &job)
{
    const auto run = finishedRun(project, request.run);
    if (!run)
        return fail(run.error());
    const std::int64_t fold = request.fold.value_or(0);
    if (fold >= run->folds)
        return fail(ErrorCode::Invalid, "Run " + run->id + " has no fold " + std::to_string(fold) +
                                            "; its folds are 0 to " + std::to_string(run->folds - 1) + ".");
    const auto known = snapshotSamples(project, run->snapshot);
    if (!known)
        return fail(known.error());
    const auto pack = packOfRunAndNew(project, *run, *known, job);
    if (!pack)
        return fail(pack.error());
    const fs::path folder = project.folder() / "runs" / run->id;
    json config = configurationOf(request);
    config["run_folder"] = folder.string();
    config["fold"] = fold;
    config["pack"] = pack->folder.string();
    config["folder"] = (folder / "embeddings").string();
    return runStoppable(compute, "embed", config, events, job);
}

Result<json> embedTable(Compute &compute, const EmbedRequest &request, const EventSink &events, const Job &job)
{
    for (const fs::path &path : {request.features, request.labels}) // they are read in pieces
        if (const auto readable = refusePipe(path); !readable)
            return fail(readable.error());
    json config = configurationOf(request);
    config["features"] = request.features.string();
    if (!request.labels.empty())
        config["labels"] = request.labels.string();
    config["work"] = request.out.string() + ".work";
    return runStoppable(compute, "embed", config, events, job);
}

} // namespace mien
