#include "pipeline/import/import.h"
#include "pipeline/import/pixel_scanner.h"
#include "pipeline/import/text_form.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/sources.h"
#include "tests/support/cpu_seconds.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_data.h"

#include <QTest>

#include <lzma.h>

#include <array>

using namespace mien;
using namespace mien::test;

namespace {

std::string xz(const std::string &text)
{
    std::string packed(lzma_stream_buffer_bound(text.size()), '\0');
    std::size_t size = 0;
    if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t *>(text.data()),
                                text.size(), reinterpret_cast<std::uint8_t *>(packed.data()), &size,
                                packed.size()) != LZMA_OK)
        throw std::runtime_error("xz");
    packed.resize(size);
    return packed;
}

std::string replaced(std::string text, const std::string &what, const std::string &with)
{
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
        text.replace(at, what.size(), with);
    return text;
}

/// All samples as text: key, label, state, split, pixels. Equal text, equal items.
std::string itemsOf(const Project &project)
{
    const auto ids = must(samplesMatching(project, ""));
    const auto rows = must(sampleRows(project, ids));
    const auto origins = must(sampleFacts(project, ids));
    std::string text;
    for (std::size_t i = 0; i < rows.size(); ++i)
        text += origins[i].sourceKey + ' ' +
                (rows[i].given ? project.className(*rows[i].given) : std::string(nameOf(rows[i].givenState))) + ' ' +
                std::string(nameOf(rows[i].split)) + ' ' + hexOf(*origins[i].pixelHash) + '\n';
    return text;
}

} // namespace

class TestImportTable : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void scannerReadsWhatAnInnocentLoopReads();
    void variants_data();
    void variants();
    void whatASourceHasLostIsSaidAndKept();
    void badRowsAreSkippedWithTheirReason();
    void aStrayQuoteCostsItsRow_data();
    void aStrayQuoteCostsItsRow();
    void notDataIsNamed_data();
    void notDataIsNamed();
    void nothingIsWrittenWhenNothingFits();
    void votesComeWithTheTable();
    void votesAreJoinedByRowWhateverTheNames();
    void ferPlusIsNoSecondCopyOfFer2013();
    void votesAttachLater();
    void votesOfTwoTablesAreNotGuessed();
    void votesThatDoNotFitAreRefused_data();
    void votesThatDoNotFitAreRefused();
    void duplicatesAreGroupedAndKept();
    void aPlanSurvivesJson();
    void theRealFile();
};

void TestImportTable::scannerReadsWhatAnInnocentLoopReads()
{
    for (unsigned seed = 0; seed < 200; ++seed) {
        const std::string text = "12345678" + ferPixels(seed);
        std::array<std::uint8_t, 2304> pixels;
        QVERIFY(scanPixels(std::string_view(text).substr(8), pixels).outcome == PixelScan::Outcome::Ok);
        std::size_t at = 8;
        for (const std::uint8_t pixel : pixels) {
            std::size_t end = std::min(text.find(' ', at), text.size());
            QCOMPARE(int(pixel), std::stoi(text.substr(at, end - at)));
            at = end + 1;
        }
    }
    const auto outcome = [](const std::string &text) {
        std::array<std::uint8_t, 3> pixels;
        return scanPixels(std::string_view("        " + text).substr(8), pixels).outcome;
    };
    QVERIFY(outcome(" 1  2\t3 ") == PixelScan::Outcome::Ok);
    QVERIFY(outcome("1 2") == PixelScan::Outcome::Count);
    QVERIFY(outcome("1 2 3 4") == PixelScan::Outcome::Count);
    QVERIFY(outcome("1 2 256") == PixelScan::Outcome::Range);
    QVERIFY(outcome("1 2 -3") == PixelScan::Outcome::Range);
    QVERIFY(outcome("1 2 1000") == PixelScan::Outcome::Range);
    QVERIFY(outcome("1 2 99999999999999999999") == PixelScan::Outcome::Range);
    QVERIFY(outcome("1 x 3") == PixelScan::Outcome::NotANumber);
    QVERIFY(outcome("") == PixelScan::Outcome::Count);
}

