#include "pipeline/imaging/imaging.h"
#include "pipeline/imaging/picture_header.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"

#include <QTest>

using namespace mien;
using namespace mien::test;

namespace {

std::span<const std::uint8_t> bytesOf(const std::string &text)
{
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

const Imaging &codec()
{
    return *must(imaging());
}

/// A PNG that claims a size and holds nothing.
std::string hollowPng(std::uint32_t width, std::uint32_t height)
{
    std::string text = pngFile(picture(2, 2, 1, 1));
    for (int i = 0; i < 4; ++i) {
        text[std::size_t(16 + i)] = char(width >> (24 - 8 * i));
        text[std::size_t(20 + i)] = char(height >> (24 - 8 * i));
    }
    return text;
}

} // namespace

class TestImaging : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatIsWrittenIsRead_data();
    void whatIsWrittenIsRead();
    void cutOffPicturesSayAtWhichRow_data();
    void cutOffPicturesSayAtWhichRow();
    void aHeightThatIsNotThereIsNotBelieved();
    void aPngWithoutItsTailHasEveryRow_data();
    void aPngWithoutItsTailHasEveryRow();
    void notPicturesAreNamed_data();
    void notPicturesAreNamed();
    void hugePicturesAreRefusedBeforeDecoding();
    void orientationIsReadAndApplied();
    void greyStoredAsColourIsNoticed();
    void resizingKeepsConstantPictures();
};

void TestImaging::whatIsWrittenIsRead_data()
{
    QTest::addColumn<int>("channels");
    QTest::newRow("grey") << 1;
    QTest::newRow("colour") << 3;
}

void TestImaging::whatIsWrittenIsRead()
{
    QFETCH(int, channels);
    const Picture original = picture(61, 47, channels, 5);
    const Picture again = must(codec().decode(bytesOf(pngFile(original))));
    QCOMPARE(again.widthPx, 61);
    QCOMPARE(again.heightPx, 47);
    QCOMPARE(again.channels, channels);
    QVERIFY(again.pixels == original.pixels);
    QVERIFY(!again.truncated);
    const Picture lossy = must(codec().decode(bytesOf(jpegFile(original))));
    QCOMPARE(lossy.channels, channels);
    double difference = 0;
    for (std::size_t i = 0; i < original.pixels.size(); ++i)
        difference += std::abs(int(original.pixels[i]) - int(lossy.pixels[i]));
    QVERIFY(difference / double(original.pixels.size()) < 8); // chroma is halved
}

void TestImaging::cutOffPicturesSayAtWhichRow_data()
{
    QTest::addColumn<bool>("isJpeg");
    QTest::addColumn<double>("share");
    QTest::addColumn<bool>("isClosed");
    QTest::addColumn<bool>("isKept");
    QTest::newRow("JPEG at 96 %") << true << 0.97 << false << true;
    QTest::newRow("JPEG at half") << true << 0.5 << false << false;
    QTest::newRow("JPEG at 96 %, closed again") << true << 0.97 << true << true;
    QTest::newRow("JPEG at half, closed again") << true << 0.5 << true << false;
    QTest::newRow("PNG at 96 %") << false << 0.97 << false << true;
    QTest::newRow("PNG at half") << false << 0.5 << false << false;
}

void TestImaging::cutOffPicturesSayAtWhichRow()
{
    QFETCH(bool, isJpeg);
    QFETCH(double, share);
    QFETCH(bool, isClosed);
    QFETCH(bool, isKept);
    const Picture original = picture(400, 400, 3, 9);
    const std::string whole = isJpeg ? jpegFile(original) : pngFile(original);
    const std::string cut = whole.substr(0, std::size_t(double(whole.size()) * share)) + (isClosed ? "\xff\xd9" : "");
    const auto read = codec().decode(bytesOf(cut));
    QCOMPARE(read.has_value(), isKept);
    const Picture all = must(codec().decode(bytesOf(cut), 0));
    QVERIFY(all.truncated);
    QVERIFY2(std::abs(all.decodedRows / 400.0 - share) < 0.08, qPrintable(QString::number(all.decodedRows)));
    if (!isKept)
        QVERIFY(read.error().message.find(std::to_string(all.decodedRows) + " of 400 rows") != std::string::npos);
}

void TestImaging::aHeightThatIsNotThereIsNotBelieved()
{
    std::string file = jpegFile(picture(160, 160, 3, 9));
    const std::size_t header = file.find("\xff\xc0");
    QVERIFY(header != std::string::npos);
    file[header + 5] = char(400 >> 8);
    file[header + 6] = char(400 & 0xff);
    const auto read = codec().decode(bytesOf(file));
    QVERIFY(!read);
    QVERIFY2(read.error().message.find("of 400 rows") != std::string::npos, read.error().message.c_str());
    const Picture all = must(codec().decode(bytesOf(file), 0));
    QVERIFY(all.truncated && std::abs(all.decodedRows - 160) <= 16);
}

