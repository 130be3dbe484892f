// Eyes, blinks and PERCLOS: the pure measures, and what they say about drawn clips of which everything is known.
#include "pipeline/demo/demo_videos.h"
#include "pipeline/drowsiness/landmark_openings.h"
#include "pipeline/drowsiness/opening_curves.h"
#include "pipeline/drowsiness/video_looks.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <oneapi/tbb/parallel_for.h>

#include <cmath>
#include <mutex>
#include <numbers>

using namespace mien;
using namespace mien::test;

namespace {

constexpr double unseen = std::numeric_limits<double>::quiet_NaN();

/// Looks of a face whose eyes are as open as said, 20 a second; NaN: no face.
std::vector<FrameLook> looksOf(const std::vector<double> &openings, double closed = 0.05, double open = 0.15)
{
    std::vector<FrameLook> looks;
    for (const double opening : openings) {
        FrameLook look{double(looks.size()) / 20, std::nullopt};
        if (std::isfinite(opening)) {
            const double extent = closed + (open - closed) * opening;
            look.face = FrameLook::Face{{{extent, extent}, 0.02}, {}};
        }
        looks.push_back(look);
    }
    return looks;
}

void append(std::vector<double> &openings, double seconds, double opening)
{
    openings.insert(openings.end(), std::size_t(std::lround(seconds * 20)), opening);
}

struct Agreement
{
    int trueBlinks = 0, blinks = 0, clips = 0;
    double worstPerclos = 0, worstPose = 0;
    double yawns = 1, quiet = 0; ///< Least mouth opening in the middle of yawns, most in clips without one.
};

struct Judged
{
    std::string name;
    DrowsyClip clip;
};

/// Draws, encodes and measures the clips, several at a time.
Agreement agreementOf(const std::vector<Judged> &clips)
{
    const Video &module = *must(video());
    const Imaging &codec = *must(imaging());
    const FaceFinder finder = must(FaceFinder::mtcnn(LookSettings().minFacePx));
    const TemporaryFolder folder;
    Agreement agreement;
    std::mutex mutex;
    tbb::parallel_for(std::size_t(0), clips.size(), [&](std::size_t i) {
        const auto file = folder / (std::to_string(i) + ".mp4");
        const DrowsyClip &clip = clips[i].clip;
        const auto writer = must(module.create(
            file,
            {.widthPx = DrowsyClip::widthPx, .heightPx = DrowsyClip::heightPx, .framesPerS = DrowsyClip::framesPerS}));
        for (std::size_t k = 0; k < clip.frames.size(); ++k)
            must(writer->add(clip.picture(k)));
        must(writer->finish());
        const auto reader = must(module.open(file));
        const auto looks = must(looksOf(*reader, 0, finder, codec, {}, {}, [] {}));
        const DrowsinessStrip strip = stripFrom(looks, "eye patch");

        double closed = 0;
        int blinks = 0;
        double yawn = unseen, quiet = 0, yawError = 0, yaws = 0;
        for (std::size_t k = 0; k < clip.frames.size(); ++k) {
            const DrowsyFrame &frame = clip.frames[k];
            closed += frame.eyeOpening <= 0.2;
            blinks = std::max(blinks, frame.blink);
            if (std::isfinite(strip.yawDeg[k])) {
                yawError += std::abs(strip.yawDeg[k] - frame.yawDeg);
                ++yaws;
            }
            if (frame.isOccluded || !std::isfinite(strip.mouthOpening[k]))
                continue;
            if (frame.mouthOpening >= 1)
                yawn = std::max(std::isfinite(yawn) ? yawn : 0, strip.mouthOpening[k]);
            if (frame.mouthOpening == 0)
                quiet = std::max(quiet, strip.mouthOpening[k]);
        }
        const double perclos = closed / double(clip.frames.size());
        const std::lock_guard lock(mutex);
        ++agreement.clips;
        agreement.trueBlinks += blinks;
        agreement.blinks += int(strip.blinks);
        agreement.worstPerclos = std::max(agreement.worstPerclos, std::abs(strip.perclos - perclos));
        agreement.worstPose = std::max(agreement.worstPose, yawError / std::max(1.0, yaws));
        agreement.yawns = std::isfinite(yawn) ? std::min(agreement.yawns, yawn) : agreement.yawns;
        agreement.quiet = std::max(agreement.quiet, quiet);
        qInfo("%-22s blinks %d of %d, PERCLOS %.3f of %.3f, mouth %.2f in yawns, at most %.2f else",
              clips[i].name.c_str(), int(strip.blinks), blinks, strip.perclos, perclos, yawn, quiet);
    });
    qInfo("%d clips: %d blinks of %d, PERCLOS at most %.3f off, yaw %.1f degrees", agreement.clips, agreement.blinks,
          agreement.trueBlinks, agreement.worstPerclos, agreement.worstPose);
    return agreement;
}

void check(const Agreement &agreement)
{
    QVERIFY(agreement.trueBlinks >= 20);
    QVERIFY(std::abs(agreement.blinks - agreement.trueBlinks) <= 0.05 * agreement.trueBlinks);
    QVERIFY(agreement.worstPerclos <= 0.05);
}

} // namespace

