#include "models/explain/attention_rollout.h"
#include "models/explain/network_maps.h"
#include "models/io/torch_tensors.h"
#include "models/losses/arbex.h"
#include "models/networks/arbex.h"
#include "models/networks/dan.h"
#include "models/networks/masked_autoencoder.h"
#include "models/networks/network.h"
#include "models/networks/part_boxes.h"
#include "models/networks/poster.h"

#include <QTemporaryDir>
#include <QTest>

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

using namespace mien;
using torch::Tensor;

namespace {

std::shared_ptr<Network> tiny(const std::string &name, nlohmann::json options = nlohmann::json::object())
{
    torch::manual_seed(5);
    options["preset"] = "tiny";
    return makeNetwork({.name = name, .classes = 5, .options = std::move(options)}).value();
}

template <class Kind>
std::shared_ptr<Kind> tinyAs(const std::string &name, nlohmann::json options = nlohmann::json::object())
{
    return std::dynamic_pointer_cast<Kind>(tiny(name, std::move(options)));
}

Tensor pictures(const Network &network, std::int64_t count)
{
    return torch::randn({count, 3, network.config().side, network.config().side});
}

double difference(const Tensor &a, const Tensor &b)
{
    return (a - b).abs().max().item<double>();
}

/// Running statistics and norms as after some training: other than 0 and 1.
void roughen(Network &network, const Tensor &x)
{
    const torch::NoGradGuard noGradients;
    for (auto &parameter : network.named_parameters())
        if (parameter.value().dim() == 1)
            parameter.value().add_(0.3 * torch::randn_like(parameter.value()));
    network.train();
    for (int i = 0; i < 5; ++i)
        network.forward(x + 0.5);
    network.eval();
}

/// Eyes, nose and mouth of a face of `side` pixels, a little apart from row to row.
Tensor someLandmarks(std::int64_t count, int side)
{
    const Tensor one =
        torch::tensor({0.34f, 0.46f, 0.66f, 0.45f, 0.5f, 0.64f, 0.37f, 0.82f, 0.63f, 0.83f}).view({5, 2});
    return side * (one + 0.02 * torch::arange(count).view({count, 1, 1}));
}

} // namespace

/// What DAN, the thesis model, POSTER++ and ARBEx have of their own (models.md 3, 4).
class TstAttentionNetworks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { torch::manual_seed(7); }

    void headsMayChangePlaces();
    void secondViewsGoThroughTheTrunkAlone();
    void everyTrunkOfTheThesis_data();
    void everyTrunkOfTheThesis();
    void centresAreTrainedButNotPartOfTheNetwork();
    void classMapsOutliveFolding();
    void foldingKeepsWhatTheNetworkSays_data();
    void foldingKeepsWhatTheNetworkSays();
    void landmarkNetStaysFrozen();
    void mirrorsExchangeSides();
    void queriesFollowTheLandmarks();
    void masksFollowTheLandmarks();
    void windowsComeBack();
    void windowMapsAreShares();
    void onePassGivesScoresAndAttention();
    void partsOfWindowsAreTheirMaps();
    void facesAreDrawnFromTheirPatches_data();
    void facesAreDrawnFromTheirPatches();
    void whatTheQueryMaskHides();
    void gradientsOfHeadsAreTakenBehindThem();
    void kindsOfEveryNetwork_data();
    void kindsOfEveryNetwork();
    void finalDistributionIsThePrediction();
    void batchScopeIsJudgedByAnchorsAlone();
    void anchorsStartAtFaces();
    void lossWeightsSettleAndGoOn();
    void trustRisesWithTheProgress();
};

void TstAttentionNetworks::headsMayChangePlaces()
{
    const auto network = tiny("dan");
    const Tensor x = pictures(*network, 3);
    roughen(*network, x);
    const torch::NoGradGuard noGradients;
    const NetworkViews before = network->forwardAll(x);
    std::map<std::string, Tensor> state;
    for (const auto &item : network->named_parameters())
        state[item.key()] = item.value();
    for (const auto &item : network->named_buffers())
        state[item.key()] = item.value();
    int swapped = 0;
    for (auto &[name, tensor] : state)
        if (name.starts_with("cat_head0.")) {
            Tensor &other = state.at("cat_head2." + name.substr(10));
            const Tensor kept = tensor.clone();
            tensor.copy_(other);
            other.copy_(kept);
            ++swapped;
        }
    QVERIFY(swapped > 30);
    const NetworkViews after = network->forwardAll(x);
    QVERIFY(difference(before.logits, after.logits) < 1e-5);
    const Tensor order = torch::tensor({2, 1, 0, 3});
    QVERIFY(difference(before.parts.at("heads").index_select(1, order), after.parts.at("heads")) < 1e-5);
    QVERIFY(difference(before.parts.at("heads"), after.parts.at("heads")) > 1e-3); // they did change places
}

