#include "pipeline/store/crop_pack.h"

#include "pipeline/store/crop_segments.h"
#include "pipeline/store/hash.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>
#include <SQLiteCpp/Database.h>

#include <fstream>
#include <thread>

using namespace mien;
using namespace mien::test;

class TestCropPack : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void storesEqualPixelsOnce()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 100);
        QCOMPARE(std::filesystem::file_size(project.folder() / "crops" / "0001.pack"), std::uintmax_t(90 * 64));
        ImportWriter writer = must(ImportWriter::begin(project, "other", "", folder.path()));
        const std::vector<std::uint8_t> pixels(64, 9);
        const CropId square = must(writer.addCrop(8, 8, 1, "raw", pixels));
        QCOMPARE(must(writer.addCrop(8, 8, 1, "raw", pixels)), square);
        QVERIFY(must(writer.addCrop(4, 16, 1, "raw", pixels)) != square); // same bytes, another picture
        must(writer.finish());
        ImportWriter again = must(ImportWriter::begin(project, "third", "", folder.path()));
        QCOMPARE(must(again.addCrop(8, 8, 1, "raw", pixels)), square);
        const CropPixels read = must(CropReader(project).read(square));
        QCOMPARE(read.bytes, pixels);
        QCOMPARE(read.codec, std::string("raw"));
        QCOMPARE(read.widthPx, 8);
        QCOMPARE(CropReader(project).read(CropId{9999}).error().code, ErrorCode::NotFound);
    }

    void manyThreadsRead()
    {
        const TemporaryFolder folder;
        const Project project = filledProject(folder / "a.mien", 200);
        const CropReader reader(project);
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 500; ++i) {
                    const auto pixels = reader.read(CropId{1 + (i * 7 + t) % 180});
                    wrong += pixels ? 0 : 1;
                }
            });
        }
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(wrong.load(), 0);
    }

    void segmentsFollowOneAnother()
    {
        const TemporaryFolder folder;
        const std::vector<std::uint8_t> bytes(300, 1);
        const auto nothing = [] { return Result<CropPlace>(CropPlace{}); };
        CropPlace last;
        {
            CropAppender appender = must(CropAppender::open(folder.path(), nothing, 1000));
            for (int i = 0; i < 7; ++i) {
                const CropPlace place = must(appender.append(bytes));
                QCOMPARE(place.segment, 1 + i / 3);
                QCOMPARE(place.offset, 300 * (i % 3));
                if (i == 4)
                    last = {place.segment, place.offset + 300};
            }
            must(appender.sync());
            QCOMPARE(CropAppender::open(folder.path(), nothing).error().code, ErrorCode::Conflict); // one at a time
        }
        // As after a crash: only what comes before `last` was committed.
        CropAppender appender = must(CropAppender::open(folder.path(), [&] { return Result<CropPlace>(last); }, 1000));
        QVERIFY(!std::filesystem::exists(cropSegmentFile(folder.path(), 3)));
        const CropPlace next = must(appender.append(bytes));
        QCOMPARE(next.segment, 2);
        QCOMPARE(next.offset, 600);
    }

    /// It stays for doctor to name; what is imported from then on goes into the next one.
    void aShortSegmentIsNotContinued()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 20);
        std::filesystem::resize_file(project.folder() / "crops" / "0001.pack", 100);
        const auto read = CropReader(project).read(CropId{5});
        QCOMPARE(read.error().code, ErrorCode::Unreadable);
        QVERIFY(read.error().message.find("0001.pack") != std::string::npos);
        ImportWriter writer = must(ImportWriter::begin(project, "x", "", folder.path()));
        const CropId crop = must(writer.addCrop(2, 2, 1, "raw", std::vector<std::uint8_t>{1, 2, 3, 4}));
        must(writer.finish());
        QCOMPARE(must(CropReader(project).read(crop)).bytes.size(), 4u);
        QCOMPARE(std::filesystem::file_size(project.folder() / "crops" / "0001.pack"), 100u);
        QVERIFY(std::filesystem::exists(project.folder() / "crops" / "0002.pack"));
    }

    void piecesHashAsTheWhole()
    {
        std::vector<std::uint8_t> bytes(5000);
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<std::uint8_t>(i * 7);
        Hasher hasher;
        hasher.add(std::span(bytes).first(1234));
        hasher.add(std::span(bytes).subspan(1234));
        QCOMPARE(hexOf(hasher.result()), hexOf(hashOf(bytes)));
        QCOMPARE(hexOf(hashOf(std::string_view())), std::string("99aa06d3014798d86001c324468d497f")); // published
        QVERIFY(pixelHashOf(8, 2, 1, bytes) != pixelHashOf(2, 8, 1, bytes));
    }
};

QTEST_APPLESS_MAIN(TestCropPack)
#include "tst_crop_pack.moc"
