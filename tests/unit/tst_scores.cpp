#include "models/explain/explanation_files.h"
#include "models/io/npy.h"
#include "models/io/safetensors.h"
#include "models/score/attention_regions.h"
#include "models/score/metrics.h"
#include "models/worker/compute_verbs.h"
#include "tests/support/toy_pack.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

using namespace mien;

/// What a trained run says about samples: scores, predictions, attention maps.
class TestScores : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void columnsAreComplete();
    void neighboursWereTrainedOnByTheJudge();
    void batchNeverChangesAScore();
    void finishedFoldsAreKept();
    void heldOutLabelsLeaveScoresAlone();
    void newSamplesAreScoredByAll();
    void aloneAsAmongOthers();
    void oneFoldHasNoInSampleEvidence();
    void predictionsComeFromOneCheckpoint();
    void damagedCheckpointsAreRefused_data();
    void damagedCheckpointsAreRefused();
    void mapsHaveTheirShapes_data();
    void mapsHaveTheirShapes();
    void mapsExplainTheScores();
    void unknownSamplesAreNamed();
    void landmarksReachEveryVerb();
    void facesAreDrawnByWhatLearnedIt();
    void attentionFindsInjectedNoise();

private:
    static constexpr int kCount = 60;
    static constexpr int kClasses = 3;

    std::filesystem::path folder(const std::string &name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }
    Result<nlohmann::json> run(const char *verb, const nlohmann::json &config)
    {
        return m_compute->run(verb, config, {}, {});
    }
    nlohmann::json training(const std::string &pack, const std::string &out, int folds) const;
    nlohmann::json scoring(const std::string &out) const
    {
        return {{"run_folder", folder("run").string()},
                {"pack", folder("pack").string()},
                {"out", folder(out).string()},
                {"draws", 2},
                {"threads", 1}};
    }

    std::unique_ptr<Compute> m_compute;
    QTemporaryDir m_folder;
};

namespace {

std::vector<float> column(const std::filesystem::path &file, const std::string &name)
{
    const auto opened = SafetensorsFile::open(file);
    const auto values = opened ? opened->values<float>(name) : Result<std::vector<float>>(fail(opened.error()));
    return values ? *values : std::vector<float>();
}

double largestDifference(const std::vector<float> &a, const std::vector<float> &b)
{
    if (a.size() != b.size() || a.empty())
        return HUGE_VAL;
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::abs(double(a[i]) - double(b[i])));
    return largest;
}

const std::vector<std::string> kPerClass = {"probabilities", "in_sample",      "neighbours",  "eac_inconsistency",
                                            "eac_spread",    "eac_trust",      "arbex_final", "arbex_primary",
                                            "arbex_anchor",  "arbex_attentive"};

} // namespace

nlohmann::json TestScores::training(const std::string &pack, const std::string &out, int folds) const
{
    return {{"pack", folder(pack).string()},
            {"out", folder(out).string()},
            {"folds", folds},
            {"threads", 1},
            {"set", {{"preset", "tiny"}, {"epochs", 4}, {"batch", 16}, {"precision", "fp32"}, {"validation", 0}}}};
}

void TestScores::initTestCase()
{
    m_compute = makeCompute();
    test::ToyPack{.count = kCount, .classes = kClasses}.write(folder("pack"));
    const auto trained = run("train", training("pack", "run", 3));
    QVERIFY2(trained, trained ? "" : trained.error().message.c_str());
    const auto scored = run("score", scoring("scores.safetensors"));
    QVERIFY2(scored, scored ? "" : scored.error().message.c_str());
}

void TestScores::columnsAreComplete()
{
    const auto file = SafetensorsFile::open(folder("scores.safetensors"));
    QVERIFY(file);
    for (const auto &name : kPerClass) {
        const auto *tensor = file->find(name);
        QVERIFY2(tensor, name.c_str());
        QVERIFY(tensor->shape == (std::vector<std::int64_t>{kCount, kClasses}));
        for (const float value : tensor->values<float>())
            QVERIFY2(std::isfinite(value), name.c_str());
    }
    for (const auto &name : {"probabilities", "in_sample", "neighbours", "arbex_final"}) {
        const auto p = column(folder("scores.safetensors"), name);
        for (std::size_t i = 0; i < kCount; ++i)
            QVERIFY(std::abs(p[3 * i] + p[3 * i + 1] + p[3 * i + 2] - 1) < 1e-4);
    }
    for (const float r : column(folder("scores.safetensors"), "eac_inconsistency"))
        QVERIFY(r >= 0 && r <= 4);
    QCOMPARE(file->metadata().at("classes"), std::string("[\"class0\",\"class1\",\"class2\"]"));
    for (const auto *key : {"model_hash", "preprocessing_hash", "run"})
        QVERIFY(file->metadata().contains(key));
    // The same evidence that training wrote at its end.
    QVERIFY(largestDifference(column(folder("scores.safetensors"), "probabilities"),
                              column(folder("run") / "predictions.safetensors", "probabilities")) < 1e-5);
}

