#include "pipeline/jobs/run_comparison.h"

#include "models/io/safetensors.h"
#include "pipeline/store/samples.h"
#include "tests/support/scored_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

using namespace mien;
using namespace mien::test;

namespace {

constexpr int samples = 70;

/// Makes a finished run one of a single fold that held out the samples with an id up to `heldOut`.
void makeSingleFold(Project &project, const std::string &id, std::int64_t heldOut)
{
    RunRow run = *runNamed(project, id);
    run.folds = 1;
    must(updateRun(project, run));
    std::vector<std::int64_t> sample;
    std::vector<std::uint8_t> held;
    for (const PredictionRow &row : predictionsOf(project, id)) {
        sample.push_back(row.sample.value);
        held.push_back(row.sample.value <= heldOut);
    }
    SafetensorsWriter writer;
    writer.add<std::int64_t>("sample", {std::int64_t(sample.size())}, sample);
    writer.add<std::uint8_t>("held_out", {std::int64_t(held.size())}, held);
    must(writer.write(project.folder() / "runs" / id / "predictions.safetensors"));
}

} // namespace

class TestRunComparison : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder.emplace();
        m_project.emplace(filledProject(*m_folder / "p.mien", samples));
        addFinishedRun(*m_project, 5, 0.8);
        addFinishedRun(*m_project, 7, 0.85);
    }
    void cleanup()
    {
        m_project.reset();
        m_folder.reset();
    }

    void severalFoldsHoldEverythingOut()
    {
        const auto found = must(compareRuns(*m_project, "r1", "r2"));
        QVERIFY(found.samples > 40);
        QVERIFY(found.leftOut == 0 && found.learnedA.empty() && found.learnedB.empty());
    }

    void learnedSamplesAreLeftOut_data()
    {
        QTest::addColumn<QString>("single");
        QTest::newRow("before") << "r1";
        QTest::newRow("after") << "r2";
    }

    void learnedSamplesAreLeftOut()
    {
        QFETCH(QString, single);
        const auto whole = must(compareRuns(*m_project, "r1", "r2"));
        makeSingleFold(*m_project, single.toStdString(), 20);
        const auto found = must(compareRuns(*m_project, "r1", "r2"));
        QVERIFY(found.samples > 0 && found.samples <= 20);
        QCOMPARE(found.samples + found.leftOut, whole.samples);
        const auto &learned = single == QLatin1String("r1") ? found.learnedA : found.learnedB;
        QVERIFY(std::int64_t(learned.size()) >= found.leftOut);
        for (const SampleId id : learned)
            QVERIFY(id.value > 20);
        std::int64_t support = 0;
        for (const auto &line : found.classes)
            support += line.samples;
        QCOMPARE(support, found.samples);
        for (const auto *part : {&found.fixed, &found.broken, &found.bothWrong})
            for (const SampleId id : *part)
                QVERIFY(id.value <= 20);
        QVERIFY(found.fixed.size() < whole.fixed.size());
    }

    void nothingLeftIsSaid()
    {
        makeSingleFold(*m_project, "r2", 0);
        const auto found = compareRuns(*m_project, "r1", "r2");
        QVERIFY(!found);
        QCOMPARE(found.error().code, ErrorCode::Conflict);
        QVERIFY2(found.error().message.find("because run r2 learned with one fold") != std::string::npos,
                 found.error().message.c_str());
    }

    void aMissingFileIsNamed()
    {
        makeSingleFold(*m_project, "r2", 20);
        std::filesystem::remove(m_project->folder() / "runs" / "r2" / "predictions.safetensors");
        const auto found = compareRuns(*m_project, "r1", "r2");
        QVERIFY(!found && found.error().message.find("predictions.safetensors") != std::string::npos);
    }

private:
    std::optional<TemporaryFolder> m_folder;
    std::optional<Project> m_project;
};

QTEST_APPLESS_MAIN(TestRunComparison)
#include "tst_run_comparison.moc"
