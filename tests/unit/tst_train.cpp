#include "models/io/safetensors.h"
#include "models/worker/compute_verbs.h"
#include "tests/support/toy_pack.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <sys/resource.h>

using namespace mien;

/// Training through the door that everybody uses: a configuration in, a run's folder out.
class TestTrain : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_compute = makeCompute(); }
    void learnsAToySet_data();
    void learnsAToySet();
    void progressCountsStepsAndTellsImages();
    void stoppedRunContinuesToTheSameWeights_data();
    void stoppedRunContinuesToTheSameWeights();
    void killedWorkerContinuesToTheSameWeights();
    void gatheredGradientsAreThoseOfALargerBatch();
    void aFrozenTrunkKeepsItsWeights();
    void theBestEpochIsKept();
    void endsWhereNothingGetsBetter();
    void fullDiskKeepsTheLastGoodCheckpoint();
    void heldOutLabelsLeaveProbabilitiesAlone_data();
    void heldOutLabelsLeaveProbabilitiesAlone();
    void otherSettingsAreAConflict();
    void badSettingsAreRefused_data();
    void badSettingsAreRefused();
    void votesAreLearned();
    void divergenceKeepsTheLastGoodCheckpoint();
    void memoryThatEndsIsSaid();
    void samplesOutsideAreScoredByAll();

private:
    std::filesystem::path folder(const std::string &name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }
    nlohmann::json config(const std::string &pack, const std::string &run, int folds) const;
    Result<nlohmann::json> train(const nlohmann::json &config, std::int64_t stopAtStep = -1);

    std::unique_ptr<Compute> m_compute;
    QTemporaryDir m_folder;
};

namespace {

std::vector<float> column(const std::filesystem::path &file, const char *name)
{
    const auto opened = SafetensorsFile::open(file);
    const auto values = opened ? opened->values<float>(name) : Result<std::vector<float>>(fail(opened.error()));
    return values ? *values : std::vector<float>();
}

/// A metric of one fold, epoch after epoch.
std::vector<double> metricsOf(const std::filesystem::path &run, int fold, const std::string &name)
{
    std::ifstream metrics(run / "metrics.jsonl");
    std::vector<double> values;
    for (std::string line; std::getline(metrics, line);)
        if (const auto metric = nlohmann::json::parse(line); metric["name"] == name && metric["fold"] == fold)
            values.push_back(metric["value"]);
    return values;
}

/// All tensors of a file as bytes; metadata, which holds paths, left out.
std::string weightsOf(const std::filesystem::path &file)
{
    const auto opened = SafetensorsFile::open(file);
    std::string bytes;
    if (opened)
        for (const auto &tensor : opened->tensors())
            bytes +=
                tensor.name + std::string(reinterpret_cast<const char *>(tensor.bytes.data()), tensor.bytes.size());
    return bytes;
}

} // namespace

nlohmann::json TestTrain::config(const std::string &pack, const std::string &run, int folds) const
{
    return {{"pack", folder(pack).string()},
            {"out", folder(run).string()},
            {"network", "eac-compact"},
            {"folds", folds},
            {"threads", 1},
            {"set",
             {{"preset", "tiny"},
              {"epochs", 3},
              {"batch", 16},
              {"precision", "fp32"},
              {"validation", 0},
              {"lambda_from", 1},
              {"lambda_ramp", 1}}}};
}

Result<nlohmann::json> TestTrain::train(const nlohmann::json &config, std::int64_t stopAtStep)
{
    std::stop_source stop;
    const EventSink events = [&](const nlohmann::json &event) {
        if (stopAtStep >= 0 && event["event"] == "metric" && event["epoch"].get<std::int64_t>() >= stopAtStep)
            stop.request_stop();
    };
    return m_compute->run("train", config, events, {stop.get_token()});
}