void TestScores::neighboursWereTrainedOnByTheJudge()
{
    const auto file = SafetensorsFile::open(folder("scores.safetensors"));
    QVERIFY(file);
    const auto *tensor = file->find("neighbour_samples");
    QVERIFY(tensor && tensor->shape == (std::vector<std::int64_t>{kCount, 10}));
    const auto near = tensor->values<std::int64_t>();
    const auto samples = file->values<std::int64_t>("sample"), labels = file->values<std::int64_t>("label"),
               folds = file->values<std::int64_t>("fold");
    const auto shares = file->values<float>("neighbours");
    QVERIFY(samples && labels && folds && shares);
    for (std::size_t i = 0; i < kCount; ++i) {
        std::vector<float> counted(kClasses, 0.f);
        for (std::size_t n = 0; n < 10; ++n) {
            const auto found = std::find(samples->begin(), samples->end(), near[i * 10 + n]);
            QVERIFY(found != samples->end());
            const auto row = std::size_t(found - samples->begin());
            QVERIFY((*folds)[row] != (*folds)[i]); // the network that judges was trained on every neighbour
            counted[std::size_t((*labels)[row])] += 0.1f;
        }
        for (std::size_t c = 0; c < kClasses; ++c)
            QVERIFY(std::abs(counted[c] - (*shares)[i * kClasses + c]) < 1e-5);
    }
}

void TestScores::batchNeverChangesAScore()
{
    const auto bytesOf = [&](const char *name) {
        std::ifstream file(folder(name), std::ios::binary);
        return std::string((std::istreambuf_iterator<char>(file)), {});
    };
    for (const auto &[batch, name] : {std::pair(1, "batch1.safetensors"), std::pair(7, "batch7.safetensors"),
                                      std::pair(128, "batch128.safetensors")}) {
        for (int k = 0; k < 3; ++k)
            std::filesystem::remove(folder("run") / ("fold" + std::to_string(k)) / "scores.safetensors");
        auto config = scoring(name);
        config["batch"] = batch;
        config["device"] = "cpu";
        config["draws"] = 4;
        const auto scored = run("score", config);
        QVERIFY(scored);
        QCOMPARE((*scored)["reused_folds"].get<int>(), 0);
        QVERIFY2(bytesOf(name) == bytesOf("batch1.safetensors"), name);
    }
    QVERIFY(bytesOf("batch1.safetensors").size() > 1000);
}

void TestScores::finishedFoldsAreKept()
{
    QVERIFY(run("score", scoring("first.safetensors")));
    const auto again = run("score", scoring("again.safetensors"));
    QVERIFY(again);
    QCOMPARE((*again)["reused_folds"].get<int>(), 3);
    auto other = scoring("draws.safetensors");
    other["draws"] = 1;
    const auto changed = run("score", other);
    QVERIFY(changed);
    QCOMPARE((*changed)["reused_folds"].get<int>(), 0);
}

void TestScores::heldOutLabelsLeaveScoresAlone()
{
    const auto folds = SafetensorsFile::open(folder("run") / "folds.safetensors");
    QVERIFY(folds);
    const auto fold = folds->values<std::int64_t>("fold");
    QVERIFY(fold);
    test::ToyPack toy{.count = kCount, .classes = kClasses};
    for (int i = 0; i < kCount; ++i)
        toy.labels.push_back((*fold)[std::size_t(i)] == 0 ? (i + 1) % kClasses : i % kClasses);
    toy.write(folder("permuted"));
    auto settings = training("permuted", "permuted_run", 3);
    settings["assignment"] = (folder("run") / "folds.safetensors").string();
    QVERIFY(run("train", settings));
    auto honest = scoring("honest.safetensors");
    auto permuted = scoring("permuted.safetensors");
    permuted["run_folder"] = folder("permuted_run").string();
    permuted["pack"] = folder("permuted").string();
    QVERIFY(run("score", honest));
    QVERIFY(run("score", permuted));
    for (const auto &name : kPerClass) {
        if (name == "in_sample") // made by the networks that did train on the exchanged labels
            continue;
        const auto before = column(folder("honest.safetensors"), name);
        const auto after = column(folder("permuted.safetensors"), name);
        for (std::size_t i = 0; i < kCount; ++i)
            if ((*fold)[i] == 0)
                QVERIFY2(std::memcmp(&before[3 * i], &after[3 * i], 3 * sizeof(float)) == 0, name.c_str());
    }
}

