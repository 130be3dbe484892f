// Paths of UTA-RLDD's recordings, and what an import says about a tree of them (datasets.md 5.1).
#include "pipeline/import/import.h"
#include "pipeline/import/uta_rldd.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/imported_samples.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/uta_rldd_trees.h"

#include <QTest>

using namespace mien;
using namespace mien::test;

namespace {

ImportReport dryRunOf(const std::filesystem::path &root)
{
    ImportRequest request;
    request.path = root;
    return must(dryRun(must(planImport(request)), {}));
}

} // namespace

class TestUtaRldd : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void pathsSayWhoAndWhat_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("meaning"); // fold/part subject label cut; empty: none
        QTest::newRow("plain") << "Fold1_part1/01/0.mov" << "1/1 01 0 -";
        QTest::newRow("upper case") << "FOLD3_PART2/32/10.MOV" << "3/2 32 10 -";
        QTest::newRow("in two") << "Fold3_part2/32/10_2.mp4" << "3/2 32 10 2";
        QTest::newRow("repeated folder") << "Fold5_part2/Fold5_part2/55/0.mp4" << "5/2 55 0 -";
        QTest::newRow("deeper") << "data/UTA/Fold4_part2/46/0.m4v" << "4/2 46 0 -";
        QTest::newRow("a second download") << "Fold5_part2 (1)/55/0.mp4" << "5/2 55 0 -";
        QTest::newRow("flat") << "17/5.mp4" << "-/- 17 5 -";
        QTest::newRow("other stem") << "Fold1_part1/01/7.mov" << "";
        QTest::newRow("words") << "Fold1_part1/01/teste.mov" << "";
        QTest::newRow("no video") << "Fold1_part1/01/0.txt" << "";
        QTest::newRow("no person") << "Fold1_part1/0.mov" << "";
        QTest::newRow("cut in words") << "Fold1_part1/01/10_b.mp4" << "";
        QTest::newRow("long number") << "Fold1_part1/0001/10.mp4" << "";
    }
    void pathsSayWhoAndWhat()
    {
        QFETCH(QString, path);
        QFETCH(QString, meaning);
        const auto found = utaRlddPath(path.toStdString());
        const auto number = [](const std::optional<int> &value) {
            return value ? QString::number(*value) : QStringLiteral("-");
        };
        QCOMPARE(!found
                     ? QString()
                     : number(found->fold) + '/' + number(found->part) + ' ' + QString::fromStdString(found->subject) +
                           ' ' + QString::number(found->label) + ' ' + number(found->cut),
                 meaning);
    }

    void wholeTreeIsCounted()
    {
        const TemporaryFolder folder;
        writeUtaRlddFolds(folder / "UTA");
        const ImportReport report = dryRunOf(folder / "UTA");
        QCOMPARE(report.format, "uta-rldd.videos");
        QCOMPARE(report.variant, "folds");
        QCOMPARE(report.media, 181);
        QCOMPARE(report.samples, 0);
        QCOMPARE(report.labels, 181);
        QCOMPARE(report.byClassSplit.at("").at("alert"), 60);
        QCOMPARE(report.byClassSplit.at("").at("low_vigilant"), 60);
        QCOMPARE(report.byClassSplit.at("").at("drowsy"), 61);
        QCOMPARE(report.problems.at("ORPHAN_MEDIA").count, 2);
        QVERIFY(!report.problems.contains("EXPECTED_COUNT_DIFFERS"));
        QVERIFY(!report.problems.contains("SUBJECT_IN_TWO_FOLDS"));
        QCOMPARE(report.skipped, 0);
    }

    void partOfTheTreeIsRecognised()
    {
        const TemporaryFolder folder;
        writeUtaRlddFolds(folder / "UTA");
        const ImportReport fold = dryRunOf(folder / "UTA" / "Fold2_part1"); // the folder's own name says the fold
        QCOMPARE(fold.format, "uta-rldd.videos");
        QCOMPARE(fold.variant, "folds");
        QCOMPARE(fold.labels, 18);
        QCOMPARE(fold.problems.at("EXPECTED_COUNT_DIFFERS").count, 1);
        QVERIFY(fold.problems.at("EXPECTED_COUNT_DIFFERS").first.front().detail.find("18 recordings of 6 people") == 0);
    }

    void peopleInTwoFoldsAndMissingRecordingsAreNoted()
    {
        const TemporaryFolder folder;
        writeUtaRlddFolds(folder / "UTA");
        putFile(folder / "UTA" / "Fold2_part2" / "01" / "0.mov");
        std::filesystem::remove(folder / "UTA" / "Fold3_part1" / "25" / "5.mp4");
        const ImportReport report = dryRunOf(folder / "UTA");
        QCOMPARE(report.problems.at("SUBJECT_IN_TWO_FOLDS").count, 1);
        QCOMPARE(report.problems.at("SUBJECT_IN_TWO_FOLDS").first.front().key, "01");
        const auto &differences = report.problems.at("EXPECTED_COUNT_DIFFERS").first;
        QCOMPARE(differences.size(), 3U); // 01 elsewhere, 25 incomplete, and the whole
    }

    void emptyFileIsSkipped()
    {
        const TemporaryFolder folder;
        writeUtaRlddFolds(folder / "UTA");
        putFile(folder / "UTA" / "Fold1_part1" / "02" / "0.mov", "");
        const ImportReport report = dryRunOf(folder / "UTA");
        QCOMPARE(report.skipped, 1);
        QCOMPARE(report.problems.at("ZERO_BYTE").first.front().key, "Fold1_part1/02/0.mov");
    }

    void withoutFoldersOfFoldsThereAreNone()
    {
        const TemporaryFolder folder;
        writeUtaRlddFlat(folder / "UTA");
        const ImportReport report = dryRunOf(folder / "UTA");
        QCOMPARE(report.format, "uta-rldd.videos");
        QCOMPARE(report.variant, "flat");
        QCOMPARE(report.clips, 9);
        QCOMPARE(report.byClassSplit.at("").at("low_vigilant"), 3);
        QVERIFY(!report.problems.contains("SUBJECT_IN_TWO_FOLDS"));
        QCOMPARE(report.problems.at("EXPECTED_COUNT_DIFFERS").count, 1); // 3 people of 60
        const ImportReport person = dryRunOf(folder / "UTA/17");         // the folder's own name says who
        QCOMPARE(person.format, "uta-rldd.videos");
        QCOMPARE(person.clips, 3);
    }

    void foldersNamedByStatesAreRead()
    {
        const TemporaryFolder folder;
        writeUtaRlddStates(folder / "set");
        const ImportReport report = dryRunOf(folder / "set");
        QCOMPARE(report.format, "video-folder");
        QCOMPARE(report.labels, 6);
        for (const char *state : {"alert", "low_vigilant", "drowsy"})
            QCOMPARE(report.byClassSplit.at("").at(state), 2);
        std::filesystem::remove_all(folder / "set/5");
        QCOMPARE(dryRunOf(folder / "set").byClassSplit.at("").at("drowsy"), 2); // the strict view
    }

    void derivedFramesKeepRecordingsApart()
    {
        const TemporaryFolder folder;
        writeUtaRlddFrames(folder / "set");
        const ImportPlan plan = must(planImport({.path = folder / "set"}));
        QCOMPARE(plan.importer, "uta-rldd.derived-frames");
        QVERIFY(plan.probe.front().evidence.back().find("3 different letters") != std::string::npos);
        Project project = must(Project::create(folder / "p", "p"));
        const ImportReport dry = must(dryRun(plan, {})), report = must(runImport(project, plan, {}));
        QVERIFY(sameReport(dry, report));
        QCOMPARE(report.samples, 26);
        QCOMPARE(report.labels, 24);
        QCOMPARE(countOf(report, "NAME_COLLISION"), 6); // a1001 and A1001 are one name on some volumes
        QCOMPARE(countOf(report, "LABEL_UNMAPPED"), 2);
        const auto labels = labelsBySource(project);
        QCOMPARE(labels.at("Drowsy/A1001.png"), "drowsy ");
        QCOMPARE(labels.at("Non Drowsy/a1001.png"), "alert ");
        QCOMPARE(labels.at("A2000.png"), "unmapped ");
        // Whose face it is: the letters, in whatever case, so that a split by subject keeps them together.
        QCOMPARE(must(countMatching(project, "subject:A")), 12);
        QCOMPARE(must(countMatching(project, "subject:ZB")), 6);
        QCOMPARE(must(countMatching(project, "quality:weak_label origin:derived")), 26);
    }

    void videosInClassFoldersAreClips()
    {
        const TemporaryFolder folder;
        putFile(folder / "set" / "drowsy" / "one.mp4");
        putFile(folder / "set" / "alert" / "two.mkv");
        const ImportReport report = dryRunOf(folder / "set");
        QCOMPARE(report.format, "video-folder");
        QCOMPARE(report.media, 2);
        QCOMPARE(report.labels, 2);
        QCOMPARE(report.byClassSplit.at("").at("drowsy"), 1);
    }
};

QTEST_GUILESS_MAIN(TestUtaRldd)
#include "tst_uta_rldd.moc"
