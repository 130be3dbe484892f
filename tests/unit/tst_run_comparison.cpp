#include "pipeline/jobs/run_comparison.h"
#include "pipeline/jobs/run_files.h"

#include "models/io/safetensors.h"
#include "pipeline/store/samples.h"
#include "tests/support/scored_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <fstream>

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

    void missingAndCutFilesOfRunsAreNamed()
    {
        const auto run = m_project->folder() / "runs" / "r1";
        const auto told = [&] {
            QStringList names;
            for (const ProjectProblem &problem : must(examineRunFiles(*m_project, {}))) {
                if (problem.what.find("mien runs remove r1") == std::string::npos)
                    continue; // of the other run
                for (const char *name : {"config.json", "metrics.jsonl", "folds.safetensors", "predictions.safetensors",
                                         "fold0", "fold1", "fold2", "scores.safetensors"})
                    if (problem.what.find("/r1/" + std::string(name)) != std::string::npos)
                        names << QString::fromStdString(problem.kind) + ' ' + name;
            }
            return names.join(", ");
        };
        std::filesystem::create_directories(run);
        std::ofstream(run / "config.json") << "{}";
        std::ofstream(run / "metrics.jsonl") << "{}\n";
        SafetensorsWriter writer;
        writer.add<std::int64_t>("sample", {3}, std::vector<std::int64_t>{1, 2, 3});
        for (const char *name : {"folds.safetensors", "predictions.safetensors", "scores.safetensors"})
            must(writer.write(run / name));
        for (const char *fold : {"fold0", "fold1", "fold2"}) {
            std::filesystem::create_directories(run / fold);
            must(writer.write(run / fold / "checkpoint.safetensors"));
        }
        QCOMPARE(told(), "");

        std::filesystem::remove(run / "folds.safetensors");
        std::filesystem::remove(run / "fold1" / "checkpoint.safetensors");
        QCOMPARE(told(), "missing_file folds.safetensors, missing_file fold1");
        for (const char *name : {"predictions.safetensors", "scores.safetensors", "fold2/checkpoint.safetensors"})
            std::filesystem::resize_file(run / name, std::filesystem::file_size(run / name) - 1);
        std::filesystem::resize_file(run / "metrics.jsonl", 2);
        std::filesystem::resize_file(run / "config.json", 1);
        QCOMPARE(told(), "damaged_file config.json, damaged_file metrics.jsonl, missing_file folds.safetensors,"
                         " damaged_file predictions.safetensors, missing_file fold1, damaged_file fold2,"
                         " damaged_file scores.safetensors");
        must(removeRun(*m_project, "r1"));
        QCOMPARE(told(), "");
    }
};

QTEST_APPLESS_MAIN(TestRunComparison)
#include "tst_run_comparison.moc"
