#include "models/score/attention_regions.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

using namespace mien;

namespace {

/// Eyes level, the face upright, in the middle of the crop.
constexpr FaceLandmarks kFace{0.3f, 0.4f, 0.7f, 0.4f, 0.5f, 0.6f, 0.36f, 0.8f, 0.64f, 0.8f};

/// Turned by 90 degrees clockwise in the picture: (x, y) becomes (1 - y, x).
FaceLandmarks turned(FaceLandmarks points)
{
    for (std::size_t i = 0; i < points.size(); i += 2) {
        const float x = points[i], y = points[i + 1];
        points[i] = 1 - y;
        points[i + 1] = x;
    }
    return points;
}

/// 68 points of a face that is a little askew, in the order of iBUG 300-W.
FaceOutline outlineOf()
{
    FaceOutline points{};
    const auto put = [&](std::size_t first, std::initializer_list<std::pair<float, float>> places) {
        for (const auto &[x, y] : places) {
            points[2 * first] = x + 0.02f;
            points[2 * first + 1] = y + 0.06f * (x - 0.5f);
            ++first;
        }
    };
    for (std::size_t i = 0; i < 17; ++i) { // jaw, from ear to ear
        const double turn = M_PI * double(i) / 16;
        put(i, {{float(0.5 - 0.4 * std::cos(turn)), float(0.45 + 0.48 * std::sin(turn))}});
    }
    put(17, {{0.2f, 0.28f}, {0.25f, 0.25f}, {0.3f, 0.24f}, {0.35f, 0.25f}, {0.4f, 0.28f}});
    put(22, {{0.6f, 0.28f}, {0.65f, 0.25f}, {0.7f, 0.24f}, {0.75f, 0.25f}, {0.8f, 0.28f}});
    put(27, {{0.5f, 0.4f}, {0.5f, 0.46f}, {0.5f, 0.52f}, {0.5f, 0.58f}});
    put(31, {{0.44f, 0.62f}, {0.47f, 0.63f}, {0.5f, 0.64f}, {0.53f, 0.63f}, {0.56f, 0.62f}});
    put(36, {{0.24f, 0.4f}, {0.28f, 0.38f}, {0.32f, 0.38f}, {0.36f, 0.4f}, {0.32f, 0.42f}, {0.28f, 0.42f}});
    put(42, {{0.64f, 0.4f}, {0.68f, 0.38f}, {0.72f, 0.38f}, {0.76f, 0.4f}, {0.72f, 0.42f}, {0.68f, 0.42f}});
    put(48, {{0.36f, 0.78f}, {0.41f, 0.75f}, {0.46f, 0.74f}, {0.5f, 0.75f}, {0.54f, 0.74f}, {0.59f, 0.75f}});
    put(54, {{0.64f, 0.78f}, {0.59f, 0.83f}, {0.54f, 0.85f}, {0.5f, 0.85f}, {0.46f, 0.85f}, {0.41f, 0.83f}});
    put(60, {{0.39f, 0.78f}, {0.46f, 0.77f}, {0.5f, 0.77f}, {0.54f, 0.77f}});
    put(64, {{0.61f, 0.78f}, {0.54f, 0.8f}, {0.5f, 0.8f}, {0.46f, 0.8f}});
    return points;
}

double sumOf(const RegionShares &shares)
{
    return std::accumulate(shares.begin(), shares.end(), 0.0);
}

float share(const RegionShares &shares, FaceRegion region)
{
    return shares[std::size_t(region)];
}

} // namespace

