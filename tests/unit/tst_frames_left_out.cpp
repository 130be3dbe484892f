// Frames that need no decoding: what is foretold from packets, what is left out, and samplings that go on after a
// break. That nothing else changes is shown for many clips by tst_video.
#include "pipeline/jobs/clip_state.h"
#include "pipeline/video/coming_frames.h"
#include "pipeline/video/frame_sampler.h"
#include "pipeline/video/video.h"
#include "tests/support/clips.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_data.h"

#include <QTest>

#include <algorithm>

using namespace mien;
using namespace mien::test;

namespace {

using Pixels = std::vector<std::uint8_t>;
using Pts = std::vector<std::int64_t>;

std::unique_ptr<VideoReader> opened(const std::filesystem::path &file)
{
    return must(must(video())->open(file));
}

struct Seen
{
    std::vector<std::int64_t> pts;
    std::vector<Pixels> pixels;
    bool operator==(const Seen &) const = default;
};

Seen allOf(VideoReader &reader)
{
    Seen seen;
    while (const auto frame = must(reader.next())) {
        seen.pts.push_back(frame->pts);
        seen.pixels.push_back(must(reader.luma()).pixels);
    }
    return seen;
}

/// The frames whose pixels are not the same, of two readings with the same times; empty where the times differ.
std::vector<std::size_t> differing(const Seen &a, const Seen &b)
{
    std::vector<std::size_t> indices;
    if (a.pts == b.pts)
        for (std::size_t i = 0; i < a.pts.size(); ++i)
            if (a.pixels[i] != b.pixels[i])
                indices.push_back(i);
    return indices;
}

/// Packets of I P B B in decoding order: shown as I B B P.
void readFour(ComingFrames &coming)
{
    QVERIFY(coming.read(0, -2, 2));
    QVERIFY(coming.read(3, -1, 2));
    QVERIFY(coming.read(1, 0, 2));
    QVERIFY(coming.read(2, 1, 2));
}

} // namespace