void TstAttentionNetworks::secondViewsGoThroughTheTrunkAlone()
{
    const auto network = tiny("thesis");
    network->train();
    const Tensor x = pictures(*network, 6), y = torch::arange(3);
    const LossSettings settings{.lambda = 4};
    const NetworkViews views = network->forwardTraining(x, 3, settings);
    QCOMPARE(views.features.size(0), std::int64_t(6));
    QCOMPARE(views.logits.size(0), std::int64_t(3));
    QCOMPARE(views.parts.at("heads").sizes(), (torch::IntArrayRef{3, 4, 64}));
    const double with = network->loss(views, y, settings).item<double>();
    const double without = network->loss(views, y, {.lambda = 0}).item<double>();
    const Tensor maps = classMaps(views.features, network->classifierWeight());
    const double consistency = torch::mse_loss(maps.slice(0, 0, 3), maps.slice(0, 3, 6).flip(-1)).item<double>();
    QVERIFY(consistency > 0);
    QVERIFY(std::abs(with - without - 4 * consistency) < 1e-4 * with);

    const NetworkViews both = network->forwardTraining(x, 3, {.lambda = 4, .classifyBoth = true});
    QCOMPARE(both.logits.size(0), std::int64_t(6));
    QVERIFY(torch::isfinite(network->loss(both, y, {.lambda = 4, .classifyBoth = true})).item<bool>());
}

void TstAttentionNetworks::everyTrunkOfTheThesis_data()
{
    QTest::addColumn<QString>("trunk");
    QTest::addColumn<bool>("reduced");
    QTest::newRow("resnet18") << "resnet18" << false;
    QTest::newRow("resnet50") << "resnet50" << true;
    QTest::newRow("inception-v3") << "inception-v3" << true;
    QTest::newRow("vit-base32") << "vit-base32" << true;
}

void TstAttentionNetworks::everyTrunkOfTheThesis()
{
    QFETCH(QString, trunk);
    QFETCH(bool, reduced);
    const auto network = tiny("thesis", {{"trunk", trunk.toStdString()}, {"heads", 2}});
    const Tensor x = pictures(*network, 4);
    network->train();
    const LossSettings settings{.lambda = 4};
    network->loss(network->forwardTraining(torch::cat({x, x.flip(-1)}), 4, settings), torch::arange(4), settings)
        .backward();
    for (const auto &parameter : network->named_parameters())
        if (!parameter.key().starts_with("features.norm") && !parameter.key().starts_with("features.cls_token"))
            QVERIFY2(parameter.value().grad().defined(), parameter.key().c_str());
    QCOMPARE(network->named_parameters().contains("reduce.0.weight"), reduced);
    QCOMPARE(network->forwardAll(x).features.size(1), std::int64_t(64));
}

void TstAttentionNetworks::centresAreTrainedButNotPartOfTheNetwork()
{
    const auto network = tinyAs<Dan>("dan");
    QVERIFY(network->lossState());
    QCOMPARE(network->centres().sizes(), (torch::IntArrayRef{5, 64}));
    const auto own = network->parameters(), trained = network->trainedParameters();
    QCOMPARE(trained.size(), own.size() + 1);
    QVERIFY(trained.back().is_same(network->centres()));
    for (const auto &item : network->named_parameters())
        QVERIFY(!item.value().is_same(network->centres()));
    network->train();
    network->loss(network->forwardTraining(pictures(*network, 4), 4, {}), torch::arange(4), {}).backward();
    QVERIFY(network->centres().grad().abs().max().item<double>() > 0);
    const auto without = tiny("dan", {{"affinity", 0}});
    without->train();
    without->loss(without->forwardTraining(pictures(*without, 4), 4, {}), torch::arange(4), {}).backward();
    QVERIFY(!std::dynamic_pointer_cast<Dan>(without)->centres().grad().defined());
}

/// The thesis model's class maps are those it was trained for; plain DAN has none.
void TstAttentionNetworks::classMapsOutliveFolding()
{
    QVERIFY(!tiny("dan")->classifierWeight().defined());
    const auto network = tiny("thesis");
    roughen(*network, pictures(*network, 4));
    const Tensor weight = network->classifierWeight().detach().clone();
    network->foldNormalisation();
    QCOMPARE(difference(network->classifierWeight(), weight), 0.0);
    QVERIFY(difference(network->named_parameters()["fc.weight"], weight) > 1e-4);
}