void TestScores::newSamplesAreScoredByAll()
{
    test::ToyPack{.count = kCount + 4, .classes = kClasses}.write(folder("grown"));
    auto config = scoring("grown.safetensors");
    config["pack"] = folder("grown").string();
    const auto scored = run("score", config);
    QVERIFY2(scored, scored ? "" : scored.error().message.c_str());
    const auto file = SafetensorsFile::open(folder("grown.safetensors"));
    QVERIFY(file);
    const auto fold = file->values<std::int64_t>("fold");
    QVERIFY(fold);
    for (std::size_t i = 0; i < kCount + 4; ++i)
        QCOMPARE((*fold)[i] < 0, i >= kCount);
    // Also of samples that all networks judged: the confidence is that of arbex_final.
    const auto final = column(folder("grown.safetensors"), "arbex_final");
    const auto confidence = column(folder("grown.safetensors"), "arbex_confidence");
    QCOMPARE(confidence.size(), std::size_t(kCount + 4));
    for (std::size_t i = 0; i < confidence.size(); ++i) {
        double entropy = 0;
        for (std::size_t c = 0; c < kClasses; ++c) {
            const double p = std::max(double(final[i * kClasses + c]), 1e-12);
            entropy -= p * std::log(p);
        }
        const double own = 1 - entropy / std::log(double(kClasses));
        QVERIFY2(std::abs(own - double(confidence[i])) < 1e-5,
                 qPrintable(QString("%1: %2, not %3").arg(i).arg(double(confidence[i])).arg(own)));
    }
    auto grown = column(folder("grown.safetensors"), "probabilities");
    grown.resize(kCount * kClasses);
    QVERIFY(largestDifference(grown, column(folder("scores.safetensors"), "probabilities")) < 1e-5);
}

void TestScores::aloneAsAmongOthers()
{
    // One sample more than the run knew, and then 40 more: those that both packs hold have the same bytes.
    for (const auto &[extra, name] : {std::pair(1, "one"), std::pair(40, "many")}) {
        test::ToyPack{.count = kCount + extra, .classes = kClasses}.write(folder(name));
        auto config = scoring(std::string(name) + ".safetensors");
        config["pack"] = folder(name).string();
        config["device"] = "cpu";
        config["draws"] = 4;
        const auto scored = run("score", config);
        QVERIFY2(scored, scored ? "" : scored.error().message.c_str());
    }
    for (const auto &name : kPerClass) {
        const auto one = column(folder("one.safetensors"), name);
        const auto many = column(folder("many.safetensors"), name);
        QCOMPARE(one.size(), std::size_t((kCount + 1) * kClasses));
        QCOMPARE(many.size(), std::size_t((kCount + 40) * kClasses));
        QVERIFY2(std::memcmp(one.data(), many.data(), one.size() * sizeof(float)) == 0, name.c_str());
    }
    const auto one = column(folder("one.safetensors"), "arbex_confidence");
    const auto many = column(folder("many.safetensors"), "arbex_confidence");
    QCOMPARE(one.size(), std::size_t(kCount + 1));
    QVERIFY(std::memcmp(one.data(), many.data(), one.size() * sizeof(float)) == 0);
}

void TestScores::oneFoldHasNoInSampleEvidence()
{
    auto settings = training("pack", "single", 1);
    settings["set"]["validation"] = 0.2;
    QVERIFY(run("train", settings));
    auto config = scoring("single.safetensors");
    config["run_folder"] = folder("single").string();
    QVERIFY(run("score", config));
    const auto file = SafetensorsFile::open(folder("single.safetensors"));
    QVERIFY(file);
    QVERIFY(!file->find("in_sample"));
    const auto heldOut = file->values<std::uint8_t>("held_out");
    QVERIFY(heldOut);
    const auto held = std::count(heldOut->begin(), heldOut->end(), 1);
    QVERIFY2(held >= 9 && held <= 15, qPrintable(QString::number(held)));
}

