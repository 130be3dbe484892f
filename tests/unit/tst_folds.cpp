#include "models/io/training_pack.h"
#include "models/train/augment.h"
#include "models/train/batch_loader.h"
#include "models/train/folds.h"
#include "models/train/run_folds.h"
#include "models/train/schedule.h"
#include "models/train/train_config.h"
#include "tests/support/toy_pack.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <set>

using namespace mien;

/// What decides the data of a training before any network is involved: packs, folds, views, batches, settings.
class TestFolds : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void groupsShareAFold();
    void classesAreBalanced();
    void sameSeedSameFolds();
    void tooFewGroupsAreRefused();
    void sharesAreKept();
    void assignmentTakesNewSamplesIn();
    void damagedPacksAreRefused_data();
    void damagedPacksAreRefused();
    void batchesDoNotDependOnThreads();
    void sharedPairIsAMirror();
    void noAugmentationIsTheCropItself();
    void erasingStaysInside();
    void schedules_data();
    void schedules();
    void settingsAreChecked_data();
    void settingsAreChecked();
    void settingsSurviveARoundTrip();

private:
    std::filesystem::path folder(const char *name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }
    QTemporaryDir m_folder;
};

namespace {

struct Cohort
{
    std::vector<std::int64_t> labels;
    std::vector<std::int64_t> groups;
};

Cohort cohort(int count, int classes, int largestGroup, std::uint64_t seed)
{
    Cohort result;
    CounterRandom random(seed, 0, 0, 0);
    std::int64_t group = 0;
    while (int(result.labels.size()) < count) {
        const auto size = 1 + random.below(std::uint64_t(largestGroup));
        for (std::uint64_t i = 0; i < size && int(result.labels.size()) < count; ++i) {
            // A rare class 0: stratification matters most there.
            result.labels.push_back(random.chance(0.03) ? 0
                                                        : std::int64_t(1 + random.below(std::uint64_t(classes - 1))));
            result.groups.push_back(group);
        }
        ++group;
    }
    return result;
}

} // namespace

void TestFolds::groupsShareAFold()
{
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto data = cohort(500, 4, 9, seed);
        const auto folds = stratifiedFolds(data.labels, data.groups, 5, seed);
        QVERIFY(folds);
        std::map<std::int64_t, std::set<int>> foldsOfGroup;
        for (std::size_t i = 0; i < data.labels.size(); ++i)
            foldsOfGroup[data.groups[i]].insert((*folds)[i]);
        for (const auto &[group, used] : foldsOfGroup)
            QCOMPARE(used.size(), std::size_t(1));
        QCOMPARE(std::set<int>(folds->begin(), folds->end()).size(), std::size_t(5));
    }
}

void TestFolds::classesAreBalanced()
{
    const auto data = cohort(1003, 7, 1, 3);
    const auto folds = stratifiedFolds(data.labels, data.groups, 4, 3);
    QVERIFY(folds);
    std::map<std::int64_t, std::map<int, int>> counts;
    std::map<int, int> sizes;
    for (std::size_t i = 0; i < data.labels.size(); ++i) {
        ++counts[data.labels[i]][(*folds)[i]];
        ++sizes[(*folds)[i]];
    }
    for (auto &[label, perFold] : counts) {
        int least = perFold[0];
        int most = perFold[0];
        for (int fold = 0; fold < 4; ++fold) {
            least = std::min(least, perFold[fold]);
            most = std::max(most, perFold[fold]);
        }
        QVERIFY2(most - least <= 1, qPrintable(QString("class %1: %2 to %3").arg(label).arg(least).arg(most)));
    }
    for (const auto &[fold, size] : sizes)
        QVERIFY(std::abs(size - 1003 / 4.0) <= 7);
}

void TestFolds::sameSeedSameFolds()
{
    const auto data = cohort(300, 5, 4, 1);
    const auto first = stratifiedFolds(data.labels, data.groups, 3, 7);
    const auto again = stratifiedFolds(data.labels, data.groups, 3, 7);
    const auto other = stratifiedFolds(data.labels, data.groups, 3, 8);
    QVERIFY(first && again && other);
    QCOMPARE(*first, *again);
    QVERIFY(*first != *other);
}

void TestFolds::tooFewGroupsAreRefused()
{
    const std::vector<std::int64_t> labels = {0, 1, 0, 1};
    const std::vector<std::int64_t> groups = {1, 1, 2, 2};
    const auto folds = stratifiedFolds(labels, groups, 3, 0);
    QVERIFY(!folds);
    QCOMPARE(folds.error().code, ErrorCode::Invalid);
}

void TestFolds::sharesAreKept()
{
    const auto data = cohort(2000, 3, 2, 5);
    const std::vector<double> shares = {0.1, 0.9};
    const auto bins = dealGroups(data.labels, data.groups, shares, 5);
    QVERIFY(bins);
    const auto small = std::count(bins->begin(), bins->end(), 0);
    QVERIFY2(small > 185 && small < 215, qPrintable(QString::number(small)));
}

