#include "models/io/safetensors.h"
#include "models/worker/golden.h"
#include "tests/support/test_data.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <functional>
#include <limits>
#include <map>

using namespace mien;

namespace {

struct Stored
{
    std::vector<std::int64_t> shape;
    std::vector<float> values;
};

/// A fixture of the kind arbex_confidence, by hand: two distributions over four classes.
std::map<std::string, Stored> confidenceFixture()
{
    // One half, a quarter, an eighth, an eighth: entropy 1.75 bits of 2.
    return {{"input.prob", {{2, 4}, {0.5f, 0.25f, 0.125f, 0.125f, 1, 0, 0, 0}}},
            {"output.normalized_entropy", {{2}, {0.875f, 0}}},
            {"output.confidence", {{2}, {0.125f, 1}}},
            {"input.uniform", {{1, 4}, {0.25f, 0.25f, 0.25f, 0.25f}}},
            {"output.uniform_confidence", {{1}, {0}}}};
}

/// A basic block of one channel, by hand: its convolutions are 0, so the way past them is all there is.
std::map<std::string, Stored> blockFixture()
{
    std::map<std::string, Stored> tensors{{"input.x", {{1, 1, 1, 1}, {0.5f}}}, {"output.eval", {{1, 1, 1, 1}, {0.5f}}}};
    for (const std::string n : {"1", "2"}) {
        tensors["block.conv" + n + ".weight"] = {{1, 1, 3, 3}, std::vector<float>(9, 0)};
        for (const char *zero : {".bias", ".running_mean"})
            tensors["block.bn" + n + zero] = {{1}, {0}};
        for (const char *one : {".weight", ".running_var"})
            tensors["block.bn" + n + one] = {{1}, {1}};
    }
    return tensors;
}

void write(const std::filesystem::path &path, const std::map<std::string, Stored> &tensors,
           const std::map<std::string, std::string> &metadata)
{
    SafetensorsWriter writer;
    for (const auto &[name, stored] : tensors)
        writer.add<float>(name, stored.shape, stored.values);
    for (const auto &[key, value] : metadata)
        writer.setMetadata(key, value);
    QVERIFY(writer.write(path));
}

} // namespace

class TstGolden : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sharedFixtures();
    void ownFixturePasses();
    void corruptedFixtureFails_data();
    void corruptedFixtureFails();
    void evaluationAloneIsChecked();
    void impossibleSizesAreNamed_data();
    void impossibleSizesAreNamed();
    void foldersAndFilters();

private:
    std::filesystem::path file(const char *name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }
    QTemporaryDir m_folder;
};

void TstGolden::sharedFixtures()
{
    MIEN_NEED_TEST_DATA(folder, "golden");
    const auto report = runGolden(folder, "", [](const nlohmann::json &) {}, {});
    QVERIFY(report);
    int passed = 0;
    for (const GoldenOutcome &outcome : report->outcomes) {
        QVERIFY2(outcome.state != GoldenOutcome::State::Failed, (outcome.name + ": " + outcome.message).c_str());
        passed += outcome.state == GoldenOutcome::State::Passed;
    }
    QVERIFY(passed >= 18);
}

void TstGolden::ownFixturePasses()
{
    write(file("any name.safetensors"), confidenceFixture(), {{"kind", "arbex_confidence"}});
    const GoldenOutcome outcome = checkFixture(file("any name.safetensors"));
    QVERIFY2(outcome.state == GoldenOutcome::State::Passed, outcome.message.c_str());
    QCOMPARE(outcome.name, std::string("any name"));
    QCOMPARE(outcome.compared, 3);
    const auto event = outcome.event();
    QVERIFY(event["ok"].get<bool>());
    QVERIFY(event["worst_error"].get<double>() <= event["limit"].get<double>());
}

void TstGolden::corruptedFixtureFails_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"value", "shape", "unknown tensor", "NaN in an output", "NaN in an input", "infinity",
                            "nothing to compare", "no kind", "no file", "cut off"})
        QTest::newRow(how) << how;
}

void TstGolden::corruptedFixtureFails()
{
    QFETCH(QString, how);
    auto tensors = confidenceFixture();
    std::map<std::string, std::string> metadata{{"kind", "arbex_confidence"}};
    if (how == "value")
        tensors["output.confidence"].values[1] -= 3e-5f; // the limit is 2e-5 of 1, and 1e-6
    else if (how == "shape")
        tensors["output.confidence"].shape = {1, 2};
    else if (how == "unknown tensor")
        tensors["output.other"] = {{1}, {0}};
    else if (how == "NaN in an output")
        tensors["output.confidence"].values[0] = std::numeric_limits<float>::quiet_NaN();
    else if (how == "NaN in an input")
        tensors["input.prob"].values[0] = std::numeric_limits<float>::quiet_NaN();
    else if (how == "infinity")
        tensors["output.confidence"].values[0] = std::numeric_limits<float>::infinity();
    else if (how == "nothing to compare")
        tensors = {{"input.prob", tensors["input.prob"]}};
    else if (how == "no kind")
        metadata.clear();
    const auto path = file("bad.safetensors");
    std::filesystem::remove(path);
    if (how != "no file")
        write(path, tensors, metadata);
    if (how == "cut off")
        std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);

    const GoldenOutcome outcome = checkFixture(path);
    QCOMPARE(outcome.state, GoldenOutcome::State::Failed);
    QVERIFY(!outcome.message.empty());
    QVERIFY(!outcome.event()["ok"].get<bool>());
    std::filesystem::remove(path);
}