class tst_attention_regions : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void pointsBelongWhereTheyLie_data()
    {
        QTest::addColumn<double>("x");
        QTest::addColumn<double>("y");
        QTest::addColumn<int>("region");
        QTest::newRow("left eye") << 0.3 << 0.4 << int(FaceRegion::Eyes);
        QTest::newRow("right eye") << 0.7 << 0.4 << int(FaceRegion::Eyes);
        QTest::newRow("left brow") << 0.3 << 0.25 << int(FaceRegion::Brows);
        QTest::newRow("right brow") << 0.72 << 0.26 << int(FaceRegion::Brows);
        QTest::newRow("tip of the nose") << 0.5 << 0.6 << int(FaceRegion::Nose);
        QTest::newRow("corner of the mouth") << 0.36 << 0.8 << int(FaceRegion::Mouth);
        QTest::newRow("forehead") << 0.5 << 0.1 << int(FaceRegion::Outside);
        QTest::newRow("cheek") << 0.15 << 0.65 << int(FaceRegion::Outside);
        QTest::newRow("chin") << 0.5 << 0.97 << int(FaceRegion::Outside);
        QTest::newRow("beyond the crop") << 1.5 << 0.4 << int(FaceRegion::Outside);
    }

    void pointsBelongWhereTheyLie()
    {
        QFETCH(double, x);
        QFETCH(double, y);
        QFETCH(int, region);
        const FaceRegions upright(kFace), lying(turned(kFace));
        QVERIFY(upright.from() == RegionsFrom::Landmarks);
        QCOMPARE(int(upright.at(x, y)), region);
        QCOMPARE(int(lying.at(1 - y, x)), region); // the regions turn with the face
    }

    void sixtyEightPointsSayWhereTheyLie_data()
    {
        QTest::addColumn<double>("x");
        QTest::addColumn<double>("y");
        QTest::addColumn<int>("region");
        QTest::newRow("left eye") << 0.3 << 0.4 << int(FaceRegion::Eyes);
        QTest::newRow("its corner") << 0.22 << 0.4 << int(FaceRegion::Eyes);
        QTest::newRow("right eye") << 0.72 << 0.4 << int(FaceRegion::Eyes);
        QTest::newRow("left brow") << 0.3 << 0.25 << int(FaceRegion::Brows);
        QTest::newRow("right brow") << 0.7 << 0.25 << int(FaceRegion::Brows);
        QTest::newRow("bridge of the nose") << 0.5 << 0.46 << int(FaceRegion::Nose);
        QTest::newRow("wing of the nose") << 0.45 << 0.6 << int(FaceRegion::Nose);
        QTest::newRow("mouth") << 0.5 << 0.8 << int(FaceRegion::Mouth);
        QTest::newRow("corner of the mouth") << 0.35 << 0.78 << int(FaceRegion::Mouth);
        QTest::newRow("between the brows") << 0.5 << 0.26 << int(FaceRegion::Outside);
        QTest::newRow("cheek") << 0.28 << 0.62 << int(FaceRegion::Outside);
        QTest::newRow("chin") << 0.5 << 0.95 << int(FaceRegion::Outside);
    }

    void sixtyEightPointsSayWhereTheyLie()
    {
        QFETCH(double, x);
        QFETCH(double, y);
        QFETCH(int, region);
        const FaceOutline outline = outlineOf();
        const FaceRegions regions(unknownLandmarks(), outline);
        QVERIFY(regions.from() == RegionsFrom::Outline);
        const double askewX = x + 0.02, askewY = y + 0.06 * (x - 0.5);
        QCOMPARE(int(regions.at(askewX, askewY)), region);
        const FaceRegions back(unknownLandmarks(), mirrored(outline, 1));
        QCOMPARE(int(back.at(1 - askewX, askewY)), region);
    }

    void theOutlineCountsBeforeTheLandmarks()
    {
        const FaceOutline outline = outlineOf();
        QVERIFY(FaceRegions(kFace, outline).from() == RegionsFrom::Outline);
        FaceOutline broken = outline;
        broken[100] = std::numeric_limits<float>::quiet_NaN();
        QVERIFY(FaceRegions(kFace, broken).from() == RegionsFrom::Landmarks);
        FaceOutline oneEyed = outline; // both eyes in one place
        for (std::size_t i = 84; i < 96; ++i)
            oneEyed[i] = outline[i - 12];
        QVERIFY(FaceRegions(kFace, oneEyed).from() == RegionsFrom::Landmarks);
        QVERIFY(FaceRegions(unknownLandmarks(), oneEyed).from() == RegionsFrom::Template);
        FaceOutline flat = outline; // a mouth that is a single point still has its margin
        for (std::size_t i = 96; i < 136; i += 2)
            flat[i] = 0.5f, flat[i + 1] = 0.8f;
        QCOMPARE(int(FaceRegions(kFace, flat).at(0.52, 0.81)), int(FaceRegion::Mouth));
        QCOMPARE(int(FaceRegions(kFace, flat).at(0.6, 0.8)), int(FaceRegion::Outside));
    }

    void aMirrorPutsEachPointInItsPlace()
    {
        for (std::size_t i = 0; i < 68; ++i)
            QCOMPARE(mirroredPoint(mirroredPoint(i)), i);
        const std::pair<std::size_t, std::size_t> pairs[] = {
            {0, 16},  {8, 8},   {17, 26}, {21, 22}, {30, 30}, {31, 35}, {33, 33}, {36, 45}, {39, 42},
            {40, 47}, {41, 46}, {48, 54}, {51, 51}, {55, 59}, {57, 57}, {60, 64}, {65, 67}, {66, 66}};
        for (const auto &[point, other] : pairs)
            QCOMPARE(mirroredPoint(point), other);
    }

    void unknownLandmarksAreTheTemplates_data()
    {
        QTest::addColumn<QVector<float>>("points");
        const FaceLandmarks unknown = unknownLandmarks();
        QTest::newRow("unknown") << QVector<float>(unknown.begin(), unknown.end());
        QTest::newRow("eyes in one place")
            << QVector<float>{0.5f, 0.4f, 0.5f, 0.4f, 0.5f, 0.6f, 0.4f, 0.8f, 0.6f, 0.8f};
    }

    void unknownLandmarksAreTheTemplates()
    {
        QFETCH(QVector<float>, points);
        FaceLandmarks landmarks{};
        std::copy(points.begin(), points.end(), landmarks.begin());
        const FaceRegions regions(landmarks);
        QVERIFY(regions.from() == RegionsFrom::Template);
        QCOMPARE(int(regions.at(38.3 / 112, 51.7 / 112)), int(FaceRegion::Eyes));
        QCOMPARE(int(regions.at(56.0 / 112, 92.3 / 112)), int(FaceRegion::Mouth));
    }

    void anEvenMapCountsAreas()
    {
        const FaceRegions regions(kFace);
        const std::vector<float> even(16, 0.5f);
        const RegionShares shares = attentionShares(even, 4, 4, regions);
        QVERIFY(std::abs(sumOf(shares) - 1) < 1e-6);
        for (std::size_t i = 0; i < shares.size(); ++i) {
            const auto cells = std::count(regions.grid().begin(), regions.grid().end(), FaceRegion(i));
            QVERIFY(cells > 0);
            QVERIFY(std::abs(shares[i] - double(cells) / double(regions.grid().size())) < 1e-6);
        }
    }

    void evidenceCountsWhereItLies()
    {
        const FaceRegions regions(kFace);
        std::vector<float> map(64 * 64, -3.f); // against the class nearly everywhere, and that counts as nothing
        for (int y = 48; y < 54; ++y)
            for (int x = 28; x < 36; ++x)
                map[std::size_t(y) * 64 + std::size_t(x)] = 2;
        const RegionShares mouth = attentionShares(map, 64, 64, regions);
        QVERIFY2(share(mouth, FaceRegion::Mouth) > 0.99f, qPrintable(QString::number(mouth[3])));
        std::vector<float> corner(49, 0.f); // seven by seven, as networks have them
        corner[0] = 1;
        QVERIFY(share(attentionShares(corner, 7, 7, regions), FaceRegion::Outside) > 0.95f);
    }

    void theMirroredFaceHasTheSameShares()
    {
        const FaceLandmarks askew{0.25f, 0.42f, 0.6f, 0.36f, 0.4f, 0.6f, 0.33f, 0.8f, 0.6f, 0.75f};
        std::vector<float> map(49), back(49);
        for (int y = 0; y < 7; ++y)
            for (int x = 0; x < 7; ++x) {
                map[std::size_t(y) * 7 + std::size_t(x)] = float((3 * y + 5 * x) % 11) - 2;
                back[std::size_t(y) * 7 + std::size_t(6 - x)] = map[std::size_t(y) * 7 + std::size_t(x)];
            }
        const FaceOutline outline = outlineOf();
        for (const bool all : {false, true}) {
            const FaceOutline used = all ? outline : unknownOutline();
            const RegionShares a = attentionShares(map, 7, 7, FaceRegions(askew, used));
            const RegionShares b = attentionShares(back, 7, 7, FaceRegions(mirrored(askew, 1), mirrored(used, 1)));
            QVERIFY(std::abs(sumOf(a) - 1) < 1e-6 && std::abs(sumOf(b) - 1) < 1e-6);
            for (std::size_t i = 0; i < a.size(); ++i)
                QVERIFY2(std::abs(a[i] - b[i]) < 0.01, qPrintable(QStringLiteral("%1 %2").arg(a[i]).arg(b[i])));
            QVERIFY(share(a, FaceRegion::Eyes) > 0.01f && share(a, FaceRegion::Brows) > 0.01f);
        }
    }

    void withoutEvidenceThereAreNoShares_data()
    {
        QTest::addColumn<float>("first");
        QTest::addColumn<float>("others");
        QTest::newRow("all against") << -1.f << -2.f;
        QTest::newRow("nothing") << 0.f << 0.f;
        QTest::newRow("no number") << std::numeric_limits<float>::quiet_NaN() << 1.f;
        QTest::newRow("without end") << std::numeric_limits<float>::infinity() << 1.f;
    }

    void withoutEvidenceThereAreNoShares()
    {
        QFETCH(float, first);
        QFETCH(float, others);
        std::vector<float> map(9, others);
        map[4] = first;
        for (const float value : attentionShares(map, 3, 3, FaceRegions(kFace)))
            QVERIFY(std::isnan(value));
    }
};

QTEST_APPLESS_MAIN(tst_attention_regions)
#include "tst_attention_regions.moc"
