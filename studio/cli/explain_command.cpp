#include "pipeline/jobs/explain_job.h"
#include "pipeline/store/samples.h"
#include "studio/cli/command_table.h"
#include "studio/cli/compute_module.h"
#include "studio/cli/counted.h"
#include "studio/cli/line_server.h"
#include "studio/cli/session.h"

#include <memory>

namespace mien {

using nlohmann::json;

namespace {

struct Wanted
{
    std::string run, out = "maps", kind = "attention", device = "auto";
    std::vector<std::int64_t> samples;
    std::optional<std::string> filter;
    bool serve = false;
};

Result<std::vector<SampleId>> samplesOf(const Project &project, const Wanted &wanted)
{
    if (wanted.filter)
        return samplesMatching(project, *wanted.filter);
    std::vector<SampleId> samples;
    for (const std::int64_t id : wanted.samples)
        samples.push_back(SampleId{id});
    return samples;
}

int runExplain(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    if (!wanted.serve && wanted.samples.empty() == !wanted.filter)
        return out.wrongUsage("say which samples: either --sample ID … or --filter EXPR; or --serve.");
    if (wanted.serve && (!wanted.samples.empty() || wanted.filter))
        return out.wrongUsage("--serve takes its samples from standard input.");
    // Maps are written outside the project, so reading suffices and no job folder follows.
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    const auto samples = samplesOf(*project, wanted);
    if (!samples)
        return out.refused(samples.error());
    const auto known = sampleRows(*project, *samples);
    if (!known)
        return out.failed(known.error());
    if (known->size() != samples->size())
        for (const SampleId id : *samples)
            if (const auto row = sampleRows(*project, std::span(&id, 1)); row && row->empty())
                return out.failed({ErrorCode::NotFound, "There is no sample " + std::to_string(id.value) + " in " +
                                                            project->folder().string() + "."});
    const auto module = compute(session.job());
    if (!module)
        return out.failed(module.error());
    auto explainer = RunExplainer::open(*project, **module, wanted.run, wanted.device, session.job());
    if (!explainer)
        return out.failed(explainer.error());
    if (wanted.serve)
        return serveLines(session, [&](const json &request) { return explainer->answer(request); });

    out.setUnit("sample");
    const auto result = explainToFiles(*project, *explainer, *samples, wanted.kind, wanted.out, session.job());
    if (!result)
        return out.failed(result.error());
    const auto maps = result->value("maps", std::int64_t(0));
    out.print("Wrote " + counted(maps, "map") + " to " + wanted.out + ".");
    return out.done(*result);
}

} // namespace

Command explainCommand()
{
    return {.name = "explain",
            .summary = "Where a network looks: attention maps",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.text("--run", "ID", wanted->run, "The run whose networks are asked").required();
                options.wholes("--sample", "ID", wanted->samples, "Samples to explain");
                options.text("--filter", "EXPR", wanted->filter, "Explain the samples that match");
                options.folder("--out", "DIR", wanted->out, "Where SAMPLE.KIND.npy and .png go (maps)");
                options.choice("--kind", wanted->kind, {mapKinds.begin(), mapKinds.end()}, "What to compute");
                options.flag("--serve", wanted->serve, "Answer JSON lines on standard input until it ends");
                options.text("--device", "D", wanted->device, "auto, cpu or cuda:N").among({"auto", "cpu", "cuda:0"});
                return [wanted](Session &session) { return runExplain(session, *wanted); };
            }};
}

} // namespace mien