/// A block of which only the evaluation is stored, on one value a channel: nothing to train with.
void TstGolden::evaluationAloneIsChecked()
{
    write(file("eval.safetensors"), blockFixture(), {{"kind", "resnet_basic_block"}, {"stride", "1"}});
    const GoldenOutcome outcome = checkFixture(file("eval.safetensors"));
    QVERIFY2(outcome.state == GoldenOutcome::State::Passed, outcome.message.c_str());
    QCOMPARE(outcome.compared, 1);

    auto wrong = blockFixture();
    wrong["output.eval"].values[0] = 0.4f;
    write(file("eval.safetensors"), wrong, {{"kind", "resnet_basic_block"}, {"stride", "1"}});
    QCOMPARE(checkFixture(file("eval.safetensors")).state, GoldenOutcome::State::Failed);
}

void TstGolden::impossibleSizesAreNamed_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("changed");
    QTest::addColumn<QList<qint64>>("shape");
    QTest::addColumn<QString>("stride");
    QTest::addColumn<QString>("words");
    const QString metrics = "metrics", cl = "confident_learning", block = "resnet_basic_block", resize = "image_resize";
    QTest::newRow("no bins") << metrics << "output.ece_bins" << QList<qint64>{0, 3} << "" << "has 0 bins";
    QTest::newRow("bins without rows") << metrics << "output.ece_bins" << QList<qint64>{} << "" << "has 0 dimensions";
    QTest::newRow("metrics of nothing") << metrics << "input.pred_probs" << QList<qint64>{0, 0} << "" << "is empty";
    QTest::newRow("rules of nothing") << cl << "input.pred_probs" << QList<qint64>{0, 0} << "" << "is empty";
    QTest::newRow("no classes") << cl << "input.pred_probs" << QList<qint64>{2, 0} << "" << "is empty";
    for (const char *stride : {"0", "-1", "17", "1000000", "1e30", "2.5"})
        QTest::newRow(qPrintable(QString("stride %1").arg(stride)))
            << block << "" << QList<qint64>{} << stride << "no whole number from 1 to 16";
    QTest::newRow("flat weight") << block << "block.conv1.weight" << QList<qint64>{9} << "1" << "has 1 dimensions";
    for (const char *output : {"pil_bilinear_u8", "halfpixel_bilinear_f32", "nearest_f32"})
        QTest::newRow(output) << resize << QString("output.0.") + output << QList<qint64>{4} << "" << "h, w";
}

/// Sizes that no computation can have: a failed outcome that names the tensor, never the end of the program.
void TstGolden::impossibleSizesAreNamed()
{
    QFETCH(QString, kind);
    QFETCH(QString, changed);
    QFETCH(QList<qint64>, shape);
    QFETCH(QString, stride);
    QFETCH(QString, words);
    std::map<std::string, Stored> tensors;
    if (kind == "resnet_basic_block")
        tensors = blockFixture();
    else if (kind == "image_resize")
        tensors = {{"input.0.u8_hwc", {{2, 2, 1}, {1, 2, 3, 4}}}};
    else
        tensors = {{"input.pred_probs", {{2, 2}, {0.75f, 0.25f, 0.25f, 0.75f}}}, {"input.labels", {{2}, {0, 1}}}};
    if (!changed.isEmpty()) {
        std::int64_t count = 1;
        for (const qint64 side : shape)
            count *= side;
        tensors[changed.toStdString()] = {{shape.begin(), shape.end()}, std::vector<float>(std::size_t(count), 0)};
        if (changed == "input.pred_probs")
            tensors["input.labels"] = {{shape[0]}, std::vector<float>(std::size_t(shape[0]), 0)};
    }
    std::map<std::string, std::string> metadata{{"kind", kind.toStdString()}};
    if (!stride.isEmpty())
        metadata["stride"] = stride.toStdString();
    const auto path = file("impossible.safetensors");
    write(path, tensors, metadata);
    const GoldenOutcome outcome = checkFixture(path);
    QCOMPARE(outcome.state, GoldenOutcome::State::Failed);
    QVERIFY2(QString::fromStdString(outcome.message).contains(words), outcome.message.c_str());
}

void TstGolden::foldersAndFilters()
{
    std::filesystem::create_directories(file("set"));
    const auto good = confidenceFixture();
    auto bad = good;
    bad["output.confidence"].values[0] = 0.2f;
    std::vector<nlohmann::json> events;
    const auto run = [&](const char *filter) {
        events.clear();
        return runGolden(file("set"), filter, [&](const nlohmann::json &event) { events.push_back(event); }, {});
    };
    QCOMPARE(run("").error().code, ErrorCode::NotFound);
    QVERIFY(!runGolden(file("nowhere"), "", [](const nlohmann::json &) {}, {}));

    write(file("set/one.safetensors"), good, {{"kind", "arbex_confidence"}});
    write(file("set/input.safetensors"), good, {{"kind", "weights"}});
    QCOMPARE(run("")->exitStatus(), 0);
    QCOMPARE(events.size(), std::size_t(1));
    QCOMPARE(run("conf")->exitStatus(), 0); // part of the kind
    QVERIFY(!run("two"));

    write(file("set/two.safetensors"), good, {{"kind", "of a later time"}});
    QCOMPARE(run("")->exitStatus(), 3);
    QVERIFY(events[1]["ok"].is_null());

    write(file("set/three.safetensors"), bad, {{"kind", "arbex_confidence"}});
    QCOMPARE(run("")->exitStatus(), 1);
    QCOMPARE(run("one")->exitStatus(), 0);
}

QTEST_GUILESS_MAIN(TstGolden)
#include "tst_golden.moc"
