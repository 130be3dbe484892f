#include "pipeline/store/import_writer.h"

#include "pipeline/store/doctor.h"
#include "pipeline/store/imports.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <csignal>
#include <random>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace mien;
using namespace mien::test;

namespace {

constexpr int manyRows = 12'000; // several transactions

ImportWriter beginOf(Project &project)
{
    return must(ImportWriter::begin(project, "test.csv", "plain", project.folder().parent_path() / "faces.csv"));
}

ImportWriter::Duplicates importRows(Project &project, int rows)
{
    ImportWriter writer = beginOf(project);
    NewMedia file;
    file.path = project.folder().parent_path() / "faces.csv";
    file.kind = "table";
    const MediaId media = must(writer.addMedia(file));
    for (int row = 0; row < rows; ++row) {
        if (!writer.has("row:" + std::to_string(row)))
            must(writer.addSample(plainSample(writer, media, row)));
    }
    return must(writer.finish());
}

} // namespace

class TestImportWriter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsDuplicates()
    {
        const TemporaryFolder folder;
        Project project = must(Project::create(folder / "a.mien", ""));
        const auto duplicates = importRows(project, 100);
        // Rows 8 and 9, 18 and 19, …: the second of each pair differs in class, or is unlabeled (19, 39, …).
        QCOMPARE(duplicates.groups, 10);
        QCOMPARE(duplicates.images, 20);
        QCOMPARE(duplicates.duplicates(), 10);
        QCOMPARE(duplicates.conflicts, 5);
        QCOMPARE(duplicates.acrossSplits, 10);
        QCOMPARE(must(samplesMatching(project, "quality:duplicate")).size(), 20U);
        QCOMPARE(must(samplesMatching(project, "quality:label_conflict")).size(), 10U);
        const SampleId twin{10};
        const SampleRow row = must(sampleRows(project, std::span(&twin, 1))).at(0);
        QCOMPARE(row.duplicateGroup, 9);
        QCOMPARE(row.duplicateGroupSize, 2);
    }

    void sameSourceAgainUpdatesGivenFactsAndKeepsOpinions()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 50);
        Verdict verdict;
        verdict.label = ClassId{7};
        must(annotate(project, SampleId{1}, verdict, "ann"));
        {
            ImportWriter writer = beginOf(project);
            QVERIFY(!writer.isResumed());
            NewMedia file;
            file.path = folder / "faces.csv";
            const MediaId media = must(writer.addMedia(file));
            QCOMPARE(media.value, 1);
            for (int row = 0; row < 60; ++row) {
                NewSample sample = plainSample(writer, media, row);
                sample.givenClass = ClassId{6};
                sample.state = LabelState::Ok;
                QCOMPARE(must(writer.addSample(sample)).value, row + 1);
            }
            must(writer.finish());
        }
        QCOMPARE(must(countMatching(project, "")), 60);
        QCOMPARE(must(countMatching(project, "given:disgust")), 60);
        QCOMPARE(must(countMatching(project, "label:disgust")), 59);
        QCOMPARE(must(countMatching(project, "label:anger annotator:ann")), 1);
        QVERIFY(must(examine(project, false, {})).empty());
        QCOMPARE(imports(project).size(), std::size_t(2));
    }

    void votesComeWithAndAfterTheSamples()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 10);
        {
            ImportWriter writer = beginOf(project);
            must(writer.setVotes("row:1", {{"fear", 3}, {"NF", 7}}));
            QCOMPARE(writer.setVotes("row:77", {{"fear", 3}}).error().code, ErrorCode::NotFound);
            must(writer.finish());
        }
        const SampleId sample{2};
        const SampleRow row = must(sampleRows(project, std::span(&sample, 1))).at(0);
        QCOMPARE(row.votes.at("NF"), 7);
        QCOMPARE(must(countMatching(project, "votes.fear>2")), 1);
        QCOMPARE(must(countMatching(project, "votes.NF:7")), 1);
        QCOMPARE(must(countMatching(project, "votes.contempt>0")), 0);
    }

    void otherSourcesAreOtherSamples()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 10);
        ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "", folder / "elsewhere.csv"));
        NewMedia file;
        file.path = folder / "elsewhere.csv";
        const MediaId media = must(writer.addMedia(file));
        QCOMPARE(must(writer.addSample(plainSample(writer, media, 0))).value, 11);
        const auto duplicates = must(writer.finish());
        QCOMPARE(duplicates.groups, 1); // pixel-identical to the first import's row 0
        QCOMPARE(must(countMatching(project, "subject:S0")), 2);
        QCOMPARE(subjectCount(project), 11); // S0 of another source is another person
    }

    void oneImportAtATime()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 3);
        const ImportWriter writer = beginOf(project);
        QCOMPARE(ImportWriter::begin(project, "x", "", folder.path()).error().code, ErrorCode::Conflict);
    }

    void killedAnywhereItGoesOn()
    {
        std::mt19937 random(17);
        int midway = 0;
        for (int i = 0; i < pointsOf(10, 120); ++i) {
            const TemporaryFolder folder;
            {
                must(Project::create(folder / "a.mien", ""));
            }
            const pid_t child = ::fork();
            if (child == 0) {
                try {
                    Project project = must(Project::open(folder / "a.mien", Project::Access::Write));
                    importRows(project, manyRows);
                } catch (const std::exception &) {
                    ::_exit(1);
                }
                ::_exit(0);
            }
            ::usleep(static_cast<useconds_t>(std::uniform_int_distribution(0, 700'000)(random)));
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);

            Project project = must(Project::open(folder / "a.mien", Project::Access::Write));
            const auto before = must(countMatching(project, ""));
            midway += before > 0 && before < manyRows ? 1 : 0;
            for (const ProjectProblem &problem : must(examine(project, false, {})))
                QVERIFY2(false, problem.what.c_str());
            const auto duplicates = importRows(project, manyRows);
            QCOMPARE(duplicates.groups, manyRows / 10);
            QCOMPARE(must(countMatching(project, "")), manyRows);
            QVERIFY(must(examine(project, false, {})).empty());
            std::set<std::string> sources;
            for (const SampleRow &row : must(sampleRows(project, must(samplesMatching(project, "")))))
                sources.insert(row.source);
            QCOMPARE(sources.size(), std::size_t(manyRows));
        }
        qInfo("%d kills came in the middle", midway);
    }
};

QTEST_APPLESS_MAIN(TestImportWriter)
#include "tst_import_writer.moc"