void TstAttentionNetworks::foldingKeepsWhatTheNetworkSays_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("options");
    QTest::newRow("dan") << "dan"
                         << "{}";
    QTest::newRow("thesis, reduced") << "thesis"
                                     << R"({"trunk":"resnet50"})";
    QTest::newRow("thesis, InceptionV3") << "thesis"
                                         << R"({"trunk":"inception-v3"})";
    QTest::newRow("one head") << "dan"
                              << R"({"heads":1})";
    QTest::newRow("posterpp") << "posterpp"
                              << "{}";
    QTest::newRow("arbex") << "arbex"
                           << "{}";
}

void TstAttentionNetworks::foldingKeepsWhatTheNetworkSays()
{
    QFETCH(QString, name);
    QFETCH(QString, options);
    const auto network = tiny(name.toStdString(), nlohmann::json::parse(options.toStdString()));
    const Tensor x = pictures(*network, 4);
    roughen(*network, x);
    const torch::NoGradGuard noGradients;
    const NetworkViews before = network->forwardAll(x);
    network->foldNormalisation();
    network->foldNormalisation(); // once is enough, twice does no harm
    const NetworkViews after = network->forwardAll(x);
    QVERIFY(difference(before.features, after.features) < 1e-4 * before.features.abs().max().item<double>());
    QVERIFY(difference(before.logits, after.logits) < 1e-4 * before.logits.abs().max().item<double>());
}

void TstAttentionNetworks::landmarkNetStaysFrozen()
{
    const auto network = tiny("posterpp");
    network->train();
    const auto landmarks = [&] {
        std::vector<Tensor> tensors;
        for (const auto &item : network->named_buffers())
            if (item.key().starts_with("face_landback."))
                tensors.push_back(item.value().clone());
        return tensors;
    };
    const auto before = landmarks();
    network->forward(pictures(*network, 4)).sum().backward();
    const auto after = landmarks();
    QVERIFY(before.size() > 10);
    for (std::size_t i = 0; i < before.size(); ++i)
        QVERIFY(before[i].equal(after[i]));
    for (const auto &item : network->named_parameters())
        QCOMPARE(item.value().grad().defined(), !item.key().starts_with("face_landback."));
    const auto trained = tiny("posterpp", {{"landmark_net", "trained"}, {"image_net", "frozen"}});
    trained->train();
    trained->forward(pictures(*trained, 4)).sum().backward();
    for (const auto &item : trained->named_parameters())
        QCOMPARE(item.value().grad().defined(), !item.key().starts_with("ir_back."));
}

void TstAttentionNetworks::mirrorsExchangeSides()
{
    const Tensor x = torch::randn({2, 3, 8, 10}), points = someLandmarks(2, 8);
    const NetworkInput once = mirrored({x, points});
    QVERIFY(once.images.equal(x.flip(-1)));
    QVERIFY(difference(once.landmarks.select(1, 0),
                       torch::stack({10 - points.select(1, 1).select(1, 0), points.select(1, 1).select(1, 1)}, 1)) <
            1e-6);
    QVERIFY(difference(once.landmarks.select(1, 2).select(1, 0), 10 - points.select(1, 2).select(1, 0)) < 1e-6);
    QVERIFY((once.landmarks.select(1, 3).select(1, 0) < once.landmarks.select(1, 4).select(1, 0)).all().item<bool>());
    const NetworkInput twice = mirrored(once);
    QVERIFY(twice.images.equal(x) && difference(twice.landmarks, points) < 1e-5);
    QVERIFY(!mirrored(x).landmarks.defined());
    const NetworkInput both = joined({{x, points}, once});
    QVERIFY(both.images.slice(0, 2).equal(once.images) && both.landmarks.slice(0, 2).equal(once.landmarks));
    QVERIFY(!joined({{x, points}, x}).landmarks.defined());
}

