#include "pipeline/store/bin.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/crop_segments.h"
#include "pipeline/store/doctor.h"
#include "pipeline/store/imports.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/media.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"
#include "pipeline/store/sources.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <SQLiteCpp/Database.h>

#include <QTest>

#include <fstream>
#include <sstream>

using namespace mien;
using namespace mien::test;

namespace {

constexpr int firstRows = 60, ownRows = 40, twinRows = 5, moreRows = ownRows + twinRows;
constexpr std::int64_t dayMs = 24LL * 3600 * 1000;

/// The second import: rows with pixels of their own, and some that are pixel twins of the first import's.
void importMore(Project &project)
{
    const auto file = project.folder().parent_path() / "more.csv";
    ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", file));
    NewMedia table;
    table.path = file;
    table.kind = "table";
    const MediaId media = must(writer.addMedia(table));
    for (int row = 0; row < moreRows; ++row) {
        NewSample sample = plainSample(writer, media, row < ownRows ? 1000 + row : row - ownRows);
        sample.sourceKey = "row:" + std::to_string(row);
        sample.displaySource = "more.csv#row:" + std::to_string(row);
        sample.subject = "T" + std::to_string(row % 3);
        must(writer.addSample(sample));
    }
    must(writer.finish());
}

std::vector<SampleId> samplesFrom(std::int64_t first, std::int64_t last)
{
    std::vector<SampleId> ids;
    for (std::int64_t id = first; id <= last; ++id)
        ids.push_back({id});
    return ids;
}

/// Two imports, and every kind of edit: on the first, the second, and both.
Project livedIn(const std::filesystem::path &folder)
{
    Project project = filledProject(folder, firstRows);
    importMore(project);
    Verdict fear;
    fear.label = ClassId{4};
    must(annotateAll(project, samplesFrom(50, 70), fear, "ann"));
    must(addTag(project, samplesFrom(58, 66), "glasses", "ann"));
    must(assignSplit(project, samplesFrom(80, 84), Split::Test, "ann"));
    must(setExcluded(project, samplesFrom(90, 92), true, "ann"));
    return project;
}

std::string problemsOf(Project &project)
{
    std::string kinds;
    for (const ProjectProblem &problem : must(examine(project, false, {})))
        kinds += problem.kind + ": " + problem.what + "\n";
    return kinds;
}

std::string bytesOf(const std::filesystem::path &file)
{
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

std::int64_t countOf(const Project &project, const std::string &filter)
{
    return must(countMatching(project, filter));
}

} // namespace

class TestBin : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aRemovedImportCountsNowhere()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        QCOMPARE(countOf(project, ""), firstRows + moreRows);
        QCOMPARE(subjectCount(project), 13 + 3);
        const std::int64_t twins = countOf(project, "duplicate:yes");
        const SnapshotRow whole = must(createSnapshot(project, "", "whole"));

        const ImportRow removed = must(removeImport(project, {2}));
        QCOMPARE(removed.samples, moreRows);
        QVERIFY(removed.removedAtMs);
        QCOMPARE(countOf(project, ""), firstRows);
        QCOMPARE(countOf(project, "tag:glasses"), 3);
        QCOMPARE(countOf(project, "annotator:ann"), 11);
        QCOMPARE(countOf(project, "excluded:yes"), 0);
        QVERIFY(countOf(project, "duplicate:yes") < twins);
        QCOMPARE(subjectCount(project), 13);
        QVERIFY(must(sampleRows(project, samplesFrom(61, 105))).empty());
        QVERIFY(must(sampleFacts(project, samplesFrom(61, 105))).empty());
        QCOMPARE(must(createSnapshot(project, "", "rest")).samples, firstRows);
        QCOMPARE(must(snapshotSamples(project, whole.hash)).size(), std::size_t(firstRows + moreRows)); // immutable
        QCOMPARE(imports(project).size(), std::size_t(1));
        QCOMPARE(removedImports(project).at(0).id, ImportId{2});
        Verdict sad;
        sad.label = ClassId{2};
        QCOMPARE(annotate(project, {70}, sad, "ann").error().code, ErrorCode::NotFound);
        QCOMPARE(problemsOf(project), std::string());