void TestFolds::assignmentTakesNewSamplesIn()
{
    test::ToyPack before{.count = 40};
    before.labels.assign(40, 0);
    for (std::size_t i = 0; i < 40; ++i)
        before.labels[i] = i < 30 ? std::int64_t(i % 2) : -1; // ten without a label yet
    before.write(folder("before"));
    auto config = TrainConfig::fromJson({{"pack", "p"}, {"out", "o"}, {"folds", 3}});
    QVERIFY(config);
    const auto first = dealRun(*config, *TrainingPack::open(folder("before")));
    QVERIFY(first);
    QVERIFY(first->write(folder("folds.safetensors")));

    test::ToyPack after{.count = 40}; // all labelled, and sample 35 found to be a twin of sample 4
    for (std::int64_t i = 0; i < 40; ++i)
        after.groups.push_back(i == 35 ? 4 : i);
    after.write(folder("after"));
    config->assignment = folder("folds.safetensors");
    const auto second = dealRun(*config, *TrainingPack::open(folder("after")));
    QVERIFY2(second, second ? "" : second.error().message.c_str());
    for (std::size_t i = 0; i < 40; ++i) {
        if (i < 30)
            QCOMPARE(second->fold[i], first->fold[i]);
        QVERIFY(second->fold[i] >= 0 && second->fold[i] < 3);
    }
    QCOMPARE(second->fold[35], second->fold[4]);
}

void TestFolds::damagedPacksAreRefused_data()
{
    QTest::addColumn<QString>("find");
    QTest::addColumn<QString>("replace");
    QTest::newRow("count") << "\"count\":6"
                           << "\"count\":7";
    QTest::newRow("side") << "\"side\":32"
                          << "\"side\":31";
    QTest::newRow("channels") << "\"channels\":1"
                              << "\"channels\":2";
    QTest::newRow("label") << "\"label\":[0"
                           << "\"label\":[9";
    QTest::newRow("split") << "\"split\":[0"
                           << "\"split\":[4";
    QTest::newRow("format") << "mien-pack/1"
                            << "mien-pack/9";
    QTest::newRow("twice") << "\"sample\":[100,101"
                           << "\"sample\":[100,100";
    QTest::newRow("not json") << "{"
                              << "";
    QTest::newRow("class twice") << "class1"
                                 << "class0";
}

void TestFolds::damagedPacksAreRefused()
{
    QFETCH(QString, find);
    QFETCH(QString, replace);
    const auto path = folder("damaged");
    test::ToyPack{.count = 6}.write(path);
    QVERIFY(TrainingPack::open(path));
    std::ifstream file(path / "index.json");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto at = text.find(find.toStdString());
    QVERIFY(at != std::string::npos);
    text.replace(at, std::size_t(find.size()), replace.toStdString());
    std::ofstream(path / "index.json") << text;
    const auto pack = TrainingPack::open(path);
    QVERIFY(!pack);
    QVERIFY(pack.error().message.find(path.string()) != std::string::npos);
}

void TestFolds::batchesDoNotDependOnThreads()
{
    const auto path = folder("batches");
    test::ToyPack{.count = 50, .channels = 3}.write(path);
    const auto pack = TrainingPack::open(path);
    QVERIFY(pack);
    auto config = TrainConfig::fromJson({{"pack", path.string()}, {"out", "x"}});
    QVERIFY(config);
    auto recipe = config->augmentRecipe();
    recipe.noise = 0.5;
    const ViewMaker views(InputTransform(*presetPreprocessing("imagenet", 3, 40), 3, 32), recipe,
                          SecondView::Independent, 5);
    std::vector<std::int64_t> order(50);
    std::iota(order.rbegin(), order.rend(), 0);
    std::vector<std::vector<float>> results;
    for (const auto &[threads, batch] : {std::pair(1, 8), std::pair(3, 8), std::pair(2, 50)}) {
        BatchLoader loader(*pack, views, order, pack->labels(), batch, 2, threads);
        std::vector<float> first, second;
        while (const Batch *ready = loader.next()) {
            const auto half = std::ptrdiff_t(ready->inputs.size() / 2);
            first.insert(first.end(), ready->inputs.begin(), ready->inputs.begin() + half);
            second.insert(second.end(), ready->inputs.begin() + half, ready->inputs.end());
        }
        first.insert(first.end(), second.begin(), second.end());
        QCOMPARE(first.size(), std::size_t(2) * 50 * 3 * 40 * 40);
        results.push_back(std::move(first));
    }
    QVERIFY(results[0] == results[1]);
    QVERIFY(results[0] == results[2]);
}

