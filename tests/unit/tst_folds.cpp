#include "models/base/fingerprint.h"
#include "models/io/safetensors.h"
#include "models/io/training_pack.h"
#include "models/train/augment.h"
#include "models/train/batch_loader.h"
#include "models/train/colour_jitter.h"
#include "models/train/folds.h"
#include "models/train/initial_weights.h"
#include "models/train/plateau.h"
#include "models/train/run_folds.h"
#include "models/train/schedule.h"
#include "models/train/train_config.h"
#include "models/train/train_help.h"
#include "models/train/vote_targets.h"
#include "tests/support/toy_pack.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <set>

using namespace mien;

Q_DECLARE_METATYPE(AugmentRecipe)
Q_DECLARE_METATYPE(Schedule)

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
    void recipesVaryAsTheyAlwaysDid_data();
    void recipesVaryAsTheyAlwaysDid();
    void augmentationIsChosenByKeys();
    void randomCropIsAWindowOfThePaddedPicture();
    void aPartIsStretchedToTheWhole();
    void partOfThePicturesStaysInPlace();
    void copiesAreVariedByThemselves();
    void theRecipePaperDoesWhatTheDocumentsSay_data();
    void theRecipePaperDoesWhatTheDocumentsSay();
    void shearLeansWhatStoodUpright();
    void coloursChangeAsComputedByHand_data();
    void coloursChangeAsComputedByHand();
    void colourFactorsStayInRange();
    void pointsMoveAsPixelsDo_data();
    void pointsMoveAsPixelsDo();
    void batchesCarryLandmarks();
    void votesBecomeShares();
    void erasingStaysInside();
    void schedules_data();
    void schedules();
    void plateauFollowsPyTorch_data();
    void plateauFollowsPyTorch();
    void plateauOfAccuracyNeedsASlice();
    void settingsAreChecked_data();
    void settingsAreChecked();
    void settingsSurviveARoundTrip();
    void weightsSayHowPixelsAreRead();
    void everyKeyIsExplained();

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
    recipe.shearDeg = 8;
    recipe.cropPadding = 3;
    recipe.colours = {0.4, 0.4, 0.4, 0.1};
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
    views.make(pack->pixels(1), {101, 0}, first, second);
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
    views.make(pack->pixels(1), {101, 3}, first, {});
    for (std::size_t i = 0; i < first.size(); ++i)
        QCOMPARE(int(first[i] + 0.5f), int(pack->pixels(1)[i]));
}

void TestFolds::recipesVaryAsTheyAlwaysDid_data()
{
    QTest::addColumn<QString>("network");
    QTest::addColumn<QString>("recipe");
    QTest::addColumn<QString>("augment");
    QTest::addColumn<int>("channels");
    QTest::addColumn<QString>("views");
    const auto row = [](const char *network, const char *recipe, const char *augment, int channels, const char *views) {
        QTest::addRow("%s %s %s, %d channels", network, recipe, augment, channels)
            << network << recipe << augment << channels << views;
    };
    row("eac-compact", "quick", "default", 1, "96d10bfb24e3aed0");
    row("eac-compact", "quick", "default", 3, "3e31f98c2ed9f93b");
    row("eac-compact", "quick", "flip", 1, "7d509af6af17dd5d");
    row("eac-compact", "quick", "none", 1, "0674c922f1b5b225");
    row("eac-resnet18", "paper", "default", 3, "5cb0ce222848d75b");
    row("dan", "paper", "default", 3, "0a40a8b3fb2c308f");
}

void TestFolds::recipesVaryAsTheyAlwaysDid()
{
    // Checksums of before there was any key but `augment`: a run with the recipe's augmentation goes on to the same
    // weights. A change here needs a reason and a line in the change log.
    QFETCH(QString, network);
    QFETCH(QString, recipe);
    QFETCH(QString, augment);
    QFETCH(int, channels);
    QFETCH(QString, views);
    const auto path = folder("views");
    test::ToyPack{.count = 6, .channels = channels}.write(path);
    const auto pack = TrainingPack::open(path);
    QVERIFY(pack);
    const auto config = TrainConfig::fromJson({{"pack", "p"},
                                               {"out", "o"},
                                               {"network", network.toStdString()},
                                               {"recipe", recipe.toStdString()},
                                               {"set", {{"augment", augment.toStdString()}}}});
    QVERIFY(config);
    const ViewMaker maker(InputTransform(*presetPreprocessing("raw255", channels, 40), channels, 32),
                          config->augmentRecipe(), SecondView::Independent, 11);
    std::vector<float> first(maker.transform().inputSize()), second(first.size());
    Fingerprint fingerprint;
    for (std::size_t row = 0; row < pack->count(); ++row)
        for (const int epoch : {0, 3}) {
            maker.make(pack->pixels(row), {pack->samples()[row], epoch}, first, second);
            for (const auto *view : {&first, &second}) {
                std::string bytes;
                for (const float value : *view)
                    bytes.push_back(char(std::uint8_t(value + 0.5f)));
                fingerprint.add(bytes);
            }
        }
    QCOMPARE(QString::fromStdString(fingerprint.hex()), views);
}