void TstAttentionNetworks::queriesFollowTheLandmarks()
{
    const auto network = tiny("visi");
    network->eval();
    QVERIFY(network->usesLandmarks());
    const torch::NoGradGuard noGradients;
    const Tensor x = pictures(*network, 3), points = someLandmarks(3, network->config().side);
    const NetworkViews views = network->forwardAll({x, points});
    const Tensor fixed = network->forward(x);
    QVERIFY(difference(views.logits, fixed) > 1e-4);
    Tensor some = points.clone();
    some[1][4][0] = std::nanf(""); // one of five is not known: the face is looked at where faces mostly are
    const Tensor mixed = network->forward({x, some});
    QVERIFY(difference(mixed[1], fixed[1]) < 1e-6 && difference(mixed[0], views.logits[0]) < 1e-6);
    QVERIFY(difference(network->forward({x.slice(0, 2, 3), points.slice(0, 2, 3)}), views.logits.slice(0, 2, 3)) <
            1e-5);

    // What each query attends to: its share of the patches; the rest is the class token's.
    QCOMPARE(network->partMaps().size(), std::size_t(1));
    QCOMPARE(network->partMaps()[0].kind, std::string("queries"));
    QCOMPARE(network->partMaps()[0].names.size(), std::size_t(4));
    const Tensor maps = network->partViews({x, points}, "queries").maps;
    QCOMPARE(maps.sizes(), (torch::IntArrayRef{3, 4, 3, 3}));
    const Tensor attention = views.parts.at("query_attention").mean(1);
    QVERIFY(difference(maps.sum({2, 3}) + attention.select(2, 0), torch::ones({3, 4})) < 1e-5);
    QVERIFY(difference(maps[1][2][0][1], attention[1][2][2]) < 1e-7); // row by row, behind the class token

    const auto dan = tiny("dan");
    dan->eval();
    const NetworkViews heads = dan->forwardAll(pictures(*dan, 2));
    const PartMaps parts = dan->partMaps().at(0);
    QCOMPARE(parts.kind, std::string("heads"));
    QVERIFY(parts.coarseness.empty());
    QCOMPARE(dan->partViews(pictures(*dan, 2), "heads").maps.sizes(),
             (torch::IntArrayRef{2, std::int64_t(parts.names.size()), heads.features.size(2), heads.features.size(3)}));
    QVERIFY(!dan->usesLandmarks() && tiny("eac-compact")->partMaps().empty());
}

void TstAttentionNetworks::masksFollowTheLandmarks()
{
    for (const int grid : {3, 9, 24}) // boxes that are the fixed parts keep what the fixed mask keeps
        QVERIFY(boxQueryMask(gridBoxes(72, 72, torch::kFloat32).unsqueeze(0), grid, 72)[0].equal(
            faceQueryMask(grid).to(torch::kBool)));
    // By centres, 4.5 … 67.5 in steps of 9; a box between centres keeps the cell of its own centre.
    const Tensor boxes = torch::tensor({4.f, 13.f, 14.f, 24.f, 28.f, 55.f, 30.f, 58.f}).view({1, 2, 4});
    const Tensor kept = boxQueryMask(boxes, 8, 72)[0];
    std::vector<std::int64_t> cells;
    for (std::int64_t cell = 1; cell < kept.size(0); ++cell)
        if (kept[cell].item<bool>())
            cells.push_back(cell - 1);
    QVERIFY(kept[0].item<bool>());
    QCOMPARE(cells, (std::vector<std::int64_t>{8, 9, 16, 17, 51}));

    QVERIFY(!tiny("qmask")->usesLandmarks());
    const auto network = tiny("qmask", {{"mask", "dynamic"}});
    network->eval();
    QVERIFY(network->usesLandmarks());
    const torch::NoGradGuard noGradients;
    const int side = network->config().side;
    const Tensor x = pictures(*network, 3);
    Tensor points = someLandmarks(3, side) * 0.6; // a small face in a corner
    points[2].fill_(std::nanf(""));
    const Tensor mask = boxQueryMask(landmarkBoxes(points, side, side), 3, side);
    QVERIFY(!mask[0].equal(faceQueryMask(3).to(torch::kBool)));
    const auto weights = network->attentions({x, points});
    const Tensor hidden = mask.logical_not().view({3, 1, 1, -1});
    for (const Tensor &block : weights) {
        QCOMPARE(block.masked_select(hidden.expand_as(block)).ne(0).any().item<bool>(), false);
        QVERIFY(difference(block.sum(-1), torch::ones_like(block.sum(-1))) < 1e-5);
    }
    const Tensor logits = network->forward({x, points}), fixed = network->forward(x);
    QVERIFY(difference(logits[2], fixed[2]) < 1e-5); // not known: where faces mostly are
    QVERIFY(difference(logits[0], fixed[0]) > 1e-4);
    QVERIFY(difference(network->forward({x.slice(0, 0, 1), points.slice(0, 0, 1)}), logits.slice(0, 0, 1)) < 1e-5);
}

void TstAttentionNetworks::windowsComeBack()
{
    const Tensor map = torch::arange(2 * 6 * 9 * 2).view({2, 6, 9, 2});
    const Tensor windows = splitIntoWindows(map, 3);
    QCOMPARE(windows.sizes(), (torch::IntArrayRef{2 * 2 * 3, 9, 2}));
    QVERIFY(windows[1].equal(map[0].slice(0, 0, 3).slice(1, 3, 6).reshape({9, 2}))); // row by row
    QVERIFY(joinWindows(windows, 6, 9).equal(map));
}