void TestTrain::learnsAToySet_data()
{
    QTest::addColumn<double>("lambda");
    QTest::addColumn<QString>("optimizer");
    QTest::addColumn<QString>("pair");
    QTest::newRow("plain adamw") << 0.0 << "adamw"
                                 << "independent";
    QTest::newRow("eac adamw") << 3.0 << "adamw"
                               << "independent";
    QTest::newRow("eac shared adam") << 1.0 << "adam"
                                     << "shared";
    QTest::newRow("eac, both views classified") << 1.0 << "adamw"
                                                << "both";
    QTest::newRow("balanced") << 0.0 << "adamw"
                              << "balanced";
    QTest::newRow("plain sgd") << 0.0 << "sgd"
                               << "independent";
    QTest::newRow("plain nadam") << 0.0 << "nadam"
                                 << "independent";
    QTest::newRow("eac, sharpness-aware adam") << 1.0 << "adam"
                                               << "sam";
}

void TestTrain::learnsAToySet()
{
    QFETCH(double, lambda);
    QFETCH(QString, optimizer);
    QFETCH(QString, pair);
    test::ToyPack{.count = 16}.write(folder("toy16"));
    const std::string run = std::string("learn_") + QTest::currentDataTag();
    auto settings = config("toy16", run, 1);
    settings["set"].update({{"epochs", 30},
                            {"lambda", lambda},
                            {"optimizer", optimizer.toStdString()},
                            {"augment", "flip"},
                            {"lr", optimizer == "sgd" ? 0.05 : 0.004}});
    if (pair == "sam")
        settings["set"].update({{"sam", 0.05}, {"clip_value", 1}});
    else if (pair == "both")
        settings["set"]["classify"] = "both";
    else
        settings["set"][pair == "balanced" ? "sampler" : "pair"] = pair.toStdString();
    const auto result = train(settings);
    QVERIFY2(result, result ? "" : result.error().message.c_str());
    const auto p = column(folder(run) / "predictions.safetensors", "probabilities");
    QCOMPARE(p.size(), std::size_t(32));
    int right = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        QVERIFY(std::abs(p[2 * i] + p[2 * i + 1] - 1) < 1e-5);
        right += p[2 * i + i % 2] > 0.5f;
    }
    QCOMPARE(right, 16);
    QCOMPARE((*result)["precision"].get<std::string>(), std::string("fp32"));
}

void TestTrain::progressCountsStepsAndTellsImages()
{
    test::ToyPack{.count = 48}.write(folder("toy48"));
    nlohmann::json last;
    const EventSink events = [&](const nlohmann::json &event) {
        if (event["event"] == "progress")
            last = event;
    };
    QVERIFY(m_compute->run("train", config("toy48", "progress", 2), events, {}));
    // Two folds of 24 in batches of 16, three epochs, and what each judges in one batch.
    QCOMPARE(last["done"].get<int>(), 2 * (3 * 2 + 1));
    QCOMPARE(last["total"].get<int>(), 2 * (3 * 2 + 1));
    QCOMPARE(last["unit"].get<std::string>(), std::string("step"));
    const double imagesAStep = last["images_per_s"].get<double>() / last["rate"].get<double>();
    QVERIFY2(std::abs(imagesAStep - 2 * (3 * 24 + 24) / 14.0) < 1e-6, qPrintable(QString::number(imagesAStep)));
}