void TestScores::predictionsComeFromOneCheckpoint()
{
    const auto checkpoint = folder("run") / "fold1" / "checkpoint.safetensors";
    const nlohmann::json byPack = {{"checkpoint", checkpoint.string()}, {"pack", folder("pack").string()}};
    const nlohmann::json byPixels = {{"checkpoint", checkpoint.string()},
                                     {"pixels", (folder("pack") / "images.u8").string()},
                                     {"channels", 1},
                                     {"side", 32},
                                     {"batch", 7}};
    const auto first = run("predict", byPack);
    const auto second = run("predict", byPixels);
    QVERIFY2(first, first ? "" : first.error().message.c_str());
    QVERIFY2(second, second ? "" : second.error().message.c_str());
    QCOMPARE((*first)["rows"].size(), std::size_t(kCount));
    for (std::size_t i = 0; i < kCount; ++i) {
        const auto p = (*first)["rows"][i]["probabilities"].get<std::vector<float>>();
        const auto z = (*first)["rows"][i]["logits"].get<std::vector<double>>();
        QVERIFY(largestDifference(p, (*second)["rows"][i]["probabilities"].get<std::vector<float>>()) < 1e-5);
        const double sum = std::exp(z[0]) + std::exp(z[1]) + std::exp(z[2]);
        QVERIFY(std::abs(std::exp(z[1]) / sum - double(p[1])) < 1e-5);
    }
    const auto ofRun = run("predict", {{"run_folder", folder("run").string()}, {"pack", folder("pack").string()}});
    QVERIFY(ofRun);
}

void TestScores::damagedCheckpointsAreRefused_data()
{
    QTest::addColumn<QString>("damage");
    QTest::newRow("truncated") << "truncated";
    QTest::newRow("not finite") << "nan";
    QTest::newRow("no metadata") << "metadata";
    QTest::newRow("empty") << "empty";
    QTest::newRow("missing") << "missing";
    QTest::newRow("other shape") << "shape";
}

void TestScores::damagedCheckpointsAreRefused()
{
    QFETCH(QString, damage);
    const auto source = folder("run") / "fold0" / "checkpoint.safetensors";
    const auto target = folder("damaged.safetensors");
    std::filesystem::copy_file(source, target, std::filesystem::copy_options::overwrite_existing);
    if (damage == "truncated") {
        std::filesystem::resize_file(target, std::filesystem::file_size(target) - 100);
    } else if (damage == "empty") {
        std::filesystem::resize_file(target, 0);
    } else if (damage == "missing") {
        std::filesystem::remove(target);
    } else {
        const auto original = SafetensorsFile::open(source);
        QVERIFY(original);
        SafetensorsWriter writer;
        for (const auto &[key, value] : original->metadata())
            if (damage != "metadata")
                writer.setMetadata(key, value);
        for (auto tensor : original->tensors()) {
            if (tensor.name == "fc.bias" && damage == "nan") {
                auto values = tensor.values<float>();
                values[0] = std::nanf("");
                writer.add<float>(tensor.name, tensor.shape, std::move(values));
            } else if (tensor.name == "fc.bias" && damage == "shape") {
                writer.add<float>(tensor.name, {2}, std::vector<float>{0, 0});
            } else {
                writer.add(tensor);
            }
        }
        QVERIFY(writer.write(target));
    }
    const auto result = run("predict", {{"checkpoint", target.string()}, {"pack", folder("pack").string()}});
    QVERIFY(!result);
    QVERIFY2(result.error().message.find("damaged.safetensors") != std::string::npos, result.error().message.c_str());
    QVERIFY(result.error().message.find('\n') == std::string::npos);
}

void TestScores::mapsHaveTheirShapes_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<int>("dimensions");
    QTest::newRow("cam") << "cam" << 3;
    QTest::newRow("gradcam") << "gradcam" << 3;
    QTest::newRow("flip") << "flip" << 5;
}

void TestScores::mapsHaveTheirShapes()
{
    QFETCH(QString, kind);
    QFETCH(int, dimensions);
    const auto out = folder("maps");
    const auto result = run("explain", {{"run_folder", folder("run").string()},
                                        {"pack", folder("pack").string()},
                                        {"samples", {100, 117}},
                                        {"kind", kind.toStdString()},
                                        {"draws", 2},
                                        {"out", out.string()}});
    QVERIFY2(result, result ? "" : result.error().message.c_str());
    QCOMPARE((*result)["maps"].get<int>(), 2);
    const auto array = NpyArray::read(out / ("117." + kind.toStdString() + ".npy"));
    QVERIFY(array);
    const auto shape = array->shape();
    QCOMPARE(int(shape.size()), dimensions);
    QCOMPARE(shape[shape.size() - 3], std::int64_t(kClasses));
    QCOMPARE(shape[shape.size() - 1], std::int64_t(4)); // 32 px halved three times
    if (dimensions == 5) {
        QCOMPARE(shape[0], std::int64_t(3));
        QCOMPARE(shape[1], std::int64_t(2));
    }
    QCOMPARE(array->descr(), std::string("<f4"));
}

