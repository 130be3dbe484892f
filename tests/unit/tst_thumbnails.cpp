#include "pipeline/store/crop_pack.h"

#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <fstream>

using namespace mien;
using namespace mien::test;

namespace {

std::vector<std::uint8_t> jpegLike(std::size_t size, std::uint8_t fill)
{
    std::vector<std::uint8_t> bytes(size, fill);
    bytes[0] = bytes[size - 2] = 0xff;
    bytes[1] = 0xd8;
    bytes[size - 1] = 0xd9;
    return bytes;
}

} // namespace

class TestThumbnails : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsAndFinds()
    {
        const TemporaryFolder folder;
        const Project project = filledProject(folder / "a.mien", 3);
        Thumbnails thumbnails(project);
        QVERIFY(thumbnails.jpeg(SampleId{1}, 96).empty());
        for (int i = 1; i <= 300; ++i)
            must(thumbnails.add(SampleId{i}, 96, jpegLike(8000 + std::size_t(i), std::uint8_t(i))));
        must(thumbnails.add(SampleId{2}, 192, jpegLike(50, 9)));
        must(thumbnails.add(SampleId{7}, 96, jpegLike(60, 8))); // replaced
        QCOMPARE(thumbnails.jpeg(SampleId{300}, 96), jpegLike(8300, std::uint8_t(300)));
        QCOMPARE(thumbnails.jpeg(SampleId{7}, 96), jpegLike(60, 8));
        QVERIFY(thumbnails.has(SampleId{2}, 192));
        QVERIFY(!thumbnails.has(SampleId{3}, 192));

        const Thumbnails again(project);
        QCOMPARE(again.jpeg(SampleId{7}, 96), jpegLike(60, 8));
        QCOMPARE(again.jpeg(SampleId{2}, 192), jpegLike(50, 9));
    }

    void seesWhatAnotherAppendedAndSurvivesDeletion()
    {
        const TemporaryFolder folder;
        const Project project = filledProject(folder / "a.mien", 3);
        Thumbnails reader(project), writer(project);
        must(writer.add(SampleId{1}, 96, jpegLike(100, 1)));
        QVERIFY(!reader.has(SampleId{1}, 96));
        reader.reload();
        QCOMPARE(reader.jpeg(SampleId{1}, 96), jpegLike(100, 1));
        std::filesystem::remove_all(project.folder() / "thumbs");
        QCOMPARE(reader.jpeg(SampleId{1}, 96), jpegLike(100, 1)); // still mapped
        reader.reload();
        QVERIFY(!reader.has(SampleId{1}, 96));
        must(reader.add(SampleId{1}, 96, jpegLike(70, 2)));
        QCOMPARE(reader.jpeg(SampleId{1}, 96), jpegLike(70, 2));
    }

    void whatACrashLeftIsNotShown_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("cutOff");
        for (const int cut : {1, 8, 15, 16, 17}) {
            QTest::addRow("index - %d", cut) << "96.index" << cut;
            QTest::addRow("pack - %d", cut) << "96.pack" << cut;
        }
    }

    void whatACrashLeftIsNotShown()
    {
        QFETCH(QString, file);
        QFETCH(int, cutOff);
        const TemporaryFolder folder;
        const Project project = filledProject(folder / "a.mien", 3);
        {
            Thumbnails writer(project);
            for (int i = 1; i <= 3; ++i)
                must(writer.add(SampleId{i}, 96, jpegLike(100, std::uint8_t(i))));
        }
        const auto path = project.folder() / "thumbs" / file.toStdString();
        std::filesystem::resize_file(path, std::filesystem::file_size(path) - std::size_t(cutOff));
        Thumbnails after(project);
        QCOMPARE(after.jpeg(SampleId{1}, 96), jpegLike(100, 1));
        const auto last = after.jpeg(SampleId{3}, 96);
        QVERIFY(last.empty() || last == jpegLike(100, 3));
        must(after.add(SampleId{3}, 96, jpegLike(90, 7)));
        must(after.add(SampleId{2}, 96, jpegLike(90, 8)));
        const Thumbnails again(project);
        QCOMPARE(again.jpeg(SampleId{3}, 96), jpegLike(90, 7));
        QCOMPARE(again.jpeg(SampleId{2}, 96), jpegLike(90, 8));
    }
};

QTEST_APPLESS_MAIN(TestThumbnails)
#include "tst_thumbnails.moc"
