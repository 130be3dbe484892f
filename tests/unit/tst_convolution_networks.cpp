#include "models/backbones/efficientnet_v2.h"
#include "models/backbones/ir50.h"
#include "models/backbones/mobile_face_net.h"
#include "models/networks/network.h"

#include <QTest>

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

using namespace mien;
using torch::Tensor;

namespace {

std::shared_ptr<Network> built(NetworkConfig config)
{
    torch::manual_seed(5);
    return makeNetwork(config).value();
}

double difference(const Tensor &a, const Tensor &b)
{
    return (a - b).abs().max().item<double>();
}

/// Pixels of 0 to 255.
Tensor pixels(std::int64_t count, int side)
{
    return torch::rand({count, 3, side, side}) * 255;
}

std::map<std::string, Tensor> stateOf(const Network &network)
{
    std::map<std::string, Tensor> state;
    for (const auto &item : network.named_parameters())
        state[item.key()] = item.value().detach().clone();
    for (const auto &item : network.named_buffers())
        if (!item.key().ends_with("num_batches_tracked"))
            state[item.key()] = item.value().clone();
    return state;
}

} // namespace

/// The convolution trunks and the CNNs of `models.md` 1.2, 1.4 to 1.8 and 6; what every network has to do is in
/// tst_networks.
class TstConvolutionNetworks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parameterCounts_data();
    void parameterCounts();
    void firstKernelsFindEdges();
    void contrastIsRaisedInEveryPass();
    void mapsAreOfTheLastConvolution();
    void frozenPartsStay_data();
    void frozenPartsStay();
    void penaltiesAreInTheLoss();
    void pathsAreDroppedWhileTheyLearn();
    void pixelsAreNormalisedInside();
    void mapsAreRoundedUp();
    void nearestPixelsAreTaken();
    void landmarksAreAnOption();
    void auxiliaryClassifierHelpsTraining();
};

