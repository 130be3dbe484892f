#include "models/backbones/packed_weights.h"
#include "models/backbones/resnet.h"
#include "models/io/torch_tensors.h"
#include "models/networks/landmark_query.h"
#include "models/networks/masked_autoencoder.h"
#include "models/networks/network.h"
#include "models/networks/network_names.h"
#include "models/worker/fixture.h"

#include <QTemporaryDir>
#include <QTest>

#include <torch/torch.h>

#include <algorithm>
#include <limits>

using namespace mien;
using torch::Tensor;

namespace {

std::shared_ptr<Network> built(NetworkConfig config)
{
    torch::manual_seed(3);
    return makeNetwork(config).value();
}

std::shared_ptr<Network> tiny(const std::string &name, int channels = 0, int side = 0)
{
    auto network =
        built({.name = name, .classes = 5, .channels = channels, .side = side, .options = {{"preset", "tiny"}}});
    network->eval();
    return network;
}

/// As the network takes them, at the side of its tiny copy (at most 64).
Tensor pictures(const Network &network, std::int64_t count)
{
    const int side = std::min(network.config().side, 64);
    const auto noise = torch::randn({count, network.config().channels, side, side});
    return network.normalisation() == "raw255" ? noise * 60 + 120 : noise;
}

/// Options of the tiny copy; without a weight file nothing of it is frozen.
nlohmann::json tinyOptions(const std::string &name)
{
    nlohmann::json options{{"preset", "tiny"}};
    if (name == "resnet50v2" || name == "efficientnetv2-b3")
        options["finetune"] = "all";
    return options;
}

void everyNetwork()
{
    QTest::addColumn<QString>("name");
    for (const std::string &name : networkNames())
        QTest::newRow(name.c_str()) << QString::fromStdString(name);
}

double difference(const Tensor &a, const Tensor &b)
{
    return (a - b).abs().max().item<double>();
}

} // namespace

class TstNetworks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parameterCounts_data();
    void parameterCounts();
    void catalogueRows();
    void detectorsAreListed();
    void theTrainedOnesAreKnownByName();
    void wrongSettingsAreNamed_data();
    void wrongSettingsAreNamed();
    void viewsFitTogether_data();
    void viewsFitTogether();
    void aloneOrInABatch_data();
    void aloneOrInABatch();
    void channelsLastGivesTheSame();
    void compactMapsAreLargeEnough();
    void convolutionsStartAsSpecified();
    void tinyNetworkLearns_data();
    void tinyNetworkLearns();
    void hiddenPatchesAreReconstructed();
    void maskedKeysAreNeverAttendedTo();
    void mirroredFacesSwapTheirEyeBoxes();
    void checkpointRoundTrip();
    void unfitCheckpointIsRefused();
    void foldingKeepsWhatTheNetworkSays_data();
    void foldingKeepsWhatTheNetworkSays();
    void evaluationsShortCutsKeepWhatTheNetworkSays_data();
    void evaluationsShortCutsKeepWhatTheNetworkSays();
    void proceduralCheckValues();
};

