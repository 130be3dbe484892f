#include "pipeline/import/byte_stream.h"
#include "pipeline/import/ferplus_folders.h"
#include "pipeline/import/import.h"
#include "pipeline/import/unicode_form.h"
#include "pipeline/jobs/thumbnail_job.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <array>

using namespace mien;
using namespace mien::test;

namespace {

/// "source label" of every sample.
std::vector<std::string> labelsIn(const Project &project)
{
    std::vector<std::string> labels;
    for (const SampleRow &row : must(sampleRows(project, must(samplesMatching(project, "")))))
        labels.push_back(row.source + ' ' +
                         (row.given ? project.className(*row.given) : std::string(nameOf(row.givenState))));
    return labels;
}

void writePng(const std::filesystem::path &path, unsigned seed)
{
    writeFile(path, pngFile(picture(48, 48, 1, seed)));
}

std::string utf16(std::u16string_view text, bool isBigEndian)
{
    std::string bytes = isBigEndian ? "\xfe\xff" : "\xff\xfe";
    for (const char16_t unit : text) {
        const char low = static_cast<char>(unit & 0xff), high = static_cast<char>(unit >> 8);
        bytes += isBigEndian ? std::string{high, low} : std::string{low, high};
    }
    return bytes;
}

} // namespace

class TestImportForms : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<TemporaryFolder>(); }
    void cleanup() { m_folder.reset(); }

    void majorityIsThatOfTheOfficialReader_data()
    {
        QTest::addColumn<QString>("votes");
        QTest::addColumn<int>("winner");
        QTest::newRow("row 0: four of nine") << "4 0 0 1 3 2 0 0 0 0" << 8;
        QTest::newRow("five to five") << "5 5 0 0 0 0 0 0 0 0" << 8;
        QTest::newRow("more than half") << "0 6 0 4 0 0 0 0 0 0" << 1;
        QTest::newRow("half of what is left after single votes") << "0 0 5 1 1 1 1 1 0 0" << 2;
        QTest::newRow("only single votes") << "1 1 1 1 1 1 1 1 1 1" << 8;
        QTest::newRow("no face") << "0 0 0 0 0 0 0 0 0 10" << 9;
    }

    void majorityIsThatOfTheOfficialReader()
    {
        QFETCH(QString, votes);
        std::array<int, 10> counts{};
        const QStringList parts = votes.split(' ');
        for (std::size_t i = 0; i < counts.size(); ++i)
            counts[i] = parts[int(i)].toInt();
        QTEST(int(ferPlusMajority(counts)), "winner");
    }

    void foldersOfFerPlus()
    {
        const auto root = *m_folder / "FER+";
        writeFile(root / "FER2013Train" / "label.csv", "fer0000000.png,\"(0, 0, 48, 48)\",0,8,2,0,0,0,0,0,0,0\n"
                                                       "fer0000001.png,\"(0, 0, 48, 48)\",4,0,0,1,3,2,0,0,0,0\n"
                                                       "fer0000002.png,\"(0, 0, 48, 48)\",9,0,0,0,0,0,0,0,0,0\n"
                                                       "fer0000002.png,\"(0, 0, 48, 48)\",9,0,0,0,0,0,0,0,0,0\n"
                                                       "short,row\n"
                                                       "gone.png,\"(0, 0, 48, 48)\",10,0,0,0,0,0,0,0,0,0\n");
        writeFile(root / "FER2013Valid" / "label.csv", "fer0028638.png,\"(0, 0, 48, 48)\",0,0,0,0,10,0,0,0,0,0");
        for (int i = 0; i < 3; ++i)
            writePng(root / "FER2013Train" / ("fer000000" + std::to_string(i) + ".png"), unsigned(i));
        writePng(root / "FER2013Valid" / "fer0028638.png", 9);

        Project project = must(Project::create(*m_folder / "a.mien", ""));
        const ImportReport report = imported(project, {.path = root});
        QCOMPARE(report.format, std::string("ferplus.folders"));
        QCOMPARE(report.samples, 4);
        QCOMPARE(report.votes, 4);
        QCOMPARE(countOf(report, "DUPLICATE_ROW"), 1);
        QCOMPARE(countOf(report, "BAD_FIELD_COUNT"), 1);
        QCOMPARE(countOf(report, "MISSING_FILE"), 1);
        QCOMPARE(countOf(report, "VOTE_SUM"), 1);
        QCOMPARE(countOf(report, "LABEL_EXCLUDED"), 1);
        QCOMPARE(report.skipped, 3);
        QVERIFY(
            labelsIn(project) ==
            (std::vector<std::string>{"FER2013Train/fer0000000.png happiness", "FER2013Train/fer0000001.png uncertain",
                                      "FER2013Train/fer0000002.png neutral", "FER2013Valid/fer0028638.png anger"}));
        const auto rows = must(sampleRows(project, must(samplesMatching(project, "split:val"))));
        QCOMPARE(rows.size(), std::size_t(1));
        QCOMPARE(rows[0].votes.at("anger"), 10);
    }

    void votesWithoutPicturesAreExplained()
    {
        const auto root = *m_folder / "labels";
        writeFile(root / "FER2013Test" / "label.csv", "fer0032220.png,\"(0, 0, 48, 48)\",10,0,0,0,0,0,0,0,0,0\n");
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        const auto report = runImport(project, must(planImport({.path = root})), {});
        QCOMPARE(report.error().code, ErrorCode::Invalid);
        QVERIFY(report.error().message.find("without the pictures") != std::string::npos);
    }

    void linesOfJson()
    {
        const auto root = *m_folder / "set";
        for (const char *name : {"a.png", "b.png", "c.png", "d.png"})
            writePng(root / "in" / name, unsigned(name[0]));
        writeFile(
            root / "list.jsonl",
            "{\"image\": {\"path\": \"in/a.png\"}, \"label\": \"happy\", \"votes\": {\"anger\": 2, \"neutral\": 8}, "
            "\"note\": \"5\\\" high\"}\n"
            "\n"
            "{\"image\": {\"path\": \"in/b.png\"}, \"label\": null, \"valence\": -0.5}\n"
            "not json\n"
            "[1, 2]\n"
            "{\"label\": \"sad\", \"note\": \"one \\\" is escaped\"}\n"
            "{\"label\": \"fear\", \"image\": {\"path\": \"./in/c.png\"}, \"split\": \"test\"}");
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        const ImportReport report = imported(project, {.path = root / "list.jsonl"});
        QCOMPARE(report.format, std::string("manifest"));
        QCOMPARE(countOf(report, "BAD_JSON_LINE"), 2);
        QCOMPARE(countOf(report, "MISSING_FILE"), 1);
        QVERIFY(labelsIn(project) ==
                (std::vector<std::string>{"in/a.png happiness", "in/b.png unlabeled", "in/c.png fear"}));
        const auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
        QCOMPARE(rows[0].votes.at("neutral"), 8);
        QCOMPARE(rows[1].valence, std::optional(-0.5));
        QCOMPARE(rows[2].split, Split::Test);
    }

    void tablesInOtherEncodings_data()
    {
        QTest::addColumn<QByteArray>("table");
        QTest::addColumn<int>("guessed");
        const auto bytes = [](const std::string &text) { return QByteArray(text.data(), qsizetype(text.size())); };
        QTest::newRow("UTF-8 with its mark")
            << bytes("\xef\xbb\xbfpath,label,subject\nm\xc3\xbc.png,happy,J\xc3\xb6rg\n") << 0;
        QTest::newRow("UTF-16 little endian")
            << bytes(utf16(u"path,label,subject\r\nm\u00fc.png,happy,J\u00f6rg\r\n", false)) << 0;
        QTest::newRow("UTF-16 big endian")
            << bytes(utf16(u"path;label;subject\nm\u00fc.png;happy;J\u00f6rg", true)) << 0;
        QTest::newRow("Windows-1252") << bytes("path,label,subject\nm\xfc.png,happy,J\xf6rg\n") << 1;
    }

    void tablesInOtherEncodings()
    {
        QFETCH(QByteArray, table);
        const auto root = *m_folder / "set";
        writePng(root / "m\xc3\xbc.png", 1);
        writeFile(root / "list.csv", std::string_view(table.constData(), std::size_t(table.size())));
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        const ImportReport report = imported(project, {.path = root / "list.csv"});
        QVERIFY(labelsIn(project) == std::vector<std::string>{"m\xc3\xbc.png happiness"});
        QCOMPARE(must(sampleRows(project, must(samplesMatching(project, ""))))[0].subject, std::string("J\xc3\xb6rg"));
        QTEST(int(countOf(report, "ENCODING_GUESSED")), "guessed");
        QCOMPARE(report.skipped, 0);
    }

    void tablesInAChosenEncoding_data()
    {
        QTest::addColumn<QString>("encoding");
        QTest::addColumn<QByteArray>("subject");
        QTest::addColumn<QString>("expected");
        QTest::newRow("gb18030") << "gb18030" << QByteArray("\xd5\xc5\xc8\xfd") << QStringLiteral("\u5f20\u4e09");
        QTest::newRow("shift-jis") << "shift-jis" << QByteArray("\x93\x63\x92\x86") << QStringLiteral("\u7530\u4e2d");
        QTest::newRow("latin-1") << "latin-1" << QByteArray("J\xf6rg") << QStringLiteral("J\u00f6rg");
        QTest::newRow("nothing of it") << "shift-jis"
                                       << QByteArray("a\xff"
                                                     "b")
                                       << QStringLiteral("a\ufffdb");
    }

    void tablesInAChosenEncoding()
    {
        QFETCH(QString, encoding);
        QFETCH(QByteArray, subject);
        QFETCH(QString, expected);
        const auto root = *m_folder / "set";
        writePng(root / "a.png", 1);
        writePng(root / "b.png", 2);
        const QByteArray csv = "path,label,subject\na.png,happy," + subject + "\nb.png,sad,plain\n";
        writeFile(root / "list.csv", std::string_view(csv.constData(), std::size_t(csv.size())));
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        const ImportReport report =
            imported(project, {.path = root / "list.csv", .parameters = {{"encoding", encoding.toStdString()}}});
        const auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
        QCOMPARE(QString::fromStdString(rows.at(0).subject), expected);
        QCOMPARE(rows.at(1).subject, std::string("plain"));
        QCOMPARE(countOf(report, "ENCODING_GUESSED"), 0);
        QCOMPARE(report.skipped, 0);
    }

    void tablesAreSplitAtWhateverSeparatesThem_data()
    {
        QTest::addColumn<QByteArray>("table");
        QTest::newRow("commas") << QByteArray("path,label,valence\na.png,happy,-5\nb.png,10,0.5\n");
        QTest::newRow("semicolons") << QByteArray("path;label;valence\r\na.png;happy;-5\r\nb.png;10;0.5");
        QTest::newRow("tabs") << QByteArray("path\tlabel\tvalence\na.png\thappy\t-5\nb.png\t10\t0.5\n");
        QTest::newRow("bars") << QByteArray("path|label|valence\ra.png|happy|-5\rb.png|10|0.5\r");
        QTest::newRow("spaces") << QByteArray("path label valence\na.png happy -5\nb.png 10 0.5 \n");
        QTest::newRow("spaces around commas") << QByteArray(" path, label, valence\na.png, happy, -5\nb.png, 10,0.5");
    }

    void tablesAreSplitAtWhateverSeparatesThem()
    {
        QFETCH(QByteArray, table);
        const auto root = *m_folder / "set";
        writePng(root / "a.png", 1);
        writePng(root / "b.png", 2);
        writeFile(root / "list.csv", std::string_view(table.constData(), std::size_t(table.size())));
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        const ImportReport report =
            imported(project, {.path = root / "list.csv", .parameters = {{"numbering", "uta-rldd"}}});
        QCOMPARE(report.skipped, 0);
        QCOMPARE(countOf(report, "VA_OUT_OF_RANGE"), 0); // -5 says that there is none
        QVERIFY(labelsIn(project) == (std::vector<std::string>{"a.png happiness", "b.png drowsy"}));
        const auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
        QVERIFY(!rows[0].valence && rows[1].valence == 0.5);
    }

    void surrogatesSurviveAnyCut()
    {
        std::u16string text = u"a\U0001F600b";
        text += char16_t(0xd800); // its other half is missing
        text += u'c';
        writeFile(*m_folder / "t.txt", utf16(text, false));
        QCOMPARE(must(textHeadOf(*m_folder / "t.txt", 100)), std::string("a\xf0\x9f\x98\x80"
                                                                         "b\xef\xbf\xbd"
                                                                         "c"));
    }

    void namesAreFoundAsTheyAreMeant()
    {
        const auto root = *m_folder / "set";
        writePng(root / "Upper.PNG", 1);
        writePng(root / "other.png", 2);
        writePng(root / "two.png", 3);
        writePng(root / "two.bmp", 4);
        writeFile(root / "list.csv", "path,label\nupper.png,happy\nother.jpg,sad\ntwo.jpg,fear\n");
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        const ImportReport report = imported(project, {.path = root / "list.csv"});
        QCOMPARE(countOf(report, "CASE_FOLDED"), 1);
        QCOMPARE(countOf(report, "EXT_SUBSTITUTED"), 1);
        QCOMPARE(countOf(report, "MISSING_FILE"), 1); // two could be meant: none is
        QCOMPARE(countOf(report, "ORPHAN_MEDIA"), 2); // so both are left over: a note
        QCOMPARE(report.samples, 2);
        QCOMPARE(report.skipped, 1);
    }

    void aLinkToAFolderIsNotReadInItsPlace()
    {
        const auto root = *m_folder / "set";
        writePng(root / "fear" / "a.png", 1);
        writePng(root / "anger" / "b.png", 2);
        std::filesystem::create_directory_symlink("../fear", root / "anger" / "again");
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        QCOMPARE(imported(project, {.path = root}).samples, 2);
        QCOMPARE(must(countMatching(project, "label:fear")), 1);
        QCOMPARE(must(countMatching(project, "label:anger")), 1);
    }

    void foldersAreFoundAsTheyAreMeant()
    {
        const auto root = *m_folder / "set";
        writePng(root / "Img" / "Jo\xcc\x88rg" / "a.png", 1);
        writePng(root / "Img" / "Jo\xcc\x88rg" / "B.png", 2);
        writePng(root / "one" / "c.png", 3);
        writePng(root / "One" / "c.png", 4);
        writeFile(root / "list.csv", "path,label\nimg/J\xc3\xb6rg/a.png,happy\nimg/J\xc3\xb6rg/b.png,sad\n"
                                     "ONE/c.png,fear\n");
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        const ImportReport report = imported(project, {.path = root / "list.csv"});
        QCOMPARE(report.samples, 2);
        QCOMPARE(countOf(report, "CASE_FOLDED"), 2);
        QCOMPARE(countOf(report, "MISSING_FILE"), 1); // two folders could be meant
    }

    void aFileIsOneSampleHoweverItIsNamed()
    {
        const auto root = *m_folder / "set";
        writePng(root / "img" / "a.jpg", 1);
        writeFile(root / "list.csv", "path,label\nimg/a.jpg,happy\nimg/./a.jpg,happy\nimg//a.jpg,sad\n"
                                     "img/a.png,happy\nimg/../img/a.jpg,happy\nimg/a.jpg,happy\n");
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        const ImportReport report = imported(project, {.path = root / "list.csv"});
        QCOMPARE(report.samples, 1);
        QCOMPARE(countOf(report, "DUPLICATE_KEY"), 4);
        QCOMPARE(countOf(report, "DUPLICATE_ROW"), 1);
    }

    void namesAreFoundHoweverTheirLettersAreComposed()
    {
        // As macOS writes them (letter, then mark) and as the others do; once each way round, and Hangul.
        const std::string composed = "J\xc3\xb6rg \xe1\xbb\x87 \xea\xb0\x81.png";
        const std::string apart = "Jo\xcc\x88rg e\xcc\xa3\xcc\x82 \xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8.png";
        QCOMPARE(decomposed(composed), apart);
        QCOMPARE(decomposed(apart), apart);
        QCOMPARE(decomposed("a\xff.png"), std::string("a\xff.png"));
        const auto root = *m_folder / "set";
        writePng(root / "1" / apart, 1);
        writePng(root / "2" / composed, 2);
        writeFile(root / "list.csv", "path,label\n1/" + composed + ",happy\n2/" + apart + ",sad\n");
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        const ImportReport report = imported(project, {.path = root / "list.csv"});
        QCOMPARE(report.samples, 2);
        QCOMPARE(report.skipped, 0);
        QCOMPARE(countOf(report, "ORPHAN_MEDIA"), 0);
        QCOMPARE(countOf(report, "CASE_FOLDED"), 0);
    }

    void numbersAreReadByTheChosenTable()
    {
        for (int code = 0; code < 7; ++code)
            writePng(*m_folder / "set" / std::to_string(code) / "a.png", unsigned(code));
        {
            Project project = must(Project::create(*m_folder / "a.mien", ""));
            QCOMPARE(countOf(imported(project, {.path = *m_folder / "set"}), "LABEL_UNMAPPED"), 7);
        }
        Project project = must(Project::create(*m_folder / "b.mien", ""));
        const ImportReport report =
            imported(project, {.path = *m_folder / "set",
                               .parameters = {{"numbering", "fer.alphabetical"}, {"class:6", "fear"}}});
        QCOMPARE(countOf(report, "LABEL_UNMAPPED"), 0);
        const auto labels = labelsIn(project);
        QCOMPARE(labels[4], std::string("4/a.png neutral"));
        QCOMPARE(labels[6], std::string("6/a.png fear"));
    }

    void firstFrameOfAGif_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<bool>("good");
        // 10 x 10, four colours: the sample of the format's description, rows of white, red and blue.
        const QByteArray sample =
            QByteArray::fromHex("4749463839610a000a00910000ffffffff00000000ff00000021f90400000000002c000000000a00"
                                "0a000002168c2d99872a1cdc33a00275ec95faa8de608c04914c01003b");
        QTest::newRow("whole") << sample << true;
        QTest::newRow("cut in the frame") << sample.left(40) << false;
        QTest::newRow("header only") << sample.left(13) << false;
    }

    void firstFrameOfAGif()
    {
        QFETCH(QByteArray, file);
        QFETCH(bool, good);
        const auto picture = must(imaging())->decode(
            {reinterpret_cast<const std::uint8_t *>(file.constData()), std::size_t(file.size())});
        QCOMPARE(picture.has_value(), good);
        if (!good)
            return;
        QCOMPARE(picture->widthPx, 10);
        QCOMPARE(picture->heightPx, 10);
        const auto at = [&](int x, int y) {
            const std::uint8_t *pixel = picture->pixels.data() + 3 * (y * 10 + x);
            return std::array<int, 3>{pixel[0], pixel[1], pixel[2]};
        };
        QVERIFY((at(0, 0) == std::array<int, 3>{255, 0, 0}));
        QVERIFY((at(9, 0) == std::array<int, 3>{0, 0, 255}));
        QVERIFY((at(4, 4) == std::array<int, 3>{255, 255, 255}));
        QVERIFY((at(9, 9) == std::array<int, 3>{255, 0, 0}));
    }

    void deletedThumbnailsComeBack()
    {
        for (int i = 0; i < 5; ++i)
            writePng(*m_folder / "set" / "happy" / (std::to_string(i) + ".png"), unsigned(i));
        Project project = must(Project::create(*m_folder / "a.mien", ""));
        imported(project, {.path = *m_folder / "set"});
        QVERIFY(!lacksThumbnails(project));
        std::filesystem::remove_all(project.folder() / "thumbs");
        std::filesystem::remove(*m_folder / "set" / "happy" / "4.png");
        QVERIFY(lacksThumbnails(project));
        const ThumbnailReport report = must(makeMissingThumbnails(project, {}));
        QCOMPARE(report.made, 4);
        QCOMPARE(report.missing, 1);
        QVERIFY(!lacksThumbnails(project));
        const Thumbnails thumbnails(project);
        QVERIFY(!thumbnails.jpeg({1}, 96).empty() && !thumbnails.jpeg({4}, 192).empty() &&
                thumbnails.jpeg({5}, 96).empty());
        QCOMPARE(must(makeMissingThumbnails(project, {})).made, 0);
    }

private:
    std::unique_ptr<TemporaryFolder> m_folder;
};

QTEST_APPLESS_MAIN(TestImportForms)
#include "tst_import_forms.moc"
