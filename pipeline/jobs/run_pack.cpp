#include "pipeline/jobs/run_pack.h"

#include "models/train/train_config.h"
#include "pipeline/jobs/stoppable_compute.h"
#include "pipeline/pack/sample_pixels.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"
#include "pipeline/store/sources.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace mien {

using nlohmann::json;

namespace {

/// The row of `networks` for one network.
Result<json> networkRow(Compute &compute, json config, const Job &job)
{
    auto found = runStoppable(compute, "networks", config, [](const json &) {}, job);
    if (!found)
        return fail(found.error());
    const json rows = found->value("networks", json::array());
    if (rows.empty())
        return fail(ErrorCode::Internal, "The computing module does not describe its networks; install Mien again.");
    return rows[0];
}

/// Longest side among the pictures of a snapshot: enlarging them beforehand adds bytes and no detail.
Result<int> largestSide(const Project &project, const std::vector<SnapshotSample> &samples)
{
    int side = 0;
    std::vector<SampleId> ids;
    for (const SnapshotSample &sample : samples)
        ids.push_back(sample.id);
    constexpr std::size_t page = 4096;
    for (std::size_t at = 0; at < ids.size(); at += page) {
        const auto rows = sampleRows(project, std::span(ids).subspan(at, std::min(page, ids.size() - at)));
        if (!rows)
            return fail(rows.error());
        for (const SampleRow &row : *rows)
            side = std::max(side, std::min(row.widthPx, row.heightPx));
    }
    return side;
}

/// Samples that count today and that the run never saw.
Result<std::vector<SampleId>> samplesOutside(const Project &project, const std::vector<SnapshotSample> &known)
{
    const auto all = samplesMatching(project, "");
    if (!all)
        return fail(all.error());
    std::unordered_set<std::int64_t> inside;
    for (const SnapshotSample &sample : known)
        inside.insert(sample.id.value);
    std::vector<SampleId> outside;
    for (const SampleId id : *all)
        if (!inside.contains(id.value))
            outside.push_back(id);
    return outside;
}

} // namespace

Result<InputShape> inputOf(Compute &compute, const std::string &network, const json &set, const Job &job)
{
    json options = set;
    for (const std::string &key : TrainConfig::keys())
        options.erase(key);
    json config = {{"network", network}, {"set", options}};
    if (set.contains("size")) {
        const std::string size = set["size"].is_string() ? set["size"].get<std::string>() : set["size"].dump();
        if (size.empty() || size.size() > 4 || size.find_first_not_of("0123456789") != std::string::npos)
            return fail(ErrorCode::Invalid, "--set size=" + size + " is not possible: size takes a number of pixels.");
        config["size"] = std::stoi(size);
    }
    const auto row = networkRow(compute, config, job);
    if (!row) {
        std::string keys;
        for (const std::string &key : TrainConfig::keys())
            keys += (keys.empty() ? "" : ", ") + key;
        return fail(row.error().code,
                    row.error().message + (options.empty() ? "" : " Settings of every training: " + keys + "."));
    }
    const json input = row->value("input", json::array());
    if (input.size() != 3)
        return fail(ErrorCode::Internal,
                    "The computing module does not say what " + network + " takes; install Mien again.");
    return InputShape{input[2].get<int>(), input[0].get<int>()};
}

Result<PackOptions> packOptionsFor(const Project &project, const std::string &snapshot, const InputShape &input,
                                   const std::string &space)
{
    const auto samples = snapshotSamples(project, snapshot);
    if (!samples)
        return fail(samples.error());
    const auto largest = largestSide(project, *samples);
    if (!largest)
        return fail(largest.error());
    const int side = std::clamp(*largest > 0 ? std::min(*largest, input.sidePx) : input.sidePx, 16, 512);
    // Grey when every picture is: a network for colour repeats the channel itself.
    return PackOptions{.snapshot = snapshot, .space = space, .sidePx = side, .channels = 0};
}

Result<PackReport> packOfRunAndNew(const Project &project, const RunRow &run, const std::vector<SnapshotSample> &known,
                                   const Job &job)
{
    const json configuration = json::parse(run.configJson, nullptr, false);
    const int side = configuration.is_object() ? configuration.value("pack", json::object()).value("side", 48) : 48;
    // A network of expressions says nothing about labels of drowsiness.
    const std::string space = configuration.is_object() ? configuration.value("space", "") : "";
    const auto pack = makePack(project, {.snapshot = run.snapshot, .space = space, .sidePx = side}, job);
    if (!pack)
        return pack;
    const auto outside = samplesOutside(project, known);
    if (!outside)
        return fail(outside.error());
    if (outside->empty())
        return pack;
    // One pack of both: a new sample's neighbours are the samples that the networks were trained on.
    const auto runPack = TrainingPack::open(pack->folder);
    if (!runPack)
        return fail(runPack.error());
    PackOptions both{.space = space, .sidePx = side, .channels = pack->channels};
    for (const SnapshotSample &sample : known)
        both.samples.push_back(sample.id);
    both.samples.insert(both.samples.end(), outside->begin(), outside->end());
    std::sort(both.samples.begin(), both.samples.end());
    both.classes = runPack->classes();
    return makePack(project, both, job);
}