void TstNetworks::parameterCounts_data()
{
    QTest::addColumn<QString>("network");
    QTest::addColumn<int>("classes");
    QTest::addColumn<qint64>("parameters");
    QTest::addColumn<qint64>("fixed"); // parameters that are not trained
    const auto row = [](const char *network, int classes, qint64 parameters, qint64 fixed = 0) {
        QTest::addRow("%s, %d classes", network, classes) << QString(network) << classes << parameters << fixed;
    };
    row("eac-resnet18", 7, 11'180'103);
    row("eac-resnet50", 7, 23'522'375);
    row("dan", 7, 19'723'733);
    row("thesis", 7, 19'723'733);
    row("arbex", 7, 43'916'047, 911'232); // the landmark net is frozen
    row("posterpp", 7, 43'753'941, 911'232);
    row("mae-base", 0, 111'907'840, 197 * (768 + 512)); // position tables of encoder and decoder
    row("mae-grid9", 0, 65'095'360, 10 * (512 + 512));
    row("mae-grid9", 2, 65'095'360 + 512 * 2 + 2, 10 * (512 + 512));
    row("mae-visi", 0, 1'363'456, 145 * (128 + 64));
    row("qmask", 2, 65'095'360 + 512 * 2 + 2, 10 * (512 + 512));
    row("crossvit-tiny", 1000, 7'014'800);
    row("crossvit-9", 1000, 8'553'296);
    row("crossvit-small", 1000, 26'856'272);
    row("crossvit-15", 1000, 27'528'464);
    row("crossvit-18", 1000, 43'271'408);
    row("visi", 2, 1'842'626, 145 * 128);
    row("resnet18", 1000, 11'689'512);
    row("resnet50", 1000, 25'557'032);
    row("resnet18", 0, 11'176'512);
    row("resnet50", 0, 23'508'032);
    row("vit-tiny", 1000, 5'717'416);
    row("vit-small", 1000, 22'050'664);
    row("vit-base", 1000, 86'567'656);
    row("vit-base32", 1000, 88'224'232);
    row("mtcnn-pnet", 7, 6'632);
    row("mtcnn-rnet", 7, 100'178);
    row("mtcnn-onet", 7, 389'040);
}

void TstNetworks::parameterCounts()
{
    QFETCH(QString, network);
    QFETCH(int, classes);
    QFETCH(qint64, parameters);
    QFETCH(qint64, fixed);
    const auto row = describeNetwork({.name = network.toStdString(), .classes = classes});
    QVERIFY(row);
    QCOMPARE((*row)["parameters"].get<qint64>(), parameters);
    QCOMPARE((*row)["trainable"].get<qint64>(), parameters - fixed);
}

void TstNetworks::catalogueRows()
{
    std::vector<NetworkConfig> small{{.name = "mtcnn-pnet"}, {.name = "mtcnn-rnet"}, {.name = "mtcnn-onet"}};
    for (const std::string &name : networkNames())
        small.push_back({.name = name, .options = {{"preset", "tiny"}}});
    for (const NetworkConfig &config : small) {
        const auto row = describeNetwork(config);
        QVERIFY(row);
        QCOMPARE((*row)["network"].get<std::string>(), config.name);
        QCOMPARE((*row)["kind"] == "detector", config.name.starts_with("mtcnn-"));
        QVERIFY((*row)["parameters"].get<qint64>() <= 1'000'000);
        for (const char *field : {"network", "kind", "title", "source", "classes", "input", "parameters", "trainable",
                                  "buffers", "options"})
            QVERIFY2(row->contains(field), field);
        for (const char *words : {"good_for", "needs"}) { // a card of the chooser
            const std::string text = row->value(words, "");
            QVERIFY2((*row)["kind"] != "network" || (!text.empty() && !text.ends_with(".")), config.name.c_str());
        }
        for (const auto &option : (*row)["options"]) {
            QVERIFY(option.contains("name") && option.contains("type") && option.contains("default") &&
                    option.contains("help"));
            QVERIFY(option.contains("values") || option.contains("range"));
        }
    }
}

void TstNetworks::wrongSettingsAreNamed_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("side");
    QTest::addColumn<QString>("options");
    QTest::addColumn<QString>("says");
    QTest::newRow("network") << "eac-resnet19" << 0 << 0 << "{}"
                             << "eac-resnet18";
    QTest::newRow("detector") << "mtcnn-onet" << 0 << 0 << "{}"
                              << "not trained";
    QTest::newRow("channels") << "eac-resnet18" << 1 << 0 << "{}"
                              << "channels";
    QTest::newRow("side") << "eac-compact" << 0 << 8 << "{}"
                          << "32";
    QTest::newRow("option") << "eac-compact" << 0 << 0 << R"({"depth":3})"
                            << "blocks";
    QTest::newRow("choice") << "eac-compact" << 0 << 0 << R"({"preset":"huge"})"
                            << "tiny";
    QTest::newRow("range") << "eac-compact" << 0 << 0 << R"({"width":"1000"})"
                           << "128";
    QTest::newRow("not a number") << "eac-compact" << 0 << 0 << R"({"width":"3x"})"
                                  << "128";
    QTest::newRow("too large a number") << "eac-compact" << 0 << 0 << R"({"width":12345678901234567890})"
                                        << "128";
    QTest::newRow("not an object") << "eac-compact" << 0 << 0 << "[1]"
                                   << "options";
}

void TstNetworks::wrongSettingsAreNamed()
{
    QFETCH(QString, name);
    QFETCH(int, channels);
    QFETCH(int, side);
    QFETCH(QString, options);
    QFETCH(QString, says);
    const auto network = makeNetwork({.name = name.toStdString(),
                                      .channels = channels,
                                      .side = side,
                                      .options = nlohmann::json::parse(options.toStdString())});
    QVERIFY(!network);
    QCOMPARE(network.error().code, ErrorCode::Invalid);
    QVERIFY2(network.error().message.find(says.toStdString()) != std::string::npos, network.error().message.c_str());
    QVERIFY(
        makeNetwork({.name = "eac-compact", .options = {{"width", "16"}, {"blocks", 1}}})); // strings are understood
}

/// Detectors are listed after the networks and have no options.
void TstNetworks::detectorsAreListed()
{
    std::vector<std::string> names;
    for (const auto &row : networkCatalogue())
        if (row.at("kind") == "detector")
            names.push_back(row.at("network").get<std::string>());
    QCOMPARE(names, (std::vector<std::string>{"mtcnn-pnet", "mtcnn-rnet", "mtcnn-onet"}));
    const auto row = describeNetwork({.name = "mtcnn-pnet", .options = {{"preset", "tiny"}}});
    QVERIFY(!row);
    QVERIFY2(row.error().message.find("none") != std::string::npos, row.error().message.c_str());
}

/// What the command line offers without loading LibTorch is what the catalogue calls networks, and trunks that
/// classify.
void TstNetworks::theTrainedOnesAreKnownByName()
{
    std::vector<std::string> names, trunks;
    for (const auto &row : networkCatalogue())
        if (row.at("kind") == "network")
            names.push_back(row.at("network").get<std::string>());
        else if (row.at("kind") == "trunk" && row.at("classes") != 0)
            trunks.push_back(row.at("network").get<std::string>());
    names.insert(names.end(), trunks.begin(), trunks.end());
    std::vector<std::string> offered(trainedNetworkNames.begin(), trainedNetworkNames.end());
    std::sort(offered.begin(), offered.end());
    std::sort(names.begin(), names.end());
    QCOMPARE(names, offered);
}

void TstNetworks::viewsFitTogether_data()
{
    everyNetwork();
}

void TstNetworks::viewsFitTogether()
{
    QFETCH(QString, name);
    const auto network = tiny(name.toStdString());
    const torch::NoGradGuard noGradient;
    const NetworkViews views = network->forwardAll(pictures(*network, 2));
    QCOMPARE(views.features.dim(), std::int64_t(4));
    QCOMPARE(views.pooled.dim(), std::int64_t(2));
    QCOMPARE(views.logits.sizes(), (torch::IntArrayRef{2, 5}));
    if (!name.startsWith("eac"))
        return; // logits are not linear in the mean of F
    QVERIFY(difference(views.pooled, views.features.mean({2, 3})) < 1e-6);
    const Tensor maps = classMaps(views.features, network->classifierWeight());
    QCOMPARE(maps.size(1), std::int64_t(5));
    const Tensor bias = network->named_parameters()["fc.bias"];
    QVERIFY(difference(maps.mean({2, 3}) + bias, views.logits) < 1e-5); // a map's mean and the bias are the logit
}

void TstNetworks::aloneOrInABatch_data()
{
    viewsFitTogether_data();
}

void TstNetworks::aloneOrInABatch()
{
    QFETCH(QString, name);
    const auto network = tiny(name.toStdString());
    const torch::NoGradGuard noGradient;
    const Tensor x = pictures(*network, 32);
    const NetworkViews together = network->forwardAll(x);
    const double scale = together.logits.abs().max().item<double>();
    for (std::int64_t i = 0; i < 32; ++i)
        QVERIFY(difference(network->forward(x.slice(0, i, i + 1)), together.logits.slice(0, i, i + 1)) <= 1e-5 * scale);
}

void TstNetworks::channelsLastGivesTheSame()
{
    const auto network = tiny("eac-compact", 3);
    const torch::NoGradGuard noGradient;
    const Tensor x = torch::randn({4, 3, 48, 48});
    const Tensor expected = network->forward(x);
    for (auto &parameter : network->parameters())
        if (parameter.dim() == 4)
            parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    QVERIFY(difference(network->forward(x.contiguous(torch::MemoryFormat::ChannelsLast)), expected) < 1e-5);
}

void TstNetworks::compactMapsAreLargeEnough()
{
    for (const auto &[channels, stem] : {std::pair(1, "stride"), std::pair(3, "pool")}) {
        const auto network = built({.name = "eac-compact", .channels = channels, .options = {{"stem", stem}}});
        network->eval();
        const torch::NoGradGuard noGradient;
        const Tensor features = network->features(torch::randn({1, channels, 48, 48}));
        QVERIFY(features.size(2) >= 6 && features.size(3) >= 6);
        QCOMPARE(features.size(1), std::int64_t(128));
        QVERIFY(network->features(torch::randn({1, channels, 64, 64})).size(2) >= 8);
    }
}

void TstNetworks::convolutionsStartAsSpecified()
{
    const auto network = built({.name = "resnet18", .classes = 0});
    for (const auto &item : network->named_parameters()) {
        if (item.value().dim() == 4) {
            const double fanOut = double(item.value().size(0) * item.value().size(2) * item.value().size(3));
            const double expected = std::sqrt(2 / fanOut);
            QVERIFY2(std::abs(item.value().std().item<double>() / expected - 1) < 0.06, item.key().c_str());
        } else if (item.key().ends_with("weight")) {
            QCOMPARE(item.value().min().item<float>(), 1.0f);
        } else {
            QCOMPARE(item.value().abs().max().item<float>(), 0.0f);
        }
    }
}

void TstNetworks::tinyNetworkLearns_data()
{
    QTest::addColumn<QString>("name");
    for (const auto &row : networkCatalogue())
        if (row.at("kind") == "network")
            QTest::newRow(row.at("network").get<std::string>().c_str())
                << QString::fromStdString(row.at("network").get<std::string>());
}

/// By its own loss every network gets sixteen faces by heart.
void TstNetworks::tinyNetworkLearns()
{
    QFETCH(QString, name);
    const auto network = built({.name = name.toStdString(), .classes = 4, .options = tinyOptions(name.toStdString())});
    network->train();
    const Tensor x = pictures(*network, 16), y = torch::arange(16) % 4;
    std::vector<Tensor> trained;
    for (const Tensor &parameter : network->parameters())
        if (parameter.requires_grad())
            trained.push_back(parameter);
    torch::optim::Adam optimiser(trained, torch::optim::AdamOptions(3e-3));
    const auto learnt = [&] {
        const torch::NoGradGuard noGradient;
        network->eval();
        const bool all = (network->forward(x).argmax(1) == y).all().item<bool>();
        network->train();
        return all;
    };
    constexpr int most = 200;
    int step = 0;
    for (; step < most && !(step % 20 == 0 && learnt()); ++step) {
        optimiser.zero_grad();
        const LossSettings settings;
        network->loss(network->forwardTraining(x, 16, settings), y, settings).backward();
        optimiser.step();
        network->afterStep();
    }
    QVERIFY2(learnt(), "sixteen faces are not learnt in 200 steps");
}

/// Pre-training on 64 drawn faces: the loss falls below half of its first value within 50 steps.
void TstNetworks::hiddenPatchesAreReconstructed()
{
    const auto network = built({.name = "mae-visi", .classes = 0, .side = 48});
    network->train();
    // Discs of different place, size and colour before a shaded ground.
    const auto line = torch::linspace(-1, 1, 48);
    const auto centre = [] { return torch::rand({64, 1, 1, 1}) * 0.6 - 0.3; };
    const auto distance =
        (line.view({1, 1, 1, 48}) - centre()).square() + (line.view({1, 1, 48, 1}) - centre()).square();
    const auto x = torch::where(distance < 0.3 + 0.2 * torch::rand({64, 1, 1, 1}), torch::rand({64, 3, 1, 1}) * 2,
                                -torch::rand({64, 3, 1, 1}) + 0.5 * line.view({1, 1, 48, 1}));
    torch::optim::AdamW optimiser(network->parameters(), torch::optim::AdamWOptions(2e-3));
    const LossSettings settings{.progress = 0};
    double first = 0, last = 0;
    for (int step = 0; step < 50; ++step) {
        optimiser.zero_grad();
        const auto loss =
            network->loss(network->forwardTraining(x, 64, settings), torch::zeros({64}, torch::kInt64), settings);
        loss.backward();
        optimiser.step();
        last = loss.item<double>();
        if (step == 0)
            first = last;
    }
    QVERIFY2(last < first / 2, qPrintable(QStringLiteral("%1 of %2").arg(last).arg(first)));
}

void TstNetworks::maskedKeysAreNeverAttendedTo()
{
    QCOMPARE(difference(faceQueryMask(3), torch::tensor({1., 1., 0., 1., 0., 1., 0., 0., 1., 0.})), 0.0);
    QCOMPARE(faceQueryMask(6).sum().item<double>(), 17.0); // four parts of four patches, and the class token
    const auto network = tiny("qmask");
    const torch::NoGradGuard noGradient;
    const auto weights = network->attentions(pictures(*network, 3));
    QCOMPARE(weights.size(), std::size_t(2));
    const auto hidden = faceQueryMask(3) == 0;
    for (const Tensor &attention : weights) {
        QCOMPARE(attention.masked_select(hidden.expand_as(attention)).abs().max().item<double>(), 0.0);
        QVERIFY(difference(attention.sum(-1), torch::ones({3, attention.size(1), 10})) < 1e-5);
    }
}

/// A mirrored face with mirrored landmarks, eyes and mouth corners swapped, has mirrored boxes.
void TstNetworks::mirroredFacesSwapTheirEyeBoxes()
{
    const double side = 96;
    const auto landmarks = torch::tensor({30., 40., 64., 38., 50., 58., 36., 74., 62., 72.}).view({1, 5, 2});
    auto mirrored = landmarks.index_select(1, torch::tensor({1, 0, 2, 4, 3})).clone();
    mirrored.select(2, 0).neg_().add_(side);
    const auto boxes = landmarkBoxes(landmarks, 96, 96), other = landmarkBoxes(mirrored, 96, 96);
    const auto swapped = other.index_select(1, torch::tensor({1, 0, 2, 3}));
    const auto expected = torch::stack(
        {side - swapped.select(2, 2), swapped.select(2, 1), side - swapped.select(2, 0), swapped.select(2, 3)}, 2);
    QVERIFY(difference(boxes, expected) < 1e-4);
    const auto unknown = torch::full({1, 5, 2}, std::numeric_limits<float>::quiet_NaN());
    QCOMPARE(difference(landmarkBoxes(unknown, 96, 96)[0], gridBoxes(96, 96, torch::kFloat32)), 0.0);
    QCOMPARE(difference(gridBoxes(96, 96, torch::kFloat32)[3], torch::tensor({32., 64., 64., 96.})), 0.0);
}

void TstNetworks::checkpointRoundTrip()
{
    const QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "x.safetensors";
    const auto one = tiny("eac-compact");
    SafetensorsWriter writer;
    addModule(writer, *one, "module.");
    QVERIFY(writer.write(path));
    const auto file = SafetensorsFile::open(path);
    QVERIFY(file);
    QVERIFY(file->find("module.fc.weight"));

    torch::manual_seed(99);
    const auto other = makeNetwork({.name = "eac-compact", .classes = 5, .options = {{"preset", "tiny"}}}).value();
    other->eval();
    const Tensor x = torch::randn({2, 1, 48, 48});
    QVERIFY(difference(one->forward(x), other->forward(x)) > 1e-3);
    const auto report = loadWeights(*other, *file);
    QVERIFY2(report, report ? "" : report.error().message.c_str());
    QCOMPARE(difference(one->forward(x), other->forward(x)), 0.0);
}

void TstNetworks::unfitCheckpointIsRefused()
{
    const QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "x.safetensors";
    const auto network = tiny("eac-compact");
    const Tensor before = network->classifierWeight().detach().clone();
    const auto refusal = [&](const std::function<void(std::map<std::string, Tensor> &)> &change) {
        std::map<std::string, Tensor> state;
        for (const auto &item : network->named_parameters())
            state[item.key()] = item.value().detach() + 1;
        for (const auto &item : network->named_buffers())
            state[item.key()] = item.value();
        change(state);
        SafetensorsWriter writer;
        for (const auto &[name, tensor] : state)
            addTensor(writer, name, tensor);
        [&] { QVERIFY(writer.write(path)); }();
        const auto report = loadWeights(*network, *SafetensorsFile::open(path));
        return report ? std::string() : report.error().message;
    };
    QVERIFY(refusal([](auto &state) { state.erase("fc.bias"); }).find("fc.bias") != std::string::npos);
    QVERIFY(refusal([](auto &state) { state["fc.extra"] = torch::zeros(1); }).find("fc.extra") != std::string::npos);
    QVERIFY(refusal([](auto &state) {
                state["fc.weight"] = torch::zeros({6, 64});
            }).find("fc.weight") != std::string::npos);
    QVERIFY(refusal([](auto &state) {
                state["fc.weight"][0][0] = std::numeric_limits<float>::quiet_NaN();
            }).find("finite") != std::string::npos);
    QVERIFY(refusal([](auto &state) { state = {{"other", torch::zeros(1)}}; }) != "");
    QCOMPARE(difference(network->classifierWeight(), before), 0.0); // nothing was half loaded
}

void TstNetworks::foldingKeepsWhatTheNetworkSays_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("left"); // convolutions without a normalisation behind them, nor a bias
    QTest::newRow("basic blocks") << "eac-resnet18" << 0;
    QTest::newRow("bottlenecks") << "eac-resnet50" << 0;
    QTest::newRow("compact") << "eac-compact" << 0;
    QTest::newRow("IR-50") << "ir50" << 5;
    QTest::newRow("MobileFaceNet") << "mobilefacenet" << 0;
    QTest::newRow("InceptionV3") << "inception-v3" << 0;
    QTest::newRow("EfficientNetV2-B3") << "efficientnetv2-b3" << 0;
    QTest::newRow("ResNet50V2") << "resnet50v2" << 0;
}

void TstNetworks::foldingKeepsWhatTheNetworkSays()
{
    QFETCH(QString, name);
    QFETCH(int, left);
    torch::manual_seed(3);
    const auto network =
        *makeNetwork({.name = name.toStdString(), .side = 48, .options = tinyOptions(name.toStdString())});
    const torch::Tensor x = pictures(*network, 4);
    network->train();
    {
        const torch::NoGradGuard noGradients;
        for (auto &parameter : network->named_parameters())
            if (parameter.value().dim() == 1) // norms other than "times 1 plus 0"
                parameter.value().add_(0.3 * torch::randn_like(parameter.value()));
        for (int i = 0; i < 5; ++i)
            network->forward(x + 0.5); // running statistics other than 0 and 1
    }
    network->eval();
    const NetworkViews before = network->forwardAll(x);
    network->foldNormalisation();
    const NetworkViews after = network->forwardAll(x);
    QVERIFY(difference(before.features, after.features) < 1e-4 * before.features.abs().max().item<double>());
    QVERIFY(difference(before.logits, after.logits) < 1e-4 * before.logits.abs().max().item<double>());
    int withoutBias = 0;
    for (const auto &module : network->modules()) // a device is changed for the new convolutions, too
        if (const auto *convolution = module->as<torch::nn::Conv2d>())
            withoutBias += convolution->options.bias() && convolution->named_parameters(false).contains("bias") ? 0 : 1;
    QCOMPARE(withoutBias, left);
}

void TstNetworks::evaluationsShortCutsKeepWhatTheNetworkSays_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("options");
    for (const char *name : {"crossvit-tiny", "mae-visi", "qmask", "visi", "posterpp", "arbex", "dan", "eac-resnet18"})
        QTest::newRow(name) << name << "{}";
    QTest::newRow("vit-tiny") << "vit-tiny"
                              << "{}";
    QTest::newRow("vit-tiny, mean of patches") << "vit-tiny"
                                               << R"({"pool":"gap"})";
}

void TstNetworks::evaluationsShortCutsKeepWhatTheNetworkSays()
{
    QFETCH(QString, name);
    QFETCH(QString, options);
    torch::manual_seed(3);
    nlohmann::json all = tinyOptions(name.toStdString());
    all.update(nlohmann::json::parse(options.toStdString()));
    const auto network = makeNetwork({.name = name.toStdString(), .options = all}).value();
    network->eval();
    {
        const torch::NoGradGuard noGradients;
        for (auto &parameter : network->named_parameters())
            if (parameter.value().dim() == 1) // biases other than 0
                parameter.value().add_(0.1 * torch::randn_like(parameter.value()));
    }
    const NetworkInput faces = network->usesLandmarks()
                                   ? NetworkInput(pictures(*network, 3), 20 + 20 * torch::rand({3, 5, 2}))
                                   : NetworkInput(pictures(*network, 3));
    const auto near = [](const Tensor &a, const Tensor &b) {
        return difference(a, b) < 1e-4 * std::max(1e-3, a.abs().max().item<double>());
    };
    NetworkViews before;
    {
        const torch::InferenceMode evaluation;
        before = network->forwardAll(faces);
        packWeights(*network);
        const NetworkViews after = network->forwardAll(faces), pooled = network->forwardPooled(faces);
        QVERIFY(near(before.features, after.features) && near(before.logits, after.logits));
        QVERIFY(near(before.pooled, pooled.pooled) && near(before.logits, pooled.logits));
    }
    // Explanations need gradients of the packed network.
    const NetworkViews views = network->forwardAll(faces);
    QVERIFY(views.logits.requires_grad() && near(before.logits, views.logits.detach()));
}

void TstNetworks::proceduralCheckValues()
{
    const Tensor x = proceduralTensor("mien-golden-shared-dan", "input.x", {6}, 1.5, 0);
    const std::vector<float> expected{0.686345100402832f,   -0.978374183177948f, 1.0973811149597168f,
                                      0.11914873123168945f, 0.9858452081680298f, -0.4611167907714844f};
    for (std::size_t i = 0; i < expected.size(); ++i)
        QCOMPARE(x[std::int64_t(i)].item<float>(), expected[i]);
    const Tensor w = proceduralTensor("mien-golden-shared-dan", "features.0.weight", {2, 2}, 0.14285714285714285, 0);
    QCOMPARE(w[0][0].item<float>(), -0.07256525009870529f);
    QCOMPARE(w[1][1].item<float>(), -0.08292990177869797f);
}

QTEST_GUILESS_MAIN(TstNetworks)
#include "tst_networks.moc"