void TestImportTable::variants_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("variant");
    const std::string table = ferTable(20);
    const auto row = [](const char *name, const std::string &content, const char *file = "fer2013.csv",
                        const char *variant = "original") {
        QTest::newRow(name) << QByteArray::fromStdString(content) << file << variant;
    };
    row("LF", table);
    row("CRLF", replaced(table, "\n", "\r\n"));
    row("CR", replaced(table, "\n", "\r"));
    row("mixed line ends", table.substr(0, table.size() / 2) + replaced(table.substr(table.size() / 2), "\n", "\r\n"));
    row("no last line end", table.substr(0, table.size() - 1));
    row("byte order mark", "\xef\xbb\xbf" + table);
    row("blank lines", replaced(table, "\n", "\n\n"));
    std::string quoted = "emotion,pixels,Usage\n", icml = "emotion, Usage, pixels\n",
                capitals = "Emotion;Pixels;usage\n", bare;
    for (int i = 0; i < 20; ++i) {
        const std::string usage = i < 16 ? "Training" : i < 18 ? "PublicTest" : "PrivateTest";
        quoted += std::to_string(i % 7) + ",\"" + ferPixels(unsigned(i)) + "\"," + usage + '\n';
        icml += std::to_string(i % 7) + ',' + usage + ',' + ferPixels(unsigned(i)) + '\n';
        capitals += std::to_string(i % 7) + ';' + ferPixels(unsigned(i)) + ';' + usage + '\n';
        bare += ferRow(i % 7, unsigned(i), usage) + '\n';
    }
    row("quoted pixels", quoted);
    row("icml", icml, "icml_face_data.csv", "icml");
    row("semicolons", capitals);
    row("no header", bare, "fer2013.csv", "no-header");
    row("xz", xz(table), "fer2013.csv.xz");
    row("bars", replaced(table, ",", "|"), "fer2013.csv");
    row("another name", table, "data.csv");
}

void TestImportTable::variants()
{
    QFETCH(QByteArray, content);
    QFETCH(QString, name);
    QFETCH(QString, variant);
    TemporaryFolder folder;
    writeFile(folder / "plain" / "fer2013.csv", ferTable(20));
    Project expected = must(Project::create(folder / "expected", "expected"));
    imported(expected, {.path = folder / "plain" / "fer2013.csv"});

    const auto file = folder / "in" / name.toStdString();
    writeFile(file, content.toStdString());
    const ImportPlan plan = must(planImport({file, "auto", {}}));
    QCOMPARE(plan.importer, "fer2013.csv");
    QCOMPARE(plan.variant, variant.toStdString());
    const ImportReport dry = must(dryRun(plan, {}));
    QCOMPARE(dry.samples, 20);
    QVERIFY(!dry.duplicates); // nobody looked: zero would be a claim
    Project project = must(Project::create(folder / "project", "project"));
    const ImportReport report = must(runImport(project, plan, {}));
    QCOMPARE(report.samples, 20);
    QCOMPARE(report.labels, 20);
    QCOMPARE(report.media, 1);
    QCOMPARE(report.skipped, 0);
    QVERIFY(report.duplicates);
    QVERIFY(report.byClassSplit == dry.byClassSplit);
    QCOMPARE(itemsOf(project), itemsOf(expected));
    QVERIFY(std::filesystem::exists(report.folder / "report.json"));
    QVERIFY(std::filesystem::exists(report.folder / "plan.json"));

    const ImportReport again = must(runImport(project, plan, {}));
    QCOMPARE(again.samples, 20);
    QCOMPARE(countOf(again, "NO_LONGER_IN_SOURCE"), 0);
    QCOMPARE(itemsOf(project), itemsOf(expected));
}