void TstAttentionNetworks::windowMapsAreShares()
{
    const auto network = tinyAs<Poster>("posterpp");
    network->eval();
    const torch::NoGradGuard noGradients;
    const Tensor x = pictures(*network, 2);
    const auto maps = network->windowMaps(network->stages(x, /*keepWeights=*/true));
    QCOMPARE(maps.size(), std::size_t(3));
    for (std::size_t l = 0; l < 3; ++l) {
        const std::int64_t side = 8 >> l, heads = 1 << l;
        QCOMPARE(maps[l].sizes(), (torch::IntArrayRef{2, heads, side, side}));
        QVERIFY(difference(maps[l].sum({2, 3}), torch::ones({2, heads})) < 1e-5);
    }
    const auto attentions = network->attentions(x);
    QCOMPARE(attentions.size(), std::size_t(2));
    QCOMPARE(attentions[0].sizes(), (torch::IntArrayRef{2, 4, 13, 13}));
    const Tensor patches = attentions[0].mean(1).select(1, 0).slice(1, 1);
    QCOMPARE(network->patchMap(patches).sizes(), (torch::IntArrayRef{2, 2, 2}));
    QCOMPARE(network->patchLevels(), (std::vector<std::string>{"level1", "level2", "level3"}));
    const Tensor levels = network->patchLevelMaps(patches);
    QCOMPARE(levels.sizes(), (torch::IntArrayRef{2, 3, 2, 2}));
    QVERIFY(levels.select(1, 1).flatten(1).equal(patches.slice(1, 4, 8))); // tokens lie level by level
    QVERIFY(difference(levels.mean(1), network->patchMap(patches)) < 1e-7);
}

/// One pass that keeps the attention says what the others say; of the last block the class token's row may be all.
void TstAttentionNetworks::onePassGivesScoresAndAttention()
{
    for (const char *name : {"posterpp", "arbex", "crossvit-tiny"}) {
        const auto network = tiny(name);
        network->eval();
        const torch::NoGradGuard noGradients;
        const Tensor x = pictures(*network, 2);
        std::vector<Tensor> kept;
        const NetworkViews seen = network->forwardAttentive(x, kept), whole = network->forwardAll(x);
        QVERIFY(difference(seen.logits, whole.logits) < 1e-5 && difference(seen.pooled, whole.pooled) < 1e-5);
        const auto attentions = network->attentions(x);
        QCOMPARE(kept.size(), attentions.size());
        for (std::size_t block = 0; block < kept.size(); ++block)
            QVERIFY(difference(kept[block], attentions[block].slice(2, 0, kept[block].size(2))) < 1e-6);
        QVERIFY(difference(attentionRollout(kept).select(1, 0), attentionRollout(attentions).select(1, 0)) < 1e-6);
    }
}

/// What the maps of windows are shown as: levels of one size, coarser ones with their cells repeated.
void TstAttentionNetworks::partsOfWindowsAreTheirMaps()
{
    for (const char *name : {"posterpp", "arbex"}) {
        const auto network = tinyAs<Poster>(name);
        network->eval();
        const torch::NoGradGuard noGradients;
        const Tensor x = pictures(*network, 2);
        const auto levels = network->windowMaps(network->stages(x, /*keepWeights=*/true));
        const auto kinds = network->partMaps();
        QCOMPARE(kinds.size(), std::size_t(2));
        QCOMPARE(kinds[0].kind, std::string("windows"));
        QCOMPARE(kinds[0].coarseness, (std::vector<int>{1, 2, 4}));
        QCOMPARE(kinds[1].names.size(), std::size_t(1 + 2 + 4));
        QCOMPARE(kinds[1].names.back(), std::string("level3_head4"));
        const PartViews windows = network->partViews(x, "windows"), heads = network->partViews(x, "window-heads");
        QCOMPARE(windows.maps.sizes(), (torch::IntArrayRef{2, 3, 8, 8}));
        QCOMPARE(heads.maps.sizes(), (torch::IntArrayRef{2, 7, 8, 8}));
        for (std::int64_t l = 0; l < 3; ++l) {
            const auto own = windows.maps.select(1, l).slice(1, 0, 8, 1 << l).slice(2, 0, 8, 1 << l);
            QVERIFY(difference(own, levels[std::size_t(l)].mean(1)) < 1e-7);
        }
        QVERIFY(difference(windows.maps.select(1, 1), heads.maps.slice(1, 1, 3).mean(1)) < 1e-7);
        QVERIFY(difference(windows.logits, network->forward(x)) < 1e-4);
    }
}

void TstAttentionNetworks::facesAreDrawnFromTheirPatches_data()
{
    QTest::addColumn<bool>("normalised");
    QTest::newRow("patches at mean 0, deviation 1") << true;
    QTest::newRow("patches as they are") << false;
}