void TestFolds::augmentationIsChosenByKeys()
{
    const auto recipeOf = [](const nlohmann::json &set) {
        const auto config = TrainConfig::fromJson({{"pack", "p"}, {"out", "o"}, {"set", set}});
        return config ? config->augmentRecipe() : AugmentRecipe{.rotationDeg = -1};
    };
    nlohmann::json set = {{"mirror", 0.25},  {"rotation", "20"},    {"translation", 0.1}, {"zoom", 0.2},
                          {"shear", 5},      {"noise", 0.75},       {"crop_padding", 4},  {"brightness", 0.1},
                          {"contrast", 0.2}, {"saturation", 2},     {"hue", 0.5},         {"window_smallest", 0.4},
                          {"moved", 0.9},    {"noise_variance", 40}};
    const auto chosen = recipeOf(set);
    QCOMPARE(chosen.flip, 0.25);
    QCOMPARE(chosen.rotationDeg, 20.0);
    QCOMPARE(chosen.translation, 0.1);
    QCOMPARE(chosen.scale, 0.2);
    QCOMPARE(chosen.shearDeg, 5.0);
    QCOMPARE(chosen.noise, 0.75);
    QCOMPARE(chosen.cropPadding, 4);
    QCOMPARE(chosen.window.smallest, 0.4);
    QCOMPARE(chosen.moved, 0.9);
    QCOMPARE(chosen.noiseVariance, 40.0);
    QCOMPARE(chosen.colours.brightness, 0.1);
    QCOMPARE(chosen.colours.contrast, 0.2);
    QCOMPARE(chosen.colours.saturation, 2.0);
    QCOMPARE(chosen.colours.hue, 0.5);
    QCOMPARE(recipeOf({{"hue", 0.1}}).rotationDeg, 10.0); // what is not set stays the recipe's

    set["augment"] = "flip";
    const auto flipped = recipeOf(set);
    QCOMPARE(flipped.flip, 0.25);
    QVERIFY(flipped.rotationDeg == 0 && flipped.shearDeg == 0 && flipped.cropPadding == 0 && flipped.noise == 0);
    QVERIFY(!flipped.colours.any());
    set["augment"] = "none";
    QCOMPARE(recipeOf(set).flip, 0.0);

    // Each key is part of the run's identity, but only where it was set: runs of before go on.
    const auto identityOf = [](const nlohmann::json &given) {
        return TrainConfig::fromJson({{"pack", "p"}, {"out", "o"}, {"set", given}})->identity();
    };
    set.erase("augment");
    std::set<std::string> identities = {identityOf(nlohmann::json::object())};
    for (const auto &[key, value] : set.items()) {
        QVERIFY(identityOf({{"lr", 1}}).find("\"" + key + "\"") == std::string::npos);
        QVERIFY2(identities.insert(identityOf({{key, value}})).second, key.c_str());
    }
    const auto config = TrainConfig::fromJson({{"pack", "p"}, {"out", "o"}, {"set", set}});
    QVERIFY(config);
    QCOMPARE(TrainConfig::fromJson(config->toJson())->identity(), config->identity());
}

void TestFolds::randomCropIsAWindowOfThePaddedPicture()
{
    const int side = 12;
    const int padding = 2;
    std::vector<std::uint8_t> crop(side * side);
    std::iota(crop.begin(), crop.end(), 0);
    const ViewMaker views(InputTransform(*presetPreprocessing("raw255", 1, side), 1, side), {.cropPadding = padding},
                          SecondView::None, 1);
    std::set<std::pair<int, int>> windows;
    std::vector<float> view(crop.size());
    for (int epoch = 0; epoch < 400; ++epoch) {
        views.make(crop, {7, epoch}, view, {});
        // Pixel (5, 5) lies inside whatever the window is, and says where it lies.
        const int seen = int(view[5 * side + 5] + 0.5f);
        const int left = seen % side - 5;
        const int top = seen / side - 5;
        QVERIFY(std::abs(left) <= padding && std::abs(top) <= padding);
        windows.insert({left, top});
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x) // the edge continues into the padding
                QCOMPARE(int(view[std::size_t(y * side + x)] + 0.5f),
                         std::clamp(y + top, 0, side - 1) * side + std::clamp(x + left, 0, side - 1));
    }
    QCOMPARE(windows.size(), std::size_t(25));
}

void TestFolds::aPartIsStretchedToTheWhole()
{
    // A ramp in both directions: the step from pixel to pixel says how large the part is, the corner where it lies.
    const int side = 64;
    std::vector<std::uint8_t> crop(3 * side * side, 0);
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            crop[std::size_t(y * side + x)] = std::uint8_t(4 * x);
            crop[std::size_t((side + y) * side + x)] = std::uint8_t(4 * y);
        }
    const ViewMaker views(InputTransform(*presetPreprocessing("raw255", 3, side), 3, side),
                          {.window = {0.25, 0.64, 4.0 / 3}}, SecondView::None, 1);
    std::vector<float> view(crop.size());
    double least = 1, most = 0, widest = 0;
    for (int epoch = 0; epoch < 300; ++epoch) {
        views.make(crop, {7, epoch}, view, {});
        const auto at = [&](int channel, int y, int x) {
            return double(view[std::size_t((channel * side + y) * side + x)]) / 4;
        };
        const double width = (at(0, 5, 60) - at(0, 5, 4)) / 56, height = (at(1, 60, 5) - at(1, 4, 5)) / 56;
        QVERIFY(std::abs(at(1, 20, 60) - at(1, 20, 4)) < 0.3); // nothing leans
        QVERIFY(at(0, 5, 0) > -0.6 && at(0, 5, 63) < side);    // and nothing is shown that is not there
        least = std::min(least, width * height);
        most = std::max(most, width * height);
        widest = std::max(widest, width / height);
    }
    QVERIFY2(least > 0.24 && least < 0.3, qPrintable(QString::number(least)));
    QVERIFY2(most > 0.58 && most < 0.66, qPrintable(QString::number(most)));
    QVERIFY2(widest > 1.25 && widest < 1.36, qPrintable(QString::number(widest)));
}