void TestImportTable::whatASourceHasLostIsSaidAndKept()
{
    TemporaryFolder folder;
    writeFile(folder / "fer2013.csv", ferTable(20));
    Project project = must(Project::create(folder / "project", "p"));
    imported(project, {.path = folder / "fer2013.csv"});
    writeFile(folder / "fer2013.csv", ferTable(17));
    const ImportReport report = imported(project, {.path = folder / "fer2013.csv"});
    QCOMPARE(report.samples, 17);
    QCOMPARE(report.skipped, 0);
    QCOMPARE(countOf(report, "NO_LONGER_IN_SOURCE"), 1);
    const Problem &note = report.problems.at("NO_LONGER_IN_SOURCE").first.at(0);
    QCOMPARE(note.key, "fer2013.csv#row:17");
    QVERIFY2(note.detail.starts_with("3 samples") && note.detail.ends_with("they are kept."), note.detail.c_str());
    QCOMPARE(must(samplesMatching(project, "")).size(), std::size_t(20));
}

void TestImportTable::badRowsAreSkippedWithTheirReason()
{
    TemporaryFolder folder;
    std::string blank = "7";
    for (int i = 1; i < 2304; ++i)
        blank += " 7";
    const std::string table = "emotion,pixels,Usage\n" + ferRow(0, 1) + '\n'  // row 0
                              + "1," + ferPixels(2, 2303) + ",Training\n"     // row 1
                              + "1," + ferPixels(3, 2305) + ",Training\n"     // row 2
                              + "1,256 " + ferPixels(4, 2303) + ",Training\n" // row 3
                              + "1,x " + ferPixels(5, 2303) + ",Training\n"   // row 4
                              + "1," + ferPixels(6) + "\n"                    // row 5
                              + "happy," + ferPixels(7) + ",Training\n"       // row 6
                              + ferRow(7, 8) + '\n'                           // row 7
                              + "," + ferPixels(9) + ",Training\n"            // row 8
                              + "3.0," + ferPixels(10) + ",Training\n"        // row 9
                              + "6," + blank + ",PublicTest\n"                // row 10
                              + "2," + ferPixels(11, 700);                    // row 11, cut
    writeFile(folder / "fer2013.csv", table);
    Project project = must(Project::create(folder / "project", "p"));
    std::vector<std::string> heard;
    const ImportReport report =
        must(runImport(project, must(planImport({folder / "fer2013.csv", "auto", {}})), {},
                       [&](const Problem &problem) { heard.push_back(problem.reason + ' ' + problem.key); }));
    QCOMPARE(countOf(report, "PIXEL_COUNT"), 2);
    QCOMPARE(countOf(report, "PIXEL_RANGE"), 1);
    QCOMPARE(countOf(report, "BAD_NUMBER"), 2);
    QCOMPARE(countOf(report, "BAD_FIELD_COUNT"), 1);
    QCOMPARE(countOf(report, "LABEL_OUT_OF_RANGE"), 1);
    QCOMPARE(countOf(report, "BLANK_IMAGE"), 1);
    QCOMPARE(countOf(report, "TRUNCATED_TABLE"), 1);
    QCOMPARE(countOf(report, "DUPLICATE_ROW"), 0);
    QCOMPARE(report.skipped, 6);
    QCOMPARE(report.samples, 5);
    QCOMPARE(report.labels, 3);
    QVERIFY(report.firstSkipped && report.firstSkipped->key == "row:1" && report.firstSkipped->line == 3);
    QVERIFY(std::find(heard.begin(), heard.end(), "PIXEL_RANGE row:3") != heard.end());

    // Keys count every data row, so votes still find their rows.
    const auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
    QCOMPARE(rows[1].source, "fer2013.csv#row:7");
    QVERIFY(rows[1].givenState == LabelState::Unmapped);
    QVERIFY(rows[2].givenState == LabelState::Unlabeled);
    QCOMPARE(project.className(*rows[3].given), "happiness");

    const std::string csv = readFile(report.folder / "problems.csv");
    QVERIFY(
        csv.starts_with("reason,key,file,line,detail\nPIXEL_COUNT,row:1,fer2013.csv,3,2303 values instead of 2304\n"));
    QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), std::ptrdiff_t(1 + heard.size()));
}