void TestTrain::stoppedRunContinuesToTheSameWeights_data()
{
    QTest::addColumn<QString>("set");
    QTest::newRow("fp32") << "{}";
    QTest::newRow("bf16") << R"({"precision":"bf16"})";
    QTest::newRow("thesis: centres of its loss") << R"({"network":"thesis","lambda":4})";
    QTest::newRow("arbex: anchors that start at faces") << R"({"network":"arbex","sam":0.05})";
    QTest::newRow("nadam, sharpness-aware") << R"({"optimizer":"nadam","sam":0.05})";
    QTest::newRow("plateau of accuracy") << R"({"schedule":"plateau","patience":0,"plateau_mode":"max",)"
                                            R"("validation":0.2})";
    // The consistency begins with the second epoch: its loss is worse than that of the first.
    QTest::newRow("plateau of loss") << R"({"schedule":"plateau","patience":0,"lambda":1000})";
    QTest::newRow("moving average, best epoch")
        << R"({"ema":0.9,"keep":"best","early_stop":2,"validation":0.2,"class_weights":"keras"})";
    QTest::newRow("gathered gradients, frozen trunk") << R"({"accumulate":2,"freeze":2,"layer_decay":0.5,"lambda":0})";
    QTest::newRow("refined sampler") << R"({"sampler":"refined","class_weights":"balanced","batch":200})";
    QTest::newRow("every augmentation") << R"({"crop_padding":3,"shear":5,"brightness":0.2,"contrast":0.2,)"
                                           R"("noise":0.5,"window_smallest":0.5,"window_aspect":1.3,"moved":0.8})";
    QTest::newRow("copies of a class, half epochs, best accuracy")
        << R"({"minority_augment":"class1:2","epoch_share":0.5,"keep":"best","best_by":"accuracy","validation":0.2,)"
           R"("beta2":0.95})";
}

void TestTrain::stoppedRunContinuesToTheSameWeights()
{
    QFETCH(QString, set);
    test::ToyPack{.count = 48}.write(folder("toy48"));
    const auto named = [](const char *kind) { return kind + std::string(QTest::currentDataTag()); };
    auto whole = config("toy48", named("whole"), 2);
    auto stopped = config("toy48", named("stopped"), 2);
    auto changes = nlohmann::json::parse(set.toStdString());
    const std::string network = changes.value("network", "eac-compact");
    changes.erase("network");
    for (auto *settings : {&whole, &stopped}) {
        (*settings)["network"] = network;
        (*settings)["set"].update(changes);
    }
    QVERIFY(train(whole));
    const auto first = train(stopped, 1);
    QVERIFY(!first);
    QCOMPARE(first.error().code, ErrorCode::Cancelled);
    const auto second = train(stopped);
    QVERIFY2(second, second ? "" : second.error().message.c_str());
    QCOMPARE((*second)["resumed_epoch"].get<int>(), 1);
    for (const char *fold : {"fold0", "fold1"}) {
        QVERIFY(!weightsOf(folder(named("whole")) / fold / "checkpoint.safetensors").empty());
        QVERIFY(weightsOf(folder(named("whole")) / fold / "checkpoint.safetensors") ==
                weightsOf(folder(named("stopped")) / fold / "checkpoint.safetensors"));
        QVERIFY(!std::filesystem::exists(folder(named("stopped")) / fold / "training_state.safetensors"));
    }
    QVERIFY(weightsOf(folder(named("whole")) / "predictions.safetensors") ==
            weightsOf(folder(named("stopped")) / "predictions.safetensors"));
    // Each epoch once, whatever was trained twice.
    std::ifstream metrics(folder(named("stopped")) / "metrics.jsonl");
    int losses = 0;
    for (std::string line; std::getline(metrics, line);)
        losses += nlohmann::json::parse(line)["name"] == "loss";
    QCOMPARE(losses, 6);
    if (set.contains("1000")) { // the loss of the first epoch was remembered
        const auto rates = metricsOf(folder(named("stopped")), 0, "lr");
        QCOMPARE(rates, metricsOf(folder(named("whole")), 0, "lr"));
        QVERIFY(rates[1] == rates[0] && std::abs(rates[2] - 0.1 * rates[0]) < 1e-12);
    }
    // All done: nothing is trained again.
    const auto third = train(stopped);
    QVERIFY(third);
    QCOMPARE((*third)["resumed_epoch"].get<int>(), 3);
}

