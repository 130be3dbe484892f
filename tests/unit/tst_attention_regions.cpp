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
        QVERIFY(!upright.areOfTemplate());
        QCOMPARE(int(upright.at(x, y)), region);
        QCOMPARE(int(lying.at(1 - y, x)), region); // the regions turn with the face
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
        QVERIFY(regions.areOfTemplate());
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
        const RegionShares a = attentionShares(map, 7, 7, FaceRegions(askew));
        const RegionShares b = attentionShares(back, 7, 7, FaceRegions(mirrored(askew, 1)));
        for (std::size_t i = 0; i < a.size(); ++i)
            QVERIFY2(std::abs(a[i] - b[i]) < 0.01, qPrintable(QStringLiteral("%1 %2").arg(a[i]).arg(b[i])));
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
