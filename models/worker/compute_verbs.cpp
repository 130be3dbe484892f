#include "models/worker/compute_verbs.h"

#include "models/embed/embed_run.h"
#include "models/explain/run_explainer.h"
#include "models/io/published_weights.h"
#include "models/networks/network.h"
#include "models/networks/skip_initialisation.h"
#include "models/score/prediction.h"
#include "models/score/run_scores.h"
#include "models/train/compute_mode.h"
#include "models/train/torch_errors.h"
#include "models/train/training_run.h"
#include "models/worker/golden.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include <unistd.h>

namespace mien {

namespace {

using Verb = std::function<Result<nlohmann::json>(const nlohmann::json &, const EventSink &, const Job &)>;

/// "" where the system does not say.
std::string processorName()
{
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name"))
            return line.substr(std::min(line.find(": ") + 2, line.size()));
    return {};
}

/// {"device":…,"kind":…,"name":…,"threads":…,"memory_mb":…} a row; MB of 1024 * 1024 bytes.
Result<nlohmann::json> listDevices(const nlohmann::json &, const EventSink &, const Job &)
{
    auto rows = nlohmann::json::array();
    rows.push_back({{"device", "cpu"},
                    {"kind", "cpu"},
                    {"name", processorName()},
                    {"threads", setThreads()},
                    {"memory_mb", std::int64_t(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE) / (1024 * 1024)}});
    if (torch::cuda::is_available())
        for (int i = 0; i < int(torch::cuda::device_count()); ++i)
            rows.push_back({{"device", "cuda:" + std::to_string(i)}, {"kind", "cuda"}});
    return nlohmann::json{{"devices", rows}, {"default", deviceNamed("auto")->str()}};
}

NetworkConfig networkIn(const nlohmann::json &config)
{
    NetworkConfig network;
    network.name = config.value("network", std::string());
    network.classes = config.value("classes", network.classes);
    network.side = config.value("size", 0);
    network.channels = config.value("channels", 0);
    network.options = config.value("set", nlohmann::json::object());
    return network;
}

Result<nlohmann::json> listNetworks(const nlohmann::json &config, const EventSink &, const Job &)
{
    if (!config.contains("network"))
        return nlohmann::json{{"networks", networkCatalogue()}};
    const auto row = describeNetwork(networkIn(config));
    if (!row)
        return fail(row.error());
    return nlohmann::json{{"networks", nlohmann::json::array({*row})}};
}

/// How the names of a weight file and of a network meet; nothing is computed, so its own weights need no beginning.
Result<nlohmann::json> compareWeights(const nlohmann::json &config, const EventSink &, const Job &)
{
    const auto file = SafetensorsFile::open(config.at("file").get<std::string>());
    if (!file)
        return fail(file.error());
    const SkipInitialisation namesOnly;
    const auto network = makeNetwork(networkIn(config));
    if (!network)
        return fail(network.error());
    return comparePublishedWeights(**network, *file).toJson();
}

Result<nlohmann::json> checkGolden(const nlohmann::json &config, const EventSink &events, const Job &job)
{
    const auto report =
        runGolden(config.at("folder").get<std::string>(), config.value("filter", std::string()), events, job);
    if (!report)
        return fail(report.error());
    using State = GoldenOutcome::State;
    return nlohmann::json{{"passed", report->count(State::Passed)},
                          {"failed", report->count(State::Failed)},
                          {"not_built", report->count(State::NotBuilt)}};
}

const std::map<std::string, Verb, std::less<>> &verbs()
{
    static const std::map<std::string, Verb, std::less<>> all = {
        {"train", trainRun},         {"score", scoreRun},         {"predict", predictCrops},
        {"explain", explainSamples}, {"golden", checkGolden},     {"networks", listNetworks},
        {"devices", listDevices},    {"weights", compareWeights}, {"embed", embedFeatures},
    };
    return all;
}

/// The job boundary: whatever a library throws becomes one sentence.
class TorchCompute : public Compute
{
public:
    Result<nlohmann::json> run(std::string_view verb, const nlohmann::json &config, const EventSink &events,
                               const Job &job) override
    {
        const auto found = verbs().find(verb);
        if (found == verbs().end()) {
            std::string possible;
            for (const auto &[name, run] : verbs())
                possible += (possible.empty() ? "" : ", ") + name;
            return fail(ErrorCode::Invalid, "there is no verb \"" + std::string(verb) + "\"; possible are " + possible);
        }
        return guarded<nlohmann::json>(std::string(verb), [&] { return found->second(config, events, job); });
    }

    Result<std::unique_ptr<Explainer>> openExplainer(const std::filesystem::path &runFolder, std::string_view device,
                                                     const std::filesystem::path &initial) override
    {
        return guarded<std::unique_ptr<Explainer>>("explain",
                                                   [&] { return openRunExplainer(runFolder, device, initial); });
    }

private:
    template <typename T, typename Call>
    static Result<T> guarded(const std::string &what, Call call)
    {
        try {
            return call();
        } catch (const nlohmann::json::exception &error) {
            return fail(ErrorCode::Invalid, "the configuration of " + what + " has a value of the wrong type (" +
                                                firstLine(error.what()) + ")");
        } catch (const std::exception &error) {
            return fail(errorOf(error, what));
        }
    }

    static std::string firstLine(const std::string &text) { return text.substr(0, text.find('\n')); }
};

} // namespace

std::unique_ptr<Compute> makeCompute()
{
    return std::make_unique<TorchCompute>();
}

} // namespace mien