/// Two batches of 8 make the update that one of 16 makes, but for rounding: of a network without batch normalisation.
void TestTrain::gatheredGradientsAreThoseOfALargerBatch()
{
    test::ToyPack{.count = 32}.write(folder("toy32"));
    const auto run = [&](const std::string &name, int batch, int accumulate) {
        auto settings = config("toy32", name, 1);
        settings["network"] = "crossvit-9";
        settings["set"].update({{"batch", batch},
                                {"accumulate", accumulate},
                                {"epochs", 2},
                                {"augment", "none"},
                                {"optimizer", "sgd"},
                                {"lr", 0.01},
                                {"lambda", 0},
                                {"schedule", "constant"}});
        settings["set"].erase("lambda_from");
        settings["set"].erase("lambda_ramp");
        [&] { QVERIFY(train(settings)); }();
        return column(folder(name) / "checkpoint.safetensors", "blocks.0.blocks.0.0.attn.qkv.weight");
    };
    const auto whole = run("batches_of_16", 16, 1), gathered = run("two_of_8", 8, 2), small = run("batches_of_8", 8, 1);
    QVERIFY(!whole.empty() && whole.size() == gathered.size());
    double same = 0, other = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        same = std::max(same, double(std::abs(whole[i] - gathered[i])));
        other = std::max(other, double(std::abs(whole[i] - small[i])));
    }
    QVERIFY2(same < 1e-6 && other > 1e-5, qPrintable(QStringLiteral("%1 and %2").arg(same).arg(other)));
}

void TestTrain::aFrozenTrunkKeepsItsWeights()
{
    test::ToyPack{.count = 32}.write(folder("toy32"));
    const auto weights = [&](const std::string &name, int freeze, const char *tensor) {
        auto settings = config("toy32", name, 1);
        settings["set"].update({{"epochs", 2}, {"freeze", freeze}, {"lambda", 0}});
        [&] { QVERIFY(train(settings)); }();
        return column(folder(name) / "checkpoint.safetensors", tensor);
    };
    const auto trained = weights("unfrozen", 0, "conv1.weight"), half = weights("half_frozen", 1, "conv1.weight"),
               frozen = weights("frozen", 2, "conv1.weight");
    QVERIFY(!frozen.empty());
    QVERIFY(frozen != half && half != trained && frozen != trained);
    QCOMPARE(column(folder("frozen") / "checkpoint.safetensors", "bn1.running_mean"),
             std::vector<float>(16, 0)); // a trunk that is not trained counts no statistics, either
    QVERIFY(column(folder("frozen") / "checkpoint.safetensors", "fc.weight") !=
            column(folder("half_frozen") / "checkpoint.safetensors", "fc.weight"));
}

void TestTrain::theBestEpochIsKept()
{
    test::ToyPack{.count = 60}.write(folder("toy60"));
    // Rates that undo what the first epochs learnt: some epoch before the last has the least loss.
    const auto run = [&](const std::string &name, int epochs, const char *keep) {
        auto settings = config("toy60", name, 1);
        settings["set"].update({{"epochs", epochs},
                                {"keep", keep},
                                {"validation", 0.3},
                                {"lambda", 0},
                                {"lr", 0.05},
                                {"schedule", "constant"},
                                {"optimizer", "sgd"}});
        [&] { QVERIFY(train(settings)); }();
        return weightsOf(folder(name) / "checkpoint.safetensors");
    };
    const auto best = run("best", 6, "best");
    const auto losses = metricsOf(folder("best"), 0, "nll");
    QCOMPARE(losses.size(), std::size_t(6));
    const int at = int(std::min_element(losses.begin(), losses.end()) - losses.begin()) + 1;
    QVERIFY(best == run("so_far", at, "last")); // a constant rate: shorter runs are the beginnings of longer ones
}

