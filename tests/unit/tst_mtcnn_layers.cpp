#include "models/detect/area_resample.h"
#include "models/detect/convolution_rows.h"
#include "models/detect/mtcnn_networks.h"
#include "models/detect/mtcnn_stages.h"
#include "tests/support/detector_toys.h"

#include <QTest>

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace mien;
using mien::test::Noise;
using mien::test::randomWeights;
using torch::Tensor;

namespace {

/// [1, 3, h, w]
Tensor planes(const Noise &noise)
{
    return torch::tensor(std::vector<std::int64_t>(noise.pixels.begin(), noise.pixels.end()))
        .to(torch::kFloat32)
        .view({1, noise.picture.height, noise.picture.width, 3})
        .permute({0, 3, 1, 2})
        .contiguous();
}

double difference(const Tensor &a, const Tensor &b)
{
    return (a - b).abs().max().item<double>();
}

/// The tolerance of module outputs.
bool isClose(const Tensor &own, const Tensor &expected)
{
    return difference(own, expected) <= 2e-5 * expected.abs().max().item<double>() + 1e-6;
}

} // namespace

/// The layers of the face detector against LibTorch's.
class TstMtcnnLayers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parameterCounts();
    void namesAreThoseOfTheNetworks();
    void rowKernelsAgree_data();
    void rowKernelsAgree();
    void proposalsAreThoseOfTheNetwork_data();
    void proposalsAreThoseOfTheNetwork();
    void judgementsAreThoseOfTheNetworks();
    void areaIsAdaptiveAveragePooling_data();
    void areaIsAdaptiveAveragePooling();
};