void TestScores::mapsExplainTheScores()
{
    // The stored inconsistency is the mean over draws of what the maps of the same draws give.
    auto explainer = m_compute->openExplainer(folder("run"), "cpu", {});
    QVERIFY2(explainer, explainer ? "" : explainer.error().message.c_str());
    const auto file = SafetensorsFile::open(folder("scores.safetensors"));
    QVERIFY(file);
    const auto fold = file->values<std::int64_t>("fold");
    QVERIFY(fold);
    const auto stored = column(folder("scores.safetensors"), "eac_inconsistency");
    const auto probabilities = column(folder("scores.safetensors"), "probabilities");
    const auto shares = column(folder("scores.safetensors"), "attention_regions");
    QCOMPARE(shares.size(), kCount * faceRegionNames.size());
    std::ifstream images(folder("pack") / "images.u8", std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(images)), {});
    for (const std::size_t row : {0, 13, 44}) {
        const std::span pixels(reinterpret_cast<const std::uint8_t *>(bytes.data()) + row * 1024, 1024);
        const auto maps = (*explainer)->explain({std::int64_t(100 + row), pixels}, int((*fold)[row]), 3, "cam");
        QVERIFY2(maps, maps ? "" : maps.error().message.c_str());
        QCOMPARE(maps->size(), std::size_t(3));
        // So are the shares of attention, those of the most probable class of the whole face.
        const auto &whole = maps->front();
        const auto predicted =
            std::max_element(whole.probabilities.begin(), whole.probabilities.end()) - whole.probabilities.begin();
        const auto area = std::size_t(whole.height) * std::size_t(whole.width);
        const RegionShares expected =
            attentionShares(std::span(whole.view).subspan(std::size_t(predicted) * area, area), whole.height,
                            whole.width, FaceRegions(unknownLandmarks()));
        for (std::size_t region = 0; region < expected.size(); ++region) {
            const float kept = shares[row * expected.size() + region];
            QVERIFY(std::isnan(kept) ? std::isnan(expected[region]) : std::abs(kept - expected[region]) < 1e-4f);
        }
        // A single draw is the one of its number.
        const auto second = (*explainer)->explain({std::int64_t(100 + row), pixels}, int((*fold)[row]), 1, "cam", 2);
        QVERIFY2(second, second ? "" : second.error().message.c_str());
        QVERIFY(largestDifference(second->front().view, (*maps)[2].view) < 1e-4);
        // Without the mirrored view it says the same of the other; with it, then, it is as if asked for at once.
        const auto alone =
            (*explainer)->explain({std::int64_t(100 + row), pixels}, int((*fold)[row]), 3, "cam", 0, /*mirror=*/false);
        QVERIFY2(alone, alone ? "" : alone.error().message.c_str());
        QCOMPARE(alone->front().view, whole.view);
        QVERIFY(alone->front().mirrored.empty());
        QVERIFY(alone->front().probabilities != whole.probabilities);
        const auto both = (*explainer)->explain({std::int64_t(100 + row), pixels}, int((*fold)[row]), 3, "cam");
        QCOMPARE(both->front().mirrored, whole.mirrored);
        QCOMPARE(both->front().probabilities, whole.probabilities);
        QCOMPARE(second->front().erased, (*maps)[2].erased);
        QCOMPARE(whole.erased, (std::array<float, 4>{}));
        const auto &erased = second->front().erased;
        QVERIFY(erased[2] > 0 && erased[3] > 0 && erased[0] + erased[2] <= 1 && erased[1] + erased[3] <= 1);
        for (int k = 0; k < kClasses; ++k) {
            double mean = 0;
            for (const auto &draw : *maps) {
                double distance = 0;
                double energy = 0;
                for (int y = 0; y < draw.height; ++y)
                    for (int x = 0; x < draw.width; ++x) {
                        const auto at = [&](int column) {
                            return std::size_t((k * draw.height + y) * draw.width + column);
                        };
                        const double view = double(draw.view[at(x)]);
                        const double back = double(draw.mirrored[at(draw.width - 1 - x)]);
                        distance += (view - back) * (view - back);
                        energy += 0.5 * (view * view + back * back);
                    }
                mean += distance / (energy + 1e-12 * draw.height * draw.width) / 3;
            }
            QVERIFY2(std::abs(mean - double(stored[row * 3 + std::size_t(k)])) < 1e-4,
                     qPrintable(QString("%1 %2").arg(mean).arg(double(stored[row * 3 + std::size_t(k)]))));
            QVERIFY(std::abs((*maps)[0].probabilities[std::size_t(k)] - probabilities[row * 3 + std::size_t(k)]) <
                    1e-5f);
        }
    }
}