void TestFolds::partOfThePicturesStaysInPlace()
{
    const int side = 16;
    std::vector<std::uint8_t> crop(side * side);
    std::iota(crop.begin(), crop.end(), 0);
    const ViewMaker views(InputTransform(*presetPreprocessing("raw255", 1, side), 1, side),
                          {.rotationDeg = 40, .moved = 0.25}, SecondView::None, 1);
    std::vector<float> view(crop.size());
    int moved = 0;
    for (int epoch = 0; epoch < 400; ++epoch) {
        views.make(crop, {7, epoch}, view, {});
        moved += !std::equal(view.begin(), view.end(), crop.begin(),
                             [](float shown, std::uint8_t stored) { return int(shown + 0.5f) == stored; });
    }
    QVERIFY2(std::abs(moved - 100) < 35, qPrintable(QString::number(moved)));
}

void TestFolds::copiesAreVariedByThemselves()
{
    const auto path = folder("copies");
    test::ToyPack{.count = 6}.write(path);
    const auto pack = TrainingPack::open(path);
    QVERIFY(pack);
    const auto firstViews = [&](const ViewMaker &views, const std::vector<std::int64_t> &order) {
        BatchLoader loader(*pack, views, order, pack->labels(), int(order.size()), 2, 2);
        const Batch *batch = loader.next();
        const std::size_t size = views.transform().inputSize();
        std::vector<std::vector<float>> result;
        for (std::size_t i = 0; batch && i < order.size(); ++i)
            result.emplace_back(batch->inputs.begin() + std::ptrdiff_t(i * size),
                                batch->inputs.begin() + std::ptrdiff_t((i + 1) * size));
        return result;
    };
    const InputTransform transform(*presetPreprocessing("unit", 1, 32), 1, 32);
    ViewMaker views(transform, {.rotationDeg = 10}, SecondView::None, 5);
    const auto repeated = firstViews(views, {3, 1, 3, 3});
    QCOMPARE(repeated.size(), std::size_t(4));
    QVERIFY(repeated[0] != repeated[2] && repeated[0] != repeated[3] && repeated[2] != repeated[3]);
    QVERIFY(repeated[0] == firstViews(views, {0, 3})[1]); // the first one is as if there were no other

    // Pictures as they are, copies varied.
    const auto config = TrainConfig::fromJson(
        {{"pack", "p"}, {"out", "o"}, {"set", {{"augment", "none"}, {"minority_augment", "a class:2,b:9"}}}});
    QVERIFY(config);
    QCOMPARE(config->minority.copies, (std::map<std::string, int>{{"a class", 2}, {"b", 9}}));
    QCOMPARE(TrainConfig::fromJson(config->toJson())->identity(), config->identity());
    ViewMaker plain(transform, config->augmentRecipe(), SecondView::None, 5);
    const auto same = firstViews(plain, {3, 3});
    QVERIFY(same[0] == same[1]);
    plain.varyCopies(config->copyRecipe());
    const auto varied = firstViews(plain, {3, 3});
    QVERIFY(varied[0] == same[0] && varied[1] != same[0]);
    QVERIFY(!config->copyRecipe().quarterTurns);
    QCOMPARE(config->copyRecipe().rotationDeg, 15.0);
}

void TestFolds::theRecipePaperDoesWhatTheDocumentsSay_data()
{
    QTest::addColumn<QString>("network");
    QTest::addColumn<QString>("set");
    QTest::addColumn<AugmentRecipe>("expected");
    const auto row = [](const char *network, const AugmentRecipe &expected, const char *set = "{}") {
        QTest::addRow("%s %s", network, set) << network << set << expected;
    };
    const Erasing usual{0.5, 0.02, 0.25}, little{0.5, 0.02, 0.1};
    row("eac-resnet50", {.noise = 0.5, .erasing = usual});
    row("dan", {.rotationDeg = 20, .cropPadding = 32, .moved = 0.2, .flip = 0.5, .erasing = usual});
    row("dan", {.rotationDeg = 20, .cropPadding = 9, .moved = 0.2, .flip = 0.5, .erasing = usual},
        R"({"preset":"tiny"})");
    row("thesis", {.rotationDeg = 20, .flip = 0.5, .erasing = usual});
    row("arbex", {.rotationDeg = 15,
                  .window = {0.765625, 0.765625, 1},
                  .flip = 0.5,
                  .noise = 0.3,
                  .noiseVariance = 26.01,
                  .colours = {0.2, 0.2, 0.2, 0.05},
                  .erasing = little});
    row("posterpp", {.flip = 0.5, .erasing = little});
    row("mae-base", {.window = {0.2, 1, 4.0 / 3}, .flip = 0.5}, R"({"pretrain":1})");
    row("mae-base", {.flip = 0.5});
    row("qmask", {});
    row("crossvit-small", {.rotationDeg = 10, .flip = 0.5});
    row("visi", {.rotationDeg = 15, .translation = 0.06, .scale = 0.08, .flip = 0.5});
    row("native-torch", {});
    row("efficientnetv2-b3", {});
}