void TstMtcnnLayers::parameterCounts()
{
    const auto numbersOf = [](const torch::nn::Module &network) {
        std::int64_t sum = 0;
        for (const auto &parameter : network.parameters())
            sum += parameter.numel();
        return sum;
    };
    QCOMPARE(numbersOf(PNet()), 6'632);
    QCOMPARE(numbersOf(RNet()), 100'178);
    QCOMPARE(numbersOf(ONet()), 389'040);
}

void TstMtcnnLayers::namesAreThoseOfTheNetworks()
{
    const auto compare = [](MtcnnStage stage, const torch::nn::Module &network) {
        const auto parameters = network.named_parameters();
        QCOMPARE(parameters.size(), weightShapes(stage).size());
        for (const WeightShape &wanted : weightShapes(stage)) {
            const Tensor *parameter = parameters.find(std::string(wanted.name));
            QVERIFY2(parameter, std::string(wanted.name).c_str());
            QCOMPARE(parameter->sizes().vec(), wanted.shape);
        }
    };
    compare(MtcnnStage::PNet, PNet());
    compare(MtcnnStage::RNet, RNet());
    compare(MtcnnStage::ONet, ONet());
}

void TstMtcnnLayers::rowKernelsAgree_data()
{
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("channels");
    for (const int width : {1, 2, 3, 5, 7, 8, 9, 21, 46, 50})
        for (const int channels : {16, 32, 48, 64, 80, 128})
            QTest::addRow("%d pixels, %d channels", width, channels) << width << channels;
}

/// Whatever the CPU has, a row is the sum that its definition says.
void TstMtcnnLayers::rowKernelsAgree()
{
    QFETCH(int, width);
    QFETCH(int, channels);
    const auto w = std::size_t(width), c = std::size_t(channels);
    constexpr std::size_t in = 5, inStride = 7, side = 3;
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    const auto filled = [&](std::size_t count) {
        std::vector<float> values(count);
        for (float &value : values)
            value = normal(random);
        return values;
    };
    const std::vector<float> input = filled(side * (w + side - 1) * inStride), weights = filled(side * side * in * c),
                             bias = filled(c), slopes = filled(c);
    std::vector<const float *> rows;
    for (std::size_t y = 0; y < side; ++y)
        rows.push_back(input.data() + y * (w + side - 1) * inStride);
    std::vector<float> out(w * c);
    ConvolutionRow row;
    row.rows = rows.data();
    row.inStride = inStride;
    row.runs = side;
    row.runLength = in;
    row.side = side;
    row.weights = weights.data();
    row.bias = bias.data();
    row.slopes = slopes.data();
    row.outStride = c;
    row.width = w;
    row.out = out.data();

    const auto check = [&](const char *kernel, void (*convolve)(const ConvolutionRow &)) {
        std::fill(out.begin(), out.end(), std::numeric_limits<float>::quiet_NaN());
        convolve(row);
        for (std::size_t x = 0; x < w; ++x)
            for (std::size_t o = 0; o < c; ++o) {
                double sum = double(bias[o]);
                for (std::size_t ky = 0; ky < side; ++ky)
                    for (std::size_t kx = 0; kx < side; ++kx)
                        for (std::size_t i = 0; i < in; ++i)
                            sum += double(rows[ky][(x + kx) * inStride + i]) *
                                   double(weights[((ky * side + kx) * in + i) * c + o]);
                const double expected = sum > 0 ? sum : sum * double(slopes[o]);
                QVERIFY2(std::abs(double(out[x * c + o]) - expected) < 1e-4, kernel);
            }
    };
    check("plain", convolveRowPlain);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        check("avx2", convolveRowAvx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        check("avx512", convolveRowAvx512);
#endif
}

void TstMtcnnLayers::proposalsAreThoseOfTheNetwork_data()
{
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    for (const auto &[width, height] : {std::pair(12, 12), std::pair(13, 12), std::pair(12, 15), std::pair(47, 31),
                                        std::pair(64, 40), std::pair(101, 14)})
        QTest::addRow("%d x %d", width, height) << width << height;
}

/// The detector's own PNet and LibTorch's say the same, cell by cell.
void TstMtcnnLayers::proposalsAreThoseOfTheNetwork()
{
    QFETCH(int, width);
    QFETCH(int, height);
    const torch::NoGradGuard noGradient;
    const WeightMap weights = randomWeights(MtcnnStage::PNet, 11);
    PNet network;
    setWeights(network, weights);
    const Noise noise(width, height);
    const FaceViews views = network.forward((planes(noise) - 127.5) / 128);
    std::vector<float> cells;
    const ImageSize map = ProposalNetwork(weights).look(
        noise.picture, {width, height}, [&](int, std::span<const float> row, std::size_t stride) {
            for (std::size_t i = 0; i < row.size(); i += stride) {
                const FaceHeads heads = ProposalNetwork::heads(row.data() + i);
                cells.push_back(heads.probability());
                cells.insert(cells.end(), heads.regression.begin(), heads.regression.end());
            }
        });
    QCOMPARE(std::int64_t(map.height), views.regression.size(2));
    QCOMPARE(std::int64_t(map.width), views.regression.size(3));
    const Tensor own = torch::tensor(cells).view({1, map.height, map.width, 5}).permute({0, 3, 1, 2});
    const Tensor expected = torch::cat({views.probability.narrow(1, 1, 1), views.regression}, 1);
    QVERIFY(expected.std().item<double>() > 0.01);
    QVERIFY(isClose(own, expected));
}

/// The same of RNet and ONet, in batches of any size.
void TstMtcnnLayers::judgementsAreThoseOfTheNetworks()
{
    const torch::NoGradGuard noGradient;
    torch::manual_seed(2);
    for (const MtcnnStage stage : {MtcnnStage::RNet, MtcnnStage::ONet}) {
        const WeightMap weights = randomWeights(stage, 12);
        const CropNetwork own(stage, weights);
        RNet rnet;
        ONet onet;
        setWeights(stage == MtcnnStage::RNet ? static_cast<torch::nn::Module &>(rnet) : onet, weights);
        for (const std::int64_t count : {1, 2, 3, 33, 70}) {
            const Tensor crops = torch::rand({count, 3, own.sidePx(), own.sidePx()}) * 2 - 1;
            const FaceViews views = stage == MtcnnStage::RNet ? rnet.forward(crops) : onet.forward(crops);
            const Tensor interleaved = crops.permute({0, 2, 3, 1}).contiguous();
            const auto heads = own.judge({interleaved.const_data_ptr<float>(), std::size_t(interleaved.numel())});
            QCOMPARE(std::int64_t(heads.size()), count);
            std::vector<float> values;
            for (const FaceHeads &head : heads) {
                values.push_back(head.probability());
                values.insert(values.end(), head.regression.begin(), head.regression.end());
                if (stage == MtcnnStage::ONet)
                    values.insert(values.end(), head.landmarks.begin(), head.landmarks.end());
            }
            std::vector<Tensor> expected{views.probability.narrow(1, 1, 1), views.regression};
            if (stage == MtcnnStage::ONet)
                expected.push_back(views.landmarks);
            QVERIFY(isClose(torch::tensor(values).view({count, -1}), torch::cat(expected, 1)));
            const auto alone = own.judge({interleaved.const_data_ptr<float>(), std::size_t(interleaved[0].numel())});
            QCOMPARE(alone[0].face, heads[0].face); // to the last bit, whatever the batch
        }
    }
    QVERIFY(CropNetwork(MtcnnStage::RNet, randomWeights(MtcnnStage::RNet, 1)).judge({}).empty());
}

void TstMtcnnLayers::areaIsAdaptiveAveragePooling_data()
{
    QTest::addColumn<QRect>("window");
    QTest::addColumn<QSize>("to");
    QTest::newRow("shrunk") << QRect(0, 0, 53, 37) << QSize(27, 19);
    QTest::newRow("part") << QRect(5, 7, 31, 29) << QSize(24, 24);
    QTest::newRow("grown") << QRect(11, 2, 11, 13) << QSize(24, 24);
    QTest::newRow("one pixel") << QRect(52, 36, 1, 1) << QSize(48, 48);
    QTest::newRow("to one pixel") << QRect(0, 0, 53, 37) << QSize(1, 1);
    QTest::newRow("as it is") << QRect(0, 0, 53, 37) << QSize(53, 37);
}

void TstMtcnnLayers::areaIsAdaptiveAveragePooling()
{
    QFETCH(QRect, window);
    QFETCH(QSize, to);
    const Noise noise(53, 37);
    const Tensor part = planes(noise).narrow(2, window.y(), window.height()).narrow(3, window.x(), window.width());
    const Tensor expected = torch::adaptive_avg_pool2d(part, {to.height(), to.width()});

    AreaRows rows(noise.picture, {window.x(), window.y(), window.width(), window.height()}, {to.width(), to.height()});
    Tensor own = torch::empty({to.height(), to.width(), 3});
    for (int y = 0; y < to.height(); ++y)
        rows.row(y, own.data_ptr<float>() + std::int64_t(y) * to.width() * 3);
    QVERIFY(difference(own.permute({2, 0, 1}), ((expected - 127.5) * 0.0078125)[0]) < 1e-6);

    const Tensor red = part[0][0].contiguous();
    const auto values = areaResample({red.const_data_ptr<float>(), std::size_t(red.numel())},
                                     {window.width(), window.height()}, {to.width(), to.height()});
    QVERIFY(difference(torch::tensor(values).view({to.height(), to.width()}), expected[0][0]) < 1e-4);
}

QTEST_GUILESS_MAIN(TstMtcnnLayers)
#include "tst_mtcnn_layers.moc"