void TestImportTable::aStrayQuoteCostsItsRow_data()
{
    QTest::addColumn<QByteArray>("with");
    QTest::newRow("in front") << QByteArray("\"3,");
    QTest::newRow("before the pixels") << QByteArray("3,\"");
    QTest::newRow("between fields") << QByteArray("3\",");
}

void TestImportTable::aStrayQuoteCostsItsRow()
{
    QFETCH(QByteArray, with);
    TemporaryFolder folder;
    std::string table = "emotion,pixels,Usage\n";
    for (unsigned i = 0; i < 30; ++i)
        table += i == 3 ? with.toStdString() + ferRow(3, i).substr(2) + '\n' : ferRow(int(i % 7), i) + '\n';
    writeFile(folder / "fer2013.csv", table);
    Project project = must(Project::create(folder / "project", "p"));
    const ImportReport report = imported(project, {.path = folder / "fer2013.csv"});
    QCOMPARE(report.samples, 29);
    QCOMPARE(report.skipped, 1);
    QCOMPARE(countOf(report, "BAD_FIELD_COUNT"), 1);
    QCOMPARE(countOf(report, "TRUNCATED_TABLE"), 0);
    QVERIFY(report.firstSkipped && report.firstSkipped->key == "row:3" && report.firstSkipped->line == 5);
    const auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
    QCOMPARE(rows.back().source, "fer2013.csv#row:29");
}

void TestImportTable::notDataIsNamed_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("says");
    QTest::newRow("LFS pointer")
        << QByteArray("version https://git-lfs.github.com/spec/v1\noid "
                      "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nsize 301108654\n")
        << "Git LFS pointer";
    QTest::newRow("HTML") << QByteArray("\n<!DOCTYPE html>\n<html><body>Sign in</body></html>") << "web page";
    QTest::newRow("script") << QByteArray("#!/bin/sh\nkaggle competitions download -c challenges\n") << "program text";
    QTest::newRow("empty") << QByteArray("") << "empty file";
    QTest::newRow("other table") << QByteArray("a,b\n1,2\n") << "first line";
    QTest::newRow("archive") << QByteArray("PK\x03\x04rest") << "archive";
    QTest::newRow("binary") << QByteArray("\x01\x02\x03\x00\xff", 5) << "binary";
    QTest::newRow("only bad rows") << QByteArray("emotion,pixels,Usage\n0,1 2 3,Training\n")
                                   << "every item was skipped";
}

void TestImportTable::notDataIsNamed()
{
    QFETCH(QByteArray, content);
    QFETCH(QString, says);
    TemporaryFolder folder;
    writeFile(folder / "fer2013.csv", content.toStdString());
    Project project = must(Project::create(folder / "project", "p"));
    const std::string before = contentOf(project);
    const auto plan = planImport({folder / "fer2013.csv", "auto", {}});
    const auto report = plan ? runImport(project, *plan, {}) : Result<ImportReport>(fail(plan.error()));
    QVERIFY(!report);
    QVERIFY2(report.error().message.find(says.toStdString()) != std::string::npos, report.error().message.c_str());
    QVERIFY(report.error().message.find("fer2013.csv") != std::string::npos);
    QCOMPARE(contentOf(project), before);
    QVERIFY(!std::filesystem::exists(folder / "project" / "imports") ||
            std::filesystem::is_empty(folder / "project" / "imports"));
}

void TestImportTable::nothingIsWrittenWhenNothingFits()
{
    TemporaryFolder folder;
    std::filesystem::create_directories(folder / "empty");
    QVERIFY(planImport({folder / "empty", "auto", {}}).error().message.find("empty") != std::string::npos);
    QVERIFY(planImport({folder / "missing", "auto", {}}).error().code == ErrorCode::NotFound);
    const auto wrong = planImport({folder / "empty", "nonsense", {}});
    QVERIFY(wrong.error().message.find("fer2013.csv") != std::string::npos);
}

