#include "pipeline/face/alignment.h"
#include "pipeline/face/face_finder.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"

#include <QTest>

#include <cmath>
#include <random>

using namespace mien;
using namespace mien::test;

namespace {

Similarity similarity(double degrees, double scale, double tx, double ty)
{
    const double angle = degrees * 3.14159265358979323846 / 180;
    return {scale * std::cos(angle), scale * std::sin(angle), tx, ty};
}

double distance(PointPx a, PointPx b)
{
    return std::hypot(a.x - b.x, a.y - b.y);
}

/// A smooth picture whose value is known everywhere.
double valueAt(double x, double y)
{
    return 128 + 50 * std::sin(x / 17) + 40 * std::cos(y / 23);
}

Picture smoothPicture(int widthPx, int heightPx)
{
    Picture picture{.widthPx = widthPx, .heightPx = heightPx, .channels = 1};
    for (int y = 0; y < heightPx; ++y)
        for (int x = 0; x < widthPx; ++x)
            picture.pixels.push_back(static_cast<std::uint8_t>(std::lround(valueAt(x, y))));
    picture.decodedRows = heightPx;
    return picture;
}

} // namespace

class TestAlignment : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aKnownMapIsFound_data()
    {
        QTest::addColumn<double>("degrees");
        QTest::addColumn<double>("scale");
        for (const double degrees : {0., 12., -35., 90., 180.})
            for (const double scale : {0.1, 1., 3.7})
                QTest::addRow("%g degrees, %g", degrees, scale) << degrees << scale;
    }

    void aKnownMapIsFound()
    {
        QFETCH(double, degrees);
        QFETCH(double, scale);
        const Similarity map = similarity(degrees, scale, 31.5, -7.25);
        const FacePoints5 face = alignedPoints(112);
        FacePoints5 moved;
        for (std::size_t i = 0; i < face.size(); ++i)
            moved[i] = map(face[i]);
        const Similarity found = must(Similarity::fitted(face, moved));
        QVERIFY(std::abs(found.a - map.a) < 1e-12 && std::abs(found.b - map.b) < 1e-12);
        QVERIFY(std::abs(found.tx - map.tx) < 1e-9 && std::abs(found.ty - map.ty) < 1e-9);
        QVERIFY(std::abs(found.scale() - scale) < 1e-12);
        for (const PointPx point : moved)
            QVERIFY(distance(map(map.inverse()(point)), point) < 1e-9);
        const Similarity read = must(Similarity::fromText(found.text()));
        QVERIFY(read.a == found.a && read.b == found.b && read.tx == found.tx && read.ty == found.ty);
    }

    void theFitIsTheBestOne()
    {
        // Nothing near it is closer to points that no similarity maps exactly.
        std::mt19937 random(3);
        std::normal_distribution<double> noise(0, 4);
        const FacePoints5 from = alignedPoints(224);
        FacePoints5 to;
        for (std::size_t i = 0; i < from.size(); ++i)
            to[i] = {from[i].x * 0.4 + noise(random), from[i].y * 0.4 + 20 + noise(random)};
        const auto error = [&](const Similarity &map) {
            double sum = 0;
            for (std::size_t i = 0; i < from.size(); ++i)
                sum += std::pow(distance(map(from[i]), to[i]), 2);
            return sum;
        };
        const Similarity best = must(Similarity::fitted(from, to));
        for (int i = 0; i < 4; ++i) {
            for (const double step : {-1e-3, 1e-3}) {
                Similarity other = best;
                (i == 0 ? other.a : i == 1 ? other.b : i == 2 ? other.tx : other.ty) += step;
                QVERIFY(error(other) > error(best));
            }
        }
    }

    void whatCannotBeFittedIsRefused()
    {
        const std::array<PointPx, 2> same{{{5, 5}, {5, 5}}}, two{{{0, 0}, {1, 0}}};
        QCOMPARE(Similarity::fitted(same, two).error().code, ErrorCode::Invalid);
        QCOMPARE(Similarity::fitted(std::span(two).first(1), std::span(two).first(1)).error().code, ErrorCode::Invalid);
        const std::array<PointPx, 2> wrong{{{0, 0}, {NAN, 1}}};
        QCOMPARE(Similarity::fitted(two, wrong).error().code, ErrorCode::Invalid);
        for (const char *text : {"", "1 2 3", "1 2 3 4 5", "1 2 3 x", "1 2 nan 4", "1  2 3 4"})
            QVERIFY2(!Similarity::fromText(text), text);
    }

    void theTemplateIsThatOfFaceRecognition()
    {
        const FacePoints5 small = alignedPoints(112), large = alignedPoints(224);
        QCOMPARE(small[0].x, 38.2946);
        QCOMPARE(small[4].y, 92.2041);
        for (std::size_t i = 0; i < small.size(); ++i)
            QVERIFY(distance({small[i].x * 2, small[i].y * 2}, large[i]) < 1e-12);
    }

    void fivePointsOfSixtyEight()
    {
        std::vector<PointPx> landmarks(68);
        for (std::size_t i = 0; i < landmarks.size(); ++i)
            landmarks[i] = {double(i), double(2 * i)};
        const FacePoints5 points = must(fivePointsOf(landmarks));
        QCOMPARE(points[0].x, 38.5); // of 36 to 41
        QCOMPARE(points[1].x, 44.5);
        QCOMPARE(points[2].y, 60.);
        QCOMPARE(points[3].x, 48.);
        QCOMPARE(points[4].x, 54.);
        landmarks.pop_back();
        QCOMPARE(fivePointsOf(landmarks).error().code, ErrorCode::Invalid);
    }

    void aCropShowsWhatTheMapSays_data()
    {
        QTest::addColumn<double>("degrees");
        QTest::addColumn<double>("scale"); // of the crop, by the frame
        QTest::newRow("as it is") << 0. << 1.;
        QTest::newRow("turned") << 20. << 1.;
        QTest::newRow("smaller") << -15. << 0.37;
        QTest::newRow("much smaller") << 5. << 0.2;
        QTest::newRow("larger") << 40. << 2.5;
    }

    void aCropShowsWhatTheMapSays()
    {
        QFETCH(double, degrees);
        QFETCH(double, scale);
        const Picture frame = smoothPicture(400, 300);
        // The middle of the frame comes to the middle of the crop.
        Similarity map = similarity(degrees, scale, 0, 0);
        const PointPx middle = map({200, 150});
        map.tx = 23.5 - middle.x;
        map.ty = 23.5 - middle.y;
        const Picture crop = must(cropOf(*must(imaging()), frame, map, 48, 48));
        QCOMPARE(crop.pixels.size(), std::size_t(48 * 48));
        const Similarity back = map.inverse();
        double worst = 0;
        for (int y = 0; y < 48; ++y) {
            for (int x = 0; x < 48; ++x) {
                const PointPx at = back({double(x), double(y)});
                if (at.x > 4 && at.y > 4 && at.x < 395 && at.y < 295)
                    worst = std::max(worst, std::abs(crop.pixels[std::size_t(y * 48 + x)] - valueAt(at.x, at.y)));
            }
        }
        QVERIFY2(worst < 2.5, qPrintable(QString::number(worst)));
        QCOMPARE(must(cropOf(*must(imaging()), frame, map, 48, 48)).pixels, crop.pixels);
    }

    void aSquareAroundAFaceIsLevel()
    {
        FoundFace face{.box = {100, 50, 60, 80}};
        const Similarity tilted = similarity(25, 1, 0, 0);
        for (std::size_t i = 0; i < face.points.size(); ++i)
            face.points[i] = tilted(alignedPoints(112)[i]);
        const Similarity map = levelSquare(face, 200, 0.2);
        const PointPx left = map(face.points[0]), right = map(face.points[1]);
        QVERIFY(std::abs(left.y - right.y) < 1e-9 && left.x < right.x);
        QVERIFY(distance(map({130, 90}), {99.5, 99.5}) < 1e-9); // the middle of the box
        QVERIFY(std::abs(map.scale() - 200 * 0.8 / 80) < 1e-12);
    }

    void outsideTheFrameItsEdgeIsRepeated()
    {
        Picture frame{.widthPx = 4, .heightPx = 4, .channels = 3};
        frame.pixels.assign(48, 90);
        const Picture crop = must(cropOf(*must(imaging()), frame, similarity(30, 5, -100, 400), 32, 16));
        QCOMPARE(crop.widthPx, 32);
        QCOMPARE(crop.pixels, std::vector<std::uint8_t>(32 * 16 * 3, 90));
        QCOMPARE(cropOf(*must(imaging()), frame, {0, 0, 1, 1}, 8, 8).error().code, ErrorCode::Invalid);
        QCOMPARE(cropOf(*must(imaging()), frame, {}, 0, 8).error().code, ErrorCode::Invalid);
    }
};

QTEST_APPLESS_MAIN(TestAlignment)
#include "tst_alignment.moc"
