// Frames and their times against ffprobe, which decodes one after the other (reliability.md S2).
#include "pipeline/video/frame_choice.h"
#include "pipeline/video/media_probe.h"
#include "pipeline/video/video.h"
#include "tests/support/clips.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_data.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace mien;
using namespace mien::test;

namespace {

std::unique_ptr<VideoReader> opened(const std::filesystem::path &file)
{
    return must(must(video())->open(file));
}

std::vector<VideoFrame> framesOf(VideoReader &reader)
{
    std::vector<VideoFrame> frames;
    while (const auto frame = must(reader.next()))
        frames.push_back(*frame);
    return frames;
}

/// The same number of frames, and the same times where ffprobe knows them; ours rise where it does not.
bool isAsExpected(const std::vector<VideoFrame> &frames, const std::vector<std::optional<std::int64_t>> &expected)
{
    if (frames.size() != expected.size()) {
        qWarning("%zu frames instead of %zu", frames.size(), expected.size());
        return false;
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (expected[i] ? frames[i].pts != *expected[i] : i > 0 && frames[i].pts <= frames[i - 1].pts) {
            qWarning("frame %zu at %lld instead of %lld", i, static_cast<long long>(frames[i].pts),
                     static_cast<long long>(expected[i].value_or(0)));
            return false;
        }
    }
    return true;
}

double meanDifference(const Picture &a, const Picture &b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i)
        sum += std::abs(int(a.pixels[i]) - int(b.pixels[i]));
    return sum / double(a.pixels.size());
}

struct Chosen
{
    std::vector<VideoFrame> frames;
    std::vector<std::vector<std::uint8_t>> pixels;
    std::int64_t asked = 0; ///< Frames the choice was asked for.
    VideoLoss loss;

    void add(const VideoFrame &frame, const VideoReader &reader)
    {
        frames.push_back(frame);
        pixels.push_back(must(reader.luma()).pixels);
    }
};

/// What comes of a choice when every frame is decoded.
Chosen chosenOfAll(const std::filesystem::path &file, FrameChoice choice)
{
    Chosen chosen;
    auto reader = opened(file);
    while (const auto frame = must(reader->next()))
        if (choice.takes(frame->timeS))
            chosen.add(*frame, *reader);
    chosen.asked = choice.state().asked;
    chosen.loss = reader->loss();
    return chosen;
}

Chosen chosenByReader(const std::filesystem::path &file, const FrameChoice &choice)
{
    Chosen chosen;
    auto reader = opened(file);
    reader->choose(choice);
    while (const auto frame = must(reader->next()))
        chosen.add(*frame, *reader);
    chosen.asked = reader->choice().state().asked;
    chosen.loss = reader->loss();
    return chosen;
}

/// @param hasAllPixels  false: the last frame lacks some, and what is there instead may differ
bool isSame(Chosen a, Chosen b, bool hasAllPixels)
{
    if (!hasAllPixels && a.pixels.size() == b.pixels.size())
        a.pixels.back() = b.pixels.back();
    const auto same = [](const VideoFrame &x, const VideoFrame &y) {
        return x.pts == y.pts && x.timeS == y.timeS && x.isDamaged == y.isDamaged;
    };
    const bool isSame = a.asked == b.asked && a.pixels == b.pixels && a.loss.packetsUs == b.loss.packetsUs &&
                        a.loss.damagedFramesUs == b.loss.damagedFramesUs && a.loss.endedEarly == b.loss.endedEarly &&
                        std::equal(a.frames.begin(), a.frames.end(), b.frames.begin(), b.frames.end(), same);
    if (!isSame)
        qWarning("%zu frames of %lld, %lld packets lost, %lld frames damaged; or %zu, %lld, %lld, %lld",
                 a.frames.size(), static_cast<long long>(a.asked), static_cast<long long>(a.loss.packetsUs.size()),
                 static_cast<long long>(a.loss.damagedFramesUs.size()), b.frames.size(),
                 static_cast<long long>(b.asked), static_cast<long long>(b.loss.packetsUs.size()),
                 static_cast<long long>(b.loss.damagedFramesUs.size()));
    return isSame;
}

Picture seenUpright(Picture picture, int orientation)
{
    picture.orientation = orientation;
    return upright(picture);
}