class TestFramesLeftOut : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_folder = std::make_unique<TemporaryFolder>();
        m_clip = *m_folder / "b.mp4";
        ffmpeg({"-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=3", "-c:v", "libx264", "-preset",
                "veryfast", "-bf", "3", "-b_strategy", "0", "-g", "30", "-threads", "1",
                QString::fromStdString(m_clip.string())});
    }
    void cleanupTestCase() { m_folder.reset(); }

    void theOrderIsForetold()
    {
        ComingFrames coming;
        readFour(coming);
        QVERIFY(!coming.hasBegun());
        for (const int pts : {0, 3, 1})
            coming.sent(pts, false);
        QVERIFY(coming.shown(0) == Pts());
        FrameChoice choice = FrameChoice::everyFrames(3);
        QVERIFY(choice.takes(0));
        coming.settle(choice, 1);
        QVERIFY(coming.isWanted(1) == false);
        QVERIFY(!coming.isWanted(2) && !coming.isWanted(3)); // something in front of them may follow
        QVERIFY(coming.following(1) == 2 && coming.knowsUpTo(1) && !coming.knowsUpTo(2));
        QVERIFY(coming.read(7, 2, 2));
        QVERIFY(coming.read(5, 3, 2));
        coming.settle(choice, 1);
        QVERIFY(coming.isWanted(2) == false && coming.isWanted(3) == true && !coming.isWanted(5));
        coming.readAll();
        coming.settle(choice, 1);
        QVERIFY(coming.isWanted(5) == false && coming.isWanted(7) == false);

        coming.sent(2, true);
        QVERIFY(coming.shown(1) == Pts());
        QVERIFY(coming.shown(3) == Pts{2}); // left out
        coming.sent(7, true);
        coming.sent(5, true);
        QVERIFY(coming.ended() == (Pts{5, 7}));
    }

    void whatDoesNotFitIsNoticed()
    {
        const auto begun = [] {
            ComingFrames coming;
            readFour(coming);
            coming.sent(0, false);
            coming.shown(0);
            return coming;
        };
        ComingFrames coming = begun();
        QVERIFY(!coming.read(1, 2, 2)); // earlier than its own decoding
        coming = begun();
        QVERIFY(!coming.read(5, 1, 2)); // decoded when another one is
        coming = begun();
        QVERIFY(!coming.read(3, 2, 2)); // shown when another one is
        coming = begun();
        QVERIFY(coming.read(9, 2, 2) && coming.read(8, 3, 2) && coming.read(7, 4, 2));
        QVERIFY(!coming.read(6, 5, 2)); // behind more than a decoder holds back

        coming = begun();
        coming.sent(1, false);
        coming.sent(2, false);
        QVERIFY(!coming.shown(2)); // the one before had to come
        coming = begun();
        QVERIFY(!coming.shown(1)); // not sent
        coming = begun();
        coming.sent(3, false);
        QVERIFY(!coming.shown(4)); // never read
        coming = begun();
        coming.sent(1, false);
        QVERIFY(!coming.ended());

        // In front of the first frame nothing is missing: a key frame's leading pictures may not be decodable.
        ComingFrames leading;
        QVERIFY(leading.read(2, 0, 2) && leading.read(1, 1, 2) && leading.read(3, 2, 2));
        for (const int pts : {2, 1, 3})
            leading.sent(pts, false);
        QVERIFY(leading.shown(2) == Pts());
        QVERIFY(leading.shown(3) == Pts());
    }

    /// One frame to which no other refers is damaged: who does not want it does not notice, so it is not decoded.
    void noOneNoticesDamageToWhatIsLeftOut()
    {
        const Seen whole = allOf(*opened(m_clip));
        QCOMPARE(whole.pts.size(), std::size_t(75));
        const std::string bytes = readFile(m_clip);
        const auto file = *m_folder / "damaged.mp4";
        int tried = 0;
        for (std::size_t at = bytes.size() / 4; at < bytes.size() / 2 && tried < 3; at += 97) {
            std::string damaged = bytes;
            for (std::size_t i = at; i < at + 6; ++i)
                damaged[i] = char(~damaged[i]);
            writeFile(file, damaged);
            auto reader = opened(file);
            const auto changed = differing(allOf(*reader), whole);
            if (changed.size() != 1 || changed[0] % 2 == 0 || reader->loss().damagedFramesUs.size() != 1)
                continue;
            ++tried;
            auto second = opened(file);
            second->choose(FrameChoice::everyFrames(2));
            const Seen chosen = allOf(*second);
            QCOMPARE(second->loss().damagedFramesUs.size(), 0U);
            QCOMPARE(second->choice().state().asked, 75);
            QCOMPARE(chosen.pts.size(), std::size_t(38));
            for (std::size_t i = 0; i < chosen.pts.size(); ++i) {
                QCOMPARE(chosen.pts[i], whole.pts[2 * i]);
                QCOMPARE(chosen.pixels[i], whole.pixels[2 * i]);
            }
            // On the way to a time it is not decoded either.
            auto third = opened(file);
            must(third->at(2.9));
            QCOMPARE(third->loss().damagedFramesUs.size(), 0U);
            QCOMPARE(must(third->luma()).pixels, whole.pixels[72]);
        }
        QCOMPARE(tried, 3);
    }

    void aChoiceHoldsUntilAnotherPlaceIsWanted()
    {
        const Seen whole = allOf(*opened(m_clip));
        auto reader = opened(m_clip);
        reader->choose(FrameChoice::everyFrames(10));
        for (const std::size_t index : {0, 10, 20})
            QCOMPARE(must(reader->next())->pts, whole.pts[index]);
        // Another choice begins behind the newest frame, also with frames that were left out.
        reader->choose(FrameChoice());
        for (const std::size_t index : {21, 22, 23}) {
            QCOMPARE(must(reader->next())->pts, whole.pts[index]);
            QCOMPARE(must(reader->luma()).pixels, whole.pixels[index]);
        }
        auto again = opened(m_clip);
        again->choose(FrameChoice::everyFrames(10));
        must(again->next());
        QCOMPARE(must(again->next())->pts, whole.pts[10]);
        QCOMPARE(must(again->at(0.44)).pts, whole.pts[11]);
        QCOMPARE(must(again->luma()).pixels, whole.pixels[11]);
        QCOMPARE(must(again->next())->pts, whole.pts[12]);
        again->choose(FrameChoice::everyFrames(50));
        QCOMPARE(must(again->next())->pts, whole.pts[13]);
        QCOMPARE(must(again->next())->pts, whole.pts[63]);
        QVERIFY(!must(again->next()));
        QCOMPARE(must(again->at(2.8)).pts, whole.pts[70]); // behind the newest, in front of the end
        must(again->rewind());
        QCOMPARE(must(again->next())->pts, whole.pts[0]);
        QCOMPARE(must(again->next())->pts, whole.pts[1]);

        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(again->next(stop.get_token()).error().code, ErrorCode::Cancelled);
    }

    void aSamplingGoesOnAfterABreak_data()
    {
        QTest::addColumn<int>("way");
        QTest::addColumn<bool>("isDamaged");
        for (const bool isDamaged : {false, true})
            for (const int way : {0, 1, 2, 3})
                QTest::addRow("way %d%s", way, isDamaged ? ", damaged" : "") << way << isDamaged;
    }

    void aSamplingGoesOnAfterABreak()
    {
        QFETCH(int, way);
        QFETCH(bool, isDamaged);
        FrameSampling sampling{
            .way = FrameSampling::Way(way), .count = 7, .everyS = 0.3, .everyFrames = 7, .marginS = 0.2};
        auto file = m_clip;
        if (isDamaged) {
            file = *m_folder / "holes.mp4";
            std::string bytes = readFile(m_clip);
            for (const std::size_t at : {bytes.size() / 3, bytes.size() / 2})
                for (std::size_t i = at; i < at + 300; ++i)
                    bytes[i] = char(i * 37);
            writeFile(file, bytes);
        }
        struct Stop
        {
            VideoFrame frame;
            FrameSampler::State state;
            bool isWhole;
        };
        std::vector<Stop> stops;
        auto reader = opened(file);
        FrameSampler sampler(*reader, sampling);
        while (const auto frame = must(sampler.next()))
            stops.push_back({*frame, sampler.state(), ClipState{.loss = reader->loss()}.isWhole()});
        QVERIFY(stops.size() >= (way == 3 ? 1 : 6));
        if (way != 0)
            QCOMPARE(!ClipState{.loss = reader->loss()}.isWhole(), isDamaged);
        for (std::size_t i = 0; i < stops.size(); ++i) {
            if (way == 0 && !stops[i].isWhole)
                continue; // begun anew, see MediaFaceReader
            auto later = opened(file);
            FrameSampler rest(*later, sampling);
            must(rest.goOn(stops[i].state, stops[i].isWhole));
            for (std::size_t k = i + 1; k < stops.size(); ++k) {
                const auto frame = must(rest.next());
                QVERIFY(frame);
                QCOMPARE(frame->pts, stops[k].frame.pts);
                QCOMPARE(rest.state().choice.asked, stops[k].state.choice.asked);
            }
            QVERIFY(!must(rest.next()));
        }
    }

private:
    std::unique_ptr<TemporaryFolder> m_folder;
    std::filesystem::path m_clip;
};

QTEST_GUILESS_MAIN(TestFramesLeftOut)
#include "tst_frames_left_out.moc"