class TestDrowsiness : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void blinksAreCountedAndLongClosuresAreNot()
    {
        std::vector<double> openings;
        append(openings, 2, 1);
        for (int blink = 0; blink < 5; ++blink) {
            append(openings, 0.15, 0);
            append(openings, 1.85, 1);
        }
        append(openings, 2, 0); // asleep
        append(openings, 6, 1);
        const DrowsinessStrip strip = stripFrom(looksOf(openings), "eye patch");
        QCOMPARE(strip.blinks, 5);
        QCOMPARE(strip.closures.size(), std::size_t(6));
        QVERIFY(std::abs(strip.closures.back().endS - strip.closures.back().startS - 2) < 0.11);
        QVERIFY(std::abs(strip.perclos - 2.75 / 20) < 0.001);
        QVERIFY(std::abs(strip.blinksPerMinute - 15) < 0.01);
        QCOMPARE(strip.minutes.size(), std::size_t(1));
    }

    void halfClosedEyesAreNoBlinks()
    {
        std::vector<double> openings;
        append(openings, 2, 1);
        append(openings, 0.2, 0);
        append(openings, 2, 1);
        append(openings, 3, 0.55);
        append(openings, 1, 0.4); // hanging lids
        append(openings, 2, 1);
        const DrowsinessStrip strip = stripFrom(looksOf(openings), "eye patch");
        QCOMPARE(strip.blinks, 1);
        QVERIFY(std::abs(strip.perclos - 0.2 / 10.2) < 0.001);
    }

    void openEyesAreNotTakenForClosedOnes()
    {
        std::vector<double> openings;
        for (int i = 0; i < 200; ++i)
            openings.push_back(1 + 0.1 * std::sin(i * 0.7)); // never closed: noise is not blown up to blinks
        const DrowsinessStrip strip = stripFrom(looksOf(openings), "eye patch");
        QCOMPARE(strip.blinks, 0);
        QCOMPARE(strip.perclos, 0);
        QVERIFY(*std::min_element(strip.eyeOpening.begin(), strip.eyeOpening.end()) > 0.7);
    }

    void gapsAreBridgedWhileShort()
    {
        std::vector<double> openings;
        append(openings, 3, 1);
        append(openings, 0.2, 0);
        append(openings, 0.3, unseen);
        append(openings, 0.2, 0);
        append(openings, 3, 1);
        append(openings, 4, unseen);
        append(openings, 3, 1);
        const DrowsinessStrip strip = stripFrom(looksOf(openings), "eye patch");
        QCOMPARE(strip.closures.size(), std::size_t(1));
        QVERIFY(std::abs(strip.perclos - 0.7 / 9.7) < 0.01); // of what was seen
        QVERIFY(std::isnan(strip.eyeOpening[8 * 20]));
    }

    void theFarEyeOfATurnedHeadCountsNothing()
    {
        std::vector<double> openings;
        append(openings, 2, 1);
        append(openings, 0.3, 0);
        append(openings, 4, 1);
        std::vector<FrameLook> looks = looksOf(openings);
        for (std::size_t i = 60; i < 100; ++i) { // turned to the right of the picture: that eye vanishes
            looks[i].face->pose.yawDeg = 30;
            looks[i].face->extents.eye[1] = 0.01;
        }
        const DrowsinessStrip strip = stripFrom(looks, "eye patch");
        QCOMPARE(strip.blinks, 1);
        QVERIFY(strip.eyeOpening[80] > 0.9);
    }

    void minutesAreCountedApart()
    {
        std::vector<double> openings;
        for (int i = 0; i < 12; ++i) {
            append(openings, 4.8, 1);
            append(openings, 0.2, 0);
        }
        append(openings, 60, 1);
        append(openings, 6, 1);
        const DrowsinessStrip strip = stripFrom(looksOf(openings), "eye patch");
        QCOMPARE(strip.minutes.size(), std::size_t(3));
        QVERIFY(std::abs(strip.minutes[0].blinks - 12) < 0.01);
        QVERIFY(std::abs(strip.minutes[0].perclos - 12 * 0.2 / 60) < 0.001);
        QCOMPARE(strip.minutes[1].blinks, 0);
        const auto measures = measuresAt(strip, 4.9);
        QVERIFY(measures.at("drowsiness.eye_opening") < 0.2);
        QVERIFY(measures.at("drowsiness.median_opening") > 0.9);
        QVERIFY(measures.at("drowsiness.closed_s") > 0.1 && measures.at("drowsiness.closed_s") < 0.4);
        QCOMPARE(measuresAt(strip, 70).at("drowsiness.blinks_per_minute"), 0);
        QVERIFY(measuresAt(strip, 500).empty());
    }

    void nothingSeenIsNothingSaid()
    {
        QVERIFY(stripFrom({}, "eye patch").timeS.empty());
        const DrowsinessStrip blind = stripFrom(looksOf(std::vector<double>(40, unseen)), "eye patch");
        QCOMPARE(blind.blinks, 0);
        QCOMPARE(blind.perclos, 0);
        QVERIFY(std::isnan(blind.eyeOpening[10]));
        QVERIFY(!measuresAt(blind, 1).contains("drowsiness.eye_opening"));
    }

    void landmarksGiveAspectRatios()
    {
        std::vector<PointPx> points(68);
        for (std::size_t i = 0; i < points.size(); ++i)
            points[i] = {double(i), 0};
        const auto eye = [&](std::size_t first, double x, double height) {
            const double xs[] = {0, 10, 20, 30, 20, 10}, ys[] = {0, -0.5, -0.5, 0, 0.5, 0.5};
            for (std::size_t i = 0; i < 6; ++i)
                points[first + i] = {x + xs[i], ys[i] * height};
        };
        eye(36, 0, 9);
        eye(42, 60, 3);
        const double lipX[] = {0, 10, 20, 30, 40, 30, 20, 10}, lipY[] = {0, -1, -1, -1, 0, 1, 1, 1};
        for (std::size_t i = 0; i < 8; ++i)
            points[60 + i] = {lipX[i], 50 + 5 * lipY[i]};
        const ShownExtents extents = must(shownExtentsOf(points));
        QVERIFY(std::abs(extents.eye[0] - 0.3) < 1e-9);
        QVERIFY(std::abs(extents.eye[1] - 0.1) < 1e-9);
        QVERIFY(std::abs(extents.mouth - 0.25) < 1e-9);
        QVERIFY(!shownExtentsOf(std::span(points).first(5)));
        QVERIFY(!shownExtentsOf(std::vector<PointPx>(68)));
    }

    void stripsReadBackAsTheyWere()
    {
        std::vector<double> openings;
        append(openings, 2, 1);
        append(openings, 0.2, 0);
        append(openings, 1, unseen);
        append(openings, 2, 1);
        const DrowsinessStrip strip = stripFrom(looksOf(openings), "68 points");
        const DrowsinessStrip read = must(DrowsinessStrip::fromJson(strip.toJson()));
        QCOMPARE(read.measuredBy, "68 points");
        QCOMPARE(read.timeS, strip.timeS);
        QCOMPARE(read.eyeOpening.size(), strip.eyeOpening.size());
        QVERIFY(std::isnan(read.eyeOpening[50]));
        QCOMPARE(read.blinks, 1);
        QCOMPARE(read.perclos, strip.perclos);
        QCOMPARE(read.closures.size(), std::size_t(1));
        for (const char *wrong : {"", "{}", "[1]", "{\"format\":\"mien-strip/1\"}",
                                  "{\"format\":\"mien-strip/1\",\"time_s\":[1],\"eye_opening\":[]}"})
            QVERIFY(!DrowsinessStrip::fromJson(wrong));
    }

    void demoVideosAreMeasured()
    {
        std::vector<Judged> clips;
        for (DemoVideo &video : demoVideos(0))
            clips.push_back({video.source, std::move(video.clip)});
        const Agreement agreement = agreementOf(clips);
        check(agreement);
        QVERIFY(agreement.yawns > DrowsinessDoubt::yawn);
    }

    /// Other people, two of each kind: states by light, turned heads and hands.
    void otherPeopleAreMeasured()
    {
        std::vector<Judged> clips;
        for (std::uint64_t seed = 100; clips.size() < 24; ++seed) {
            SeededRandom random(seed * 7919);
            const int kind = int(seed % 4);
            const int state = (seed / 4) % 3 == 0 ? 0 : (seed / 4) % 3 == 1 ? 5 : 10;
            using Hand = FaceScene::Hand;
            clips.push_back(
                {"seed " + std::to_string(seed) + " state " + std::to_string(state) + " kind " + std::to_string(kind),
                 drowsyClip(randomIdentity(random), {.state = state,
                                                     .isDark = kind == 1,
                                                     .turnsHead = kind == 2,
                                                     .hand = kind == 3 ? Hand::BeforeEye : Hand::None,
                                                     .seed = seed})});
        }
        check(agreementOf(clips));
    }
};

QTEST_GUILESS_MAIN(TestDrowsiness)
#include "tst_drowsiness.moc"