void TestFolds::sharedPairIsAMirror()
{
    const auto path = folder("shared");
    test::ToyPack{.count = 4}.write(path);
    const auto pack = TrainingPack::open(path);
    QVERIFY(pack);
    AugmentRecipe recipe{.rotationDeg = 10, .flip = 0.5, .noise = 1, .erasing = {1, 0.1, 0.2}};
    const ViewMaker views(InputTransform(*presetPreprocessing("unit", 1, 32), 1, 32), recipe, SecondView::Shared, 1);
    std::vector<float> first(32 * 32), second(32 * 32);
    views.make(pack->pixels(1), 101, 0, first, second);
    for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 32; ++x)
            QCOMPARE(second[std::size_t(y * 32 + x)], first[std::size_t(y * 32 + 31 - x)]);
}

void TestFolds::noAugmentationIsTheCropItself()
{
    const auto path = folder("plain");
    test::ToyPack{.count = 2}.write(path);
    const auto pack = TrainingPack::open(path);
    QVERIFY(pack);
    const ViewMaker views(InputTransform(*presetPreprocessing("raw255", 1, 32), 1, 32), {}, SecondView::None, 1);
    std::vector<float> first(32 * 32);
    views.make(pack->pixels(1), 101, 3, first, {});
    for (std::size_t i = 0; i < first.size(); ++i)
        QCOMPARE(int(first[i] + 0.5f), int(pack->pixels(1)[i]));
}

void TestFolds::erasingStaysInside()
{
    int erased = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        std::vector<float> view(3 * 24 * 24, 1.f);
        CounterRandom random(seed, 0, 0, 0);
        eraseRandomly(view, 3, 24, {0.5, 0.02, 0.25}, random);
        const auto zeros = std::count(view.begin(), view.end(), 0.f);
        QVERIFY(zeros % 3 == 0);
        QVERIFY(double(zeros) / 3 <= 0.3 * 24 * 24); // the sides are rounded
        erased += zeros > 0;
    }
    QVERIFY(erased > 70 && erased < 130);
}

void TestFolds::schedules_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("step");
    QTest::addColumn<double>("expected");
    using Kind = Schedule::Kind;
    QTest::newRow("one cycle starts low") << int(Kind::OneCycle) << 0 << 1.0 / 25;
    QTest::newRow("one cycle ends lower") << int(Kind::OneCycle) << 99 << 1e-4;
    QTest::newRow("exponential") << int(Kind::Exponential) << 25 << 0.25;
    QTest::newRow("step") << int(Kind::Step) << 45 << 0.25;
    QTest::newRow("cosine warms up") << int(Kind::Cosine) << 10 << 0.5;
    QTest::newRow("cosine half way") << int(Kind::Cosine) << 60 << 0.5;
}

void TestFolds::schedules()
{
    QFETCH(int, kind);
    QFETCH(int, step);
    QFETCH(double, expected);
    const Schedule schedule{
        .kind = Schedule::Kind(kind), .rate = 1, .gamma = 0.5, .warmup = 2, .every = 2, .epochs = 10};
    QVERIFY(std::abs(schedule.at(step, 10) - expected) < 1e-9);
}

void TestFolds::settingsAreChecked_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("says");
    QTest::newRow("epochs") << "epochs"
                            << "0"
                            << "1 to 100000";
    QTest::newRow("not a number") << "lr"
                                  << "fast"
                                  << "a number";
    QTest::newRow("fraction") << "batch"
                              << "3.5"
                              << "whole number";
    QTest::newRow("choice") << "augment"
                            << "wild"
                            << "default, flip, none";
    QTest::newRow("precision") << "precision"
                               << "fp8"
                               << "auto, fp32, bf16";
    QTest::newRow("nan") << "lr"
                         << "nan"
                         << "0 to 1000";
}

void TestFolds::settingsAreChecked()
{
    QFETCH(QString, key);
    QFETCH(QString, value);
    QFETCH(QString, says);
    const auto config =
        TrainConfig::fromJson({{"pack", "p"}, {"out", "o"}, {"set", {{key.toStdString(), value.toStdString()}}}});
    QVERIFY(!config);
    QCOMPARE(config.error().code, ErrorCode::Invalid);
    QVERIFY2(config.error().message.find(says.toStdString()) != std::string::npos, config.error().message.c_str());
}

void TestFolds::settingsSurviveARoundTrip()
{
    for (const char *recipe : {"quick", "paper"})
        for (const char *network : {"eac-compact", "eac-resnet18", "dan", "thesis", "arbex"}) {
            const auto config = TrainConfig::fromJson({{"pack", "p"},
                                                       {"out", "o"},
                                                       {"network", network},
                                                       {"recipe", recipe},
                                                       {"folds", 3},
                                                       {"set", {{"lr", "0.01"}, {"pair", "shared"}, {"epochs", 3}}}});
            QVERIFY2(config, config ? "" : config.error().message.c_str());
            const auto again = TrainConfig::fromJson(config->toJson());
            QVERIFY2(again, again ? "" : again.error().message.c_str());
            QCOMPARE(again->identity(), config->identity());
        }
}

QTEST_GUILESS_MAIN(TestFolds)
#include "tst_folds.moc"