        QCOMPARE(removeImport(project, {2}).error().code, ErrorCode::Conflict);
        QCOMPARE(removeImport(project, {9}).error().code, ErrorCode::NotFound);
        QCOMPARE(restoreImport(project, {1}).error().code, ErrorCode::NotFound);
    }

    void restoringBringsEverythingBackAndUndoStillWorks()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        const std::string before = contentOf(project);
        std::vector<std::string> steps; // the content before each undo
        for (int i = 0; i < 4; ++i) {
            steps.push_back(contentOf(project));
            must(project.undo());
        }
        const std::string start = contentOf(project);
        for (int i = 0; i < 4; ++i)
            must(project.redo());
        QCOMPARE(contentOf(project), before);

        must(removeImport(project, {2}));
        QVERIFY(contentOf(project) != before);
        must(project.undo()); // of faces in the bin: noted, shown once they are back
        must(project.undo());
        must(project.redo());
        QCOMPARE(countOf(project, ""), firstRows);
        QCOMPARE(problemsOf(project), std::string());
        {
            const Project closed = std::move(project);
        }
        project = must(Project::open(folder / "a.mien", Project::Access::Write));
        must(restoreImport(project, {2}));
        QCOMPARE(contentOf(project), steps[1]);
        must(project.redo());
        QCOMPARE(contentOf(project), before);
        for (int i = 0; i < 4; ++i) {
            QCOMPARE(contentOf(project), steps[std::size_t(i)]);
            must(project.undo());
        }
        QCOMPARE(contentOf(project), start);
        QCOMPARE(problemsOf(project), std::string());
    }

    void importingAgainBringsBackWithoutDuplicates()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        const std::string before = contentOf(project);
        must(removeImport(project, {2}));
        importMore(project);
        QCOMPARE(contentOf(project), before); // the same ids with their labels
        QCOMPARE(imports(project).back().id, ImportId{3});
        QCOMPARE(imports(project).back().samples, moreRows);
        QCOMPARE(removedImports(project).at(0).samples, 0);
        must(restoreImport(project, {2})); // nothing of it is left to bring back, and nothing comes twice
        QCOMPARE(contentOf(project), before);
        QCOMPARE(removeImport(project, {2}).error().code, ErrorCode::Conflict); // its samples are the later import's
        QCOMPARE(problemsOf(project), std::string());
        must(removeImport(project, {3}));
        QCOMPARE(countOf(project, ""), firstRows);
    }

    void afterThirtyDaysTheBytesGo()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        const std::string first = [&] {
            must(removeImport(project, {2}));
            const std::string content = contentOf(project);
            must(restoreImport(project, {2}));
            return content;
        }();
        const auto own = must(sampleRows(project, samplesFrom(61, 61))).at(0);
        const CropPixels pixels = must(CropReader(project).read(*own.crop));
        const std::string pattern(pixels.bytes.begin(), pixels.bytes.end());
        const auto segment = cropSegmentFile(project.folder(), 1);
        QVERIFY(bytesOf(segment).find(pattern) != std::string::npos);
        std::filesystem::create_directories(project.folder() / "thumbs");
        std::filesystem::create_directories(project.folder() / "packs" / "aa");
        std::filesystem::create_directories(project.folder() / "packs" / "bb");
        std::ofstream(project.folder() / "packs" / "aa" / "index.json") << R"({"sample":[1,2,61]})";
        std::ofstream(project.folder() / "packs" / "bb" / "index.json") << R"({"sample":[1,2,3]})";
        const auto importFolder = imports(project).at(1).folder;
        QVERIFY(std::filesystem::exists(importFolder));

        const ImportRow removed = must(removeImport(project, {2}));
        QVERIFY(!isBinDue(project, *removed.removedAtMs + 29 * dayMs));
        QCOMPARE(must(emptyBin(project, *removed.removedAtMs + 29 * dayMs)).imports, 0);
        QVERIFY(bytesOf(segment).find(pattern) != std::string::npos);

        const Emptied emptied = must(emptyBin(project, *removed.removedAtMs + 30 * dayMs));
        QCOMPARE(emptied.imports, 1);
        QCOMPARE(emptied.samples, moreRows);
        QVERIFY(emptied.bytes >= 64 * (ownRows - ownRows / 10));
        QVERIFY(bytesOf(segment).find(pattern) == std::string::npos);
        QVERIFY(!std::filesystem::exists(importFolder));
        QVERIFY(!std::filesystem::exists(project.folder() / "thumbs"));
        QVERIFY(!std::filesystem::exists(project.folder() / "packs" / "aa"));
        QVERIFY(std::filesystem::exists(project.folder() / "packs" / "bb"));
        QCOMPARE(contentOf(project), first); // the twins' crops are still the first import's
        QCOMPARE(problemsOf(project), std::string());
        QVERIFY(!isBinDue(project, *removed.removedAtMs + 40 * dayMs));
        QCOMPARE(restoreImport(project, {2}).error().code, ErrorCode::NotFound);

        // Of the four edits the two on the second import alone are gone; the others undo what is left of them.
        QCOMPARE(project.history(10).size(), std::size_t(2));
        must(project.undo());
        QCOMPARE(countOf(project, "tag:glasses"), 0);
        must(project.undo());
        QCOMPARE(countOf(project, "annotator:ann"), 0);

        importMore(project); // from the start, under ids that nothing ever had
        QCOMPARE(countOf(project, ""), firstRows + moreRows);
        QCOMPARE(must(samplesMatching(project, "", {"id", true}, 1)).at(0), SampleId{firstRows + 2 * moreRows});
        QCOMPARE(problemsOf(project), std::string());
    }

    void anInterruptedErasureGoesOnAndSparesWhatCameAfterIt()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 10);
        const auto segment = cropSegmentFile(project.folder(), 1);
        const auto end = std::filesystem::file_size(segment);
        // As after a kill between the transaction and the bytes.
        project.database().exec("INSERT INTO erasures (segment, offset, size) VALUES (1, " + std::to_string(end) +
                                ", 64)");
        std::ofstream(segment, std::ios::binary | std::ios::app) << std::string(64, 'x');
        QVERIFY(isBinDue(project));
        importMore(project); // before anybody emptied the bin
        QCOMPARE(bytesOf(segment).substr(end, 64), std::string(64, 'x'));
        must(emptyBin(project));
        QCOMPARE(bytesOf(segment).substr(end, 64), std::string(64, '\0'));
        QVERIFY(!isBinDue(project));
        QCOMPARE(problemsOf(project), std::string());
    }

    void anEmptiedProjectIsAnEmptyOne()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 30);
        const ImportRow removed = must(removeImport(project, {1}));
        QCOMPARE(must(emptyBin(project, deletedFromMs(*removed.removedAtMs))).samples, 30);
        QVERIFY(!std::filesystem::exists(cropSegmentFile(project.folder(), 1)));
        QCOMPARE(project.database().execAndGet("SELECT count(*) FROM sources").getInt(), 0);
        QCOMPARE(project.database().execAndGet("SELECT count(*) FROM media").getInt(), 0);
        QCOMPARE(subjectCount(project), 0);
        QCOMPARE(problemsOf(project), std::string());
    }

    void removedRunsComeBackOrGo()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 20);
        RunRow run;
        run.network = "eac-compact";
        run.state = "done";
        for (const char *id : {"r1", "r2"}) {
            QCOMPARE(must(addRun(project, run)), std::string(id));
            must(storePredictions(project, id, {{{4}, ClassId{id[1] == '1' ? 3 : 5}, {}, 0, .9F}}));
        }
        QCOMPARE(countOf(project, "predicted:fear"), 1);
        must(removeRun(project, "r2"));
        QCOMPARE(runs(project).size(), std::size_t(1));
        QVERIFY(!runNamed(project, "r2"));
        QVERIFY(std::filesystem::exists(project.folder() / "runs" / "r2"));
        QCOMPARE(countOf(project, "predicted:fear"), 0);
        QCOMPARE(countOf(project, "predicted:sadness"), 1); // r1 predicts again
        QVERIFY(!countMatching(project, "run:r2"));
        QCOMPARE(removeRun(project, "r2").error().code, ErrorCode::NotFound);
        QCOMPARE(problemsOf(project), std::string());
        QCOMPARE(must(addRun(project, run)), std::string("r3")); // never its number again

        must(restoreRun(project, "r2"));
        QCOMPARE(countOf(project, "predicted:fear"), 1);
        QCOMPARE(restoreRun(project, "r2").error().code, ErrorCode::NotFound);
        must(removeRun(project, "r2"));
        const std::int64_t at = deletedFromMs(*removedRuns(project).at(0).removedAtMs);
        QCOMPARE(must(emptyBin(project, at - 1)).runs, 0);
        QCOMPARE(must(emptyBin(project, at)).runs, 1);
        QVERIFY(!std::filesystem::exists(project.folder() / "runs" / "r2"));
        QVERIFY(removedRuns(project).empty());
        QCOMPARE(problemsOf(project), std::string());
    }

    /// As after a backup from before the run was put back.
    void aRunNeverTakesAFolderThatHoldsNetworks()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 20);
        std::filesystem::create_directories(project.folder() / "runs" / "r1");
        std::ofstream(project.folder() / "runs" / "r1" / "checkpoint.safetensors") << "weights";
        std::filesystem::create_directories(project.folder() / "runs" / "r2"); // empty: free
        QCOMPARE(must(addRun(project, {})), std::string("r2"));
        QCOMPARE(must(addRun(project, {})), std::string("r3"));
    }
};

QTEST_GUILESS_MAIN(TestBin)
#include "tst_bin.moc"