void TestScores::unknownSamplesAreNamed()
{
    const auto out = folder("none");
    const auto result = run("explain", {{"run_folder", folder("run").string()},
                                        {"pack", folder("pack").string()},
                                        {"samples", {100, 4711}},
                                        {"out", out.string()}});
    QVERIFY(!result);
    QVERIFY(result.error().message.find("4711") != std::string::npos);
    QVERIFY(!std::filesystem::exists(out));
}

// A network that looks where the landmarks are, trained, asked and explained with and without them.
void TestScores::landmarksReachEveryVerb()
{
    test::ToyPack toy{.count = 24, .classes = 2, .side = 48};
    toy.write(folder("pointless"));
    for (int i = 0; i < toy.count; ++i) {
        toy.landmarks.push_back({14, 20, 33, 19, 24, 28, 16, 38, 32, 39});
        for (float &value : toy.landmarks.back())
            value += float(i % 5) - 2;
    }
    toy.landmarks[7] = unknownLandmarks();
    toy.write(folder("pointed"));
    for (const char *pack : {"pointed", "pointless"}) {
        auto settings = training(pack, std::string("visi_") + pack, 2);
        settings["network"] = "visi";
        settings["set"] = {{"preset", "tiny"}, {"epochs", 2}, {"batch", 8}, {"precision", "fp32"}, {"validation", 0}};
        const auto trained = run("train", settings);
        QVERIFY2(trained, trained ? "" : trained.error().message.c_str());
    }
    // They are seen in training, and a run of other landmarks is another one.
    const auto weights = [&](const char *name) {
        return column(folder(name) / "fold0/checkpoint.safetensors", "query.box_embed.weight");
    };
    QVERIFY(largestDifference(weights("visi_pointed"), weights("visi_pointless")) > 1e-5);
    auto other = training("pointless", "visi_pointed", 2);
    other["network"] = "visi";
    other["set"] = {{"preset", "tiny"}, {"epochs", 2}, {"batch", 8}, {"precision", "fp32"}, {"validation", 0}};
    QCOMPARE(run("train", other).error().code, ErrorCode::Conflict);

    const auto scored = [&](const char *pack) {
        const auto out = folder(std::string("visi_") + pack + ".safetensors");
        const auto result = run("score", {{"run_folder", folder("visi_pointed").string()},
                                          {"pack", folder(pack).string()},
                                          {"out", out.string()},
                                          {"threads", 1}});
        if (!result)
            qWarning("%s", result.error().message.c_str());
        return column(out, "probabilities");
    };
    const auto known = scored("pointed"), unknown = scored("pointless");
    QVERIFY(largestDifference(known, unknown) > 1e-5); // also: what was kept of one is not taken for the other
    QVERIFY(std::abs(known[14] - unknown[14]) < 1e-6f && std::abs(known[15] - unknown[15]) < 1e-6f); // sample 7

    // One question alone, by raw bytes.
    std::ifstream images(folder("pointed") / "images.u8", std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(images)), {});
    std::ofstream(folder("one.u8"), std::ios::binary).write(bytes.data(), 2 * 48 * 48);
    nlohmann::json question = {{"checkpoint", (folder("visi_pointed") / "fold0/checkpoint.safetensors").string()},
                               {"pixels", folder("one.u8").string()},
                               {"channels", 1},
                               {"side", 48}};
    const auto first = [&](const Result<nlohmann::json> &answer, int row) {
        return answer->at("rows").at(std::size_t(row)).at("logits").at(0).get<double>();
    };
    const auto without = run("predict", question);
    question["landmarks"] = {toy.landmarks[0], nullptr};
    const auto with = run("predict", question);
    QVERIFY2(with && without, with ? "" : with.error().message.c_str());
    QVERIFY(std::abs(first(with, 0) - first(without, 0)) > 1e-6);
    QVERIFY(std::abs(first(with, 1) - first(without, 1)) < 1e-6);
    question["landmarks"] = {toy.landmarks[0]};
    QCOMPARE(run("predict", question).error().code, ErrorCode::Invalid);

    // What the four queries attend to.
    const auto explained = run("explain", {{"run_folder", folder("visi_pointed").string()},
                                           {"pack", folder("pointed").string()},
                                           {"samples", {100}},
                                           {"kind", "queries"},
                                           {"out", folder("queries").string()}});
    QVERIFY2(explained, explained ? "" : explained.error().message.c_str());
    QVERIFY(explained->at("parts") == nlohmann::json({"left_eye", "right_eye", "nose", "mouth"}));
    const auto array = NpyArray::read(folder("queries") / "100.queries.npy");
    QVERIFY(array);
    QCOMPARE(array->shape(), (std::vector<std::int64_t>{4, 3, 3}));
    auto explainer = m_compute->openExplainer(folder("visi_pointed"), "cpu", {});
    QVERIFY(explainer);
    const std::span pixels(reinterpret_cast<const std::uint8_t *>(bytes.data()), 48 * 48);
    const auto mapsOf = [&](const FaceLandmarks &points) {
        return (*explainer)->explain({100, pixels, points}, 0, 1, "queries").value().front();
    };
    const auto pointed = mapsOf(toy.landmarks[0]), pointless = mapsOf(unknownLandmarks());
    QCOMPARE(pointed.count, 4);
    QCOMPARE(pointed.parts.size(), std::size_t(4));
    QVERIFY(largestDifference(pointed.view, pointless.view) > 1e-7);
    const auto refused = (*explainer)->explain({100, pixels}, 0, 1, "heads");
    QVERIFY(!refused && refused.error().message.find("queries, rollout") != std::string::npos);
}