void TestFolds::theRecipePaperDoesWhatTheDocumentsSay()
{
    QFETCH(QString, network);
    QFETCH(QString, set);
    QFETCH(AugmentRecipe, expected);
    const auto config = TrainConfig::fromJson({{"pack", "p"},
                                               {"out", "o"},
                                               {"network", network.toStdString()},
                                               {"recipe", "paper"},
                                               {"set", nlohmann::json::parse(set.toStdString())}});
    QVERIFY(config);
    const AugmentRecipe recipe = config->augmentRecipe();
    QCOMPARE(recipe.rotationDeg, expected.rotationDeg);
    QCOMPARE(recipe.translation, expected.translation);
    QCOMPARE(recipe.scale, expected.scale);
    QCOMPARE(recipe.shearDeg, 0.0);
    QCOMPARE(recipe.cropPadding, expected.cropPadding);
    QCOMPARE(recipe.window.smallest, expected.window.smallest);
    QCOMPARE(recipe.window.largest, expected.window.largest);
    QCOMPARE(recipe.window.aspect, expected.window.aspect);
    QCOMPARE(recipe.moved, expected.moved);
    QCOMPARE(recipe.flip, expected.flip);
    QVERIFY(!recipe.quarterTurns);
    QCOMPARE(recipe.noise, expected.noise);
    QCOMPARE(recipe.noiseVariance, expected.noiseVariance);
    QCOMPARE(recipe.colours.brightness, expected.colours.brightness);
    QCOMPARE(recipe.colours.contrast, expected.colours.contrast);
    QCOMPARE(recipe.colours.saturation, expected.colours.saturation);
    QCOMPARE(recipe.colours.hue, expected.colours.hue);
    QCOMPARE(recipe.erasing.probability, expected.erasing.probability);
    if (expected.erasing.probability > 0)
        QCOMPARE(recipe.erasing.largest, expected.erasing.largest);
}

void TestFolds::shearLeansWhatStoodUpright()
{
    const int side = 65;
    std::vector<std::uint8_t> crop(side * side, 0);
    for (int y = 0; y < side; ++y)
        crop[std::size_t(y * side + side / 2)] = 255; // an upright line in the middle
    const ViewMaker views(InputTransform(*presetPreprocessing("raw255", 1, side), 1, side), {.shearDeg = 20},
                          SecondView::None, 1);
    const auto lineIn = [&](const std::vector<float> &view, int y) { // centre of gravity of a row
        double weight = 0;
        double sum = 0;
        for (int x = 0; x < side; ++x) {
            weight += view[std::size_t(y * side + x)];
            sum += x * view[std::size_t(y * side + x)];
        }
        return sum / weight;
    };
    std::vector<float> view(crop.size());
    double mostLeft = 0;
    double mostRight = 0;
    for (int epoch = 0; epoch < 100; ++epoch) {
        views.make(crop, {3, epoch}, view, {});
        QVERIFY(std::abs(lineIn(view, side / 2) - side / 2) < 0.05); // the middle stays
        const double lean = (lineIn(view, 2) - lineIn(view, side - 3)) / (side - 5);
        QVERIFY(std::abs((lineIn(view, 2) + lineIn(view, side - 3)) / 2 - side / 2) < 0.1); // and it stays a line
        QVERIFY(std::abs(lean) < std::tan(20 * 3.14159265 / 180) + 0.01);
        mostLeft = std::min(mostLeft, lean);
        mostRight = std::max(mostRight, lean);
    }
    QVERIFY(mostLeft < -0.3 && mostRight > 0.3);
}

