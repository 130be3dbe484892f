// Confident learning and suspicion at the size of performance.md 2.7: a million samples of 8 classes, 8 % flipped.

#include "models/io/npy.h"
#include "models/score/confident_learning.h"
#include "models/score/suspicion.h"
#include "pipeline/flag/rule_table.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <random>

using namespace mien;

namespace {

constexpr int classes = 8;

struct Set
{
    std::vector<float> p;
    std::vector<double> rows;
    std::vector<std::int64_t> labels, ids, folds;
};

const Set &setOf(std::int64_t count)
{
    static std::map<std::int64_t, Set> made;
    Set &set = made[count];
    if (!set.labels.empty())
        return set;
    std::mt19937_64 random(0);
    std::normal_distribution<float> normal;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto truth = static_cast<std::int64_t>(random() % classes);
        set.labels.push_back(random() % 100 < 8 ? static_cast<std::int64_t>(random() % classes) : truth);
        set.ids.push_back(i);
        set.folds.push_back(i % 5);
        float sum = 0;
        for (int c = 0; c < classes; ++c)
            sum += set.p.emplace_back(std::exp(normal(random) + (c == truth ? 3.0f : 0.0f)));
        for (auto p = set.p.end() - classes; p != set.p.end(); ++p)
            *p /= sum;
    }
    set.rows = normalizedRows(std::span<const float>(set.p), classes);
    return set;
}

void rows(benchmark::State &state)
{
    const Set &set = setOf(state.range(0));
    for (auto _ : state)
        benchmark::DoNotOptimize(normalizedRows(std::span<const float>(set.p), classes));
}

void scores(benchmark::State &state)
{
    const Set &set = setOf(state.range(0));
    for (auto _ : state) {
        benchmark::DoNotOptimize(selfConfidence(set.rows, set.labels, classes));
        benchmark::DoNotOptimize(normalizedMargin(set.rows, set.labels, classes));
    }
}

/// The joint and one rule, as a caller pays for it.
template <FlagRule Rule>
void flags(benchmark::State &state)
{
    const Set &set = setOf(state.range(0));
    const FlagRule rules[] = {Rule};
    for (auto _ : state)
        benchmark::DoNotOptimize(
            flaggedBy(rules, set.rows, set.labels, estimateLabelNoise(set.rows, set.labels, classes)));
}

void suspicion(benchmark::State &state)
{
    const Set &set = setOf(state.range(0));
    SuspicionInputs inputs;
    inputs.classes = classes;
    inputs.sample = set.ids;
    inputs.label = set.labels;
    inputs.fold = set.folds;
    inputs.probabilities = inputs.inSample = inputs.neighbours = set.p;
    for (auto _ : state)
        benchmark::DoNotOptimize(estimateSuspicion(inputs, {}, {}, {}));
}

/// Everything between two .npy files and the CSV.
void ruleTable(benchmark::State &state)
{
    const Set &set = setOf(state.range(0));
    const auto folder = std::filesystem::temp_directory_path() / "mien-bench-flags";
    std::filesystem::create_directories(folder);
    const auto p = folder / "p.npy";
    const auto y = folder / "y.npy";
    if (!writeNpy(p, std::span<const float>(set.p), {state.range(0), classes}) ||
        !writeNpy(y, std::span<const std::int64_t>(set.labels)))
        state.SkipWithError("the temporary folder cannot be written");
    for (auto _ : state)
        if (const auto inputs = readProbabilitiesAndLabels(p, y);
            !inputs || !writeRuleTable(*inputs, RowKey::Index, folder / "out.csv", {}))
            state.SkipWithError("flagging failed");
    std::filesystem::remove_all(folder);
}

} // namespace

BENCHMARK(rows)->Arg(1000000)->Unit(benchmark::kMillisecond);
BENCHMARK(scores)->Arg(1000000)->Unit(benchmark::kMillisecond);
BENCHMARK(flags<FlagRule::ConfidentLearning>)->Arg(1000000)->Unit(benchmark::kMillisecond);
BENCHMARK(flags<FlagRule::PruneByNoiseRate>)->Arg(1000000)->Unit(benchmark::kMillisecond);
BENCHMARK(ruleTable)->Arg(1000000)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(suspicion)->Arg(28000)->Arg(200000)->Unit(benchmark::kMillisecond)->Iterations(1);

BENCHMARK_MAIN();