QStringList words(const char *text)
{
    return QString::fromLatin1(text).split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

/// What a clip is made of.
constexpr const char *source = "-f lavfi -i testsrc2=size=160x120:rate=25:duration=2";
constexpr const char *x264 = "-c:v libx264 -preset ultrafast";

} // namespace

class TestVideo : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_folder = std::make_unique<TemporaryFolder>(); }
    void cleanupTestCase() { m_folder.reset(); }

    void timesAreThoseOfFfprobe_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("arguments"); // %s: the file
        QTest::addColumn<QString>("second");    // a second pass over the first file, copied
        QTest::addColumn<double>("share");      // of the bytes that are kept
        const auto row = [](const char *what, const char *name, const std::string &arguments,
                            const std::string &second = {}, double share = 1) {
            QTest::newRow(what) << QString::fromLatin1(name) << QString::fromStdString(arguments)
                                << QString::fromStdString(second) << share;
        };
        const std::string plain = source, h264 = x264;
        const std::string sound = " -f lavfi -i sine=duration=3 -c:a aac";
        const std::string uneven = " -vf setpts=PTS+0.011/TB*mod(N*7\\,5) -vsync vfr";
        row("h264, mp4", "a.mp4", plain + " " + h264 + " -bf 0");
        row("h264, B-frames", "a.mp4", plain + " -c:v libx264 -preset veryfast -bf 3");
        row("h264, B-frames as references", "a.mp4",
            plain + " -c:v libx264 -preset veryfast -bf 5 -b_strategy 2 -refs 4");
        row("h264, open groups", "a.mkv", plain + " -c:v libx264 -preset veryfast -bf 3 -g 10 -x264-params open-gop=1");
        row("h264, mov", "a.mov", plain + " " + h264);
        row("h264, mkv", "a.mkv", plain + " " + h264);
        row("h264, avi", "a.avi", plain + " " + h264 + " -bf 0");
        row("h264, avi with B-frames", "a.avi", plain + " -c:v libx264 -preset veryfast -bf 2");
        row("h264, mpegts", "a.ts", plain + " -c:v libx264 -preset veryfast -bf 2");
        row("h264, flv", "a.flv", plain + " " + h264);
        row("h264, bare stream", "a.h264", plain + " " + h264 + " -bf 0");
        row("h264, fragments", "a.mp4", plain + " " + h264 + " -g 10 -movflags frag_keyframe+empty_moov");
        row("h264, one long group", "a.mp4", plain + " " + h264 + " -g 1000");
        row("h264, pyramid of B-frames, mkv", "a.mkv",
            plain + " -c:v libx264 -preset medium -bf 6 -g 20 -x264-params b-pyramid=normal:b-adapt=0");
        row("h264, no key frame but the first", "a.mp4", plain + " -c:v libx264 -bf 2 -x264-params intra-refresh=1");
        row("h264, cut within an open group", "a.ts",
            plain + " -c:v libx264 -bf 3 -g 10 -x264-params open-gop=1:b-adapt=0", "-ss 0.9 -i %s -c copy");
        row("h264, key frames only", "a.mp4", plain + " " + h264 + " -g 1");
        row("h264, interlaced", "a.mp4", plain + " -c:v libx264 -preset veryfast -flags +ilme+ildct -top 1");
        row("h264, full range", "a.mp4", plain + " " + h264 + " -pix_fmt yuvj420p");
        row("h264, 10 bits", "a.mp4", plain + " " + h264 + " -pix_fmt yuv420p10le");
        row("h264, 4:4:4, odd size", "a.mkv",
            "-f lavfi -i testsrc2=size=161x121:rate=25:duration=1 " + h264 + " -pix_fmt yuv444p");
        row("hevc, mp4", "a.mp4", plain + " -c:v libx265 -preset ultrafast -x265-params log-level=none");
        row("hevc, B-frames, mov", "a.mov",
            plain +
                " -c:v libx265 -preset fast -tag:v hvc1 -x265-params log-level=none:bframes=4:keyint=12:open-gop=1");
        row("hevc, temporal layers", "a.mp4",
            plain + " -c:v libx265 -preset fast -x265-params log-level=none:bframes=4:temporal-layers=1");
        row("hevc, B-frames, mpegts", "a.ts",
            plain + " -c:v libx265 -preset fast -x265-params log-level=none:bframes=3:keyint=15");
        row("hevc, mkv", "a.mkv", plain + " -c:v libx265 -preset ultrafast -x265-params log-level=none");
        row("vp9, webm", "a.webm", plain + " -c:v libvpx-vp9 -deadline realtime -cpu-used 8");
        row("vp9, hidden frames", "a.webm", plain + " -c:v libvpx-vp9 -cpu-used 8 -auto-alt-ref 1 -lag-in-frames 16");
        row("vp8, webm", "a.webm", plain + " -c:v libvpx -deadline realtime -cpu-used 8");
        row("mpeg4, avi", "a.avi", plain + " -c:v mpeg4 -q 5");
        row("mpeg4, B-frames, avi", "a.avi", plain + " -c:v mpeg4 -q 5 -bf 2");
        row("mpeg4, B-frames, mp4", "a.mp4", plain + " -c:v mpeg4 -q 5 -bf 2");
        row("mpeg2, mpg", "a.mpg", plain + " -c:v mpeg2video -q 5 -bf 2");
        row("mjpeg, avi", "a.avi", plain + " -c:v mjpeg -q 5");
        row("mjpeg, mov", "a.mov", plain + " -c:v mjpeg -q 5");
        row("wmv, asf", "a.wmv", plain + " -c:v wmv2 -q 5");
        row("uneven times, mp4", "a.mp4", plain + uneven + " " + h264);
        row("uneven times, mkv", "a.mkv", plain + uneven + " -c:v libx264 -preset veryfast -bf 3");
        row("uneven times, webm", "a.webm", plain + uneven + " -c:v libvpx-vp9 -deadline realtime -cpu-used 8");
        row("frames left out", "a.mp4", plain + " -vf select=mod(n\\,7)*mod(n\\,3) -vsync vfr " + h264);
        row("30000/1001", "a.mp4", "-f lavfi -i testsrc2=size=160x120:rate=30000/1001:duration=2 " + h264);
        row("120 a second", "a.mp4", "-f lavfi -i testsrc2=size=160x120:rate=120:duration=1 " + h264);
        row("1 a second", "a.mkv", "-f lavfi -i testsrc2=size=160x120:rate=1:duration=6 " + h264);
        row("one frame", "a.mp4", plain + " -frames:v 1 " + h264);
        row("times below zero, mkv", "a.mkv",
            plain + " " + h264 + " -output_ts_offset -0.5 -avoid_negative_ts disabled");
        row("times below zero, mp4", "a.mp4",
            plain + " " + h264 + " -bf 2 -output_ts_offset -0.5 -avoid_negative_ts disabled");
        row("beginning at 10 s", "a.mkv", plain + " " + h264 + " -output_ts_offset 10");
        row("beginning at 10 s, mpegts", "a.ts", plain + " " + h264 + " -output_ts_offset 10");
        row("edit list: cut without encoding", "a.mp4", plain + " -c:v libx264 -preset veryfast -bf 2 -g 10",
            "-ss 0.7 -i %s -c copy");
        row("edit list: an empty start", "a.mp4", plain + " " + h264 + " -output_ts_offset 1.5");
        row("turned by 90", "a.mp4", plain + " " + h264, "-i %s -c copy -metadata:s:v rotate=90");
        row("turned by 180", "a.mov", plain + " " + h264, "-i %s -c copy -metadata:s:v rotate=180");
        row("with sound", "a.mp4", plain + sound + " " + h264);
        row("with sound, mkv", "a.mkv", plain + sound + " " + h264);
        row("sound first", "a.mov", "-f lavfi -i sine=duration=3 " + plain + " -map 0 -map 1 -c:a aac " + h264);
        row("cut off, mp4", "a.mp4", plain + " " + h264 + " -g 10 -movflags +faststart", {}, 0.6);
        row("cut off, mkv", "a.mkv", plain + " " + h264 + " -g 10", {}, 0.55);
        row("cut off, avi", "a.avi", plain + " -c:v mjpeg -q 5", {}, 0.6);
        row("cut off, mpegts", "a.ts", plain + " " + h264 + " -g 10", {}, 0.5);
        row("cut off, webm", "a.webm", plain + " -c:v libvpx -deadline realtime -cpu-used 8", {}, 0.7);
    }

    void timesAreThoseOfFfprobe()
    {
        QFETCH(QString, name);
        QFETCH(QString, arguments);
        QFETCH(QString, second);
        QFETCH(double, share);
        auto file = *m_folder / name.toStdString();
        const QString path = QString::fromStdString(file.string());
        ffmpeg(arguments.split(QLatin1Char(' '), Qt::SkipEmptyParts) + QStringList{path});
        if (!second.isEmpty()) {
            const QString copy = QString::fromStdString((*m_folder / ("copy-" + name.toStdString())).string());
            QStringList parts = second.split(QLatin1Char(' '));
            parts.replaceInStrings(QStringLiteral("%s"), path);
            ffmpeg(parts + QStringList{copy});
            file = copy.toStdString();
        }
        if (share < 1)
            std::filesystem::resize_file(file, std::uintmax_t(share * double(std::filesystem::file_size(file))));

        const auto expected = ptsByFfprobe(file);
        QVERIFY(!expected.empty());
        auto reader = opened(file);
        const auto frames = framesOf(*reader);
        QVERIFY(isAsExpected(frames, expected));
        ++m_clips;
        m_frames += int(frames.size());

        // What is chosen does not depend on what may be left undecoded for it.
        for (const FrameChoice &choice :
             {FrameChoice::everyFrames(2), FrameChoice::everyFrames(3), FrameChoice::everyFrames(10),
              FrameChoice::everySeconds(0.1), FrameChoice::everySeconds(0.7), FrameChoice::everySeconds(9),
              FrameChoice::everyFrames(4).notBefore(frames[frames.size() / 3].timeS)})
            QVERIFY(isSame(chosenByReader(file, choice), chosenOfAll(file, choice), share == 1));

        // Matroska has no times below zero: frames that lost theirs are counted on, and cannot be asked for.
        const bool rises = std::is_sorted(frames.begin(), frames.end(),
                                          [](const VideoFrame &a, const VideoFrame &b) { return a.pts < b.pts; });
        QCOMPARE(rises, QByteArray(QTest::currentDataTag()) != "times below zero, mkv");
        if (!rises)
            return;

        // Any time is reached by decoding from a key frame before it, and shows the same picture.
        std::vector<Picture> pictures;
        auto again = opened(file);
        while (must(again->next()))
            pictures.push_back(must(again->picture()));
        QCOMPARE(pictures.size(), frames.size());
        std::mt19937 random(7);
        for (int i = 0; i < 12; ++i) {
            const std::size_t wanted = random() % frames.size();
            const double later = wanted + 1 < frames.size() ? frames[wanted + 1].timeS - frames[wanted].timeS : 0.2;
            const double timeS = frames[wanted].timeS + (i % 2 ? 0.5 * later : 0);
            if (later <= 0 || frames[wanted].isDamaged)
                continue;
            const VideoFrame found = must(again->at(timeS));
            QCOMPARE(found.pts, frames[wanted].pts);
            if (share == 1)
                QCOMPARE(must(again->picture()).pixels, pictures[wanted].pixels);
            if (i % 3 == 0 && wanted + 1 < frames.size()) {
                const auto following = must(again->next());
                QVERIFY(following);
                QCOMPARE(following->pts, frames[wanted + 1].pts);
            }
        }
        QCOMPARE(must(again->at(frames.front().timeS - 5)).pts, frames.front().pts);
        QCOMPARE(must(again->at(frames.back().timeS + 50)).pts, frames.back().pts);
    }

    void rotationIsClockwise_data()
    {
        QTest::addColumn<int>("degrees");
        for (const int degrees : {0, 90, 180, 270})
            QTest::addRow("%d", degrees) << degrees;
    }

    void rotationIsClockwise()
    {
        QFETCH(int, degrees);
        const auto file = *m_folder / "plain.mp4", turnedFile = *m_folder / "turned.mp4";
        ffmpeg(words(source) + words(x264) + QStringList{QString::fromStdString(file.string())});
        ffmpeg({"-i", QString::fromStdString(file.string()), "-c", "copy", "-metadata:s:v",
                QStringLiteral("rotate=%1").arg((360 - degrees) % 360) /* counted the other way */,
                QString::fromStdString(turnedFile.string())});
        auto reader = opened(turnedFile);
        const int orientation = degrees == 90 ? 6 : degrees == 180 ? 3 : degrees == 270 ? 8 : 1;
        QCOMPARE(reader->facts().orientation, orientation);
        QCOMPARE(must(probeMedia(turnedFile, false, {})).rotationDegrees, degrees);
        QCOMPARE(reader->facts().widthPx, 160);
        QVERIFY(must(reader->next()));
        const Picture stored = must(reader->picture());
        const auto jpeg = must(reader->jpeg(95));
        const Picture shown = must(must(imaging())->decode(jpeg));
        QCOMPARE(shown.widthPx, degrees % 180 == 0 ? 160 : 120);
        QVERIFY(meanDifference(shown, seenUpright(stored, orientation)) < 8);

        // What ffmpeg itself makes of it is turned the same way.
        const auto png = *m_folder / "turned.png";
        ffmpeg({"-i", QString::fromStdString(turnedFile.string()), "-frames:v", "1",
                QString::fromStdString(png.string())});
        const std::string bytes = readFile(png);
        const Picture theirs =
            must(must(imaging())->decode({reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()}));
        QVERIFY(meanDifference(theirs, seenUpright(stored, orientation)) < 8);
    }

    void aMirroredVideoIsSeenTheRightWay()
    {
        const auto file = *m_folder / "mirrored.mp4";
        ffmpeg(words(source) + words(x264) + QStringList{QString::fromStdString(file.string())});
        // The matrix of the track (the movie's comes first) gets a -1 in front.
        std::string bytes = readFile(file);
        const std::string identity("\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0", 20);
        const std::size_t movie = bytes.find(identity), track = bytes.find(identity, movie + 1);
        QVERIFY(track != std::string::npos);
        bytes.replace(track, 4, std::string("\xff\xff\0\0", 4));
        writeFile(file, bytes);
        auto reader = opened(file);
        QCOMPARE(reader->facts().orientation, 2);
        QVERIFY(must(probeMedia(file, false, {})).isMirrored);
        QVERIFY(must(reader->next()));
        const Picture stored = must(reader->picture());
        const Picture shown = must(must(imaging())->decode(must(reader->jpeg(95))));
        QVERIFY(meanDifference(shown, seenUpright(stored, 2)) < 8);
        QVERIFY(meanDifference(shown, stored) > 20);
    }

    void sidesMayBeOdd_data()
    {
        QTest::addColumn<QString>("size");
        QTest::addColumn<QString>("options");
        for (const char *size : {"161x121", "161x120", "160x121", "17x1", "1x1"}) {
            for (const char *options : {"", "-color_range pc", "-colorspace bt709"})
                QTest::addRow("%s %s", size, options) << QString::fromLatin1(size) << QString::fromLatin1(options);
        }
    }

    void sidesMayBeOdd()
    {
        QFETCH(QString, size);
        QFETCH(QString, options);
        const auto file = *m_folder / "odd.mkv";
        ffmpeg(words("-f lavfi -i") + QStringList{QStringLiteral("smptebars=size=%1:rate=5:duration=1").arg(size)} +
               words("-pix_fmt yuv420p -c:v ffv1") + options.split(QLatin1Char(' '), Qt::SkipEmptyParts) +
               QStringList{QString::fromStdString(file.string())});
        auto reader = opened(file);
        QVERIFY(must(reader->next()));
        const Picture stored = must(reader->picture());
        QCOMPARE(QStringLiteral("%1x%2").arg(stored.widthPx).arg(stored.heightPx), size);
        const Picture decoded = must(must(imaging())->decode(must(reader->jpeg(98))));
        QCOMPARE(decoded.widthPx, stored.widthPx);
        QCOMPARE(decoded.heightPx, stored.heightPx);
        QVERIFY2(meanDifference(decoded, stored) < 6, qPrintable(QString::number(meanDifference(decoded, stored))));
    }

    void coloursOfAJpegAreThoseOfThePicture_data()
    {
        QTest::addColumn<QString>("options");
        QTest::newRow("not named") << QStringLiteral("-pix_fmt yuv420p");
        QTest::newRow("BT.709") << QStringLiteral(
            "-vf scale=out_color_matrix=bt709 -colorspace bt709 -pix_fmt yuv420p");
        QTest::newRow("BT.601, full range") << QStringLiteral("-vf scale=out_range=full -pix_fmt yuvj420p");
        QTest::newRow("BT.709, full range")
            << QStringLiteral("-vf scale=out_color_matrix=bt709:out_range=full -colorspace bt709 -pix_fmt yuvj420p");
        QTest::newRow("4:2:2") << QStringLiteral("-pix_fmt yuv422p");
        QTest::newRow("10 bits") << QStringLiteral("-pix_fmt yuv420p10le");
    }

    void coloursOfAJpegAreThoseOfThePicture()
    {
        QFETCH(QString, options);
        const auto file = *m_folder / "colours.mkv";
        ffmpeg(words("-f lavfi -i smptebars=size=162x118:rate=5:duration=1") + options.split(QLatin1Char(' ')) +
               words("-c:v libx264 -preset ultrafast -qp 4") + QStringList{QString::fromStdString(file.string())});
        auto reader = opened(file);
        QVERIFY(must(reader->next()));
        const Picture rgbPicture = must(reader->picture());
        QCOMPARE(rgbPicture.widthPx, 162);
        // The bars as they were drawn: 75 % grey, then yellow.
        const auto at = [&](const Picture &picture, int x, int y, int c) {
            return int(picture.pixels[std::size_t((y * picture.widthPx + x) * 3 + c)]);
        };
        for (int c = 0; c < 3; ++c)
            QVERIFY(std::abs(at(rgbPicture, 8, 20, c) - 191) <= 4);
        QVERIFY(std::abs(at(rgbPicture, 35, 20, 0) - 191) <= 6 && std::abs(at(rgbPicture, 35, 20, 2)) <= 12);
        const Picture decoded = must(must(imaging())->decode(must(reader->jpeg(98))));
        QVERIFY2(meanDifference(decoded, rgbPicture) < 3,
                 qPrintable(QString::number(meanDifference(decoded, rgbPicture))));
        // Luma is what the weights of the matrix make of the colours; black and white reach the ends.
        const Picture luma = must(reader->luma());
        QCOMPARE(luma.channels, 1);
        QCOMPARE(luma.pixels.size(), std::size_t(162 * 118));
        const bool isHd = options.contains(QStringLiteral("bt709"));
        const double kr = isHd ? 0.2126 : 0.299, kb = isHd ? 0.0722 : 0.114;
        const double yellow =
            kr * at(rgbPicture, 35, 20, 0) + (1 - kr - kb) * at(rgbPicture, 35, 20, 1) + kb * at(rgbPicture, 35, 20, 2);
        QVERIFY(std::abs(luma.pixels[20 * 162 + 35] - yellow) <= 4);
    }

    void smallPicturesKeepTheirShape()
    {
        const auto file = *m_folder / "small.mp4";
        ffmpeg(words("-f lavfi -i testsrc2=size=320x180:rate=5:duration=1") + words(x264) +
               QStringList{QString::fromStdString(file.string())});
        auto reader = opened(file);
        QVERIFY(must(reader->next()));
        const Picture small = must(reader->picture(80));
        QCOMPARE(small.widthPx, 80);
        QCOMPARE(small.heightPx, 45);
        QCOMPARE(must(reader->picture(5000)).widthPx, 320);
    }

    void lostPacketsAreCounted()
    {
        const auto file = *m_folder / "holes.avi";
        ffmpeg(words(source) + words("-c:v mpeg4 -q 3 -g 10") + QStringList{QString::fromStdString(file.string())});
        std::string bytes = readFile(file);
        const std::size_t middle = bytes.size() / 2;
        for (std::size_t i = middle; i < middle + 6000; ++i)
            bytes[i] = char(i * 37);
        writeFile(file, bytes);
        auto reader = opened(file);
        const auto frames = framesOf(*reader);
        QVERIFY(frames.size() >= 20 && frames.size() <= 50);
        QVERIFY(!reader->loss().isNone());
    }

    void aLossIsCountedOnceAndByItsShare()
    {
        const auto file = *m_folder / "gap.mkv";
        ffmpeg(words(source) + words("-c:v mpeg4 -q 3 -g 10") + QStringList{QString::fromStdString(file.string())});
        std::string bytes = readFile(file);
        const std::size_t middle = bytes.size() / 2;
        for (std::size_t i = middle; i < middle + 2500; ++i)
            bytes[i] = char(i * 37);
        writeFile(file, bytes);
        auto reader = opened(file);
        framesOf(*reader);
        const VideoLoss once = reader->loss();
        QVERIFY(!once.isNone() && once.share() > 0 && once.share() < 1);
        QVERIFY2(textOf(once).find(" s") != std::string::npos, textOf(once).c_str());
        must(reader->rewind());
        framesOf(*reader);
        QCOMPARE(reader->loss().packetsUs, once.packetsUs);
        QCOMPARE(reader->loss().damagedFramesUs, once.damagedFramesUs);
        QCOMPARE(reader->loss().packetsRead, once.packetsRead);
    }

    void aMissingEndIsLost()
    {
        const auto file = *m_folder / "cut.mp4";
        ffmpeg(words("-f lavfi -i testsrc2=size=320x180:rate=25:duration=8") + words(x264) +
               words("-movflags +faststart") + QStringList{QString::fromStdString(file.string())});
        const std::string bytes = readFile(file);
        writeFile(file, bytes.substr(0, bytes.size() / 2));
        auto reader = opened(file);
        framesOf(*reader);
        const VideoLoss &loss = reader->loss();
        QVERIFY2(loss.missingEndS > 2 && loss.missingEndS < 6, textOf(loss).c_str());
        QVERIFY(std::abs(loss.share() - loss.missingEndS / 8) < 0.05);
        QCOMPARE(problemOf(loss), "DAMAGED_VIDEO");
        QVERIFY2(textOf(loss).find("are missing") != std::string::npos, textOf(loss).c_str());
    }

    void aPacketOfAbsurdSizeEndsItsFileAlone()
    {
        const auto file = *m_folder / "absurd.mp4";
        ffmpeg(words("-f lavfi -i testsrc2=size=320x180:rate=25:duration=4") + words(x264) +
               QStringList{QString::fromStdString(file.string())});
        std::string bytes = readFile(file);
        // The sizes of all samples: "stsz", version, size of all (0), their number, then one size each.
        const std::size_t table = bytes.find("stsz");
        QVERIFY(table != std::string::npos);
        bytes.replace(table + 16 + 30 * 4, 4, "\x7f\xff\xff\x00", 4);
        writeFile(file, bytes);
        auto reader = opened(file);
        const auto frames = framesOf(*reader);
        QVERIFY2(frames.size() >= 20 && frames.size() <= 30, qPrintable(QString::number(frames.size())));
        QVERIFY(!reader->loss().isNone());
    }

    void whatIsNoVideoIsSaid_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("says");
        QTest::newRow("empty") << "a.mp4" << QByteArray() << "is empty (0 bytes)";
        QTest::newRow("web page") << "a.mp4" << QByteArray("<!DOCTYPE html><html></html>") << "web page";
        QTest::newRow("LFS pointer") << "a.mov"
                                     << QByteArray(
                                            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
                                     << "Git LFS pointer";
        QTest::newRow("text") << "a.avi" << QByteArray("hello\n") << "is no video";
        QTest::newRow("noise") << "a.mkv" << QByteArray("\0\x01\x02\xff", 4).repeated(1000)
                               << "could not be opened as a video";
        QTest::newRow("a playlist of other files")
            << "a.m3u8" << QByteArray("#EXTM3U\n#EXTINF:2,\n/etc/passwd\n#EXT-X-ENDLIST\n") << "is no video";
        QTest::newRow("a list to concatenate")
            << "a.mp4" << QByteArray("ffconcat version 1.0\nfile /etc/hostname\n") << "is no video";
        QTest::newRow("a box that claims 4 GB") << "a.mp4"
                                                << QByteArray("\xff\xff\xff\xff"
                                                              "ftypisom\0\0\0\0isom",
                                                              20)
                                                << "could not be opened as a video";
    }

    void whatIsNoVideoIsSaid()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, content);
        QFETCH(QString, says);
        const auto file = *m_folder / name.toStdString();
        writeFile(file, std::string_view(content.data(), std::size_t(content.size())));
        const auto reader = must(video())->open(file);
        QVERIFY(!reader);
        QCOMPARE(reader.error().code, ErrorCode::Unreadable);
        QVERIFY2(reader.error().message.find(says.toStdString()) != std::string::npos, reader.error().message.c_str());
    }

    void soundFoldersAndMissingFilesAreRefused()
    {
        const auto sound = *m_folder / "sound.mp4";
        ffmpeg(words("-f lavfi -i sine=duration=1 -c:a aac") + QStringList{QString::fromStdString(sound.string())});
        const auto heard = must(video())->open(sound);
        QVERIFY(!heard && heard.error().message.find("holds sound but no video") != std::string::npos);
        QCOMPARE(must(video())->open(*m_folder / "none.mp4").error().code, ErrorCode::NotFound);
        QCOMPARE(must(video())->open(m_folder->path()).error().code, ErrorCode::Unreadable);
    }

    void everySecondAndEveryFrame()
    {
        FrameChoice all, third = FrameChoice::everyFrames(3), second = FrameChoice::everySeconds(0.5);
        std::vector<int> thirds, seconds;
        for (int i = 0; i < 20; ++i) {
            const double timeS = -0.2 + i * 0.12;
            QVERIFY(all.takes(timeS));
            if (third.takes(timeS))
                thirds.push_back(i);
            if (second.takes(timeS))
                seconds.push_back(i);
        }
        QCOMPARE(thirds, (std::vector<int>{0, 3, 6, 9, 12, 15, 18}));
        // 0.5, 1.0, 1.5 and 2.0 s behind the first one: the frames at 0.6, 1.08, 1.56 and 2.04.
        QCOMPARE(seconds, (std::vector<int>{0, 5, 9, 13, 17}));
    }

    void probingSaysWhatAFileHolds()
    {
        const auto file = *m_folder / "probe.mp4";
        ffmpeg(words(source) + words(x264) + QStringList{QString::fromStdString(file.string())});
        const MediaFacts facts = must(probeMedia(file, true, {}));
        QVERIFY(facts.kind == MediaFacts::Kind::Video);
        QCOMPARE(facts.ptsS.size(), std::size_t(50));
        QVERIFY(std::abs(facts.durationS - 2) < 0.05 && std::abs(facts.framesPerS - 25) < 0.01);
        QCOMPARE(QString::fromStdString(facts.codec), QStringLiteral("h264"));
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(probeMedia(file, true, {.stop = stop.get_token()}).error().code, ErrorCode::Cancelled);

        const auto png = *m_folder / "probe.png";
        writeFile(png, pngFile(picture(31, 17, 3, 1)));
        const MediaFacts still = must(probeMedia(png, true, {}));
        QVERIFY(still.kind == MediaFacts::Kind::Image);
        QCOMPARE(still.widthPx, 31);
        QCOMPARE(QString::fromStdString(still.codec), QStringLiteral("png"));
        QVERIFY(still.ptsS.empty());
    }

    void realVideos()
    {
        MIEN_NEED_TEST_DATA(media, "media");
        int real = 0;
        for (const auto &entry : std::filesystem::directory_iterator(media)) {
            const auto extension = entry.path().extension();
            if (extension != ".mp4" && extension != ".mov")
                continue;
            auto reader = opened(entry.path());
            const auto frames = framesOf(*reader);
            QVERIFY(isAsExpected(frames, ptsByFfprobe(entry.path())));
            ++m_clips;
            m_frames += int(frames.size());
            ++real;
        }
        QVERIFY(real >= 4);
        std::printf("times: %d clips, %d frames, all as ffprobe says\n", m_clips, m_frames);
    }

private:
    std::unique_ptr<TemporaryFolder> m_folder;
    int m_clips = 0, m_frames = 0;
};

QTEST_GUILESS_MAIN(TestVideo)
#include "tst_video.moc"
