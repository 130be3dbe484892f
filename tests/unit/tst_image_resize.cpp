#include "models/io/image_resize.h"

#include <QTest>

#include <numeric>

using namespace mien;

class TstImageResize : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sameSizeIsUnchanged()
    {
        std::vector<std::uint8_t> pixels(5 * 7 * 3);
        std::iota(pixels.begin(), pixels.end(), std::uint8_t(90));
        QCOMPARE(resizePilBilinear(pixels, {7, 5}, 3, {7, 5}), pixels);
        const std::vector<float> plane{1, 2, 3, 4, 5, 6};
        QCOMPARE(resizeHalfpixelBilinear(plane, {3, 2}, {3, 2}), plane);
        QCOMPARE(resizeNearest(plane, {3, 2}, {3, 2}), plane);
    }

    void flatPictureStaysFlat()
    {
        const std::vector<std::uint8_t> pixels(9 * 13, 201);
        for (const ImageSize to : {ImageSize{4, 3}, ImageSize{50, 20}, ImageSize{13, 1}, ImageSize{1, 1}})
            QCOMPARE(resizePilBilinear(pixels, {13, 9}, 1, to),
                     std::vector<std::uint8_t>(std::size_t(to.width) * std::size_t(to.height), 201));
    }

    void enlargedEdge()
    {
        // Two pixels to four: centres at 1/4, 3/4, 5/4, 7/4 of the input.
        const std::vector<std::uint8_t> bytes{0, 100};
        QCOMPARE(resizePilBilinear(bytes, {2, 1}, 1, {4, 1}), (std::vector<std::uint8_t>{0, 25, 75, 100}));
        const std::vector<float> plane{0, 100};
        QCOMPARE(resizeHalfpixelBilinear(plane, {2, 1}, {4, 1}), (std::vector<float>{0, 25, 75, 100}));
        QCOMPARE(resizeNearest(plane, {2, 1}, {4, 1}), (std::vector<float>{0, 0, 100, 100}));
    }

    void shrunkIsSmoothedByTheTriangleOnly()
    {
        // Four pixels to one: the triangle reaches 4 pixels from the centre at 2, so 5 : 7 : 7 : 5 of 24.
        const std::vector<std::uint8_t> bytes{80, 0, 0, 0};
        QCOMPARE(resizePilBilinear(bytes, {4, 1}, 1, {1, 1})[0], std::uint8_t(17)); // 5/24 of 80 = 16.7
        const std::vector<float> plane{80, 0, 0, 0};
        QCOMPARE(resizeHalfpixelBilinear(plane, {4, 1}, {1, 1})[0], 0.0f); // between pixels 1 and 2: not antialiased
    }

    void nearestHalvesToEvenPixels()
    {
        std::vector<float> plane(224);
        std::iota(plane.begin(), plane.end(), 0.0f);
        const auto half = resizeNearest(plane, {224, 1}, {112, 1});
        for (std::size_t i = 0; i < half.size(); ++i)
            QCOMPARE(half[i], float(2 * i));
    }

    void channelsDoNotMix()
    {
        std::vector<std::uint8_t> pixels;
        for (int i = 0; i < 6 * 6; ++i)
            pixels.insert(pixels.end(), {0, std::uint8_t(i * 7), 255});
        const auto result = resizePilBilinear(pixels, {6, 6}, 3, {4, 9});
        for (std::size_t i = 0; i < result.size(); i += 3) {
            QCOMPARE(result[i], std::uint8_t(0));
            QCOMPARE(result[i + 2], std::uint8_t(255));
        }
    }
};

QTEST_GUILESS_MAIN(TstImageResize)
#include "tst_image_resize.moc"
