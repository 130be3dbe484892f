#include "models/networks/network_names.h"
#include "models/worker/compute.h"
#include "pipeline/jobs/convert_job.h"
#include "pipeline/jobs/stoppable_compute.h"
#include "studio/cli/command_table.h"
#include "studio/cli/compute_module.h"
#include "studio/cli/counted.h"
#include "studio/cli/key_values.h"
#include "studio/cli/session.h"
#include "studio/cli/weight_match.h"

#include <memory>

namespace mien {

using nlohmann::json;

namespace {

struct Wanted
{
    std::string file, out, network;
    std::vector<std::string> set;
    std::optional<std::int64_t> classes;
    bool confined = false;
};

/// The reading and writing itself, in the process that was started for it.
int convertHere(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    if (const auto confined = confineThisProcess(conversionLimits(wanted.file)); !confined)
        out.warn(confined.error().message);
    const auto converted = convertWeights(wanted.file, wanted.out);
    if (!converted)
        return out.failed(converted.error());
    return out.done({{"form", converted->form},
                     {"tensors", converted->tensors},
                     {"values", converted->values},
                     {"skipped", converted->skipped},
                     {"beside", converted->beside}});
}

/// `weights` of the computing module: what of the file a network can take.
Result<json> met(Session &session, const Wanted &wanted, const json &set, const std::string &file)
{
    const auto module = compute(session.job());
    if (!module)
        return fail(module.error());
    json config = {{"network", wanted.network}, {"set", set}};
    if (wanted.classes)
        config["classes"] = *wanted.classes;
    if (!file.empty())
        config["file"] = file;
    return runStoppable(
        **module, file.empty() ? "networks" : "weights", config, [](const json &) {}, session.job());
}

int runConvert(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    if (wanted.confined)
        return convertHere(session, wanted);
    const auto set = keyValues(wanted.set);
    if (!set)
        return out.wrongUsage(set.error().message);
    if (wanted.network.empty() && (!set->empty() || wanted.classes))
        return out.wrongUsage("--set and --classes need a --network.");
    if (!wanted.out.ends_with(".safetensors"))
        return out.wrongUsage("the second file is written, and ends with .safetensors: " + wanted.out + " does not.");
    if (!wanted.network.empty()) // a name that is not known is said before anything is written
        if (const auto known = met(session, wanted, *set, {}); !known)
            return out.refused(known.error());

    const auto converted = convertInChild(wanted.file, wanted.out, session.job());
    if (!converted)
        return out.failed(converted.error());
    std::vector<ItemProblem> problems;
    for (const std::string &name : converted->skipped) {
        problems.push_back(
            {.reason = "NOT_A_TENSOR", .key = name, .file = wanted.file, .detail = name + " is no tensor"});
        out.problem(problems.back(), true);
    }
    out.countItems(converted->tensors + std::int64_t(converted->skipped.size()));
    json result = {{"tensors", converted->tensors}, {"skipped", converted->skipped.size()},
                   {"values", converted->values},   {"form", converted->form},
                   {"beside", converted->beside},   {"out", wanted.out}};
    out.print("Wrote " + counted(converted->tensors, "tensor") + " of " + grouped(converted->values) + " values to " +
              wanted.out + ".");
    if (!converted->beside.empty())
        out.print("Not weights, and left out: " + firstOf(converted->beside) + ".");
    if (!wanted.network.empty()) {
        const auto report = met(session, wanted, *set, wanted.out);
        if (!report)
            return out.failed(report.error());
        result["network"] = wanted.network;
        result["match"] = *report;
        out.print(matchText(*report, wanted.network));
    }
    return out.done(std::move(result), session.writeReport(problems));
}

} // namespace

Command convertCommand()
{
    return {.name = "convert",
            .summary = "Published weights (PyTorch, npz, pickled arrays) as safetensors, read in a process of its own, "
                       "executing nothing",
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options
                    .file("FILE", "FILE", wanted->file,
                          "Weights: .pt or .pth of PyTorch, .npz or .pkl of arrays by their names, or safetensors")
                    .required();
                options.file("OUT", "OUT.safetensors", wanted->out, "What is written; replaced where it is there")
                    .required();
                options
                    .text("--network", "NAME", wanted->network,
                          "Also say which tensors this network or trunk has in common with the file")
                    .among({trainedNetworkNames.begin(), trainedNetworkNames.end()});
                options.texts("--set", "KEY=VALUE", wanted->set, "An option of the network");
                options.whole("--classes", "L", wanted->classes, 0, 100'000,
                              "Its number of classes; 0: without classifier");
                options.flag("--confined", wanted->confined, "Read in this process, and give up its rights").hidden();
                return [wanted](Session &session) { return runConvert(session, *wanted); };
            }};
}

} // namespace mien
