#include "pipeline/demo/face_drawing.h"
#include "pipeline/face/face_tracker.h"
#include "pipeline/jobs/clip_state.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>

using namespace mien;

namespace {

constexpr int frameWidthPx = 640, frameHeightPx = 300, facePx = 150;
constexpr double framesPerS = 25;

/// Where the middle of a drawn person is in a frame; empty: not to be seen.
using Way = std::function<std::optional<Point>(int frame)>;

struct Person
{
    std::uint64_t seed = 1;
    Way way;
};

/// Who stands behind comes first.
Picture frameOf(const std::vector<Person> &people, int index)
{
    Picture frame{.widthPx = frameWidthPx, .heightPx = frameHeightPx, .channels = 3};
    frame.pixels.assign(std::size_t(frameWidthPx) * frameHeightPx * 3, 128);
    for (const Person &person : people) {
        const auto centre = person.way(index);
        if (!centre)
            continue;
        SeededRandom random(person.seed);
        FaceScene scene;
        scene.backgroundTop = scene.backgroundBottom = {0.5, 0.5, 0.5};
        scene.grainSeed = std::uint64_t(index);
        scene.yaw = 0.1 * std::sin(index * 0.2);
        const Picture face = drawFace(randomIdentity(random), musclesOf("neutral"), scene, facePx);
        const int left = int(centre->x) - facePx / 2, top = int(centre->y) - facePx / 2;
        for (int y = 0; y < facePx; ++y)
            for (int x = 0; x < facePx; ++x)
                if (left + x >= 0 && left + x < frameWidthPx && top + y >= 0 && top + y < frameHeightPx)
                    for (int c = 0; c < 3; ++c)
                        frame.pixels[(std::size_t(top + y) * frameWidthPx + std::size_t(left + x)) * 3 +
                                     std::size_t(c)] =
                            face.pixels[(std::size_t(y) * facePx + std::size_t(x)) * 3 + std::size_t(c)];
    }
    return frame;
}

/// Whether somebody in front leaves hardly anything of a person to be seen.
bool isCovered(const std::vector<Person> &people, std::size_t person, int index)
{
    const auto centre = people[person].way(index);
    for (std::size_t p = person + 1; p < people.size(); ++p)
        if (const auto front = people[p].way(index);
            front && std::hypot(front->x - centre->x, front->y - centre->y) < facePx / 4.0)
            return true;
    return false;
}

/// Who had which tracks.
struct Followed
{
    std::map<std::size_t, std::set<int>> tracksOf;
    std::map<int, std::set<std::size_t>> peopleOf;
    std::map<std::size_t, int> seen; ///< Frames in which a person was found.
    int whole = 0, frames = 0;
};

Result<std::vector<FollowedFrame>> next(FaceTracker &tracker, Picture frame, double timeS)
{
    return tracker.next(std::make_shared<const Picture>(std::move(frame)), timeS);
}

/// Frames `first` to before `behind`, each as it is settled; empty when one failed.
std::vector<FollowedFrame> framesOf(FaceTracker &tracker, const std::vector<Person> &people, int first, int behind,
                                    double apartS = 1 / framesPerS)
{
    std::vector<FollowedFrame> all;
    for (int i = first; i < behind; ++i) {
        auto settled = next(tracker, frameOf(people, i), i * apartS);
        if (!settled)
            return {};
        std::move(settled->begin(), settled->end(), std::back_inserter(all));
    }
    auto rest = tracker.rest();
    std::move(rest.begin(), rest.end(), std::back_inserter(all));
    return all;
}

Followed followed(const FaceFinder &finder, const std::vector<Person> &people, int frames,
                  double apartS = 1 / framesPerS)
{
    FaceTracker tracker(finder);
    Followed result;
    for (const FollowedFrame &frame : framesOf(tracker, people, 0, frames, apartS)) {
        const int i = result.frames++;
        result.whole += frame.isSearchedWhole;
        for (const TrackedFace &face : frame.faces) {
            const BoxPx &box = face.face.box;
            double nearest = facePx / 3.0;
            std::optional<std::size_t> whose;
            for (std::size_t p = 0; p < people.size(); ++p)
                if (const auto centre = people[p].way(i); centre && !isCovered(people, p, i)) {
                    const double apart =
                        std::hypot(box.x + box.width / 2 - centre->x, box.y + box.height / 2 - centre->y);
                    if (apart <= nearest) {
                        nearest = apart;
                        whose = p;
                    }
                }
            if (!whose)
                continue;
            result.tracksOf[*whose].insert(face.track);
            result.peopleOf[face.track].insert(*whose);
            ++result.seen[*whose];
        }
    }
    return result;
}

bool isSame(const std::vector<FollowedFrame> &a, const std::vector<FollowedFrame> &b)
{
    const auto sameFace = [](const TrackedFace &one, const TrackedFace &other) {
        return one.track == other.track && one.face.box.x == other.face.box.x && one.face.box.y == other.face.box.y;
    };
    return std::equal(
        a.begin(), a.end(), b.begin(), b.end(), [&](const FollowedFrame &one, const FollowedFrame &other) {
            return one.timeS == other.timeS &&
                   std::equal(one.faces.begin(), one.faces.end(), other.faces.begin(), other.faces.end(), sameFace);
        });
}

bool nobodySwitched(const Followed &result)
{
    for (const auto &[track, people] : result.peopleOf)
        if (people.size() > 1)
            return false;
    return true;
}

} // namespace

