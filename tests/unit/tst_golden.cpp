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
    QVERIFY(passed >= 15);
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