void TestImportTable::votesComeWithTheTable()
{
    TemporaryFolder folder;
    std::string table = ferTable(20);
    table = replaced(table, ferPixels(3), ferPixels(3, 100)); // a bad row keeps its place
    writeFile(folder / "fer2013.csv", table);
    std::string votes = ferPlusTable(20);
    votes = replaced(votes, "fer5.png,0,0,8,0", "fer5.png,0,0,7,0"); // nine votes
    writeFile(folder / "votes.csv", votes);
    Project project = must(Project::create(folder / "project", "p"));
    const ImportReport report = imported(project, {.path = folder / "fer2013.csv", .votes = folder / "votes.csv"});
    QCOMPARE(report.samples, 19);
    QCOMPARE(report.votes, 19);
    QCOMPARE(countOf(report, "VOTE_SUM"), 1);
    const auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
    for (const SampleRow &row : rows) {
        const int number = std::stoi(row.source.substr(row.source.rfind(':') + 1));
        const std::map<std::string, int> expected = {
            {project.className(*row.given), number == 5 ? 7 : 8}, {"NF", 1}, {"unknown", 1}};
        QVERIFY(row.votes == expected);
    }
}

void TestImportTable::votesAreJoinedByRowWhateverTheNames()
{
    TemporaryFolder folder;
    writeFile(folder / "fer2013.csv", ferTable(20));
    std::string votes = ferPlusTable(20);
    votes = replaced(votes, ",fer4.png", ",");             // no name,
    votes = replaced(votes, ",fer7.png", ",fer3.png");     // one that occurs twice,
    votes = replaced(votes, ",fer12.png", ",fer0011.png"); // and those behind drift from their rows
    const std::size_t row9 = votes.find("Training,fer9.png") + std::string_view("Training,fer9.png").size();
    votes.replace(row9, votes.find('\n', row9) - row9, ",1,1,1,1,1,1,1,1,1,1"); // nobody agrees
    writeFile(folder / "votes.csv", votes);
    Project project = must(Project::create(folder / "project", "p"));
    const ImportReport report = imported(project, {.path = folder / "fer2013.csv", .votes = folder / "votes.csv"});
    QCOMPARE(report.votes, 20);
    QCOMPARE(countOf(report, "VOTE_SUM"), 0);
    for (const SampleRow &row : must(sampleRows(project, must(samplesMatching(project, ""))))) {
        const int number = std::stoi(row.source.substr(row.source.rfind(':') + 1));
        QCOMPARE(row.votes.at(project.className(*row.given)), number == 9 ? 1 : 8);
        QCOMPARE(row.votes.size(), number == 9 ? 10U : 3U);
    }
}

void TestImportTable::ferPlusIsNoSecondCopyOfFer2013()
{
    TemporaryFolder folder;
    writeFile(folder / "fer2013.csv", ferTable(20));
    writeFile(folder / "FER+/FER2013Train/label.csv", "fer0000000.png,\"(0, 0, 48, 48)\",0,8,2,0,0,0,0,0,0,0\n");
    writeFile(folder / "FER+/FER2013Train/fer0000000.png", pngFile(picture(48, 48, 1, 1)));
    Project first = must(Project::create(folder / "first", "p")),
            second = must(Project::create(folder / "second", "p"));
    imported(first, {.path = folder / "fer2013.csv"});
    imported(second, {.path = folder / "FER+"});
    const auto plus = runImport(first, must(planImport({.path = folder / "FER+"})), {});
    QVERIFY(!plus && plus.error().code == ErrorCode::Invalid);
    QVERIFY2(plus.error().message.find("fer2013new.csv") != std::string::npos, plus.error().message.c_str());
    const auto pixels = runImport(second, must(planImport({.path = folder / "fer2013.csv"})), {});
    QVERIFY(!pixels && pixels.error().message.find("twice") != std::string::npos);
    QCOMPARE(must(countMatching(first, "")), 20);
    QCOMPARE(must(countMatching(second, "")), 1);
    imported(second, {.path = folder / "FER+"}); // itself again is fine
}