/// Reconstruction: by a run that only learned to draw, by one that learned labels after, by one that started from it;
/// another one is refused, naming what it can.
void TestScores::facesAreDrawnByWhatLearnedIt()
{
    test::ToyPack{.count = 24, .classes = 2, .side = 48}.write(folder("drawn"));
    const auto trained = [&](const char *name, const char *network, double pretrain, const std::string &initial) {
        auto settings = training("drawn", name, 2);
        settings["network"] = network;
        settings["set"] = {{"preset", "tiny"}, {"epochs", 2}, {"batch", 8}, {"precision", "fp32"}, {"validation", 0}};
        if (pretrain >= 0)
            settings["set"]["pretrain"] = pretrain;
        if (!initial.empty())
            settings["initial"] = (folder(initial) / "fold0/checkpoint.safetensors").string();
        const auto result = run("train", settings);
        QVERIFY2(result, result ? "" : result.error().message.c_str());
    };
    trained("draws", "mae-visi", 1, "");
    trained("draws_too", "mae-visi", 0.5, "");
    trained("tuned", "mae-visi", 0, "draws");
    trained("asks", "visi", -1, "draws");
    trained("never", "mae-visi", 0, "");

    std::ifstream images(folder("drawn") / "images.u8", std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(images)), {});
    const std::span pixels(reinterpret_cast<const std::uint8_t *>(bytes.data()), 48 * 48);
    const auto opened = [&](const char *name) { return m_compute->openExplainer(folder(name), "cpu", {}).value(); };
    const auto kinds = [&](const char *name) { return opened(name)->kinds(pixels.size()).value(); };
    using Names = std::vector<std::string>;
    QCOMPARE(kinds("draws"), Names{"reconstruction"});
    QCOMPARE(kinds("draws_too"), (Names{"rollout", "reconstruction"}));
    QCOMPARE(kinds("tuned"), (Names{"rollout", "reconstruction"}));
    QCOMPARE(kinds("asks"), (Names{"queries", "rollout", "reconstruction"}));
    QCOMPARE(kinds("never"), Names{"rollout"});

    const auto drawn = [&](const char *name, int mask) {
        const auto drawing = opened(name)->draw({100, pixels}, 0, mask);
        if (!drawing)
            qWarning("%s", drawing.error().message.c_str());
        return drawing.value_or(Explainer::Drawing{});
    };
    const Explainer::Drawing first = drawn("draws", 0), again = drawn("draws", 0), other = drawn("draws", 1);
    QCOMPARE(first.side, 48);
    QCOMPARE(first.channels, 3);
    QCOMPARE(first.original.size(), std::size_t(3 * 48 * 48));
    QCOMPARE(first.drawn.size(), first.original.size());
    QCOMPARE(first.cells, 3);
    QCOMPARE(first.hidden.size(), std::size_t(5)); // of nine, half is kept
    QCOMPARE(first.errors.size(), first.hidden.size());
    QVERIFY(std::all_of(first.errors.begin(), first.errors.end(), [](float e) { return e > 0 && e < 100; }));
    QVERIFY(first.isNormalised && first.run == "draws");
    QVERIFY(again.hidden == first.hidden && again.drawn == first.drawn && again.errors == first.errors);
    QVERIFY(other.hidden != first.hidden);
    // What the pack holds is the original, and what was not hidden is drawn as it is.
    for (std::size_t i = 0; i < pixels.size(); ++i)
        QVERIFY(std::abs(int(first.original[i]) - int(pixels[i])) <= 1);
    int changed = 0;
    for (std::size_t i = 0; i < first.drawn.size(); ++i) {
        const int cell = int(i % (48 * 48)) / 48 / 16 * 3 + int(i % 48) / 16;
        const bool isHidden = std::binary_search(first.hidden.begin(), first.hidden.end(), cell);
        QVERIFY(isHidden || first.drawn[i] == first.original[i]);
        changed += first.drawn[i] != first.original[i];
    }
    QVERIFY(changed > 3 * 5 * 16 * 16 / 2);
    QCOMPARE(maskedPicture(first)[std::size_t(first.hidden[0] / 3 * 16 * 48 + first.hidden[0] % 3 * 16)],
             std::uint8_t(128));

    // What started from it draws by it; what went on learning draws by its own.
    for (const char *name : {"tuned", "asks"}) {
        const Explainer::Drawing parents = drawn(name, 0);
        QVERIFY(parents.drawn == first.drawn && parents.errors == first.errors && parents.run == "draws");
    }
    QVERIFY(drawn("draws_too", 0).drawn != first.drawn);
    std::filesystem::rename(folder("draws"), folder("moved")); // nothing is any more where the checkpoints say
    QCOMPARE(kinds("tuned"), Names{"rollout"});
    auto found =
        m_compute->openExplainer(folder("tuned"), "cpu", folder("moved") / "fold0/checkpoint.safetensors").value();
    QCOMPARE(found->draw({100, pixels}, 0, 0).value().drawn, first.drawn);

    const auto never = opened("never")->draw({100, pixels}, 0, 0);
    QCOMPARE(never.error().code, ErrorCode::Invalid);
    QVERIFY2(never.error().message.find("pretrain above 0; possible are rollout") != std::string::npos,
             never.error().message.c_str());
    auto only = m_compute->openExplainer(folder("moved"), "cpu", {}).value();
    const auto maps = only->explain({100, pixels}, 0, 1, "rollout");
    QVERIFY(!maps && maps.error().message.find("possible are reconstruction") != std::string::npos);
    QVERIFY(!only->draw({100, pixels}, 0, 65) && !only->draw({100, pixels}, 0, -1));

    const auto written = run("explain", {{"run_folder", folder("moved").string()},
                                         {"pack", folder("drawn").string()},
                                         {"samples", {100}},
                                         {"kind", "reconstruction"},
                                         {"out", folder("drawings").string()}});
    QVERIFY2(written, written ? "" : written.error().message.c_str());
    QCOMPARE((*written)["files"].size(), std::size_t(2));
    const auto pictures = NpyArray::read(folder("drawings") / "100.reconstruction.npy");
    QCOMPARE(pictures->shape(), (std::vector<std::int64_t>{3, 3, 48, 48}));
    const auto errors = NpyArray::read(folder("drawings") / "100.reconstruction.error.npy");
    QCOMPARE(errors->shape(), (std::vector<std::int64_t>{3, 3}));
    const auto values = errors->floats().value();
    QCOMPARE(std::count_if(values.begin(), values.end(), [](float value) { return std::isnan(value); }), 4);
}