void TestFolds::coloursChangeAsComputedByHand_data()
{
    QTest::addColumn<QList<int>>("before");
    QTest::addColumn<int>("channels");
    QTest::addColumn<QString>("operation");
    QTest::addColumn<double>("amount");
    QTest::addColumn<QList<int>>("after");
    using Pixels = QList<int>; // planar
    QTest::newRow("nothing") << Pixels{10, 20, 30} << 3 << "brightness" << 1.0 << Pixels{10, 20, 30};
    QTest::newRow("darker") << Pixels{10, 20, 30} << 3 << "brightness" << 0.5 << Pixels{5, 10, 15};
    QTest::newRow("brighter, clipped") << Pixels{100, 200, 30} << 3 << "brightness" << 1.5 << Pixels{150, 255, 45};
    // Two grey pixels of 40 and 160: their mean is 100.
    QTest::newRow("contrast of grey") << Pixels{40, 160} << 1 << "contrast" << 0.5 << Pixels{70, 130};
    QTest::newRow("more contrast, clipped") << Pixels{40, 160} << 1 << "contrast" << 3.0 << Pixels{0, 255};
    // Pure red and pure blue: greys 76.245 and 29.07, mean 52.66; half of each value and half of that.
    QTest::newRow("contrast of colours") << Pixels{255, 0, 0, 0, 0, 255} << 3 << "contrast" << 0.5
                                         << Pixels{154, 26, 26, 26, 26, 154};
    QTest::newRow("saturation 0 is grey") << Pixels{255, 0, 0} << 3 << "saturation" << 0.0 << Pixels{76, 76, 76};
    // Grey of (100, 50, 200) is 82.05; twice the distance from it, clipped.
    QTest::newRow("saturation 2") << Pixels{100, 50, 200} << 3 << "saturation" << 2.0 << Pixels{118, 18, 255};
    QTest::newRow("grey has no saturation") << Pixels{40, 160} << 1 << "saturation" << 0.0 << Pixels{40, 160};
    QTest::newRow("half a turn from red is cyan") << Pixels{255, 0, 0} << 3 << "hue" << 0.5 << Pixels{0, 255, 255};
    QTest::newRow("a third of a turn from red is green")
        << Pixels{255, 0, 0} << 3 << "hue" << 1 / 3.0 << Pixels{0, 255, 0};
    QTest::newRow("a third back from red is blue") << Pixels{255, 0, 0} << 3 << "hue" << -1 / 3.0 << Pixels{0, 0, 255};
    QTest::newRow("half a turn keeps value and chroma")
        << Pixels{200, 100, 50} << 3 << "hue" << 0.5 << Pixels{50, 150, 200};
    QTest::newRow("a quarter of a turn") << Pixels{200, 100, 50} << 3 << "hue" << 0.25 << Pixels{75, 200, 50};
    QTest::newRow("grey pixels have no hue") << Pixels{90, 90, 90} << 3 << "hue" << 0.3 << Pixels{90, 90, 90};
    QTest::newRow("grey pictures have no hue") << Pixels{40, 160} << 1 << "hue" << 0.3 << Pixels{40, 160};
}

void TestFolds::coloursChangeAsComputedByHand()
{
    QFETCH(QList<int>, before);
    QFETCH(int, channels);
    QFETCH(QString, operation);
    QFETCH(double, amount);
    QFETCH(QList<int>, after);
    ColourChange change;
    (operation == "brightness" ? change.brightness
     : operation == "contrast" ? change.contrast
     : operation == "hue"      ? change.hue
                               : change.saturation) = amount;
    std::vector<std::uint8_t> picture(before.begin(), before.end());
    changeColours(picture, channels, change);
    QCOMPARE(QList<int>(picture.begin(), picture.end()), after);
}

void TestFolds::colourFactorsStayInRange()
{
    const ColourJitter jitter{.brightness = 0.4, .contrast = 1.5, .saturation = 0, .hue = 0.2};
    std::set<std::array<ColourOperation, 4>> orders;
    double darkest = 1;
    double leastContrast = 1;
    for (std::uint64_t sample = 0; sample < 500; ++sample) {
        CounterRandom random(1, 2, sample, 3);
        const auto change = jitter.drawn(random);
        QVERIFY(change.brightness >= 0.6 && change.brightness <= 1.4);
        QVERIFY(change.contrast >= 0 && change.contrast <= 2.5);
        QCOMPARE(change.saturation, 1.0);
        QVERIFY(std::abs(change.hue) <= 0.2);
        darkest = std::min(darkest, change.brightness);
        leastContrast = std::min(leastContrast, change.contrast);
        orders.insert(change.order);
    }
    QVERIFY(darkest < 0.62 && leastContrast < 0.05);
    QCOMPARE(orders.size(), std::size_t(24));

    // The order counts: saturation 0 after a hue of half a turn is another grey than before it.
    std::vector<std::uint8_t> first = {255, 0, 0}, last = first;
    ColourChange change{.saturation = 0, .hue = 0.5};
    changeColours(first, 3, change);
    std::swap(change.order[2], change.order[3]);
    changeColours(last, 3, change);
    QCOMPARE(first, (std::vector<std::uint8_t>{76, 76, 76}));
    QCOMPARE(last, (std::vector<std::uint8_t>{179, 179, 179}));
}

void TestFolds::pointsMoveAsPixelsDo_data()
{
    QTest::addColumn<AugmentRecipe>("recipe");
    QTest::addColumn<int>("side"); // of the input; the crop has 64
    QTest::newRow("nothing") << AugmentRecipe{} << 64;
    QTest::newRow("smaller") << AugmentRecipe{} << 48;
    QTest::newRow("mirrored") << AugmentRecipe{.flip = 1} << 64;
    QTest::newRow("mirrored, larger") << AugmentRecipe{.flip = 1} << 96;
    QTest::newRow("rotation") << AugmentRecipe{.rotationDeg = 30} << 64;
    QTest::newRow("translation, smaller") << AugmentRecipe{.translation = 0.1} << 48;
    QTest::newRow("scale, larger") << AugmentRecipe{.scale = 0.2} << 96;
    QTest::newRow("shear") << AugmentRecipe{.shearDeg = 15} << 64;
    QTest::newRow("crop") << AugmentRecipe{.cropPadding = 6} << 64;
    QTest::newRow("window") << AugmentRecipe{.window = {0.3, 0.8, 1.33}} << 64;
    QTest::newRow("quarter turns") << AugmentRecipe{.quarterTurns = true} << 64;
    QTest::newRow("all, half of them mirrored") << AugmentRecipe{.rotationDeg = 20,
                                                                 .translation = 0.06,
                                                                 .scale = 0.1,
                                                                 .shearDeg = 8,
                                                                 .cropPadding = 3,
                                                                 .window = {0.5, 1, 1.2},
                                                                 .moved = 0.7,
                                                                 .flip = 0.5,
                                                                 .quarterTurns = true}
                                                << 80;
}