void TstConvolutionNetworks::parameterCounts_data()
{
    QTest::addColumn<QString>("network");
    QTest::addColumn<int>("classes");
    QTest::addColumn<QString>("options");
    QTest::addColumn<qint64>("parameters");
    QTest::addColumn<qint64>("trainable");
    QTest::addColumn<qint64>("statistics");
    const auto row = [](const char *network, int classes, const char *options, qint64 parameters, qint64 trainable,
                        qint64 statistics) {
        QTest::addRow("%s, %d classes, %s", network, classes, options)
            << QString(network) << classes << QString(options) << parameters << trainable << statistics;
    };
    row("native-keras", 7, "{}", 232'803, 232'803, 0);
    row("native-keras", 5, R"({"preset":"five"})", 148'209, 148'209, 0);
    row("native-keras", 7, R"({"freeze_kernels":"on"})", 232'803, 232'743, 0);
    row("native-torch", 7, "{}", 599'815, 599'815, 448);
    row("vgg19", 1000, "{}", 143'667'240, 143'667'240, 0);
    row("vgg19", 7, R"({"head":"gap"})", 20'027'975, 20'027'975, 0);
    row("vgg19", 0, "{}", 20'024'384, 20'024'384, 0);
    row("ir50", 0, "{}", 17'611'968, 17'611'968, 17'664);
    row("mobilefacenet", 0, "{}", 911'232, 911'232, 18'304);
    row("mobilefacenet", 0, R"({"landmarks":"68"})", 1'007'248, 1'007'248, 19'600);
    row("inception-v3", 1000, R"({"auxiliary":"on"})", 27'161'264, 27'161'264, 36'224);
    // With statistics these are 12,930,622 and 38,361,669.
    row("efficientnetv2-b3", 0, R"({"finetune":"all"})", 12'821'406, 12'821'406, 109'216);
    row("efficientnetv2-b3", 7, "{}", 38'252'453, 25'431'047, 109'216);
    row("efficientnetv2-b3", 7, R"({"finetune":"last"})", 38'252'453, 31'582'061, 109'216);
    // With statistics 23,564,800 and 24,098,951.
    row("resnet50v2", 0, R"({"finetune":"all"})", 23'519'360, 23'519'360, 45'440);
    row("resnet50v2", 7, "{}", 24'052'935, 533'575, 46'016);
    row("resnet50v2", 7, R"({"finetune":"last"})", 24'052'935, 16'622'663, 46'016);
    row("resnet50v2", 7, R"({"head":"one"})", 23'533'703, 14'343, 45'440);
}

void TstConvolutionNetworks::parameterCounts()
{
    QFETCH(QString, network);
    QFETCH(int, classes);
    QFETCH(QString, options);
    QFETCH(qint64, parameters);
    QFETCH(qint64, trainable);
    QFETCH(qint64, statistics);
    const auto row = describeNetwork(
        {.name = network.toStdString(), .classes = classes, .options = nlohmann::json::parse(options.toStdString())});
    QVERIFY2(row, row ? "" : row.error().message.c_str());
    QCOMPARE((*row)["parameters"].get<qint64>(), parameters);
    QCOMPARE((*row)["trainable"].get<qint64>(), trainable);
    QCOMPARE((*row)["buffers"].get<qint64>(), statistics);
}

void TstConvolutionNetworks::firstKernelsFindEdges()
{
    const auto keras = built({.name = "native-keras"})->named_parameters();
    const auto kernels = torch::tensor({-1, -1, -1, 0,  0, 0,  1,  1,  1,  -1, 0, 1, -1, 0, 1, -1, 0,  1,
                                        -1, -1, -1, -1, 8, -1, -1, -1, -1, 0,  1, 2, -1, 0, 1, -2, -1, 0,
                                        2,  1,  0,  1,  0, -1, 0,  -1, -2, 0,  0, 0, 0,  1, 0, 0,  0,  0},
                                       torch::kFloat32)
                             .view({6, 1, 3, 3});
    QCOMPARE(difference(keras["conv1.weight"], kernels), 0.0);
    for (const auto &item : keras)
        if (item.key().ends_with("bias"))
            QCOMPARE(item.value().abs().max().item<double>(), 0.0);
    const auto bound = [&](const char *name) { return keras[name].abs().max().item<double>(); };
    const double he = std::sqrt(6.0 / (6 * 9)), glorot = std::sqrt(6.0 / (128 * 9 + 64 * 9));
    QVERIFY(bound("conv2.weight") <= he && bound("conv2.weight") > 0.95 * he);
    QVERIFY(bound("conv3.weight") <= glorot && bound("conv3.weight") > 0.95 * glorot);

    const auto filters = built({.name = "native-torch"})->named_parameters()["network.0.weight"];
    QCOMPARE(difference(filters.slice(0, 0, 2), kernels.slice(0, 0, 2)), 0.0);
    QCOMPARE(difference(filters[2], kernels[3]), 0.0);
    QCOMPARE(difference(filters[3].flatten(), torch::tensor({-2, -1, 0, -1, 0, 1, 0, 1, 2})), 0.0);
    const double deviation = std::sqrt(2.0 / (9 + 1116));
    QVERIFY(std::abs(filters.slice(0, 4).std().item<double>() / deviation - 1) < 0.1);
}

void TstConvolutionNetworks::contrastIsRaisedInEveryPass()
{
    const auto plain = built({.name = "native-keras"});
    const auto strong = built({.name = "native-keras", .options = {{"image_contrast", 5}}});
    plain->eval();
    strong->eval();
    const Tensor x = torch::rand({2, 1, 48, 48});
    const Tensor mean = x.mean({1, 2, 3}, true);
    QVERIFY(difference(plain->forwardAll(x).logits, strong->forwardAll(x).logits) > 1e-4);
    QVERIFY(difference(plain->forwardAll((x - mean) * 5 + mean).logits, strong->forwardAll(x).logits) < 1e-5);
    strong->train();
    QVERIFY(difference(plain->forwardAll((x - mean) * 5 + mean).logits, strong->forwardAll(x).logits) < 1e-5);
}

void TstConvolutionNetworks::mapsAreOfTheLastConvolution()
{
    const auto network = built({.name = "native-torch"});
    network->eval();
    const Tensor features = network->forwardAll(torch::rand({2, 1, 48, 48}) * 2 - 1).features;
    QVERIFY(features.sizes() == torch::IntArrayRef({2, 32, 12, 12}));
    QVERIFY(features.min().item<double>() >= 0 && features.requires_grad());
}

void TstConvolutionNetworks::frozenPartsStay_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("finetune");
    QTest::addColumn<QStringList>("learning"); // beginnings of the names that may change
    QTest::newRow("resnet50v2, head") << "resnet50v2" << "head" << QStringList{"head."};
    QTest::newRow("resnet50v2, last part")
        << "resnet50v2" << "last" << QStringList{"head.", "conv4_block2_", "conv5_", "post_bn."};
    QTest::newRow("efficientnetv2-b3, head") << "efficientnetv2-b3" << "head" << QStringList{"head."};
    QTest::newRow("efficientnetv2-b3, last part")
        << "efficientnetv2-b3" << "last" << QStringList{"head.", "blocks.5.1.", "conv_head.", "bn2."};
}

/// One step changes every tensor of the part that learns, statistics included, and none of the others.
void TstConvolutionNetworks::frozenPartsStay()
{
    QFETCH(QString, name);
    QFETCH(QString, finetune);
    QFETCH(QStringList, learning);
    const auto network =
        built({.name = name.toStdString(), .options = {{"preset", "tiny"}, {"finetune", finetune.toStdString()}}});
    const auto before = stateOf(*network);
    std::vector<Tensor> trained;
    for (const Tensor &parameter : network->parameters())
        if (parameter.requires_grad())
            trained.push_back(parameter);
    torch::optim::Adam optimiser(trained, torch::optim::AdamOptions(1e-2));
    network->train();
    // Two steps: a weight behind a ReLU that is off for every face has no gradient in one of them.
    for (int step = 0; step < 2; ++step) {
        const auto labels = torch::arange(8) % 7;
        network->loss(network->forwardTraining(pixels(8, 64), 8, {}), labels, {}).backward();
        optimiser.step();
        optimiser.zero_grad();
    }
    for (const auto &[key, now] : stateOf(*network)) {
        const bool learns = std::any_of(learning.begin(), learning.end(), [&key = key](const QString &beginning) {
            return key.starts_with(beginning.toStdString());
        });
        QVERIFY2((difference(now, before.at(key)) > 0) == learns, key.c_str());
    }
}

void TstConvolutionNetworks::penaltiesAreInTheLoss()
{
    const auto labels = torch::arange(4) % 3;
    const auto penalty = [&](const char *name, nlohmann::json options) {
        options["preset"] = "tiny";
        const auto network = built({.name = name, .classes = 3, .options = options});
        network->eval();
        NetworkViews views = network->forwardAll(pixels(4, 64));
        const auto classification = torch::nn::functional::cross_entropy(views.logits, labels);
        double squares = 0;
        for (const auto &item : network->named_parameters())
            if (item.key().starts_with("head.fc") && item.key().ends_with(".weight") &&
                (std::string_view(name) == "resnet50v2" || item.key() == "head.fc3.weight"))
                squares += item.value().square().sum().item<double>();
        return std::pair(network->loss(views, labels, {}).item<double>() - classification.item<double>(),
                         1e-4 * squares);
    };
    const auto [efficientNet, expected] = penalty("efficientnetv2-b3", {});
    QVERIFY(expected > 0);
    QVERIFY2(std::abs(efficientNet - expected) < 1e-5, qPrintable(QString::number(efficientNet)));
    const auto [resNet, expectedOfThree] = penalty("resnet50v2", {});
    QVERIFY2(std::abs(resNet - expectedOfThree) < 1e-5, qPrintable(QString::number(resNet)));
    QVERIFY(std::abs(penalty("resnet50v2", {{"head", "one"}}).first) < 1e-6);
}

void TstConvolutionNetworks::pathsAreDroppedWhileTheyLearn()
{
    const auto x = pixels(8, 64);
    for (const auto &[finetune, varies] : {std::pair("all", true), std::pair("head", false)}) {
        const auto network =
            built({.name = "efficientnetv2-b3", .options = {{"preset", "tiny"}, {"finetune", finetune}}});
        const torch::NoGradGuard noGradient;
        network->train();
        QCOMPARE(difference(network->features(x), network->features(x)) > 0, varies);
        network->eval();
        QCOMPARE(difference(network->features(x), network->features(x)), 0.0);
    }
}

void TstConvolutionNetworks::pixelsAreNormalisedInside()
{
    const auto network = built({.name = "efficientnetv2-b3", .options = {{"preset", "tiny"}}});
    network->eval();
    QCOMPARE(network->normalisation(), std::string("raw255"));
    const torch::NoGradGuard noGradient;
    const auto x = pixels(2, 64);
    const auto mean = torch::tensor({0.485, 0.456, 0.406}).view({3, 1, 1});
    const auto deviation = torch::tensor({0.229, 0.224, 0.225}).view({3, 1, 1});
    const auto trunk = std::dynamic_pointer_cast<EfficientNetV2>(network);
    QVERIFY(trunk);
    const auto expected = trunk->maps((x / 255 - mean) / deviation).back();
    QVERIFY(difference(network->features(x), expected) < 1e-4 * expected.abs().max().item<double>());
    QCOMPARE(built({.name = "resnet50v2", .options = {{"preset", "tiny"}}})->normalisation(), std::string("unit"));
    QCOMPARE(built({.name = "resnet50v2", .options = {{"preset", "tiny"}, {"input", "pm1"}}})->normalisation(),
             std::string("pm1"));
}

void TstConvolutionNetworks::mapsAreRoundedUp()
{
    const torch::NoGradGuard noGradient;
    for (const auto &[side, mapSide] : {std::pair(32, 1), std::pair(33, 2), std::pair(47, 2), std::pair(65, 3)}) {
        const auto network = built({.name = "efficientnetv2-b3", .side = side, .options = {{"preset", "tiny"}}});
        network->eval();
        const auto views = network->forwardAll(pixels(1, side));
        QCOMPARE(views.features.size(2), std::int64_t(mapSide));
        QCOMPARE(views.features.size(3), std::int64_t(mapSide));
        QCOMPARE(views.logits.size(1), std::int64_t(7));
    }
}

/// From 64 to 32 pixels these are the ones at even places.
void TstConvolutionNetworks::nearestPixelsAreTaken()
{
    const auto network = std::dynamic_pointer_cast<Ir50>(built({.name = "ir50", .options = {{"preset", "tiny"}}}));
    QVERIFY(network);
    network->eval();
    const torch::NoGradGuard noGradient;
    const auto x = torch::randn({2, 3, 64, 64});
    const auto large = network->maps(x), small = network->maps(x.slice(2, 0, {}, 2).slice(3, 0, {}, 2).contiguous());
    const std::array<std::int64_t, 3> sides{16, 8, 4};
    for (std::size_t i = 0; i < large.size(); ++i) {
        QCOMPARE(difference(large[i], small[i]), 0.0);
        QCOMPARE(large[i].size(2), sides[i]);
    }
}

void TstConvolutionNetworks::landmarksAreAnOption()
{
    const auto network = std::dynamic_pointer_cast<MobileFaceNet>(
        built({.name = "mobilefacenet", .options = {{"preset", "tiny"}, {"landmarks", "68"}}}));
    QVERIFY(network);
    network->eval();
    const torch::NoGradGuard noGradient;
    const auto x = torch::randn({2, 3, 112, 112});
    const auto maps = network->maps(x);
    const std::array<std::int64_t, 3> sides{28, 14, 7};
    for (std::size_t i = 0; i < maps.size(); ++i)
        QCOMPARE(maps[i].size(2), sides[i]);
    const auto views = network->forwardAll(x);
    QCOMPARE(views.parts.at("landmarks").sizes(), (torch::IntArrayRef{2, 68, 2}));
    QVERIFY(!makeNetwork({.name = "mobilefacenet", .side = 96, .options = {{"landmarks", "68"}}}));
}

void TstConvolutionNetworks::auxiliaryClassifierHelpsTraining()
{
    const auto network =
        built({.name = "inception-v3", .classes = 3, .options = {{"preset", "tiny"}, {"auxiliary", "on"}}});
    const auto x = torch::randn({4, 3, network->config().side, network->config().side});
    const auto labels = torch::arange(4) % 3;
    network->train();
    const torch::NoGradGuard noGradient;
    const auto views = network->forwardAll(x);
    const auto crossEntropy = [&](const Tensor &logits) {
        return torch::nn::functional::cross_entropy(logits, labels).item<double>();
    };
    const double expected = crossEntropy(views.logits) + 0.4 * crossEntropy(views.parts.at("auxiliary"));
    QVERIFY(std::abs(network->loss(views, labels, {}).item<double>() - expected) < 1e-5);
    network->eval();
    QVERIFY(network->forwardAll(x).parts.empty());
    QVERIFY(!makeNetwork({.name = "inception-v3", .side = 224, .options = {{"auxiliary", "on"}}}));
}

QTEST_GUILESS_MAIN(TstConvolutionNetworks)
#include "tst_convolution_networks.moc"
