#include "models/backbones/vision_transformer.h"
#include "models/io/published_weights.h"
#include "models/networks/network.h"

#include <QTemporaryDir>
#include <QTest>

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>

using namespace mien;

namespace {

/// A file of tensors.
SafetensorsFile written(const QTemporaryDir &folder, const std::map<std::string, torch::Tensor> &tensors)
{
    SafetensorsWriter writer;
    for (const auto &[name, tensor] : tensors)
        addTensor(writer, name, tensor);
    const std::filesystem::path path = folder.filePath("published.safetensors").toStdString();
    const auto done = writer.write(path);
    if (!done)
        qFatal("%s", done.error().message.c_str());
    return *SafetensorsFile::open(path);
}

std::map<std::string, torch::Tensor> stateOf(const torch::nn::Module &module)
{
    std::map<std::string, torch::Tensor> state;
    for (const auto &item : module.named_parameters())
        state[item.key()] = item.value().detach().clone();
    for (const auto &item : module.named_buffers())
        state[item.key()] = item.value().detach().clone();
    return state;
}

std::shared_ptr<Network> made(const std::string &name, int side = 0)
{
    torch::manual_seed(side + 1);
    const auto network = makeNetwork({.name = name, .classes = 7, .side = side, .options = {{"preset", "tiny"}}});
    if (!network)
        qFatal("%s", network.error().message.c_str());
    (*network)->eval();
    return *network;
}

std::string replaced(std::string text, const std::string &from, const std::string &to)
{
    if (const auto at = text.find(from); at != std::string::npos)
        text.replace(at, from.size(), to);
    return text;
}

} // namespace

class TstPublishedWeights : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ownFileStrict();
    void resNetIntoDan();
    void preTrainingIsContinued();
    void kerasKernels();
    void positionsAreResampled();
    void visionTransformerOfAnotherSide();
    void refusedFilesChangeNothing();
};

void TstPublishedWeights::ownFileStrict()
{
    const QTemporaryDir folder;
    const auto source = made("resnet18", 64), target = made("resnet18", 32);
    const auto file = written(folder, stateOf(*source));
    const auto report = loadPublishedWeights(*target, file, WeightMatch::Strict);
    QVERIFY2(report, report ? "" : report.error().message.c_str());
    QVERIFY(report->isStrict());
    for (const auto &[name, tensor] : stateOf(*target))
        QVERIFY2(torch::equal(tensor, stateOf(*source).at(name)), name.c_str());
    QVERIFY(comparePublishedWeights(*made("eac-resnet18"), file).matched > 0);
}

/// A trunk's file lands in the sequence of DAN's trunk; what is DAN's own stays as it was.
void TstPublishedWeights::resNetIntoDan()
{
    const QTemporaryDir folder;
    const auto trunk = made("resnet18"), dan = made("dan");
    const auto before = stateOf(*dan);
    const auto trunkState = stateOf(*trunk);
    const auto report = loadPublishedWeights(*dan, written(folder, trunkState));
    QVERIFY2(report, report ? "" : report.error().message.c_str());
    QCOMPARE(report->convention, std::string("ResNet"));
    QCOMPARE(report->part, std::string("features."));
    for (const std::string &name : report->mismatched) // the tiny DAN's last stage is narrower than the tiny trunk's
        QVERIFY2(name.starts_with("layer4."), name.c_str());
    QCOMPARE(report->unexpected.size(), std::size_t(2)); // the trunk's own classifier
    QVERIFY(!report->sentences().empty());
    const auto after = stateOf(*dan);
    QVERIFY(torch::equal(after.at("features.0.weight"), trunkState.at("conv1.weight")));
    QVERIFY(torch::equal(after.at("features.6.0.conv2.weight"), trunkState.at("layer3.0.conv2.weight")));
    QVERIFY(torch::equal(after.at("fc.weight"), before.at("fc.weight")));
}