// A crop whose pixels say where they are: what a view shows at a moved point is the place the point came from.
void TestFolds::pointsMoveAsPixelsDo()
{
    QFETCH(AugmentRecipe, recipe);
    QFETCH(int, side);
    constexpr int source = 64;
    std::vector<std::uint8_t> crop(3 * source * source, 0);
    for (int y = 0; y < source; ++y)
        for (int x = 0; x < source; ++x) {
            crop[std::size_t(y * source + x)] = std::uint8_t(4 * x);
            crop[std::size_t((source + y) * source + x)] = std::uint8_t(4 * y);
        }
    const FaceLandmarks given = {22.5f, 24.25f, 41.f, 23.5f, 32.75f, 34.f, 25.f, 43.5f, 39.5f, 44.f};
    const ViewMaker views(InputTransform(*presetPreprocessing("raw255", 3, side), 3, source), recipe,
                          SecondView::Independent, 7);
    const std::size_t area = std::size_t(side) * std::size_t(side);
    std::vector<float> first(3 * area), second(3 * area);
    const auto at = [&](const std::vector<float> &view, std::size_t channel, double x, double y) { // bilinear
        const auto column = std::size_t(x - 0.5), row = std::size_t(y - 0.5);
        const double right = x - 0.5 - double(column), down = y - 0.5 - double(row);
        const auto value = [&](std::size_t r, std::size_t c) {
            return double(view[channel * area + r * std::size_t(side) + c]);
        };
        return (value(row, column) * (1 - right) + value(row, column + 1) * right) * (1 - down) +
               (value(row + 1, column) * (1 - right) + value(row + 1, column + 1) * right) * down;
    };
    const auto isInside = [&](double place) { return place >= 1 && place <= side - 1; };
    int seen = 0, exchanged = 0;
    for (std::int64_t epoch = 0; epoch < 24; ++epoch) {
        views.make(crop, {100, epoch}, first, second);
        for (const auto &[view, points] : {std::pair(&first, views.points(given, {100, epoch})),
                                           std::pair(&second, views.secondPoints(given, {100, epoch}))}) {
            // Left is left as seen, unless the face was turned by quarters; a view that was mirrored shows the other
            // eye there.
            QVERIFY(recipe.quarterTurns || (points[0] < points[2] && points[6] < points[8]));
            const auto slope = [&](std::size_t channel, double dx, double dy) {
                return at(*view, channel, side / 2.0 + dx, side / 2.0 + dy) -
                       at(*view, channel, side / 2.0 - dx, side / 2.0 - dy);
            };
            const bool isMirrored = slope(0, 4, 0) * slope(1, 0, 4) < slope(0, 0, 4) * slope(1, 4, 0);
            exchanged += isMirrored;
            const FaceLandmarks expected = isMirrored ? sidesExchanged(given) : given;
            for (std::size_t i = 0; i < points.size(); i += 2) {
                const double x = double(points[i]), y = double(points[i + 1]);
                if (!isInside(x) || !isInside(y))
                    continue;
                ++seen;
                // Pixels are whole numbers, in quarters of a pixel of the crop, rounded twice where it is resized.
                const double column = at(*view, 0, x, y) / 4 + 0.5, row = at(*view, 1, x, y) / 4 + 0.5;
                QVERIFY2(std::abs(column - double(expected[i])) < 0.3 && std::abs(row - double(expected[i + 1])) < 0.3,
                         qPrintable(QString("epoch %1 point %2: %3 %4").arg(epoch).arg(i / 2).arg(column).arg(row)));
            }
        }
    }
    QVERIFY2(seen > 200, qPrintable(QString::number(seen)));
    QVERIFY(exchanged >= 10 && exchanged <= 38); // one of both views, and with a mirror the other
    const FaceLandmarks unknown = views.points(unknownLandmarks(), {100, 0});
    QVERIFY(std::none_of(unknown.begin(), unknown.end(), [](float value) { return std::isfinite(value); }));
}