void TestImportTable::votesAttachLater()
{
    TemporaryFolder folder;
    writeFile(folder / "fer2013.csv", ferTable(20));
    writeFile(folder / "votes.csv", ferPlusTable(20));
    Project project = must(Project::create(folder / "project", "p"));
    const auto early = planImport({folder / "votes.csv", "auto", {}});
    QVERIFY(early && early->importer == "ferplus.csv");
    QVERIFY(runImport(project, *early, {}).error().message.find("import fer2013.csv first") != std::string::npos);
    imported(project, {.path = folder / "fer2013.csv"});
    const std::string items = itemsOf(project);
    const ImportReport report = imported(project, {.path = folder / "votes.csv"});
    QCOMPARE(report.format, "ferplus.csv");
    QCOMPARE(report.votes, 20);
    QCOMPARE(itemsOf(project), items);
    for (const SampleRow &row : must(sampleRows(project, must(samplesMatching(project, "")))))
        QCOMPARE(row.votes.at(project.className(*row.given)), 8);
}

void TestImportTable::votesOfTwoTablesAreNotGuessed()
{
    TemporaryFolder folder;
    writeFile(folder / "fer2013.csv", ferTable(20));
    writeFile(folder / "again.csv", ferTable(20));
    writeFile(folder / "votes.csv", ferPlusTable(20));
    Project project = must(Project::create(folder / "project", "p"));
    imported(project, {.path = folder / "fer2013.csv"});
    imported(project, {.path = folder / "again.csv"});
    const auto voted = [&](const std::string &table) {
        return must(samplesMatching(project, "has:votes source:" + table)).size();
    };
    const auto plan = must(planImport({folder / "votes.csv", "auto", {}}));
    const auto unclear = runImport(project, plan, {});
    QVERIFY(!unclear);
    QCOMPARE(unclear.error().code, ErrorCode::Invalid);
    for (const char *part : {"fer2013.csv", "again.csv", "--votes"})
        QVERIFY2(unclear.error().message.find(part) != std::string::npos, unclear.error().message.c_str());
    QCOMPARE(voted("csv"), std::size_t(0));

    // As the message says; after that one table alone has none.
    imported(project, {.path = folder / "fer2013.csv", .votes = folder / "votes.csv"});
    QCOMPARE(voted("fer2013.csv"), std::size_t(20));
    QCOMPARE(voted("again.csv"), std::size_t(0));
    const ImportReport report = must(runImport(project, plan, {}));
    QCOMPARE(report.votesJoined.filename().string(), "again.csv");
    QCOMPARE(voted("again.csv"), std::size_t(20));
    QVERIFY(!runImport(project, plan, {})); // both have them
}

void TestImportTable::votesThatDoNotFitAreRefused_data()
{
    QTest::addColumn<QByteArray>("votes");
    QTest::addColumn<QString>("says");
    const std::string good = ferPlusTable(20);
    const std::string lastLine = good.substr(good.rfind('\n', good.size() - 2) + 1);
    QTest::newRow("one row too few") << QByteArray::fromStdString(good.substr(0, good.size() - lastLine.size()))
                                     << "row 19";
    QTest::newRow("one row too many") << QByteArray::fromStdString(good + lastLine) << "row 20";
    QTest::newRow("another usage") << QByteArray::fromStdString(
                                          replaced(good, "Training,fer7.png", "PublicTest,fer7.png"))
                                   << "row 7";
    QTest::newRow("not votes") << QByteArray("a,b\n1,2\n") << "not a table of FER+ votes";
    QTest::newRow("a bad number") << QByteArray::fromStdString(replaced(good, "fer7.png,0", "fer7.png,many"))
                                  << "row 7";
}

