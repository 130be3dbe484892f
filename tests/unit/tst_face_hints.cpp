// Landmark confidence and occlusion hint on drawn faces with and without something before an eye or the mouth.
#include "pipeline/demo/face_drawing.h"
#include "pipeline/face/face_finder.h"
#include "pipeline/quality/occlusion_hint.h"
#include "tests/support/filled_project.h"

#include <QTest>

#include <array>
#include <cmath>

using namespace mien;
using namespace mien::test;

namespace {

constexpr int sidePx = 224;

/// Something plain, with rounded corners, before an eye (0, 1) or the mouth (2).
Picture covered(Picture picture, const FacePoints5 &points, int part, const std::array<int, 3> &colour)
{
    const double eyes = std::hypot(points[1].x - points[0].x, points[1].y - points[0].y);
    const PointPx mouth{(points[3].x + points[4].x) / 2, (points[3].y + points[4].y) / 2};
    const PointPx centre = part < 2 ? points[std::size_t(part)] : mouth;
    const double halfWidth = eyes * (part < 2 ? 0.45 : 0.8), halfHeight = eyes * 0.42;
    for (int y = 0; y < picture.heightPx; ++y)
        for (int x = 0; x < picture.widthPx; ++x)
            if (std::pow((x - centre.x) / halfWidth, 4) + std::pow((y - centre.y) / halfHeight, 4) < 1)
                for (std::size_t channel = 0; channel < 3; ++channel)
                    picture.pixels[std::size_t(y * picture.widthPx + x) * 3 + channel] =
                        std::uint8_t(colour[channel] + int(8 * std::sin(x * 0.9 + y * 0.7)));
    return picture;
}

/// How often the second is above the first.
double separation(const std::vector<double> &low, const std::vector<double> &high)
{
    double above = 0;
    for (const double a : low)
        for (const double b : high)
            above += b > a ? 1 : b == a ? 0.5 : 0;
    return above / double(low.size() * high.size());
}

double hintOf(const Picture &picture, const FoundFace &face)
{
    const Similarity map = must(Similarity::fitted(face.points, alignedPoints(112)));
    return occlusionHint(*must(imaging()), must(cropOf(*must(imaging()), picture, map, 112, 112)));
}

} // namespace

class TestFaceHints : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatIsCoveredStandsOut()
    {
        const auto finder = FaceFinder::mtcnn(60);
        if (!finder)
            QSKIP(finder.error().message.c_str());
        static constexpr std::array<std::array<int, 3>, 3> colours{
            {{30, 30, 40}, {200, 150, 120}, {90, 120, 190}}}; // dark, skin, a mask
        static constexpr const char *expressions[] = {"neutral", "happiness", "surprise", "sadness",
                                                      "anger",   "disgust",   "fear",     "contempt"};
        std::vector<double> freeHints, coveredHints, freeSure, coveredSure;
        SeededRandom random(2026);
        for (int i = 0; i < 150; ++i) {
            const FaceIdentity identity = randomIdentity(random);
            const Picture face = drawFace(identity, musclesOf(expressions[i % 8]), randomScene(random), sidePx);
            const auto found = must(finder->find(face));
            if (found.empty())
                continue;
            freeHints.push_back(hintOf(face, found.front()));
            freeSure.push_back(must(finder->pointConfidence(face, found.front())));
            const Picture hidden = covered(face, found.front().points, i % 3, colours[std::size_t(i / 3 % 3)]);
            const auto again = must(finder->find(hidden));
            if (again.empty())
                continue;
            coveredHints.push_back(hintOf(hidden, again.front()));
            coveredSure.push_back(must(finder->pointConfidence(hidden, again.front())));
        }
        QVERIFY(freeHints.size() > 140 && coveredHints.size() > 120);
        const double auroc = separation(freeHints, coveredHints), sure = separation(coveredSure, freeSure);
        qInfo("occlusion hint: AUROC %.3f; landmark confidence: %.3f", auroc, sure);
        QVERIFY2(auroc >= 0.9, qPrintable(QString::number(auroc)));
        QVERIFY2(sure >= 0.65, qPrintable(QString::number(sure)));
        for (const auto *values : {&freeHints, &coveredHints, &freeSure, &coveredSure})
            for (const double value : *values)
                QVERIFY(value >= 0 && value <= 1);
    }

    void plainPicturesHintAtNothing()
    {
        for (const int value : {0, 128, 255}) {
            const Picture plain{112, 112, 1, std::vector<std::uint8_t>(112 * 112, std::uint8_t(value))};
            QCOMPARE(occlusionHint(*must(imaging()), plain), 0.0);
        }
    }

    void pointsWhereNoFaceIsAreNotTrusted()
    {
        const auto finder = FaceFinder::mtcnn(60);
        if (!finder)
            QSKIP(finder.error().message.c_str());
        const Picture plain{200, 200, 3, std::vector<std::uint8_t>(200 * 200 * 3, 90)};
        FoundFace face{.box = {-40, 60, 90, 100}};
        for (std::size_t i = 0; i < face.points.size(); ++i)
            face.points[i] = {alignedPoints(90)[i].x - 40, alignedPoints(90)[i].y + 60};
        QVERIFY(must(finder->pointConfidence(plain, face)) < 0.1);
        face.box = {0, 0, 0, 0};
        QCOMPARE(must(finder->pointConfidence(plain, face)), 0.0);
    }
};

QTEST_APPLESS_MAIN(TestFaceHints)
#include "tst_face_hints.moc"