void TestImaging::aPngWithoutItsTailHasEveryRow_data()
{
    QTest::addColumn<int>("side");
    QTest::addColumn<int>("missing");
    for (const int side : {48, 300}) // in one block of libpng's, and in many
        for (const int missing : {13, 16, 17, 20})
            QTest::addRow("%d px without %d bytes", side, missing) << side << missing;
}

void TestImaging::aPngWithoutItsTailHasEveryRow()
{
    QFETCH(int, side);
    QFETCH(int, missing);
    const Picture original = picture(side, side, 1, 5);
    const std::string whole = pngFile(original);
    const auto read = codec().decode(bytesOf(whole.substr(0, whole.size() - std::size_t(missing))), 0.9);
    QVERIFY2(read, read ? "" : read.error().message.c_str());
    QVERIFY(read->truncated);
    QCOMPARE(read->decodedRows, side);
    QVERIFY(read->pixels == original.pixels);
}

void TestImaging::notPicturesAreNamed_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("says");
    QTest::newRow("empty") << QByteArray() << "empty";
    QTest::newRow("LFS") << QByteArray("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n")
                         << "LFS pointer";
    QTest::newRow("HTML") << QByteArray("<html><body>404</body></html>") << "HTML";
    QTest::newRow("text") << QByteArray("hello") << "text";
    QTest::newRow("header only") << QByteArray("\x89PNG\r\n\x1a\n") << "cut off";
    QTest::newRow("JPEG start") << QByteArray("\xff\xd8\xff\xe0", 4) << "cut off";
}

void TestImaging::notPicturesAreNamed()
{
    QFETCH(QByteArray, content);
    QFETCH(QString, says);
    const auto read = codec().decode(bytesOf(content.toStdString()));
    QVERIFY(!read);
    QVERIFY2(read.error().message.find(says.toStdString()) != std::string::npos, read.error().message.c_str());
}

void TestImaging::hugePicturesAreRefusedBeforeDecoding()
{
    QVERIFY(codec().decode(bytesOf(hollowPng(20'001, 10))).error().message.find("20000") != std::string::npos);
    QVERIFY(codec().decode(bytesOf(hollowPng(11'000, 11'000))).error().message.find("100 million") !=
            std::string::npos);
    QVERIFY(codec().decode(bytesOf(hollowPng(0, 10))).error().message.find("0 x 10") != std::string::npos);
}

void TestImaging::orientationIsReadAndApplied()
{
    const Picture original = picture(40, 20, 1, 3);
    const std::string plain = jpegFile(original, 100);
    const Picture turned = must(codec().decode(bytesOf(withOrientation(plain, 6))));
    QCOMPARE(turned.orientation, 6);
    QCOMPARE(turned.widthPx, 40);
    const Picture seen = upright(turned);
    QCOMPARE(seen.widthPx, 20);
    QCOMPARE(seen.heightPx, 40);
    QCOMPARE(seen.pixels[19], turned.pixels[0]);                   // top left went to the top right
    QCOMPARE(seen.pixels[0], turned.pixels[std::size_t(19 * 40)]); // bottom left to the top left
}

void TestImaging::greyStoredAsColourIsNoticed()
{
    const Picture original = rgb(picture(30, 30, 1, 3));
    const Picture read = must(codec().decode(bytesOf(pngFile(original))));
    QVERIFY(read.grayAsRgb);
    QVERIFY(grey(read).pixels == picture(30, 30, 1, 3).pixels);
    QVERIFY(!must(codec().decode(bytesOf(pngFile(picture(30, 30, 3, 3))))).grayAsRgb);
}

void TestImaging::resizingKeepsConstantPictures()
{
    Picture flat = picture(33, 21, 3, 1);
    std::fill(flat.pixels.begin(), flat.pixels.end(), std::uint8_t(77));
    for (const auto &[width, height] : {std::pair(11, 7), std::pair(64, 64)}) {
        const Picture other = codec().resized(flat, width, height);
        QCOMPARE(int(other.pixels.size()), width * height * 3);
        QVERIFY(std::all_of(other.pixels.begin(), other.pixels.end(), [](std::uint8_t value) { return value == 77; }));
    }
}

QTEST_GUILESS_MAIN(TestImaging)
#include "tst_imaging.moc"