void TstAttentionNetworks::facesAreDrawnFromTheirPatches()
{
    QFETCH(bool, normalised);
    const auto network = tinyAs<MaskedAutoencoder>("mae-visi", {{"norm_pix", normalised ? "yes" : "no"}});
    network->eval();
    const torch::NoGradGuard noGradients;
    const Tensor x = pictures(*network, 2);
    QCOMPARE(network->patches(), 9);
    const Tensor noise = torch::rand({2, 9});
    const Reconstruction seen = network->reconstruct(x, noise);
    QCOMPARE(seen.images.sizes(), x.sizes());
    QCOMPARE(seen.removed.sizes(), (torch::IntArrayRef{2, 3, 3}));
    QCOMPARE(seen.error.sizes(), (torch::IntArrayRef{2, 3, 3}));
    QCOMPARE(seen.removed.sum().item<double>(), 2 * 5.0); // half of nine is kept, rounded down
    const Tensor removed = seen.removed.repeat_interleave(16, 1).repeat_interleave(16, 2).unsqueeze(1) > 0;
    QVERIFY(torch::where(removed, x, seen.images).equal(x)); // what was kept is the face's own
    QVERIFY(difference(torch::where(removed, seen.images, x), x) > 0.1);
    // The mean over what was hidden is the loss of the training.
    const Tensor patches = patchesOf(x, 16);
    const auto mask = maskByNoise(noise, 0.5);
    const Tensor loss =
        reconstructionLoss(network->decode(network->encode(x, mask), mask), patches, mask.removed, normalised);
    QVERIFY(std::abs(((seen.error * seen.removed).sum() / 10 - loss).item<double>()) < 1e-5);
    if (normalised) { // each drawn patch has about the brightness of its own, an even one scores 1
        QVERIFY(difference(reconstructionError(torch::zeros_like(patches), patches, true),
                           torch::full({2, 9}, 767.0 / 768)) < 1e-3);
    }
}

void TstAttentionNetworks::whatTheQueryMaskHides()
{
    const auto network = tinyAs<MaskedAutoencoder>("qmask");
    const Tensor hidden = network->hiddenPatches(pictures(*network, 2));
    QCOMPARE(hidden.sizes(), (torch::IntArrayRef{2, 3, 3}));
    QVERIFY(hidden[1].flatten().equal(torch::tensor({0, 1, 0, 1, 0, 1, 1, 0, 1}).to(torch::kBool)));
    QVERIFY(!tiny("mae-visi")->hiddenPatches(pictures(*network, 1)).defined());
}

/// Grad-CAM of DAN: behind each head's spatial attention, where the heads differ.
void TstAttentionNetworks::gradientsOfHeadsAreTakenBehindThem()
{
    const auto network = tiny("dan");
    network->eval();
    const Tensor x = pictures(*network, 2);
    const NetworkViews views = network->forwardAll(x);
    const auto layers = network->explainedLayers(views);
    QCOMPARE(layers.size(), std::size_t(4));
    for (std::size_t head = 0; head < layers.size(); ++head)
        QVERIFY(difference(layers[head],
                           views.features * views.parts.at("spatial_maps").narrow(1, std::int64_t(head), 1)) < 1e-5);
    const NetworkMaps maps = networkMaps(*network, x, MapMethod::GradCam);
    QCOMPARE(maps.maps.sizes(), (torch::IntArrayRef{2, 5, views.features.size(2), views.features.size(3)}));
    const auto gradients = torch::autograd::grad({views.logits.select(1, 3).sum()}, layers);
    Tensor mean = torch::zeros_like(maps.maps.select(1, 3));
    for (std::size_t head = 0; head < layers.size(); ++head)
        mean += (gradients[head].mean({2, 3}, true) * layers[head]).sum(1).relu() / 4;
    QVERIFY(difference(mean.detach(), maps.maps.select(1, 3)) < 1e-6);
}

void TstAttentionNetworks::kindsOfEveryNetwork_data()
{
    QTest::addColumn<QString>("network");
    QTest::addColumn<QString>("kinds");
    const QString gradients = QStringLiteral("gradcam gradcam++"), classMaps = "cam " + gradients;
    const QString levels = QStringLiteral("rollout levels windows window-heads");
    QTest::newRow("eac-compact") << "eac-compact" << classMaps;
    QTest::newRow("eac-resnet18") << "eac-resnet18" << classMaps;
    QTest::newRow("eac-resnet50") << "eac-resnet50" << classMaps;
    QTest::newRow("dan") << "dan" << gradients + " heads";
    QTest::newRow("thesis") << "thesis" << classMaps + " heads";
    QTest::newRow("arbex") << "arbex" << levels;
    QTest::newRow("posterpp") << "posterpp" << levels;
    for (const char *name : {"mae-base", "mae-grid9", "mae-visi", "qmask", "crossvit-tiny", "crossvit-9",
                             "crossvit-small", "crossvit-15", "crossvit-18"})
        QTest::newRow(name) << name << QStringLiteral("rollout");
    QTest::newRow("visi") << "visi" << QStringLiteral("queries rollout");
    for (const char *name : {"native-keras", "native-torch", "resnet50v2", "efficientnetv2-b3"})
        QTest::newRow(name) << name << gradients;
}

