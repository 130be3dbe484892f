#include "models/io/safetensors_header.h"
#include "models/networks/network_names.h"
#include "pipeline/jobs/train_job.h"
#include "pipeline/store/recipe_file.h"
#include "pipeline/store/runs.h"
#include "studio/cli/command_table.h"
#include "studio/cli/compute_module.h"
#include "studio/cli/key_values.h"
#include "studio/cli/session.h"
#include "studio/cli/weight_match.h"

#include <cstdio>
#include <filesystem>
#include <memory>

namespace mien {

using nlohmann::json;

namespace {

struct Wanted
{
    std::optional<std::string> network, recipe;
    std::vector<std::string> set;
    std::optional<std::int64_t> folds, seed;
    std::string space, snapshot, device = "auto", fromRun, resume, initial, recipeFile;
    bool allowLeaks = false, check = false;
};

/// As it is kept with the run: a file wherever the command is given, a run by its id.
std::string keptInitial(const Project &project, const std::string &initial)
{
    return initial.empty() || runNamed(project, initial)
               ? initial
               : std::filesystem::absolute(initial).lexically_normal().string();
}

/// Whether a training can start from this file. Its names are compared with the network's when the training begins.
Result<> checkInitial(const Project &project, const std::string &path)
{
    if (path.empty() || runNamed(project, path))
        return {};
    const auto checked = checkSafetensors(path);
    if (!checked && checked.error().code == ErrorCode::Invalid)
        return fail(ErrorCode::Invalid,
                    checked.error().message + " mien convert makes one of what PyTorch or NumPy wrote.");
    return checked;
}

/// The option that says something else than the run it is to go on with; empty: none does.
std::string changedSetting(const Project &project, const Wanted &wanted, const json &set)
{
    const auto run = runNamed(project, wanted.resume);
    if (!run)
        return {}; // said by train()
    if (wanted.network && *wanted.network != run->network)
        return "--network";
    if (wanted.recipe && *wanted.recipe != run->recipe)
        return "--recipe";
    if (wanted.folds && *wanted.folds != run->folds)
        return "--folds";
    if (wanted.seed && *wanted.seed != run->seed)
        return "--seed";
    if (!wanted.snapshot.empty() && !run->snapshot.starts_with(wanted.snapshot))
        return "--snapshot";
    const json config = json::parse(run->configJson, nullptr, false);
    if (!wanted.initial.empty() &&
        (!config.is_object() || config.value("initial", "") != keptInitial(project, wanted.initial)))
        return "--initial";
    const json begun = config.is_object() ? config.value("set", json::object()) : json::object();
    const auto text = [](const json &value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
    for (const auto &[key, value] : set.items())
        if (!begun.contains(key) || text(begun[key]) != text(value))
            return "--set " + key;
    return {};
}

/// Whether a training could begin with these settings; asks nothing of the project.
int runCheck(Session &session, const TrainRequest &request)
{
    const auto module = compute(session.job());
    if (!module)
        return session.out().failed(module.error());
    const auto settings = checkTraining(**module, request, session.job());
    if (!settings)
        return session.out().refused(settings.error());
    session.out().print("A training of " + *request.network + " can begin with these settings:");
    for (const auto &[key, value] : settings->items())
        session.out().print("  " + key + "=" + (value.is_string() ? value.get<std::string>() : jsonText(value)));
    return session.out().done({{"network", *request.network}, {"settings", *settings}});
}

int runTrain(Session &session, Wanted wanted)
{
    JsonLines &out = session.out();
    auto set = keyValues(wanted.set);
    if (!set)
        return out.wrongUsage(set.error().message);
    if (!wanted.recipeFile.empty()) { // what is given besides replaces what it says
        if (!wanted.fromRun.empty() || !wanted.resume.empty())
            return out.wrongUsage("--recipe-file begins a new run; --from-run and --resume know their settings.");
        auto recipe = readRecipe(wanted.recipeFile);
        if (!recipe)
            return out.failed(recipe.error());
        if (!wanted.network)
            wanted.network = recipe->network;
        if (!wanted.recipe)
            wanted.recipe = recipe->recipe;
        if (!wanted.folds)
            wanted.folds = recipe->folds;
        json both = recipe->set;
        both.update(*set);
        *set = std::move(both);
    }
    if (!wanted.fromRun.empty() && !wanted.resume.empty())
        return out.wrongUsage("--resume goes on with a run, --from-run repeats one: give one of them.");
    if (!wanted.network && wanted.fromRun.empty() && wanted.resume.empty())
        return out.wrongUsage("name a network with --network; mien networks lists them.");
    if (wanted.check) {
        if (!wanted.fromRun.empty() || !wanted.resume.empty())
            return out.wrongUsage("--check looks at the settings of a new run; leave out --from-run and --resume.");
        return runCheck(session, {.network = wanted.network,
                                  .recipe = wanted.recipe,
                                  .set = *set,
                                  .folds = wanted.folds,
                                  .seed = wanted.seed});
    }
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    if (const auto initial = checkInitial(*project, wanted.initial); !initial)
        return out.failed(initial.error());
    if (!wanted.resume.empty())
        if (const std::string other = changedSetting(*project, wanted, *set); !other.empty())
            return out.wrongUsage("--resume goes on with a run as it was begun, and " + wanted.resume +
                                  " has another " + other + "; --from-run repeats it with other settings.");
    if (const auto begun = session.beginJob(*project, "step"); !begun)
        return out.failed(begun.error());
    const auto turn = session.takeComputeTurn(*project);
    if (!turn)
        return out.failed(turn.error());
    const auto module = compute(session.job());
    if (!module)
        return out.failed(module.error());
    TrainRequest request{.network = wanted.network,
                         .recipe = wanted.recipe,
                         .set = *set,
                         .folds = wanted.folds,
                         .seed = wanted.seed,
                         .space = wanted.space,
                         .snapshot = wanted.snapshot,
                         .device = wanted.device,
                         .fromRun = wanted.fromRun,
                         .resume = wanted.resume,
                         .allowLeaks = wanted.allowLeaks,
                         .initial = keptInitial(*project, wanted.initial)};
    if (wanted.network)
        if (const auto checked = checkTraining(**module, request, session.job()); !checked)
            return out.refused(checked.error());
    const auto result = train(
        *project, **module, request, [&](const json &event) { out.relay(event); }, session.job());
    if (!result)
        return out.failed(result.error());
    const json metrics = result->value("metrics", json::object());
    std::string text = "Run " + result->value("run", "") + " is trained";
    char number[64];
    if (metrics.contains("accuracy")) {
        std::snprintf(number, sizeof number, ": accuracy %.1f %%, macro F1 %.1f %%",
                      100 * metrics.value("accuracy", 0.0), 100 * metrics.value("macro_f1", 0.0));
        text += number;
    }
    std::snprintf(number, sizeof number, " (%.0f images/s)", result->value("images_per_s", 0.0));
    text += std::string(number) + ".";
    const auto run = runNamed(*project, result->value("run", ""));
    if (metrics.empty() && run && learnedLabels(*run))
        text += "\nNo labelled face was held out, so nothing says how good it is: --folds 2 does.";
    if (const auto match = result->find("match"); match != result->end())
        text += "\nIt began with weights. " + matchText(*match, run ? run->network : "");
    out.print(text);
    return out.done(*result);
}

} // namespace

Command trainCommand()
{
    return {
        .name = "train",
        .summary = "Train a network; with folds every sample is scored by one that did not see it",
        .needs = Command::Needs::Project,
        .declare = [](Options &options) -> Action {
            const auto wanted = std::make_shared<Wanted>();
            options.text("--network", "NAME", wanted->network, "The network; mien networks lists them")
                .among({trainedNetworkNames.begin(), trainedNetworkNames.end()});
            options
                .text("--recipe", "NAME", wanted->recipe, "quick: an evening on two cores; paper: as published (quick)")
                .among({"quick", "paper"});
            options.file("--recipe-file", "FILE", wanted->recipeFile,
                         "Network, recipe, folds and settings of a recipe that is shared; other options replace them");
            options.texts("--set", "KEY=VALUE", wanted->set,
                          "A setting of the training or the network, e.g. epochs=20");
            options.whole("--folds", "K", wanted->folds, 1, 100,
                          "Parts; each is judged by a network trained on the others (1)");
            options.choice("--space", wanted->space, {"expression", "drowsiness"},
                           "Which labels, where there are several kinds; default: what most samples have");
            options.text("--snapshot", "H", wanted->snapshot, "Train on this snapshot; default: one made now");
            options.text("--device", "D", wanted->device, "auto, cpu or cuda:N").among({"auto", "cpu", "cuda:0"});
            options.text("--from-run", "ID", wanted->fromRun, "Repeat this run; other options replace what it had");
            options.file("--initial", "FILE", wanted->initial,
                         "Start from these weights, safetensors as mien convert writes them, or from those of a "
                         "finished run (its ID), where they meet");
            options.text("--resume", "ID", wanted->resume, "Go on with this unfinished run");
            options.whole("--seed", "N", wanted->seed, 0, INT64_MAX, "Fixes everything random (0)");
            options.flag("--allow-leaks", wanted->allowLeaks,
                         "Train although the splits leak, which is refused without folds; noted with the run");
            options.flag(
                "--check", wanted->check,
                "Only say whether network, recipe and settings are possible, and what all of them are; trains nothing, "
                "needs no project");
            return [wanted](Session &session) { return runTrain(session, *wanted); };
        }};
}

} // namespace mien