void TestImportTable::votesThatDoNotFitAreRefused()
{
    QFETCH(QByteArray, votes);
    QFETCH(QString, says);
    TemporaryFolder folder;
    writeFile(folder / "fer2013.csv", ferTable(20));
    writeFile(folder / "some votes.csv", votes.toStdString());
    Project project = must(Project::create(folder / "project", "p"));
    const std::string before = contentOf(project);
    const auto report =
        runImport(project, must(planImport({folder / "fer2013.csv", "auto", folder / "some votes.csv"})), {});
    QVERIFY(!report);
    QVERIFY2(report.error().message.find(says.toStdString()) != std::string::npos, report.error().message.c_str());
    QVERIFY(report.error().message.find("some votes.csv") != std::string::npos);
    QCOMPARE(contentOf(project), before);
}

void TestImportTable::duplicatesAreGroupedAndKept()
{
    TemporaryFolder folder;
    writeFile(folder / "fer2013.csv", "emotion,pixels,Usage\n" + ferRow(0, 1) + '\n' + ferRow(0, 1) + '\n' +
                                          ferRow(1, 1, "PublicTest") + '\n' + ferRow(2, 2) + '\n' + ferRow(2, 2) +
                                          '\n' + ferRow(3, 3) + '\n');
    Project project = must(Project::create(folder / "project", "p"));
    const ImportReport report = imported(project, {.path = folder / "fer2013.csv"});
    QCOMPARE(report.samples, 6);
    QCOMPARE(report.duplicates->groups, 2);
    QCOMPARE(report.duplicates->images, 5);
    QCOMPARE(report.duplicates->duplicates(), 3);
    QCOMPARE(report.duplicates->conflicts, 1);
    QCOMPARE(report.duplicates->acrossSplits, 1);
    QCOMPARE(countOf(report, "DUPLICATE_ROW"), 0);
    QCOMPARE(must(countMatching(project, "duplicate:yes")), 5);
}

void TestImportTable::aPlanSurvivesJson()
{
    TemporaryFolder folder;
    writeFile(folder / "fer2013.csv", ferTable(3));
    const ImportPlan plan = must(planImport({folder / "fer2013.csv", "auto", {}}));
    const ImportPlan again = must(ImportPlan::fromJson(plan.toJson()));
    QCOMPARE(again.toJson(), plan.toJson());
    QCOMPARE(again.root, plan.root);
    QVERIFY(!ImportPlan::fromJson("{}"));
}

void TestImportTable::theRealFile()
{
    MIEN_NEED_TEST_DATA(packed, "fer2013/fer2013.csv.xz");
    MIEN_NEED_TEST_DATA(votes, "fer2013/fer2013new.csv");
    TemporaryFolder folder;
    Project project = must(Project::create(folder / "project", "p"));
    const double start = cpuSeconds();
    const ImportReport report = imported(project, {.path = packed, .votes = votes});
    qInfo("%.2f s of CPU with xz and votes", cpuSeconds() - start);
    QCOMPARE(report.samples, 32'039);
    QCOMPARE(report.labels, 32'039);
    QCOMPARE(report.skipped, 0);
    QCOMPARE(countOf(report, "BLANK_IMAGE"), 0);
    QCOMPARE(report.duplicates->groups, 1'231);
    QCOMPARE(report.duplicates->images, 2'686);
    QCOMPARE(report.duplicates->duplicates(), 1'455);
    QCOMPARE(report.duplicates->conflicts, 7);
    QCOMPARE(report.duplicates->acrossSplits, 264);
    QCOMPARE(must(countMatching(project, "split:train")), 28'462);
    QCOMPARE(must(countMatching(project, "split:val")), 3'577);
}

QTEST_GUILESS_MAIN(TestImportTable)
#include "tst_import_table.moc"