/// What `models.md` 8 names, for each network, the best first; maps of every kind have their shape and are finite.
void TstAttentionNetworks::kindsOfEveryNetwork()
{
    QFETCH(QString, network);
    QFETCH(QString, kinds);
    const auto built = tiny(network.toStdString());
    built->eval();
    QStringList names;
    const Tensor x = torch::randn({2, built->config().channels, built->config().side, built->config().side});
    for (const MapMethod method : mapMethods(*built)) {
        names << QString::fromStdString(nameOf(method));
        const NetworkMaps seen = networkMaps(*built, x, method);
        const PartMaps parts = partsOf(*built, method);
        QCOMPARE(isOfParts(nameOf(method)), !parts.names.empty());
        const std::size_t count = parts.names.empty() ? 5 : parts.names.size();
        QCOMPARE(seen.maps.dim(), std::int64_t(4));
        QCOMPARE(seen.maps.size(0), std::int64_t(2));
        QCOMPARE(seen.maps.size(1), std::int64_t(count));
        QVERIFY(torch::isfinite(seen.maps).all().item<bool>() && seen.maps.max().item<double>() > 0);
        if (method != MapMethod::Cam) // evidence against a class is the class maps' alone
            QVERIFY(seen.maps.min().item<double>() >= 0);
        QVERIFY(parts.coarseness.empty() || parts.coarseness.size() == count);
        QCOMPARE(seen.logits.sizes(), (torch::IntArrayRef{2, 5}));
    }
    QCOMPARE(names.join(QLatin1Char(' ')), kinds);
    QCOMPARE(mapMethodNamed(*built, "attention"), std::optional(mapMethods(*built).front()));
    QVERIFY(!mapMethodNamed(*built, "nothing"));
    for (const std::string_view kind : networkMapKinds)
        QCOMPARE(mapMethodNamed(*built, kind).has_value(), names.contains(QLatin1String(kind.data(), kind.size())));
}

void TstAttentionNetworks::finalDistributionIsThePrediction()
{
    const auto network = tiny("arbex");
    const Tensor x = pictures(*network, 6);
    roughen(*network, x);
    const torch::NoGradGuard noGradients;
    const NetworkViews views = network->forwardAll(x);
    QVERIFY(difference(torch::softmax(views.logits, 1), views.parts.at("final")) < 1e-6);
    for (const char *name : {"primary", "anchor_correction", "attentive_correction", "correction", "final"})
        QVERIFY2(difference(views.parts.at(name).sum(1), torch::ones({6})) < 1e-5, name);
    QCOMPARE(views.pooled.sizes(), (torch::IntArrayRef{6, 32})); // reduced
    QCOMPARE(views.parts.at("distances").sizes(), (torch::IntArrayRef{6, 5, 10}));
    QCOMPARE(tiny("arbex", {{"embedding", 768}})->named_parameters().contains("reduce.weight"), true); // tiny: 32
}

void TstAttentionNetworks::batchScopeIsJudgedByAnchorsAlone()
{
    const auto network = tiny("arbex", {{"attention", "batch"}});
    const Tensor x = pictures(*network, 6);
    roughen(*network, x);
    const torch::NoGradGuard noGradients;
    const NetworkViews together = network->forwardAll(x);
    QVERIFY(difference(together.parts.at("correction"), together.parts.at("anchor_correction")) == 0);
    QVERIFY(difference(network->forward(x.slice(0, 2, 3)), together.logits.slice(0, 2, 3)) < 1e-4);
    // In training the scope does count: the same faces among others have another loss.
    const auto sample = tiny("arbex");
    roughen(*sample, pictures(*sample, 6)); // the same draws
    QVERIFY(difference(sample->named_parameters()["reduce.bias"], network->named_parameters()["reduce.bias"]) == 0);
    const Tensor y = torch::arange(6) % 5;
    QVERIFY(std::abs((network->loss(network->forwardTraining(x, 6, {}), y, {}) -
                      sample->loss(sample->forwardTraining(x, 6, {}), y, {}))
                         .item<double>()) > 1e-7);
}