/// Drawn people whose ways are known.
class TstTracking : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        auto finder = FaceFinder::mtcnn(40);
        QVERIFY2(finder, finder ? "" : finder.error().message.c_str());
        m_finder.emplace(std::move(*finder));
    }

    void aFaceKeepsItsTrack_data()
    {
        using Ways = std::vector<Way>;
        QTest::addColumn<Ways>("ways");
        QTest::addColumn<int>("frames");
        QTest::addColumn<int>("leastSeen"); // of each person
        const auto moving = [](double fromX, double speed, double y) {
            return [=](int i) { return std::optional(Point{fromX + speed * i, y}); };
        };
        const auto hidden = [](Way way, int from, int to) {
            return [=](int i) { return i >= from && i < to ? std::nullopt : way(i); };
        };
        QTest::newRow("stands") << Ways{moving(300, 0, 150)} << 40 << 40;
        QTest::newRow("walks") << Ways{moving(100, 6, 150)} << 60 << 60;
        QTest::newRow("nears and turns back")
            << Ways{[](int i) { return std::optional(Point{120 + 70 * std::sin(i * 0.08), 150}); },
                    [](int i) { return std::optional(Point{500 - 100 * std::sin(i * 0.08), 150}); }}
            << 60 << 58;
        QTest::newRow("passes above") << Ways{moving(100, 6, 80), moving(520, -6, 220)} << 70 << 50;
        QTest::newRow("crosses before") << Ways{moving(100, 6, 150), moving(520, -6, 150)} << 70 << 35;
        QTest::newRow("hidden") << Ways{hidden(moving(300, 0, 150), 20, 30)} << 50 << 38;
        QTest::newRow("hidden while walking") << Ways{hidden(moving(100, 5, 150), 20, 28)} << 60 << 48;
        QTest::newRow("leaves and returns")
            << Ways{[](int i) { return std::optional(Point{i < 30 ? 120.0 - 10 * i : 10.0 * i - 480, 150}); },
                    moving(450, 0, 150)}
            << 80 << 30;
    }

    void aFaceKeepsItsTrack()
    {
        QFETCH(std::vector<Way>, ways);
        QFETCH(int, frames);
        QFETCH(int, leastSeen);
        for (const std::uint64_t seed : {1, 2, 3}) {
            std::vector<Person> people;
            for (const Way &way : ways)
                people.push_back({seed * 10 + people.size(), way});
            const Followed result = followed(*m_finder, people, frames);
            QVERIFY(nobodySwitched(result));
            for (std::size_t p = 0; p < people.size(); ++p) {
                QVERIFY2(result.seen.contains(p) && result.seen.at(p) >= leastSeen,
                         qPrintable(QStringLiteral("person %1 of %2: %3")
                                        .arg(p)
                                        .arg(seed)
                                        .arg(result.seen.contains(p) ? result.seen.at(p) : 0)));
                QCOMPARE(result.tracksOf.at(p).size(), std::size_t(1));
            }
        }
    }

    /// Who takes the place of another gets a track of their own.
    void anotherFaceIsAnotherTrack()
    {
        const auto until = [](int i) { return i < 20 ? std::optional(Point{300, 150}) : std::nullopt; };
        const auto from = [](int i) { return i >= 25 ? std::optional(Point{300, 150}) : std::nullopt; };
        const Followed result = followed(*m_finder, {{11, until}, {12, from}}, 50);
        QVERIFY(nobodySwitched(result));
        QCOMPARE(result.tracksOf.size(), std::size_t(2));
    }

    void wholeFramesAreSearchedNowAndThen()
    {
        const std::vector<Person> people{{1, [](int) { return std::optional(Point{300, 150}); }}};
        QCOMPARE(followed(*m_finder, people, 30).whole, 5);       // frames 0, 6, 12, 18, 24
        QCOMPARE(followed(*m_finder, people, 10, 0.5).whole, 10); // far apart: each
        QCOMPARE(followed(*m_finder, people, 10, 0.2).whole, 2);  // 0 s and 1 s
        QCOMPARE(followed(*m_finder, people, 10, 0.5).tracksOf[0].size(), std::size_t(1));
    }

    void aCutIsSearchedAtOnce()
    {
        FaceTracker tracker(*m_finder);
        const std::vector<Person> first{{1, [](int) { return std::optional(Point{150, 150}); }}};
        const std::vector<Person> second{{1, [](int) { return std::optional(Point{500, 150}); }}};
        for (int i = 0; i < 3; ++i)
            QVERIFY(next(tracker, frameOf(first, i), i * 0.04));
        Picture cut = frameOf(second, 3);
        for (std::size_t i = 0; i < cut.pixels.size() / 4; ++i)
            cut.pixels[i] = 0; // another wall, too
        for (std::size_t i = cut.pixels.size() * 3 / 4; i < cut.pixels.size(); ++i)
            cut.pixels[i] = 255;
        const auto settled = next(tracker, cut, 0.12);
        QVERIFY(settled && settled->size() == 3 && !tracker.isHoldingBack()); // two were held back
        const FollowedFrame &last = settled->back();
        QVERIFY(last.isSearchedWhole && last.timeS == 0.12 && last.faces.size() == 1);
        QCOMPARE(last.faces.front().track, 2);
        const BoxPx &box = last.faces.front().face.box;
        QVERIFY(std::abs(box.x + box.width / 2 - 500) < 40);
        // Nobody of behind the cut is looked for before it.
        QVERIFY(std::all_of(settled->begin(), settled->end() - 1,
                            [](const FollowedFrame &frame) { return frame.faces.size() == 1; }));
    }

    void aFaceThatComesUpIsFollowedFromItsFirstFrame()
    {
        constexpr int firstFrame = 8; // between the searches of whole frames
        const std::vector<Person> people{
            {1, [](int) { return std::optional(Point{150, 150}); }},
            {2, [](int i) { return i < firstFrame ? std::nullopt : std::optional(Point{480, 160}); }}};
        FaceTracker tracker(*m_finder);
        const std::vector<FollowedFrame> frames = framesOf(tracker, people, 0, 20);
        QCOMPARE(frames.size(), std::size_t(20));
        QVERIFY(!frames[firstFrame].isSearchedWhole && !frames[firstFrame + 1].isSearchedWhole);
        for (int i = 0; i < 20; ++i) {
            const FollowedFrame &frame = frames[std::size_t(i)];
            QCOMPARE(frame.timeS, i / framesPerS);
            QCOMPARE(frame.faces.size(), std::size_t(i < firstFrame ? 1 : 2));
            QVERIFY(frame.faces.front().track != frame.faces.back().track || i < firstFrame);
            const auto isSecond = [](const TrackedFace &face) { return face.track == 2; };
            QCOMPARE(std::count_if(frame.faces.begin(), frame.faces.end(), isSecond), i < firstFrame ? 0 : 1);
        }
    }

    void sameFramesSameTracks()
    {
        const std::vector<Person> people{{1, [](int i) { return std::optional(Point{100.0 + 6 * i, 150}); }}};
        FaceTracker one(*m_finder), other(*m_finder);
        const std::vector<FollowedFrame> a = framesOf(one, people, 0, 20), b = framesOf(other, people, 0, 20);
        QCOMPARE(a.size(), std::size_t(20));
        QVERIFY(isSame(a, b));
    }

    void aStoredStateGoesOn()
    {
        const std::vector<Person> people{{1, [](int i) { return std::optional(Point{100.0 + 6 * i, 150}); }}};
        FaceTracker one(*m_finder);
        int settled = 0;
        do
            QVERIFY(next(one, frameOf(people, settled), settled * 0.04));
        while (++settled < 8 || one.isHoldingBack());
        FaceTracker::State state = one.state();
        state.watched = {{10.25, -20, 30, 31.5}, {0.1, 0.2, 0.3, 0.4}};
        one.goOn(state);
        ClipState stopped;
        stopped.tracker = state;
        const std::string text = stopped.text();
        const auto stored = ClipState::read(text);
        QVERIFY2(stored && stored->tracker, stored ? "" : stored.error().message.c_str());
        QCOMPARE(stored->tracker->watched.size(), std::size_t(2));
        QCOMPARE(stored->tracker->watched[0].y, -20.0);
        QCOMPARE(stored->tracker->watched[1].height, 0.4);
        FaceTracker other(*m_finder);
        other.goOn(*stored->tracker);
        const std::vector<FollowedFrame> a = framesOf(one, people, settled, 24);
        QVERIFY(std::all_of(a.begin(), a.end(), [](const FollowedFrame &frame) { return frame.faces.size() == 1; }));
        QVERIFY(!a.empty() && isSame(a, framesOf(other, people, settled, 24)));

        // A state of before places were watched.
        const auto without = [&](const QString &key) {
            QJsonObject clip = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
            QJsonObject tracker = clip.value(QStringLiteral("tracker")).toObject();
            tracker.remove(key);
            clip.insert(QStringLiteral("tracker"), tracker);
            return ClipState::read(QJsonDocument(clip).toJson().toStdString());
        };
        const auto older = without(QStringLiteral("watched"));
        QVERIFY2(older && older->tracker, older ? "" : older.error().message.c_str());
        QVERIFY(older->tracker->watched.empty());
        QCOMPARE(older->tracker->tracks.size(), std::size_t(1));
        const auto broken = without(QStringLiteral("tracks"));
        QVERIFY(!broken && broken.error().code == ErrorCode::Invalid);
    }

private:
    std::optional<FaceFinder> m_finder;
};

QTEST_GUILESS_MAIN(TstTracking)
#include "tst_tracking.moc"