void TestTrain::endsWhereNothingGetsBetter()
{
    test::ToyPack{.count = 60}.write(folder("toy60"));
    auto settings = config("toy60", "early", 1);
    settings["set"].update({{"epochs", 50},
                            {"early_stop", 2},
                            {"keep", "best"},
                            {"validation", 0.3},
                            {"lambda", 0},
                            {"lr", 0.2},
                            {"schedule", "constant"},
                            {"optimizer", "sgd"}});
    const auto result = train(settings);
    QVERIFY2(result, result ? "" : result.error().message.c_str());
    const auto losses = metricsOf(folder("early"), 0, "nll");
    QVERIFY2(losses.size() < 50, qPrintable(QString::number(losses.size())));
    const auto least = std::min_element(losses.begin(), losses.end());
    QCOMPARE(losses.end() - least, 3); // the best one and two without a gain
    QVERIFY(train(settings));          // done: nothing is trained again
    QCOMPARE(metricsOf(folder("early"), 0, "nll").size(), losses.size());
}

void TestTrain::killedWorkerContinuesToTheSameWeights()
{
    test::ToyPack{.count = 64}.write(folder("toy64"));
    const auto whole = config("toy64", "unkilled", 2);
    QVERIFY(train(whole));
    const auto killed = config("toy64", "killed", 2);
    const auto file = folder("killed.json");
    std::ofstream(file) << killed;
    int kills = 0;
    for (int lines = 3; lines < 40; lines += 7) { // killed ever later, until a start survives
        QProcess worker;
        worker.start(MIEN_WORKER, {"train", QString::fromStdString(file.string())});
        QVERIFY(worker.waitForStarted());
        int seen = 0;
        while (seen < lines && worker.waitForReadyRead(20'000))
            seen += int(worker.readAllStandardOutput().count('\n'));
        worker.kill();
        QVERIFY(worker.state() == QProcess::NotRunning || worker.waitForFinished());
        ++kills;
        if (std::filesystem::exists(folder("killed") / "predictions.safetensors"))
            break;
    }
    QVERIFY(kills > 0);
    const auto last = train(killed);
    QVERIFY2(last, last ? "" : last.error().message.c_str());
    for (const char *fold : {"fold0", "fold1"})
        QVERIFY(weightsOf(folder("unkilled") / fold / "checkpoint.safetensors") ==
                weightsOf(folder("killed") / fold / "checkpoint.safetensors"));
}

void TestTrain::fullDiskKeepsTheLastGoodCheckpoint()
{
    test::ToyPack{.count = 48}.write(folder("toy48"));
    const auto whole = config("toy48", "roomy", 1);
    QVERIFY(train(whole));
    const auto cramped = config("toy48", "cramped", 1);
    QVERIFY(!train(cramped, 1)); // stopped after its first epoch
    const auto checkpoint = folder("cramped") / "checkpoint.safetensors";
    const auto kept = weightsOf(checkpoint);
    QVERIFY(!kept.empty());

    const auto file = folder("cramped.json");
    std::ofstream(file) << cramped;
    QProcess worker;
    worker.setChildProcessModifier([] { // no file may grow beyond 100 kB: what a full disk looks like to a writer
        const rlimit limit{100'000, 100'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::signal(SIGXFSZ, SIG_IGN);
    });
    worker.start(MIEN_WORKER, {"train", QString::fromStdString(file.string())});
    QVERIFY(worker.waitForFinished(60'000));
    QCOMPARE(worker.exitCode(), 1);
    const auto said = worker.readAllStandardError();
    QVERIFY2(said.contains("safetensors"), said.constData());
    QCOMPARE(said.count('\n'), 1);
    QVERIFY(weightsOf(checkpoint) == kept);

    QVERIFY(train(cramped)); // room again: on to the same end
    QVERIFY(weightsOf(checkpoint) == weightsOf(folder("roomy") / "checkpoint.safetensors"));
}

void TestTrain::heldOutLabelsLeaveProbabilitiesAlone_data()
{
    QTest::addColumn<QString>("set");
    QTest::newRow("with a validation slice") << R"({"validation":0.2})";
    QTest::newRow("plateau of the training loss")
        << R"({"schedule":"plateau","patience":0,"gamma":0.1,"epochs":6,"lambda":0})";
    QTest::newRow("plateau of a validation slice")
        << R"({"schedule":"plateau","patience":0,"gamma":0.1,"epochs":6,"validation":0.2})";
}

void TestTrain::heldOutLabelsLeaveProbabilitiesAlone()
{
    QFETCH(QString, set);
    const auto extra = nlohmann::json::parse(set.toStdString());
    const auto named = [](const char *kind) { return std::string(kind) + "_" + QTest::currentDataTag(); };
    // Folds as dealt for the true labels; then the labels of fold 0's held-out samples are exchanged.
    test::ToyPack toy{.count = 60, .classes = 3};
    toy.write(folder("honest"));
    auto honest = config("honest", named("honest"), 3);
    honest["set"].update(extra);
    QVERIFY(train(honest));
    const auto folds = SafetensorsFile::open(folder(named("honest")) / "folds.safetensors");
    QVERIFY(folds);
    const auto fold = folds->values<std::int64_t>("fold");
    QVERIFY(fold);
    for (int i = 0; i < toy.count; ++i)
        toy.labels.push_back((*fold)[std::size_t(i)] == 0 ? (i + 1) % 3 : i % 3);
    toy.write(folder("permuted"));
    auto permuted = config("permuted", named("permuted"), 3);
    permuted["set"].update(extra);
    permuted["assignment"] = (folder(named("honest")) / "folds.safetensors").string();
    const auto result = train(permuted);
    QVERIFY2(result, result ? "" : result.error().message.c_str());

    const auto before = column(folder(named("honest")) / "predictions.safetensors", "probabilities");
    const auto after = column(folder(named("permuted")) / "predictions.safetensors", "probabilities");
    int compared = 0;
    bool othersChanged = false;
    for (std::size_t i = 0; i < std::size_t(toy.count); ++i)
        for (std::size_t j = 0; j < 3; ++j) {
            if ((*fold)[i] == 0) {
                QCOMPARE(after[3 * i + j], before[3 * i + j]);
                ++compared;
            } else {
                othersChanged |= after[3 * i + j] != before[3 * i + j];
            }
        }
    QVERIFY(compared >= 3 * 15);
    QVERIFY(othersChanged); // the other folds did train on the exchanged labels
    QVERIFY(weightsOf(folder(named("honest")) / "fold0" / "checkpoint.safetensors") ==
            weightsOf(folder(named("permuted")) / "fold0" / "checkpoint.safetensors"));
}

void TestTrain::otherSettingsAreAConflict()
{
    test::ToyPack{.count = 16}.write(folder("toy16"));
    auto settings = config("toy16", "settings", 1);
    QVERIFY(train(settings));
    settings["set"]["lr"] = 0.001;
    const auto other = train(settings);
    QVERIFY(!other);
    QCOMPARE(other.error().code, ErrorCode::Conflict);
}

void TestTrain::badSettingsAreRefused_data()
{
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("says");
    QTest::newRow("unknown key") << R"({"set":{"learning":1}})"
                                 << "learning";
    QTest::newRow("unknown network") << R"({"network":"magic"})"
                                     << "eac-compact";
    QTest::newRow("unknown device") << R"({"device":"tpu"})"
                                    << "cpu";
    QTest::newRow("no pack") << R"({"pack":"/nowhere"})"
                             << "/nowhere";
    QTest::newRow("too many folds") << R"({"folds":60})"
                                    << "fold";
    QTest::newRow("unknown verb key") << R"({"colour":1})"
                                      << "colour";
    QTest::newRow("unknown recipe") << R"({"recipe":"slow"})"
                                    << "quick, paper";
    QTest::newRow("no class maps to compare") << R"({"network":"posterpp","set":{"lambda":5}})"
                                              << "network posterpp has no class maps";
    QTest::newRow("no class maps to compare, arbex") << R"({"network":"arbex","set":{"lambda":0.5}})"
                                                     << "network arbex has no class maps";
    QTest::newRow("nobody voted") << R"({"set":{"targets":"votes"}})"
                                  << "import votes";
    QTest::newRow("unknown targets") << R"({"set":{"targets":"truth"}})"
                                     << "label, votes";
    QTest::newRow("copies of an unknown class") << R"({"set":{"minority_augment":"class7:2"}})"
                                                << "class0, class1";
    QTest::newRow("copies without a number") << R"({"set":{"minority_augment":"class1"}})"
                                             << "CLASS:COPIES";
    QTest::newRow("copies beside a sampler") << R"({"set":{"minority_augment":"class1:2","sampler":"balanced"}})"
                                             << "sampler=uniform";
    QTest::newRow("window") << R"({"set":{"window_smallest":0.5,"window_largest":0.3}})"
                            << "window_smallest";
    QTest::newRow("wrong type") << R"({"threads":"many"})"
                                << "wrong type";
}

void TestTrain::badSettingsAreRefused()
{
    QFETCH(QString, change);
    QFETCH(QString, says);
    test::ToyPack{.count = 16}.write(folder("toy16"));
    auto settings = config("toy16", "refused", 1);
    settings.merge_patch(nlohmann::json::parse(change.toStdString()));
    const auto result = train(settings);
    QVERIFY(!result);
    QVERIFY2(result.error().message.find(says.toStdString()) != std::string::npos, result.error().message.c_str());
    QVERIFY(result.error().message.find('\n') == std::string::npos);
}

// Labels of which nearly half are wrong, and votes that mostly say what is shown.
void TestTrain::votesAreLearned()
{
    test::ToyPack toy{.count = 96, .voteOptions = {"class0", "class1", "unknown"}};
    for (int i = 0; i < toy.count; ++i) {
        toy.labels.push_back(i % 9 < 4 ? 1 - i % 2 : i % 2);
        const std::int32_t right = 7, wrong = 2, unknown = i % 12 == 0 ? 20 : 1; // of which nobody knows
        for (const std::int32_t count : {i % 2 == 0 ? right : wrong, i % 2 == 0 ? wrong : right, unknown})
            toy.votes.push_back(count);
    }
    toy.write(folder("voted"));
    const auto learned = [&](const char *targets) {
        auto settings = config("voted", std::string("by_") + targets, 2);
        settings["set"].update({{"targets", targets}, {"epochs", 8}, {"lambda", 0}});
        const auto result = train(settings);
        if (!result)
            qWarning("%s", result.error().message.c_str());
        return result.value_or(nlohmann::json::object());
    };
    const auto rightOnes = [&](const char *targets) {
        const auto p = column(folder(std::string("by_") + targets) / "predictions.safetensors", "probabilities");
        int right = 0;
        for (std::size_t i = 0; 2 * i + 1 < p.size(); ++i)
            right += (p[2 * i + 1] > p[2 * i]) == (i % 2 == 1);
        return right;
    };
    const auto byLabel = learned("label"), byVotes = learned("votes");
    QVERIFY(!byLabel.contains("voted"));
    QCOMPARE(byVotes.value("voted", 0), 88);
    qInfo("of 96: %d right by labels, %d by votes", rightOnes("label"), rightOnes("votes"));
    QVERIFY(rightOnes("votes") >= 70);
    QVERIFY(rightOnes("votes") > rightOnes("label") + 20);

    std::ifstream kept(folder("by_votes") / "config.json"), plain(folder("by_label") / "config.json");
    QVERIFY(nlohmann::json::parse(kept)["set"]["targets"] == "votes");
    QVERIFY(!nlohmann::json::parse(plain)["set"].contains("targets"));
    // Other votes are other data: the run is not gone on with.
    toy.votes[0] = 3;
    toy.write(folder("voted"));
    auto index = nlohmann::json::parse(std::ifstream(folder("voted") / "index.json"));
    index["votes_xxh128"] = "others";
    std::ofstream(folder("voted") / "index.json") << index;
    auto again = config("voted", "by_votes", 2);
    again["set"].update({{"targets", "votes"}, {"epochs", 8}, {"lambda", 0}});
    const auto refused = train(again);
    QVERIFY(!refused && refused.error().code == ErrorCode::Conflict);
}

void TestTrain::divergenceKeepsTheLastGoodCheckpoint()
{
    test::ToyPack{.count = 32}.write(folder("toy32"));
    auto settings = config("toy32", "diverged", 1);
    settings["set"].update({{"optimizer", "sgd"},
                            {"lr", 1000},
                            {"schedule", "constant"},
                            {"epochs", 50},
                            {"momentum", 0.999},
                            {"lambda", 1000}});
    const auto result = train(settings);
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Invalid);
    QVERIFY2(result.error().message.find("not finite") != std::string::npos, result.error().message.c_str());
    // What was kept can be gone on from: it comes to the same point again.
    const auto again = train(settings);
    QVERIFY(!again);
    QVERIFY2(again.error().message.find("diverged") != std::string::npos, again.error().message.c_str());
}

void TestTrain::memoryThatEndsIsSaid()
{
    test::ToyPack{.count = 600}.write(folder("toy600"));
    auto settings = config("toy600", "memory", 1);
    settings["network"] = "eac-resnet18";
    settings["set"] = {{"size", 224}, {"batch", 600}, {"epochs", 1}, {"precision", "fp32"}, {"lambda", 0}};
    const auto file = folder("memory.json");
    std::ofstream(file) << settings;
    QProcess worker;
    worker.setChildProcessModifier([] {
        const rlimit limit{rlim_t(4) << 30, rlim_t(4) << 30}; // its inputs alone have 0.36 GB, the first layer 1.9
        ::setrlimit(RLIMIT_AS, &limit);
    });
    worker.start(MIEN_WORKER, {"train", QString::fromStdString(file.string())});
    QVERIFY(worker.waitForFinished(120'000));
    QCOMPARE(worker.exitStatus(), QProcess::NormalExit);
    QCOMPARE(worker.exitCode(), 1);
    const auto said = worker.readAllStandardError();
    QVERIFY2(said.contains("more memory than there is: use a smaller batch"), said.constData());
    QVERIFY2(said.contains("no epoch was complete"), said.constData());
    QCOMPARE(said.count('\n'), 1);
}

void TestTrain::samplesOutsideAreScoredByAll()
{
    test::ToyPack toy{.count = 40};
    for (int i = 0; i < toy.count; ++i) {
        toy.splits.push_back(i < 30 ? 1 : 3);
        toy.labels.push_back(i == 5 ? -1 : i % 2);
    }
    toy.write(folder("outside"));
    const auto result = train(config("outside", "outside_run", 2));
    QVERIFY2(result, result ? "" : result.error().message.c_str());
    QCOMPARE((*result)["samples"].get<int>(), 29);
    const auto file = SafetensorsFile::open(folder("outside_run") / "predictions.safetensors");
    QVERIFY(file);
    const auto fold = file->values<std::int64_t>("fold");
    const auto p = file->values<float>("probabilities");
    QVERIFY(fold && p);
    for (std::size_t i = 0; i < 40; ++i) {
        QCOMPARE((*fold)[i] < 0, i >= 30 || i == 5);
        QVERIFY(std::abs((*p)[2 * i] + (*p)[2 * i + 1] - 1) < 1e-5);
    }
}

QTEST_GUILESS_MAIN(TestTrain)
#include "tst_train.moc"
