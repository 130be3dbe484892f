// Paths of UTA-RLDD's recordings, and what an import says about a tree of them (datasets.md 5.1).
#include "pipeline/import/import.h"
#include "pipeline/import/uta_rldd.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <fstream>

using namespace mien;
using namespace mien::test;

namespace {

void put(const std::filesystem::path &file, std::string_view bytes = "not looked at by a dry run")
{
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
}

/// 60 people in ten folders, with the quirks of the published set.
void makeTree(const std::filesystem::path &root)
{
    for (int subject = 1; subject <= 60; ++subject) {
        const int fold = (subject - 1) / 12 + 1, part = (subject - 1) % 12 / 6 + 1;
        const std::string name = "Fold" + std::to_string(fold) + "_part" + std::to_string(part);
        const std::string number = (subject < 10 ? "0" : "") + std::to_string(subject);
        // Unpacking repeated one folder.
        const auto folder = fold == 5 && part == 2 ? root / name / name / number : root / name / number;
        put(folder / (subject == 46 ? "0.m4v" : "0.mov"));
        put(folder / "5.mp4");
        if (subject == 32) {
            put(folder / "10_1.mp4");
            put(folder / "10_2.mp4");
        } else {
            put(folder / (subject % 2 ? "10.MOV" : "10.mp4"));
        }
    }
    put(root / "Fold1_part1" / "01" / "7.mov");
    put(root / "Fold2_part1" / "13" / "teste.mov");
    put(root / "Fold1_part1" / "01" / ".DS_Store");
}

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
        makeTree(folder / "UTA");
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
        makeTree(folder / "UTA");
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
        makeTree(folder / "UTA");
        put(folder / "UTA" / "Fold2_part2" / "01" / "0.mov");
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
        makeTree(folder / "UTA");
        put(folder / "UTA" / "Fold1_part1" / "02" / "0.mov", "");
        const ImportReport report = dryRunOf(folder / "UTA");
        QCOMPARE(report.skipped, 1);
        QCOMPARE(report.problems.at("ZERO_BYTE").first.front().key, "Fold1_part1/02/0.mov");
    }

    void derivedFramesKeepRecordingsApart()
    {
        const TemporaryFolder folder;
        const std::string png = pngFile({2, 2, 1, {1, 2, 3, 4}});
        for (int i = 0; i < 12; ++i) {
            const std::string number = std::to_string(1000 + i);
            put(folder / "set" / "Drowsy" / ((i % 2 ? "A" : "ZB") + number + ".png"), png);
            put(folder / "set" / "Non Drowsy" / ((i % 2 ? "a" : "zc") + number + ".png"), png);
        }
        ImportRequest request;
        request.path = folder / "set";
        const ImportPlan plan = must(planImport(request));
        QCOMPARE(plan.importer, "uta-rldd.derived-frames");
        QVERIFY(plan.probe.front().evidence.back().find("3 different letters") != std::string::npos);
        const ImportReport report = must(dryRun(plan, {}));
        QCOMPARE(report.problems.at("NAME_COLLISION").count, 6); // a1001 and A1001 are one name on some volumes
    }

    void videosInClassFoldersAreClips()
    {
        const TemporaryFolder folder;
        put(folder / "set" / "drowsy" / "one.mp4");
        put(folder / "set" / "alert" / "two.mkv");
        const ImportReport report = dryRunOf(folder / "set");
        QCOMPARE(report.format, "video-folder");
        QCOMPARE(report.media, 2);
        QCOMPARE(report.labels, 2);
        QCOMPARE(report.byClassSplit.at("").at("drowsy"), 1);
    }
};

QTEST_GUILESS_MAIN(TestUtaRldd)
#include "tst_uta_rldd.moc"