struct RunCrops::State
{
    const Project *project;
    TrainingPack pack;
    std::unordered_map<std::int64_t, std::size_t> rows; ///< Sample to row of the pack.
    mutable std::optional<SamplePixels> others;         ///< Opened at the first sample outside the pack.
};

RunCrops::RunCrops(std::unique_ptr<State> state)
    : m_state(std::move(state))
{
}

RunCrops::RunCrops(RunCrops &&) noexcept = default;
RunCrops::~RunCrops() = default;

Result<RunCrops> RunCrops::open(const Project &project, const RunRow &run, const Job &job)
{
    const json stored = json::parse(run.configJson, nullptr, false);
    const json packed = stored.is_object() ? stored.value("pack", json::object()) : json::object();
    // Packs may be deleted; the same inputs give the same one.
    const auto report = makePack(project,
                                 {.snapshot = run.snapshot,
                                  .space = stored.is_object() ? stored.value("space", "") : "",
                                  .sidePx = packed.value("side", 48),
                                  .channels = packed.value("channels", 0)},
                                 job);
    if (!report)
        return fail(report.error());
    auto pack = TrainingPack::open(report->folder);
    if (!pack)
        return fail(pack.error());
    auto state = std::make_unique<State>(State{&project, std::move(*pack), {}, {}});
    const auto samples = state->pack.samples();
    for (std::size_t row = 0; row < samples.size(); ++row)
        state->rows.emplace(samples[row], row);
    return RunCrops(std::move(state));
}

int RunCrops::sidePx() const
{
    return m_state->pack.side();
}

int RunCrops::channels() const
{
    return m_state->pack.channels();
}

const std::vector<std::string> &RunCrops::classes() const
{
    return m_state->pack.classes();
}

Result<RunCrops::Crop> RunCrops::crop(SampleId sample) const
{
    if (const auto known = m_state->rows.find(sample.value); known != m_state->rows.end()) {
        const auto stored = m_state->pack.pixels(known->second);
        return Crop{{stored.begin(), stored.end()},
                    {m_state->pack.landmarks(known->second), m_state->pack.outline(known->second)}};
    }
    const auto rows = sampleRows(*m_state->project, std::span(&sample, 1));
    const auto origins = sampleFacts(*m_state->project, std::span(&sample, 1));
    if (!rows || !origins)
        return fail(rows ? origins.error() : rows.error());
    if (rows->empty() || origins->empty())
        return fail(ErrorCode::NotFound, "There is no sample " + std::to_string(sample.value) + " in " +
                                             m_state->project->folder().string() + ".");
    if (!m_state->others) {
        auto opened = SamplePixels::open(*m_state->project);
        if (!opened)
            return fail(opened.error());
        m_state->others.emplace(std::move(*opened));
    }
    const auto picture = m_state->others->read(rows->front().crop, origins->front());
    if (!picture)
        return fail(picture.error());
    const Picture square = squareOf(m_state->others->codec(), *picture, sidePx());
    const auto area = std::size_t(sidePx()) * std::size_t(sidePx());
    const auto width = std::size_t(square.channels);
    std::vector<std::uint8_t> planar(area * std::size_t(channels()));
    for (std::size_t i = 0; i < area; ++i)
        for (std::size_t channel = 0; channel < std::size_t(channels()); ++channel) {
            const std::uint8_t *pixel = square.pixels.data() + i * width;
            const bool toGrey = channels() == 1 && width == 3;
            planar[channel * area + i] =
                toGrey ? std::uint8_t((299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2] + 500) / 1000)
                       : pixel[width == 3 ? channel : 0];
        }
    const auto landmarks = storedLandmarks(*m_state->project, std::span(&sample, 1));
    if (!landmarks)
        return fail(landmarks.error());
    const auto stored = landmarks->find(sample);
    return Crop{std::move(planar), stored == landmarks->end()
                                       ? PointsInSquare()
                                       : landmarksInSquare(stored->second, rows->front(), origins->front(), sidePx())};
}

} // namespace mien
