#include "models/backbones/resnet.h"
#include "models/io/torch_tensors.h"
#include "models/networks/network.h"
#include "models/networks/network_names.h"
#include "models/worker/fixture.h"

#include <QTemporaryDir>
#include <QTest>

#include <torch/torch.h>

#include <limits>

using namespace mien;
using torch::Tensor;

namespace {

std::shared_ptr<Network> built(NetworkConfig config)
{
    torch::manual_seed(3);
    return makeNetwork(config).value();
}

std::shared_ptr<Network> tiny(const std::string &name, int channels = 0)
{
    auto network = built({.name = name, .classes = 5, .channels = channels, .options = {{"preset", "tiny"}}});
    network->eval();
    return network;
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
    void tinyNetworkLearns();
    void checkpointRoundTrip();
    void unfitCheckpointIsRefused();
    void foldingKeepsWhatTheNetworkSays_data();
    void foldingKeepsWhatTheNetworkSays();
    void proceduralCheckValues();
};

void TstNetworks::parameterCounts_data()
{
    QTest::addColumn<QString>("network");
    QTest::addColumn<int>("classes");
    QTest::addColumn<qint64>("parameters");
    QTest::newRow("eac-resnet18") << "eac-resnet18" << 7 << qint64(11'180'103);
    QTest::newRow("eac-resnet50") << "eac-resnet50" << 7 << qint64(23'522'375);
    QTest::newRow("resnet18") << "resnet18" << 1000 << qint64(11'689'512);
    QTest::newRow("resnet50") << "resnet50" << 1000 << qint64(25'557'032);
    QTest::newRow("resnet18 trunk") << "resnet18" << 0 << qint64(11'176'512);
    QTest::newRow("resnet50 trunk") << "resnet50" << 0 << qint64(23'508'032);
    QTest::newRow("mtcnn-pnet") << "mtcnn-pnet" << 7 << qint64(6'632);
    QTest::newRow("mtcnn-rnet") << "mtcnn-rnet" << 7 << qint64(100'178);
    QTest::newRow("mtcnn-onet") << "mtcnn-onet" << 7 << qint64(389'040);
}

void TstNetworks::parameterCounts()
{
    QFETCH(QString, network);
    QFETCH(int, classes);
    QFETCH(qint64, parameters);
    const auto row = describeNetwork({.name = network.toStdString(), .classes = classes});
    QVERIFY(row);
    QCOMPARE((*row)["parameters"].get<qint64>(), parameters);
    QCOMPARE((*row)["trainable"].get<qint64>(), parameters);
}

void TstNetworks::catalogueRows()
{
    std::vector<NetworkConfig> small{{.name = "mtcnn-pnet"}, {.name = "mtcnn-rnet"}, {.name = "mtcnn-onet"}};
    for (const std::string &name : networkNames())
        if (name.starts_with("eac-"))
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

/// What the command line offers without loading LibTorch is what the catalogue calls networks.
void TstNetworks::theTrainedOnesAreKnownByName()
{
    std::vector<std::string> names;
    for (const auto &row : networkCatalogue())
        if (row.at("kind") == "network")
            names.push_back(row.at("network").get<std::string>());
    QCOMPARE(names, std::vector<std::string>(trainedNetworkNames.begin(), trainedNetworkNames.end()));
}

void TstNetworks::viewsFitTogether_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"eac-compact", "eac-resnet18", "eac-resnet50"})
        QTest::newRow(name) << name;
}

void TstNetworks::viewsFitTogether()
{
    QFETCH(QString, name);
    const auto network = tiny(name.toStdString());
    const torch::NoGradGuard noGradient;
    const NetworkViews views = network->forwardAll(torch::randn({2, network->config().channels, 64, 64}));
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
    const Tensor x = torch::randn({32, network->config().channels, 48, 48});
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

void TstNetworks::tinyNetworkLearns()
{
    const auto network = built({.name = "eac-compact", .classes = 4, .channels = 1, .options = {{"preset", "tiny"}}});
    network->train();
    const Tensor x = torch::randn({16, 1, 48, 48}), y = torch::arange(16) % 4;
    torch::optim::Adam optimiser(network->parameters(), torch::optim::AdamOptions(3e-3));
    for (int step = 0; step < 40; ++step) {
        optimiser.zero_grad();
        torch::nn::functional::cross_entropy(network->forward(x), y).backward();
        optimiser.step();
    }
    QVERIFY((network->forward(x).argmax(1) == y).all().item<bool>());
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
    QTest::newRow("basic blocks") << "eac-resnet18";
    QTest::newRow("bottlenecks") << "eac-resnet50";
    QTest::newRow("compact") << "eac-compact";
}

void TstNetworks::foldingKeepsWhatTheNetworkSays()
{
    QFETCH(QString, name);
    torch::manual_seed(3);
    const auto network = *makeNetwork({.name = name.toStdString(), .side = 48, .options = {{"preset", "tiny"}}});
    const torch::Tensor x = torch::randn({4, network->config().channels, 48, 48});
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
    for (const auto &module : network->modules()) // a device is changed for the new convolutions, too
        if (const auto *convolution = module->as<torch::nn::Conv2d>())
            QVERIFY(convolution->options.bias() && convolution->named_parameters(false).contains("bias"));
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
