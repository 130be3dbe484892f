#include "models/train/run_folds.h"

#include "models/base/counter_random.h"
#include "models/base/fingerprint.h"
#include "models/io/safetensors.h"
#include "models/train/folds.h"

#include <algorithm>
#include <unordered_map>

namespace mien {

namespace {

constexpr std::uint64_t kValidationSalt = 0x76616c6964;
constexpr std::uint64_t kNewGroup = 0x6e6577; // operator index of the draws here

std::vector<std::int64_t> membersOf(const TrainConfig &config, const TrainingPack &pack)
{
    const auto splits = pack.splits();
    const bool hasSplits = std::any_of(splits.begin(), splits.end(), [](int split) { return split != 0; });
    const bool trainOnly = config.select == "train" || (config.select == "auto" && hasSplits);
    std::vector<std::int64_t> rows;
    for (std::size_t row = 0; row < pack.count(); ++row)
        if (pack.labels()[row] >= 0 && (!trainOnly || splits[row] == int(PackSplit::Train)))
            rows.push_back(std::int64_t(row));
    return rows;
}

template <typename T>
std::vector<std::int64_t> picked(std::span<const T> values, std::span<const std::int64_t> rows)
{
    std::vector<std::int64_t> result;
    result.reserve(rows.size());
    for (const std::int64_t row : rows)
        result.push_back(values[std::size_t(row)]);
    return result;
}

/// Folds of another run, by sample id. Groups that it did not have are dealt at random.
Result<> takeAssignment(RunFolds &run, const TrainConfig &config, std::span<const std::int64_t> members,
                        std::span<const std::int64_t> groups)
{
    const auto other = RunFolds::read(config.assignment);
    if (!other)
        return fail(other.error());
    if (other->folds != config.folds)
        return fail(ErrorCode::Invalid, config.assignment.string() + " deals into " + std::to_string(other->folds) +
                                            " folds, this run has " + std::to_string(config.folds));
    std::unordered_map<std::int64_t, std::int64_t> foldOf;
    for (std::size_t row = 0; row < other->samples.size(); ++row)
        foldOf[other->samples[row]] = other->fold[row];
    // A group keeps together, also where it has grown since: it lies where its first known member lay.
    std::unordered_map<std::int64_t, std::int64_t> foldOfGroup;
    for (const std::int64_t row : members)
        if (const auto found = foldOf.find(run.samples[std::size_t(row)]); found != foldOf.end() && found->second >= 0)
            foldOfGroup.try_emplace(groups[std::size_t(row)], found->second);
    if (foldOfGroup.empty())
        return fail(ErrorCode::Invalid, config.assignment.string() + " knows none of the samples that are trained on");
    for (const std::int64_t row : members) {
        const std::int64_t group = groups[std::size_t(row)];
        const auto found = foldOfGroup.find(group);
        run.fold[std::size_t(row)] = found != foldOfGroup.end()
                                         ? found->second
                                         : std::int64_t(CounterRandom(config.seed, 0, std::uint64_t(group), kNewGroup)
                                                            .below(std::uint64_t(config.folds)));
    }
    return {};
}

} // namespace

bool RunFolds::trainedOn(int k, std::size_t row) const
{
    const bool inPart = folds == 1 ? fold[row] == 0 : fold[row] >= 0 && fold[row] != k;
    return inPart && validation[std::size_t(k) * samples.size() + row] == 0;
}

std::vector<std::int64_t> RunFolds::trainedRows(int k) const
{
    std::vector<std::int64_t> rows;
    for (std::size_t row = 0; row < samples.size(); ++row)
        if (trainedOn(k, row))
            rows.push_back(std::int64_t(row));
    return rows;
}

std::vector<std::int64_t> RunFolds::validationRows(int k) const
{
    std::vector<std::int64_t> rows;
    for (std::size_t row = 0; row < samples.size(); ++row)
        if (validation[std::size_t(k) * samples.size() + row] != 0)
            rows.push_back(std::int64_t(row));
    return rows;
}

std::vector<std::int64_t> RunFolds::heldOutRows(int k) const
{
    if (folds == 1)
        return validationRows(k);
    std::vector<std::int64_t> rows;
    for (std::size_t row = 0; row < samples.size(); ++row)
        if (fold[row] == k)
            rows.push_back(std::int64_t(row));
    return rows;
}

std::vector<std::int64_t> RunFolds::outsideRows() const
{
    std::vector<std::int64_t> rows;
    for (std::size_t row = 0; row < samples.size(); ++row)
        if (fold[row] < 0)
            rows.push_back(std::int64_t(row));
    return rows;
}

std::string RunFolds::hash() const
{
    return Fingerprint()
        .add(samples)
        .add(labels)
        .add(fold)
        .add(std::string_view(reinterpret_cast<const char *>(validation.data()), validation.size()))
        .hex();
}

Result<> RunFolds::write(const std::filesystem::path &path) const
{
    const auto count = std::int64_t(samples.size());
    SafetensorsWriter writer;
    writer.add<std::int64_t>("sample", {count}, std::span(samples));
    writer.add<std::int64_t>("label", {count}, std::span(labels));
    writer.add<std::int64_t>("fold", {count}, std::span(fold));
    writer.add<std::uint8_t>("validation", {folds, count}, std::span(validation));
    writer.setMetadata("format", "mien-folds/1");
    writer.setMetadata("folds", std::to_string(folds));
    return writer.write(path);
}

Result<RunFolds> RunFolds::read(const std::filesystem::path &path)
{
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    auto samples = file->values<std::int64_t>("sample");
    auto labels = file->values<std::int64_t>("label");
    auto fold = file->values<std::int64_t>("fold");
    auto validation = file->values<std::uint8_t>("validation");
    for (const auto *column : {&samples, &labels, &fold})
        if (!*column)
            return fail(column->error());
    if (!validation)
        return fail(validation.error());
    RunFolds run;
    const std::size_t count = samples->size();
    run.folds = count == 0 ? 0 : int(validation->size() / count);
    if (run.folds < 1 || labels->size() != count || fold->size() != count ||
        validation->size() != count * std::size_t(run.folds) ||
        std::any_of(fold->begin(), fold->end(), [&](std::int64_t k) { return k < -1 || k >= run.folds; }))
        return fail(ErrorCode::Invalid, path.string() + " is damaged: its columns do not fit each other");
    run.samples = std::move(*samples);
    run.labels = std::move(*labels);
    run.fold = std::move(*fold);
    run.validation = std::move(*validation);
    return run;
}

Result<RunFolds> dealRun(const TrainConfig &config, const TrainingPack &pack)
{
    const auto members = membersOf(config, pack);
    if (members.empty())
        return fail(ErrorCode::Invalid, pack.folder().string() + " has no labelled sample to train on (select " +
                                            config.select + "): label some, or set their split to train");
    RunFolds run;
    run.folds = config.folds;
    run.samples.assign(pack.samples().begin(), pack.samples().end());
    run.labels.assign(pack.labels().begin(), pack.labels().end());
    run.fold.assign(pack.count(), -1);
    run.validation.assign(pack.count() * std::size_t(config.folds), 0);

    if (config.folds == 1) {
        for (const std::int64_t row : members)
            run.fold[std::size_t(row)] = 0;
    } else if (!config.assignment.empty()) {
        if (const auto taken = takeAssignment(run, config, members, pack.groups()); !taken)
            return fail(taken.error());
    } else {
        const auto folds = stratifiedFolds(picked<std::int64_t>(pack.labels(), members),
                                           picked<std::int64_t>(pack.groups(), members), config.folds, config.seed);
        if (!folds)
            return fail(folds.error());
        for (std::size_t i = 0; i < members.size(); ++i)
            run.fold[std::size_t(members[i])] = (*folds)[i];
    }

    for (int k = 0; k < config.folds; ++k) {
        const double share = config.validationShare();
        const auto part = run.trainedRows(k);
        if (part.empty())
            return fail(ErrorCode::Invalid, "fold " + std::to_string(k) + " has nothing to train on");
        if (share <= 0)
            continue;
        const std::vector<double> shares = {share, 1 - share};
        const auto bins =
            dealGroups(picked<std::int64_t>(pack.labels(), part), picked<std::int64_t>(pack.groups(), part), shares,
                       config.seed ^ (kValidationSalt + std::uint64_t(k)));
        if (!bins)
            return fail(bins.error());
        for (std::size_t i = 0; i < part.size(); ++i)
            if ((*bins)[i] == 0)
                run.validation[std::size_t(k) * pack.count() + std::size_t(part[i])] = 1;
        if (run.trainedRows(k).empty())
            return fail(ErrorCode::Invalid,
                        "validation=" + nlohmann::json(share).dump() + " leaves nothing to train on");
    }
    return run;
}

} // namespace mien
