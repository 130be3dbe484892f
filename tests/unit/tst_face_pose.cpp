// Head pose from five points, and what is measured on crops.
#include "pipeline/quality/crop_quality.h"
#include "pipeline/quality/face_pose.h"
#include "tests/support/filled_project.h"

#include <QTest>

#include <cmath>
#include <numbers>

using namespace mien;
using namespace mien::test;

namespace {

/// Five points of a face turned by these angles, seen from far away. Depths as those of an average head.
FacePoints5 seenFace(double yawDeg, double pitchDeg, double rollDeg, double scale)
{
    constexpr double rad = std::numbers::pi / 180;
    const double cy = std::cos(yawDeg * rad), sy = std::sin(yawDeg * rad), cp = std::cos(pitchDeg * rad),
                 sp = std::sin(pitchDeg * rad), cr = std::cos(rollDeg * rad), sr = std::sin(rollDeg * rad);
    const FacePoints5 flat = alignedPoints(112);
    const double depths[] = {0, 0, 30 / (63.0 / 35.24), 8 / (63.0 / 35.24), 8 / (63.0 / 35.24)};
    FacePoints5 seen;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        const double x = flat[i].x - 56, y = flat[i].y - 72, z = depths[i];
        // Looking up (about x), then to the right of the picture (about y), then tilted clockwise.
        const double y1 = cp * y - sp * z, z1 = sp * y + cp * z;
        const double x2 = cy * x + sy * z1;
        seen[i] = {scale * (cr * x2 - sr * y1) + 300, scale * (sr * x2 + cr * y1) + 200};
    }
    return seen;
}

Picture stripes(int sidePx, int widthPx)
{
    Picture picture{sidePx, sidePx, 1, {}};
    for (int y = 0; y < sidePx; ++y)
        for (int x = 0; x < sidePx; ++x)
            picture.pixels.push_back(x / widthPx % 2 ? 200 : 50);
    return picture;
}

} // namespace

class TestFacePose : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anglesComeBack_data()
    {
        QTest::addColumn<double>("yaw");
        QTest::addColumn<double>("pitch");
        QTest::addColumn<double>("roll");
        for (const double yaw : {-40.0, 0.0, 25.0})
            for (const double pitch : {-20.0, 0.0, 15.0})
                for (const double roll : {-30.0, 0.0, 50.0})
                    QTest::addRow("%g %g %g", yaw, pitch, roll) << yaw << pitch << roll;
    }
    void anglesComeBack()
    {
        QFETCH(double, yaw);
        QFETCH(double, pitch);
        QFETCH(double, roll);
        for (const double scale : {0.4, 7.0}) {
            const FacePose pose = must(facePoseOf(seenFace(yaw, pitch, roll, scale)));
            QVERIFY2(std::abs(pose.yawDeg - yaw) < 1e-6, qPrintable(QString::number(pose.yawDeg)));
            QVERIFY2(std::abs(pose.pitchDeg - pitch) < 1e-6, qPrintable(QString::number(pose.pitchDeg)));
            QVERIFY2(std::abs(pose.rollDeg - roll) < 1e-6, qPrintable(QString::number(pose.rollDeg)));
        }
    }

    void pointsWithoutExtentAreRefused() { QVERIFY(!facePoseOf(FacePoints5{})); }

    void blurLowersSharpness()
    {
        const Imaging &codec = *must(imaging());
        const Picture sharp = stripes(224, 4);
        const Picture blurred = codec.resized(codec.resized(sharp, 28, 28), 224, 224);
        QVERIFY(qualityOf(codec, sharp).blur > 10 * qualityOf(codec, blurred).blur);
        const CropQuality quality = qualityOf(codec, sharp);
        QVERIFY(std::abs(quality.exposure - 125) < 1);
        QVERIFY(std::abs(quality.contrast - 75) < 1);
    }

    void cropsOfAnySizeCompare()
    {
        const Imaging &codec = *must(imaging());
        const CropQuality small = qualityOf(codec, stripes(112, 8)), large = qualityOf(codec, stripes(448, 32));
        QVERIFY(std::abs(small.exposure - large.exposure) < 1);
        QVERIFY(std::abs(small.blur / large.blur - 1) < 0.1);
    }
};

QTEST_GUILESS_MAIN(TestFacePose)
#include "tst_face_pose.moc"