void TestFolds::batchesCarryLandmarks()
{
    const auto path = folder("pointed");
    test::ToyPack toy{.count = 10, .landmarks = std::vector<FaceLandmarks>(10, unknownLandmarks())};
    for (std::size_t i = 0; i < 10; i += 2)
        for (std::size_t j = 0; j < toy.landmarks[i].size(); ++j)
            toy.landmarks[i][j] = float(i + j);
    toy.write(path);
    const auto pack = TrainingPack::open(path);
    QVERIFY2(pack, pack ? "" : pack.error().message.c_str());
    QVERIFY(pack->hasLandmarks());
    QCOMPARE(pack->landmarkHash(), std::string("toy points"));
    QCOMPARE(pack->landmarks(4), toy.landmarks[4]);
    QVERIFY(!areKnown(pack->landmarks(5)));
    const ViewMaker views(InputTransform(*presetPreprocessing("unit", 1, 48), 1, 32), {.rotationDeg = 10, .flip = 0.5},
                          SecondView::Independent, 1);
    const std::vector<std::int64_t> order = {3, 4, 8, 1};
    BatchLoader loader(*pack, views, order, pack->labels(), 3, 2, 1, /*withLandmarks=*/true);
    const Batch *batch = loader.next();
    QCOMPARE(batch->landmarks.size(), std::size_t(2 * 3 * 10));
    for (std::size_t i = 0; i < 3; ++i) {
        const auto row = std::size_t(order[i]);
        const auto sample = pack->samples()[row];
        for (const auto &[place, expected] :
             {std::pair(i, views.points(pack->landmarks(row), {sample, 2})),
              std::pair(3 + i, views.secondPoints(pack->landmarks(row), {sample, 2}))}) {
            const std::span points = std::span<const float>(batch->landmarks).subspan(place * 10, 10);
            if (row % 2 == 0)
                QVERIFY(std::equal(points.begin(), points.end(), expected.begin()));
            else
                QVERIFY(std::all_of(points.begin(), points.end(), [](float value) { return std::isnan(value); }));
        }
    }
    BatchLoader plain(*pack, views, order, pack->labels(), 3, 2, 1);
    QVERIFY(plain.next()->landmarks.empty());

    std::filesystem::resize_file(path / "landmarks.f32", 399);
    const auto cut = TrainingPack::open(path);
    QVERIFY(!cut && cut.error().code == ErrorCode::Invalid);
    QVERIFY(cut.error().message.find("landmarks.f32") != std::string::npos);
    std::filesystem::remove(path / "landmarks.f32");
    QCOMPARE(TrainingPack::open(path).error().code, ErrorCode::NotFound);
}