// models.md 2.9: 20 % of the labels are wrong, symmetrically (2.6).
void TestScores::attentionFindsInjectedNoise()
{
    constexpr int count = 400;
    constexpr int classes = 4;
    std::vector<std::int64_t> labels;
    std::vector<std::uint8_t> wrong;
    std::mt19937_64 random(7);
    for (int i = 0; i < count; ++i) {
        wrong.push_back(random() % 5 == 0);
        labels.push_back((i + (wrong.back() ? 1 + std::int64_t(random() % (classes - 1)) : 0)) % classes);
    }
    test::ToyPack{.count = count, .classes = classes, .labels = labels}.write(folder("noisy"));
    const auto aurocWith = [&](double lambda) {
        const std::string name = "noisy_" + std::to_string(int(lambda));
        auto settings = training("noisy", name, 3);
        settings["set"].update({{"lambda", lambda}, {"epochs", 8}, {"lambda_from", 2}, {"lambda_ramp", 3}});
        [&] { QVERIFY(run("train", settings)); }();
        [&] { QVERIFY(run("score", {{"run_folder", folder(name).string()}, {"pack", folder("noisy").string()}})); }();
        const auto trust = column(folder(name) / "scores.safetensors", "eac_trust");
        std::vector<double> noise;
        for (std::size_t i = 0; i < trust.size() / classes; ++i)
            noise.push_back(1 - double(trust[i * classes + std::size_t(labels[i])]));
        return noise.size() == wrong.size() ? rocAuc(noise, wrong) : 0.0;
    };
    const double consistent = aurocWith(3);
    const double plain = aurocWith(0);
    qInfo("eac_noise with 20 %% injected noise: AUROC %.4f, trained with lambda = 0: %.4f", consistent, plain);
    QVERIFY(consistent >= 0.85);
}

QTEST_GUILESS_MAIN(TestScores)
#include "tst_scores.moc"
