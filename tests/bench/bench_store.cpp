// What performance.md promises of a project with a million samples, and of the bulk load of a FER2013-size table.
//   MIEN_BENCH_SAMPLES  rows of the large project (default 1,000,000)
//   MIEN_BENCH_FOLDER   keeps the large project there and uses it again
#include "pipeline/store/hash.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <random>

using namespace mien;
using namespace mien::test;

namespace {

int largeCount()
{
    const char *text = std::getenv("MIEN_BENCH_SAMPLES");
    return text ? std::atoi(text) : 1'000'000;
}

NewSample rowWithoutCrop(MediaId media, int row)
{
    NewSample sample;
    sample.sourceKey = "row:" + std::to_string(row);
    sample.displaySource = "train/folder" + std::to_string(row % 100) + "/image" + std::to_string(row) + ".png";
    sample.media = media;
    sample.widthPx = sample.heightPx = 48;
    sample.nativeLabel = std::to_string(row % 7);
    sample.givenClass = ClassId{1 + row * 7919 % 7};
    sample.state = LabelState::Ok;
    sample.split = row % 10 == 0 ? Split::Test : Split::Train;
    sample.subject = "S" + std::to_string(row % 5000);
    if (row % 2 == 0)
        sample.votes = {{"neutral", row % 5}, {"anger", 10 - row % 5}};
    return sample;
}

void fill(const std::filesystem::path &folder, int count)
{
    Project project = must(Project::create(folder, "Large"));
    ImportWriter writer = must(ImportWriter::begin(project, "bench.csv", "", folder.parent_path()));
    NewMedia file;
    file.path = folder.parent_path() / "bench.csv";
    const MediaId media = must(writer.addMedia(file));
    for (int row = 0; row < count; ++row)
        must(writer.addSample(rowWithoutCrop(media, row)));
    must(writer.finish());

    std::mt19937 random(1);
    std::uniform_real_distribution<double> share(0, 1);
    std::vector<ScoreRow> scores(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        ScoreRow &score = scores[static_cast<std::size_t>(i)];
        score.sample = {i + 1};
        score.suspicion = share(random);
        score.margin = share(random);
        score.eacNoise = share(random);
        score.flagged = score.suspicion > 0.9;
        score.predicted = {1 + static_cast<int>(random() % 7)};
        score.suggested = score.predicted;
        score.probabilities.assign(7, 0.1f);
    }
    must(storeFlagging(project, {}, scores));
    std::vector<SampleId> tagged;
    for (int i = 1; i <= count; i += 50)
        tagged.push_back({i});
    must(addTag(project, tagged, "glasses", "ann"));
}

std::filesystem::path placeOf(const std::string &name)
{
    static std::optional<TemporaryFolder> temporary;
    if (const char *kept = std::getenv("MIEN_BENCH_FOLDER"))
        return std::filesystem::path(kept) / name;
    if (!temporary)
        temporary.emplace();
    return *temporary / name;
}

/// Made once, shared by the benchmarks below.
const std::filesystem::path &largeProject()
{
    static const std::filesystem::path path = [] {
        const auto place = placeOf("large.mien");
        if (!std::filesystem::exists(place))
            fill(place, largeCount());
        return place;
    }();
    return path;
}

/// 100,000 samples, all of which were labelled so many times.
std::filesystem::path labelledProject(int times)
{
    const auto path = placeOf("labelled" + std::to_string(times) + ".mien");
    if (std::filesystem::exists(path))
        return path;
    fill(path, 100'000);
    Project project = must(Project::open(path, Project::Access::Write));
    const auto ids = must(samplesMatching(project, ""));
    for (int i = 0; i < times; ++i) {
        Verdict verdict;
        verdict.label = ClassId{1 + i % 7};
        must(annotateAll(project, ids, verdict, "ann"));
    }
    return path;
}

void openLarge(benchmark::State &state)
{
    largeProject();
    for (auto _ : state)
        benchmark::DoNotOptimize(must(Project::open(largeProject(), Project::Access::Write)));
}
BENCHMARK(openLarge)->Unit(benchmark::kMillisecond);

struct Page
{
    const char *filter, *sort;
    bool descending;
};

const Page pages[] = {
    {"", "id", false},
    {"", "suspicion", true},
    {"", "margin", false},
    {"label:fear", "id", false},
    {"label:fear", "suspicion", true},
    {"label:none", "suspicion", true},
    {"flag:open", "suspicion", true},
    {"flag:open label:sadness", "suspicion", true},
    {"flag:accepted", "suspicion", true},
    {"label!=given", "suspicion", true},
    {"split:test", "id", false},
    {"split:val", "suspicion", true},
    {"subject:S17", "id", false},
    {"subject:S17", "suspicion", true},
    {"tag:glasses", "suspicion", true},
    {"reviewed:yes", "suspicion", true},
    {"annotator:ann", "id", false},
    {"predicted:sad label:fear", "suspicion", true},
    {"suspicion>0.8", "id", false},
    {"suspicion<0.0001", "suspicion", false},
    {"duplicate:yes", "id", false},
    {"dataset:bench", "suspicion", true},
    {"votes.entropy>0.9", "id", false},
    {"votes.entropy>5", "id", false},
    {"image77777", "id", false},
    {"nothing-is-called-so", "suspicion", true},
    {"", "source", false},
    {"", "label", false},
};

void firstPage(benchmark::State &state)
{
    const Page &page = pages[state.range(0)];
    const Project project = must(Project::open(largeProject(), Project::Access::Read));
    state.SetLabel(std::string(page.filter) + " | " + page.sort);
    for (auto _ : state) {
        const auto ids = must(samplesMatching(project, page.filter, {page.sort, page.descending}, 200));
        benchmark::DoNotOptimize(must(sampleRows(project, ids)));
    }
}
BENCHMARK(firstPage)->DenseRange(0, std::size(pages) - 1)->Unit(benchmark::kMillisecond)->Iterations(3);

/// Every order a list can have, from both ends.
void firstPageSorted(benchmark::State &state)
{
    const std::vector<std::string> keys = sortKeys();
    const auto index = static_cast<std::size_t>(state.range(0));
    const SampleOrder order{keys[index / 2], index % 2 != 0};
    const Project project = must(Project::open(largeProject(), Project::Access::Read));
    state.SetLabel(order.key + (order.descending ? " down" : " up"));
    for (auto _ : state) {
        const auto ids = must(samplesMatching(project, "", order, 200));
        benchmark::DoNotOptimize(must(sampleRows(project, ids)));
    }
}
BENCHMARK(firstPageSorted)
    ->DenseRange(0, 2 * static_cast<int>(sortKeys().size()) - 1)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(3);

void allIds(benchmark::State &state)
{
    const Page &page = pages[state.range(0)];
    const Project project = must(Project::open(largeProject(), Project::Access::Read));
    state.SetLabel(std::string(page.filter) + " | " + page.sort);
    for (auto _ : state)
        benchmark::DoNotOptimize(must(samplesMatching(project, page.filter, {page.sort, page.descending})));
}
BENCHMARK(allIds)->DenseRange(0, 5)->Unit(benchmark::kMillisecond)->Iterations(2);

/// Label, undo and redo of 100,000 samples.
void editInBulk(benchmark::State &state, const std::filesystem::path &place)
{
    Project project = must(Project::open(place, Project::Access::Write));
    const auto ids = must(samplesMatching(project, "", {}, 100'000));
    Verdict verdict;
    verdict.label = ClassId{3};
    double editSeconds = 0, undoSeconds = 0, redoSeconds = 0;
    const auto timed = [](auto work) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    for (auto _ : state) {
        editSeconds += timed([&] { must(annotateAll(project, ids, verdict, "ann")); });
        undoSeconds += timed([&] { must(project.undo()); });
        redoSeconds += timed([&] { must(project.redo()); });
        must(project.undo());
    }
    const auto runs = static_cast<double>(state.iterations());
    state.counters["edit_s"] = editSeconds / runs;
    state.counters["undo_s"] = undoSeconds / runs;
    state.counters["redo_s"] = redoSeconds / runs;
}

void bulkEdit(benchmark::State &state)
{
    editInBulk(state, largeProject());
}
BENCHMARK(bulkEdit)->Iterations(2)->Unit(benchmark::kMillisecond);

/// Nothing of it may depend on how often the samples were labelled before.
void bulkEditOfLabelled(benchmark::State &state)
{
    editInBulk(state, labelledProject(static_cast<int>(state.range(0))));
}
BENCHMARK(bulkEditOfLabelled)->Arg(0)->Arg(16)->Iterations(1)->Unit(benchmark::kMillisecond);

void oneLabel(benchmark::State &state)
{
    Project project = must(Project::open(largeProject(), Project::Access::Write));
    Verdict verdict;
    verdict.label = ClassId{3};
    std::int64_t next = 500'000;
    for (auto _ : state)
        must(annotate(project, SampleId{1 + next++ % largeCount()}, verdict, "ann"));
}
BENCHMARK(oneLabel)->Unit(benchmark::kMillisecond)->Iterations(50);

/// FER2013 as shipped: 32,039 rows of 48x48 raw pixels with hashes, labels, duplicates and commit.
void importTable(benchmark::State &state)
{
    const int count = 32'039;
    std::vector<std::uint8_t> pixels(48 * 48);
    for (auto _ : state) {
        const TemporaryFolder folder;
        Project project = must(Project::create(folder / "a.mien", ""));
        ImportWriter writer = must(ImportWriter::begin(project, "fer2013.csv", "", folder / "fer2013.csv"));
        NewMedia file;
        file.path = folder / "fer2013.csv";
        const MediaId media = must(writer.addMedia(file));
        for (int row = 0; row < count; ++row) {
            for (std::size_t i = 0; i < pixels.size(); i += 8)
                pixels[i] = static_cast<std::uint8_t>(row * 31 + row / 256 + static_cast<int>(i));
            NewSample sample = rowWithoutCrop(media, row);
            sample.votes.clear();
            sample.subject.clear();
            sample.crop = must(writer.addCrop(48, 48, 1, "raw", pixels));
            sample.pixelHash = pixelHashOf(48, 48, 1, pixels);
            must(writer.addSample(sample));
        }
        must(writer.finish());
    }
    state.counters["rows/s"] =
        benchmark::Counter(static_cast<double>(count * state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(importTable)->Unit(benchmark::kMillisecond)->Iterations(2);

} // namespace

BENCHMARK_MAIN();