void TestFolds::votesBecomeShares()
{
    const auto path = folder("voted");
    test::ToyPack toy{.count = 6, .classes = 2, .voteOptions = {"class0", "class1", "NF", "unknown"}};
    toy.votes = {7, 2, 0, 1,  // shares of the classes alone
                 0, 0, 0, 0,  // nobody voted
                 3, 1, 0, 6,  // most say unknown: nobody knows
                 0, 5, 5, 0,  // as many for a class as for none: the class
                 0, 0, 4, 0,  // no class at all
                 0, 1, 0, 0}; // one vote is a vote
    toy.labels = {1, 1, 0, 0, -1, 0};
    toy.write(path);
    const auto pack = TrainingPack::open(path);
    QVERIFY2(pack, pack ? "" : pack.error().message.c_str());
    QCOMPARE(pack->voteOptions().size(), std::size_t(4));
    const VoteTargets targets = voteTargets(*pack, pack->labels());
    const std::vector<float> expected = {7.f / 9, 2.f / 9, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1};
    QCOMPARE(targets.distributions, expected);
    QCOMPARE(targets.isVoted, (std::vector<bool>{true, false, false, true, false, true}));

    toy.voteOptions = {"class1", "class0"}; // not in the order of the classes
    toy.votes.resize(12);
    toy.write(path);
    QCOMPARE(TrainingPack::open(path).error().code, ErrorCode::Invalid);
    test::ToyPack{.count = 6}.write(path);
    const auto plain = TrainingPack::open(path);
    QVERIFY(plain && plain->voteOptions().empty());
    const VoteTargets labels = voteTargets(*plain, plain->labels());
    QCOMPARE(labels.isVoted, std::vector<bool>(6, false));
    QCOMPARE(labels.distributions[1], 0.f);
    QCOMPARE(labels.distributions[3], 1.f); // sample 1 is of class 1
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

void TestFolds::plateauFollowsPyTorch_data()
{
    QTest::addColumn<Schedule>("schedule");
    QTest::addColumn<QList<double>>("watched");
    QTest::addColumn<QList<double>>("rates");
    using Numbers = QList<double>;
    const auto plateau = [](double rate, double gamma, int patience, double least, bool highest) {
        return Schedule{.kind = Schedule::Kind::Plateau,
                        .rate = rate,
                        .gamma = gamma,
                        .patience = patience,
                        .leastRate = least,
                        .watchesAccuracy = highest};
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    // The rate after each value, as torch.optim.lr_scheduler.ReduceLROnPlateau of 2.13 gives it.
    QTest::newRow("loss, with a least rate")
        << plateau(1, 0.5, 1, 0.2, false) << Numbers{1, 0.9, 0.89995, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8}
        << Numbers{1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2};
    QTest::newRow("accuracy") << plateau(0.1, 0.1, 2, 0, true) << Numbers{0.5, 0.6, 0.60003, 0.6, 0.6, 0.7, 0.7, 0.6}
                              << Numbers{0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01};
    QTest::newRow("no patience") << plateau(1, 0.5, 0, 0, false) << Numbers{1, 2, 2, 2} << Numbers{1, 0.5, 0.25, 0.125};
    QTest::newRow("too small a change") << plateau(1.5e-8, 0.5, 0, 0, false) << Numbers{1, 1, 1, 1}
                                        << Numbers{1.5e-8, 1.5e-8, 1.5e-8, 1.5e-8};
    QTest::newRow("not a number") << plateau(1, 0.5, 1, 0, false) << Numbers{nan, nan, 1, 1}
                                  << Numbers{1, 0.5, 0.5, 0.5};
}

void TestFolds::plateauFollowsPyTorch()
{
    QFETCH(Schedule, schedule);
    QFETCH(QList<double>, watched);
    QFETCH(QList<double>, rates);
    const auto path = folder("plateau.safetensors");
    PlateauRule rule(schedule);
    QCOMPARE(rule.rate(), schedule.rate);
    for (int epoch = 0; epoch < watched.size(); ++epoch) {
        rule.sawEpoch(watched[epoch]);
        QVERIFY2(std::abs(rule.rate() - rates[epoch]) <= 1e-12 * rates[epoch],
                 qPrintable(QString("epoch %1: %2").arg(epoch).arg(rule.rate())));
        SafetensorsWriter writer; // stopped after every epoch
        rule.store(writer);
        QVERIFY(writer.write(path));
        PlateauRule resumed(schedule);
        QVERIFY(resumed.restore(*SafetensorsFile::open(path)));
        QCOMPARE(resumed.rate(), rule.rate());
        rule = resumed;
    }
    QVERIFY(SafetensorsWriter().write(path));
    QVERIFY(!rule.restore(*SafetensorsFile::open(path)));
}

void TestFolds::plateauOfAccuracyNeedsASlice()
{
    const auto configOf = [](int folds, const nlohmann::json &set) {
        return TrainConfig::fromJson({{"pack", "p"}, {"out", "o"}, {"folds", folds}, {"set", set}});
    };
    const auto without = configOf(3, {{"schedule", "plateau"}, {"plateau_mode", "max"}});
    QVERIFY(!without);
    QVERIFY2(without.error().message.find("validation") != std::string::npos, without.error().message.c_str());
    const auto with = configOf(3, {{"schedule", "plateau"}, {"plateau_mode", "max"}, {"validation", 0.1}});
    QVERIFY(with);
    QCOMPARE(with->schedule.gamma, 0.1); // as in PyTorch, where no factor was given
    QVERIFY(configOf(1, {{"schedule", "plateau"}, {"plateau_mode", "max"}}));
    const auto chosen = configOf(3, {{"schedule", "plateau"}, {"gamma", 0.5}, {"patience", 2}, {"min_lr", 1e-5}});
    QVERIFY(chosen);
    QCOMPARE(chosen->schedule.gamma, 0.5);
    QCOMPARE(chosen->schedule.patience, 2);
    QCOMPARE(chosen->schedule.leastRate, 1e-5);
    QCOMPARE(TrainConfig::fromJson(chosen->toJson())->identity(), chosen->identity());
    QCOMPARE(configOf(3, {{"patience", 2}})->identity(), configOf(3, nlohmann::json::object())->identity());
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
    QTest::newRow("fraction of epochs") << "step_every"
                                        << "2.5"
                                        << "whole number";
    QTest::newRow("fraction of a pixel") << "crop_padding"
                                         << "1.5"
                                         << "whole number";
    QTest::newRow("more than half a turn") << "hue"
                                           << "0.6"
                                           << "0 to 0.5";
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

/// models.md D32: published weights of ResNet50V2 expect -1 to 1, and those of a run what it read.
void TestFolds::weightsSayHowPixelsAreRead()
{
    const auto stored = [&](const char *name, const std::string &network) {
        SafetensorsWriter writer;
        if (!network.empty())
            writer.setMetadata("network", network);
        const auto path = folder(name);
        return writer.write(path) ? path : std::filesystem::path();
    };
    const auto range = [&](const std::filesystem::path &initial, const char *network = "resnet50v2",
                           nlohmann::json set = nlohmann::json::object()) {
        auto config = TrainConfig::fromJson({{"pack", "p"},
                                             {"out", folder("weights-run").string()},
                                             {"network", network},
                                             {"recipe", "paper"},
                                             {"initial", initial.string()},
                                             {"set", std::move(set)}});
        if (!config || !followInitialWeights(*config))
            return std::string("failed");
        return config->networkOptions.value("input", "");
    };
    const auto published = stored("published.safetensors", {});
    const auto unit = stored("unit.safetensors", R"({"name":"resnet50v2","options":{"input":"unit"}})");
    const auto pm1 = stored("pm1.safetensors", R"({"name":"resnet50v2","options":{"input":"pm1"}})");
    QCOMPARE(range(published), std::string("pm1"));
    QCOMPARE(range(unit), std::string("unit"));
    QCOMPARE(range(pm1), std::string("pm1"));
    QCOMPARE(range({}), std::string());
    QCOMPARE(range(published, "efficientnetv2-b3"), std::string());
    QCOMPARE(range(published, "resnet50v2", {{"input", "unit"}}), std::string("unit")); // chosen
    QCOMPARE(range(folder("nowhere.safetensors")), std::string("failed"));

    // A run that was begun goes on as it began, whatever has become of the file.
    std::filesystem::create_directories(folder("weights-run"));
    std::ofstream(folder("weights-run") / "config.json") << R"({"set":{"input":"pm1"}})";
    QCOMPARE(range(folder("nowhere.safetensors")), std::string("pm1"));
    std::ofstream(folder("weights-run") / "config.json") << R"({"set":{}})";
    QCOMPARE(range(published), std::string());
}

void TestFolds::everyKeyIsExplained()
{
    for (const TrainKey &key : TrainConfig::describedKeys()) {
        QVERIFY2(key.help.size() > 15 && !key.help.ends_with('.'), key.name.c_str());
        QVERIFY2(!key.takes.empty(), key.name.c_str());
    }
    QVERIFY(trainKeyHelp("nothing").empty());
}

QTEST_GUILESS_MAIN(TestFolds)
#include "tst_folds.moc"