void TstAttentionNetworks::anchorsStartAtFaces()
{
    const auto network = tinyAs<Arbex>("arbex", {{"anchors", 3}});
    QCOMPARE(network->startSamples(), 3);
    const Tensor x = pictures(*network, 15), y = torch::arange(15) % 5;
    network->train();
    network->startFrom(x, y, 9);
    const Tensor once = network->anchors().detach().clone();
    const auto again = tinyAs<Arbex>("arbex", {{"anchors", 3}});
    again->train();
    again->startFrom(x, y, 9);
    QVERIFY(difference(again->anchors(), once) < 1e-5); // the same faces; sums may differ by where their values lie
    const torch::NoGradGuard noGradients;
    const Tensor e = network->forwardTraining(x, 15, {}).pooled;
    for (int c = 0; c < 5; ++c) {
        const Tensor own = e.index_select(0, (y == c).nonzero().flatten());
        QVERIFY(torch::cdist(once[c], own).amin(1).max().item<double>() < 0.1); // noise of 0.01 in 32 dimensions
    }
}

void TstAttentionNetworks::lossWeightsSettleAndGoOn()
{
    const auto network = tinyAs<Arbex>("arbex");
    network->eval(); // no dropout: every step has the same losses
    const Tensor x = pictures(*network, 4), y = torch::arange(4);
    const NetworkViews views = network->forwardTraining(x, 4, {});
    const double early = network->loss(views, y, {}).item<double>();
    const auto steps = [&](int count) {
        const torch::NoGradGuard noGradients;
        for (int i = 0; i < count; ++i) {
            network->loss(views, y, {});
            network->afterStep();
        }
    };
    steps(30);
    QVERIFY(!network->lossScale().isSettled());

    // The state goes into a file and back into a network that has seen nothing.
    const QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "state.safetensors";
    SafetensorsWriter writer;
    addModule(writer, *network->lossState(), "loss.");
    QVERIFY(writer.write(path));
    const auto other = tinyAs<Arbex>("arbex");
    QVERIFY(other->lossScale().numbers() != network->lossScale().numbers());
    QVERIFY(loadWeights(*other->lossState(), *SafetensorsFile::open(path), WeightMatch::Strict, "loss."));
    QVERIFY(other->lossScale().numbers() == network->lossScale().numbers());

    steps(20);
    const ArbexLossScale scale = network->lossScale();
    QVERIFY(scale.isSettled() && scale.anchor() > 0 && scale.center() > 0);
    // A tenth of the classification each, and the anchor loss is negative: together nothing, while losses stay.
    QVERIFY(std::abs(network->loss(views, y, {}).item<double>() - early) < 1e-4 * early);
    const auto settled = scale.numbers();
    steps(3);
    QVERIFY(network->lossScale().numbers() == settled);
}

void TstAttentionNetworks::trustRisesWithTheProgress()
{
    const auto network =
        tinyAs<Arbex>("arbex", {{"loss_weights", "manual"}, {"anchor_weight", 0}, {"center_weight", 2}});
    network->eval();
    const torch::NoGradGuard noGradients;
    const Tensor x = pictures(*network, 4), y = torch::arange(4);
    const NetworkViews training = network->forwardTraining(x, 4, {});
    const NetworkViews judged = network->forwardAll(x);
    const Tensor primary = judged.parts.at("primary");
    const double atFirst = network->loss(training, y, {.progress = 0}).item<double>();
    QVERIFY(std::abs(atFirst + primary.gather(1, y.unsqueeze(1)).log().mean().item<double>()) < 1e-5);
    // At the end: the fusion of the public code, and the center loss with its weight.
    const Tensor certainty = judged.parts.at("primary_confidence");
    const Tensor fused = trainingFusion(primary, certainty, judged.parts.at("correction"), 1);
    const double center = centerLoss(judged.parts.at("distances"), certainty, y, 32).item<double>();
    const double atLast = network->loss(training, y, {.progress = 1}).item<double>();
    QVERIFY(std::abs(atLast + fused.gather(1, y.unsqueeze(1)).log().mean().item<double>() - 2 * center) < 1e-5);
    // Rare classes weigh more.
    const Tensor weights = torch::tensor({3.0f, 1.0f, 1.0f, 1.0f, 1.0f});
    const Tensor losses = -primary.gather(1, y.unsqueeze(1)).squeeze(1).log();
    const double weighted = ((losses * weights.index_select(0, y)).sum() / 6).item<double>();
    QVERIFY(std::abs(network->loss(training, y, {.progress = 0, .classWeights = weights}).item<double>() - weighted) <
            1e-5);
}

QTEST_GUILESS_MAIN(TstAttentionNetworks)
#include "tst_attention_networks.moc"
