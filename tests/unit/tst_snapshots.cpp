#include "pipeline/store/snapshots.h"

#include "pipeline/store/imports.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/media.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <fstream>

using namespace mien;
using namespace mien::test;

class TestSnapshots : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void equalContentHasAnEqualHashEverywhere()
    {
        const TemporaryFolder here, elsewhere;
        Project a = filledProject(here / "a.mien", 60);
        Project b = filledProject(elsewhere / "other name.mien", 60);
        const SnapshotRow first = must(createSnapshot(a, "", "start"));
        QCOMPARE(must(createSnapshot(b, "", "b")).hash, first.hash);

        Verdict verdict;
        verdict.label = ClassId{5};
        must(annotate(a, SampleId{9}, verdict, "ann"));
        const SnapshotRow labelled = must(createSnapshot(a, "", "labelled"));
        QVERIFY(labelled.hash != first.hash);
        must(a.undo());
        QCOMPARE(must(createSnapshot(a, "", "again")).hash, first.hash);
        QCOMPARE(snapshots(a).size(), std::size_t(2));
        must(a.redo());
        QCOMPARE(must(createSnapshot(a, "", "redone")).hash, labelled.hash);
        QCOMPARE(must(createSnapshot(a, "", "redone")).name, std::string("labelled")); // what is there stays as it was
    }

    void readsBackByPrefixAndDiffs()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 60);
        const SnapshotRow first = must(createSnapshot(project, "", ""));
        Verdict verdict;
        verdict.label = ClassId{5};
        must(annotate(project, SampleId{9}, verdict, "ann"));
        const SampleId moved{12};
        must(assignSplit(project, std::span(&moved, 1), Split::Test, "ann"));
        const SnapshotRow second = must(createSnapshot(project, "-id:60", ""));

        const auto samples = must(snapshotSamples(project, first.hash.substr(0, 8)));
        QCOMPARE(samples.size(), std::size_t(60));
        QCOMPARE(samples[8].label, std::string("happiness"));
        QCOMPARE(samples[9].group, 9); // pixel-identical to its predecessor
        const SnapshotDiff diff = must(diffSnapshots(project, first.hash, second.hash));
        QCOMPARE(diff.removed, 1);
        QCOMPARE(diff.relabelled, 1);
        QCOMPARE(diff.resplit, 1);
        QCOMPARE(diff.changed.size(), std::size_t(2));
        QCOMPARE(snapshotNamed(project, "zzz").error().code, ErrorCode::NotFound);
        QCOMPARE(snapshotNamed(project, "").error().code, ErrorCode::NotFound);
        QCOMPARE(createSnapshot(project, "id:99", "").error().code, ErrorCode::NotFound);
    }

    void damageIsNoticed()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 20);
        const SnapshotRow row = must(createSnapshot(project, "", ""));
        const auto file = project.folder() / "snapshots" / (row.hash + ".json");
        std::string text;
        std::getline(std::ifstream(file), text, '\0');
        text.replace(text.find("happiness"), 9, "happyness");
        std::ofstream(file) << text;
        QCOMPARE(snapshotSamples(project, row.hash).error().code, ErrorCode::Unreadable);
    }

    void mediaAreFoundAfterTheyMoved()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 5);
        QCOMPARE(mediaOf(project, MediaId{1})->path, folder / "faces.csv");
        QCOMPARE(must(relocate(project, folder.path(), "/mnt/drive")), 2); // of the source and of its media
        QCOMPARE(mediaOf(project, MediaId{1})->path, std::filesystem::path("/mnt/drive/faces.csv"));
        QCOMPARE(imports(project).at(0).samples, 5);
        QCOMPARE(sampleWithKey(project, "test.csv", "row:3")->value, 4);
        QCOMPARE(originOf(project, SampleId{4})->sourceKey, std::string("row:3"));
        QVERIFY(!relocate(project, "/nowhere", "/mnt"));
    }
};

QTEST_APPLESS_MAIN(TestSnapshots)
#include "tst_snapshots.moc"