/// What Keras would compute with its order of axes is what the module computes.
// What was pre-trained is found again under the names of what continues it.
void TstPublishedWeights::preTrainingIsContinued()
{
    const QTemporaryDir folder;
    const auto grid = made("mae-grid9"), mask = made("qmask", 48);
    const auto wholeReport =
        loadPublishedWeights(*mask, written(folder, stateOf(*grid)), WeightMatch::MatchingOnly).value();
    QVERIFY(wholeReport.unexpected.empty() && wholeReport.mismatched.empty());
    QCOMPARE(wholeReport.missing, std::vector<std::string>{"mask"}); // which is no weight
    const auto ours = stateOf(*mask), theirs = stateOf(*grid);
    QVERIFY(ours.at("blocks.1.attn.qkv_linear.weight").equal(theirs.at("blocks.1.attn.qkv.weight")));
    QVERIFY(ours.at("patch_embed.projection_layer.bias").equal(theirs.at("patch_embed.proj.bias")));
    QVERIFY(ours.at("cls_head.weight").equal(theirs.at("head.weight")));

    const auto small = made("mae-visi"), queries = made("visi", 48);
    const auto report =
        loadPublishedWeights(*queries, written(folder, stateOf(*small)), WeightMatch::MatchingOnly).value();
    QCOMPARE(report.part, std::string("encoder."));
    for (const std::string &name : report.missing)
        QVERIFY2(name.starts_with("query.") || name.starts_with("encoder.head"), name.c_str());
    QVERIFY(
        stateOf(*queries).at("encoder.blocks.0.mlp.fc1.weight").equal(stateOf(*small).at("blocks.0.mlp.fc1.weight")));
}

void TstPublishedWeights::kerasKernels()
{
    struct Layers : torch::nn::Module
    {
        torch::nn::Conv2d conv = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(2, 4, 3)));
        torch::nn::Conv2d depthwise =
            register_module("depthwise", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 6, 3).groups(3).bias(false)));
        torch::nn::Linear dense = register_module("dense", torch::nn::Linear(3, 5));
    } layers;
    torch::manual_seed(3);
    const auto kernel = torch::randn({3, 3, 2, 4}), deep = torch::randn({3, 3, 3, 2}), dense = torch::randn({3, 5});
    const QTemporaryDir folder;
    const auto report = loadPublishedWeights(layers,
                                             written(folder, {{"conv/kernel:0", kernel},
                                                              {"conv/bias:0", torch::ones({4})},
                                                              {"depthwise/depthwise_kernel:0", deep},
                                                              {"dense/kernel:0", dense},
                                                              {"dense/bias:0", torch::zeros({5})}}),
                                             WeightMatch::Strict);
    QVERIFY2(report, report ? "" : report.error().message.c_str());
    QCOMPARE(report->changed, (std::vector<std::string>{"conv.weight", "dense.weight", "depthwise.weight"}));
    for (int row = 0; row < 3; ++row)
        for (int column = 0; column < 3; ++column)
            for (int out = 0; out < 4; ++out)
                QCOMPARE(layers.conv->weight[out][1][row][column].item<float>(),
                         kernel[row][column][1][out].item<float>());
    QCOMPARE(layers.depthwise->weight[2 * 2 + 1][0][0][2].item<float>(), deep[0][2][2][1].item<float>());
    QCOMPARE(layers.dense->weight[4][1].item<float>(), dense[1][4].item<float>());
}

void TstPublishedWeights::positionsAreResampled()
{
    torch::manual_seed(4);
    const auto positions = torch::randn({1, 17, 3});
    QVERIFY(torch::allclose(resizedPositions(positions, 4), positions, 1e-6, 1e-6));
    const auto larger = resizedPositions(positions, 7);
    QVERIFY(larger.sizes().vec() == (std::vector<std::int64_t>{1, 50, 3}));
    QVERIFY(torch::equal(larger.narrow(1, 0, 1), positions.narrow(1, 0, 1)));
    // Bicubic, a = -0.75, by hand for one cell: row 3 of 7 lies on row 1.5 of 4, column 0 on -3/14.
    const auto weights = [](double t) {
        const double a = -0.75;
        const auto near = [&](double x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
        const auto far = [&](double x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
        return std::array{far(t + 1), near(t), near(1 - t), far(2 - t)};
    };
    const double y = 3.5 * 4 / 7 - 0.5, x = 0.5 * 4 / 7 - 0.5;
    const auto rows = weights(y - std::floor(y)), columns = weights(x - std::floor(x));
    const auto cell = [&](int row, int column) {
        return positions[0][1 + std::clamp(row, 0, 3) * 4 + std::clamp(column, 0, 3)][2].item<double>();
    };
    double expected = 0;
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
            expected += rows[std::size_t(i)] * columns[std::size_t(j)] *
                        cell(int(std::floor(y)) - 1 + i, int(std::floor(x)) - 1 + j);
    QVERIFY(std::abs(larger[0][1 + 3 * 7][2].item<double>() - expected) < 1e-5);
}

/// A ViT that was trained on one side starts one of another; torchvision's names mean the same.
void TstPublishedWeights::visionTransformerOfAnotherSide()
{
    const VisionTransformerLayout layout{.patch = 8, .width = 24, .heads = 3, .blocks = 2};
    torch::manual_seed(5);
    VisionTransformer small({.name = "vit-tiny", .classes = 7, .channels = 3, .side = 32}, layout),
        large({.name = "vit-tiny", .classes = 7, .channels = 3, .side = 64}, layout);
    const QTemporaryDir folder;
    std::map<std::string, torch::Tensor> published;
    for (const auto &[name, tensor] : stateOf(small)) {
        std::string theirs = replaced(name, "blocks.", "encoder.layers.encoder_layer_");
        for (const auto &[ours, torchvision] :
             std::initializer_list<std::pair<const char *, const char *>>{{"cls_token", "class_token"},
                                                                          {"pos_embed", "encoder.pos_embedding"},
                                                                          {"patch_embed.proj", "conv_proj"},
                                                                          {".norm1", ".ln_1"},
                                                                          {".norm2", ".ln_2"},
                                                                          {"attn.qkv.", "self_attention.in_proj_"},
                                                                          {"attn.proj", "self_attention.out_proj"},
                                                                          {"mlp.fc1", "mlp.0"},
                                                                          {"mlp.fc2", "mlp.3"}})
            theirs = replaced(theirs, ours, torchvision);
        if (theirs.starts_with("norm."))
            theirs = "encoder.ln." + theirs.substr(5);
        if (theirs.starts_with("head."))
            theirs = "heads.head." + theirs.substr(5);
        published[theirs] = tensor;
    }
    const auto report = loadPublishedWeights(large, written(folder, published), WeightMatch::Strict);
    QVERIFY2(report, report ? "" : report.error().message.c_str());
    QCOMPARE(report->convention, std::string("torchvision's ViT"));
    QCOMPARE(report->changed, std::vector<std::string>{"pos_embed"});
    const auto ours = stateOf(large), theirs = stateOf(small);
    QVERIFY(torch::equal(ours.at("blocks.1.attn.qkv.weight"), theirs.at("blocks.1.attn.qkv.weight")));
    QVERIFY(torch::allclose(ours.at("pos_embed"), resizedPositions(theirs.at("pos_embed"), 8)));
}

void TstPublishedWeights::refusedFilesChangeNothing()
{
    const QTemporaryDir folder;
    torch::nn::Sequential module(torch::nn::Linear(2, 2), torch::nn::Linear(2, 2));
    const auto before = stateOf(*module);
    const auto refused = [&](const std::map<std::string, torch::Tensor> &tensors, WeightMatch match,
                             const char *words) {
        const auto report = loadPublishedWeights(*module, written(folder, tensors), match);
        QVERIFY(!report);
        QVERIFY2(report.error().message.find(words) != std::string::npos, report.error().message.c_str());
        for (const auto &[name, tensor] : stateOf(*module))
            QVERIFY(torch::equal(tensor, before.at(name)));
    };
    auto whole = before;
    whole["0.bias"] = torch::ones({2});
    whole["1.bias"] = torch::full({2}, std::numeric_limits<float>::infinity());
    refused(whole, WeightMatch::MatchingOnly, "not finite");
    refused({{"0.bias", torch::ones({2})}}, WeightMatch::Strict, "missing: 0.weight");
    refused({{"other", torch::ones({2})}}, WeightMatch::MatchingOnly, "no weight");
}

QTEST_GUILESS_MAIN(TstPublishedWeights)
#include "tst_published_weights.moc"
