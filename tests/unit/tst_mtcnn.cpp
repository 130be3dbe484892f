#include "models/detect/mtcnn.h"
#include "models/worker/golden.h"
#include "tests/support/detector_toys.h"
#include "tests/support/test_data.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>

using namespace mien;
using mien::test::Noise;
using mien::test::randomWeights;

namespace {

/// Weights of 0: what the networks say is what the biases of their heads say, of whatever they see.
MtcnnWeights sayingAlways(float face, std::vector<float> moves = {0, 0, 0, 0})
{
    MtcnnWeights weights;
    for (const MtcnnStage stage : allMtcnnStages) {
        weights.of(stage) = randomWeights(stage, 1);
        for (auto &[name, tensor] : weights.of(stage))
            std::fill(tensor.values.begin(), tensor.values.end(), 0.0f);
    }
    for (const auto &[stage, head, regression] : {std::tuple(MtcnnStage::PNet, "conv4_1.bias", "conv4_2.bias"),
                                                  std::tuple(MtcnnStage::RNet, "dense5_1.bias", "dense5_2.bias"),
                                                  std::tuple(MtcnnStage::ONet, "dense6_1.bias", "dense6_2.bias")}) {
        weights.of(stage).at(head).values = {0, face};
        weights.of(stage).at(regression).values = moves;
    }
    weights.onet.at("dense6_3.bias").values = {0.3f, 0.7f, 0.5f, 0.35f, 0.65f, 0.4f, 0.4f, 0.6f, 0.8f, 0.8f};
    return weights;
}

std::string words(const Error &error)
{
    return error.message;
}

} // namespace

class TstMtcnn : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void pyramid();
    void cellsInSinglePrecision();
    void suppression();
    void boxesByHand();
    void cornersStayInThePicture();
    void anySizeIsLookedAt_data();
    void anySizeIsLookedAt();
    void emptyCropsAreDropped();
    void ordersAndNumbers();
    void blankPictureHasNoFaces();
    void wrongRequestsAreNamed();
    void knownPlacesAreLookedAtAlone();
    void unfitWeightsAreRefused();
    void weightsAreKeptOnce();
    void ownFixturePasses();
    void malformedFixturesAreNamed_data();
    void malformedFixturesAreNamed();
};

void TstMtcnn::pyramid()
{
    const auto scales = pyramidScales(128, 200, 20, 0.709);
    QCOMPARE(scales.size(), std::size_t(6)); // 76.8 px, five times 0.709 is 13.8, six times 9.8
    QCOMPARE(scales[0], 0.6);
    QCOMPARE(scales[1], 0.6 * 0.709);
    QCOMPARE(scaledSide(128, 0.6), 77);
    QVERIFY(pyramidScales(19, 5000, 20, 0.709).empty());
    QCOMPARE(pyramidScales(20, 5000, 20, 0.709).size(), std::size_t(1));
}

/// (2 * 4 + 1) / 0.6 is 15 in double and just below it in single precision, which is what the published code takes.
void TstMtcnn::cellsInSinglePrecision()
{
    const FaceBox box = cellBox(0, 4, 0.6, 0.75f);
    QCOMPARE(box.x1, 14.0f);
    QCOMPARE(box.y1, 1.0f);
    QCOMPARE(box.x2, 33.0f);
    QCOMPARE(box.score, 0.75f);
}

void TstMtcnn::suppression()
{
    using Indices = std::vector<std::size_t>;
    const FaceBox box{10, 10, 20, 20, 0.8f};
    QCOMPARE(unionNms(std::vector<FaceBox>(5, box), 0.5), Indices{0});
    QCOMPARE(minNms(std::vector<FaceBox>(5, box), 0.7), Indices{0});
    QVERIFY(unionNms({}, 0.5).empty());

    const FaceBox better{100, 10, 120, 20, 0.9f}, half{105, 10, 125, 20, 0.85f}; // 15 of 25
    const std::vector<FaceBox> boxes{box, half, better};
    QCOMPARE(unionNms(boxes, 0.5), (Indices{2, 0}));
    QCOMPARE(unionNms(boxes, 0.61), (Indices{2, 1, 0}));

    const FaceBox large{0, 0, 99, 99, 0.7f}, inside{40, 40, 49, 49, 0.9f};
    QCOMPARE(unionNms(std::vector{large, inside}, 0.5), (Indices{1, 0}));
    QCOMPARE(minNms(std::vector{large, inside}, 0.7), Indices{1});
    const FaceBox beside{49, 40, 58, 49, 0.8f}; // one column of ten in common, as pixels are counted
    QCOMPARE(minNms(std::vector{inside, beside}, 0.1), (Indices{0, 1}));
    QCOMPARE(minNms(std::vector{inside, beside}, 0.09), Indices{0});
}

void TstMtcnn::boxesByHand()
{
    const FaceBox wide = squared({10, 20, 30, 30, 0.5f});
    QCOMPARE(wide.x1, 10.0f);
    QCOMPARE(wide.y1, 15.0f);
    QCOMPARE(wide.x2, 30.0f);
    QCOMPARE(wide.y2, 35.0f);
    QCOMPARE(wide.score, 0.5f);
    const FaceBox moved = refined({10, 20, 29, 39}, {0.1f, -0.1f, 0.5f, 0}, 1);
    QCOMPARE(moved.x1, 12.0f);
    QCOMPARE(moved.y1, 18.0f);
    QCOMPARE(moved.x2, 39.0f);
    QCOMPARE(moved.y2, 39.0f);
    QCOMPARE(refined({10, 20, 30, 40}, {0.1f, 0, 0, 0}, 0).x1, 12.0f);
}

void TstMtcnn::cornersStayInThePicture()
{
    const auto window = [](const FaceBox &box) { return cropCorners(box, 64, 48).window(); };
    const PixelWindow inside = window({10.9f, 20.2f, 30.9f, 40.9f});
    QCOMPARE(inside.left, 9);
    QCOMPARE(inside.top, 19);
    QCOMPARE(inside.width, 21);
    QCOMPARE(inside.height, 21);
    const PixelWindow over = window({-5, -7, 1000, 900});
    QCOMPARE(over.left, 0);
    QCOMPARE(over.top, 0);
    QCOMPARE(over.width, 64);
    QCOMPARE(over.height, 48);
    const float huge = std::numeric_limits<float>::max(), none = std::numeric_limits<float>::quiet_NaN();
    QVERIFY(window({65, 10, 90, 30}).isEmpty());
    QVERIFY(window({10, -30, 20, -2}).isEmpty());
    QVERIFY(window({huge, huge, huge, huge}).isEmpty());
    QVERIFY(window({none, none, none, none}).isEmpty());
    QCOMPARE(window({-huge, -huge, huge, huge}).width, 64);
}

void TstMtcnn::anySizeIsLookedAt_data()
{
    QTest::addColumn<QSize>("size");
    QTest::addColumn<double>("minFacePx");
    QTest::addColumn<bool>("isLargeEnough");
    QTest::newRow("1 x 1") << QSize(1, 1) << 4.0 << false;
    QTest::newRow("3 x 3") << QSize(3, 3) << 4.0 << false;
    QTest::newRow("4 x 4") << QSize(4, 4) << 4.0 << true;
    QTest::newRow("12 x 12") << QSize(12, 12) << 12.0 << true;
    QTest::newRow("12 x 12, larger faces") << QSize(12, 12) << 20.0 << false;
    QTest::newRow("13 x 5000") << QSize(13, 5000) << 12.0 << true;
    QTest::newRow("5000 x 13") << QSize(5000, 13) << 12.0 << true;
    QTest::newRow("13 x 5000, larger faces") << QSize(13, 5000) << 20.0 << false;
    QTest::newRow("61 x 47") << QSize(61, 47) << 20.0 << true;
}

/// With networks that take everything for a face, and with some that take nothing.
void TstMtcnn::anySizeIsLookedAt()
{
    QFETCH(QSize, size);
    QFETCH(double, minFacePx);
    QFETCH(bool, isLargeEnough);
    const Noise noise(size.width(), size.height());
    const auto faces = MtcnnDetector::create(sayingAlways(4))->detect(noise.picture, {.minFacePx = minFacePx});
    QVERIFY2(faces, faces ? "" : words(faces.error()).c_str());
    QCOMPARE(!faces->empty(), isLargeEnough);
    for (const DetectedFace &face : *faces) {
        QVERIFY(std::abs(face.box.score - 1 / (1 + std::exp(-4.0f))) < 1e-6f);
        const float width = face.box.x2 - face.box.x1 + 1;
        QVERIFY(std::abs(face.landmarks[1].x - (face.box.x1 - 1 + 0.7f * width)) < 1e-3f * width + 1e-3f);
        QVERIFY(std::isfinite(face.landmarks[4].y));
    }
    QVERIFY(MtcnnDetector::create(sayingAlways(-4))->detect(noise.picture, {.minFacePx = minFacePx})->empty());
}

/// Boxes that leave the picture are dropped with their crops, and the others keep theirs.
void TstMtcnn::emptyCropsAreDropped()
{
    const Noise noise(90, 80);
    MtcnnTrace trace, moved, gone;
    QVERIFY(MtcnnDetector::create(sayingAlways(4))->detect(noise.picture, {}, &trace));
    QVERIFY(MtcnnDetector::create(sayingAlways(4, {1.5f, 1.5f, 1.5f, 1.5f}))->detect(noise.picture, {}, &moved));
    const auto faces = MtcnnDetector::create(sayingAlways(4, {9, 9, 9, 9}))->detect(noise.picture, {}, &gone);
    QVERIFY(!moved.afterStage1.empty());
    QVERIFY(moved.afterStage1.size() < trace.afterStage1.size());
    for (const FaceBox &box : moved.afterStage1)
        QVERIFY(!cropCorners(box, 90, 80).window().isEmpty());
    QVERIFY(gone.afterStage1.empty());
    QVERIFY(faces && faces->empty());
}

void TstMtcnn::ordersAndNumbers()
{
    // Scores that depend on what is seen, boxes that stay where they are.
    MtcnnWeights weights;
    for (const auto &[stage, score, regression] :
         {std::tuple(MtcnnStage::PNet, "conv4_1.", "conv4_2."), std::tuple(MtcnnStage::RNet, "dense5_1.", "dense5_2."),
          std::tuple(MtcnnStage::ONet, "dense6_1.", "dense6_2.")}) {
        WeightMap &map = weights.of(stage) = randomWeights(stage, 21);
        map.at(std::string(score) + "bias").values = {0, 1.5f};
        for (float &value : map.at(std::string(score) + "weight").values)
            value *= 0.02f;
        for (const char *part : {"weight", "bias"})
            for (float &value : map.at(std::string(regression) + part).values)
                value = 0;
    }
    const auto detector = MtcnnDetector::create(weights);
    const Noise noise(110, 90);
    const auto facesBy = [&](FaceOrder order, int most = 0) {
        const MtcnnOptions options{.thresholds = {0.6, 0.5, 0.5}, .order = order, .mostFaces = most};
        return detector->detect(noise.picture, options).value();
    };
    const auto area = [](const DetectedFace &face) {
        return (face.box.x2 - face.box.x1) * (face.box.y2 - face.box.y1);
    };
    const auto centred = [&](const DetectedFace &face) {
        const float dx = (face.box.x1 + face.box.x2) / 2 - 55, dy = (face.box.y1 + face.box.y2) / 2 - 45;
        return area(face) - 2 * (dx * dx + dy * dy);
    };
    const auto falls = [](const std::vector<DetectedFace> &faces, auto rank) {
        return std::is_sorted(faces.begin(), faces.end(),
                              [&](const DetectedFace &a, const DetectedFace &b) { return rank(a) > rank(b); });
    };
    const auto score = [](const DetectedFace &face) { return face.box.score; };
    const auto byArea = facesBy(FaceOrder::Area), byScore = facesBy(FaceOrder::Probability),
               byCentre = facesBy(FaceOrder::Centre);
    QVERIFY2(byArea.size() > 3, std::to_string(byArea.size()).c_str());
    QCOMPARE(byScore.size(), byArea.size());
    QVERIFY(falls(byArea, area) && !falls(byArea, score));
    QVERIFY(falls(byScore, score) && !falls(byScore, area));
    QVERIFY(falls(byCentre, centred) && !falls(byCentre, area));
    const auto two = facesBy(FaceOrder::Area, 2);
    QCOMPARE(two.size(), std::size_t(2));
    QCOMPARE(two[1].box.x1, byArea[1].box.x1);
}

void TstMtcnn::blankPictureHasNoFaces()
{
    MIEN_NEED_TEST_DATA(folder, "golden");
    MtcnnWeights weights;
    for (const auto &[stage, file] :
         {std::pair(MtcnnStage::PNet, "mtcnn_weights_pnet"), std::pair(MtcnnStage::RNet, "mtcnn_weights_rnet"),
          std::pair(MtcnnStage::ONet, "mtcnn_weights_onet_part1"),
          std::pair(MtcnnStage::ONet, "mtcnn_weights_onet_part2")})
        weights.of(stage).merge(
            weightsOf(SafetensorsFile::open(folder / (std::string(file) + ".safetensors")).value()));
    const auto detector = MtcnnDetector::create(weights);
    QVERIFY2(detector, detector ? "" : words(detector.error()).c_str());
    for (const int level : {0, 128, 255}) {
        const std::vector<std::uint8_t> pixels(320 * 240 * 3, std::uint8_t(level));
        QVERIFY(detector->detect({pixels, 320, 240})->empty());
    }
}

void TstMtcnn::wrongRequestsAreNamed()
{
    const auto detector = MtcnnDetector::create(sayingAlways(-4));
    const Noise noise(30, 30);
    const auto says = [&](const RgbPicture &picture, const MtcnnOptions &options, const char *text) {
        const auto faces = detector->detect(picture, options);
        return !faces && faces.error().code == ErrorCode::Invalid &&
               faces.error().message.find(text) != std::string::npos;
    };
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    QVERIFY(says({noise.pixels, 30, 31}, {}, "bytes"));
    QVERIFY(says({noise.pixels, 0, 0}, {}, "sides"));
    QVERIFY(says({noise.pixels, -30, -30}, {}, "sides"));
    QVERIFY(says(noise.picture, {.minFacePx = 3}, "smallest"));
    QVERIFY(says(noise.picture, {.minFacePx = nothing}, "smallest"));
    QVERIFY(says(noise.picture, {.factor = 1}, "step"));
    QVERIFY(says(noise.picture, {.factor = nothing}, "step"));
    QVERIFY(says(noise.picture, {.thresholds = {0.5, 0.5, 1.5}}, "thresholds"));
    QVERIFY(says(noise.picture, {.mostFaces = -1}, "negative"));
}

/// The surroundings are mapped back to the picture, also where they are shrunk; boxes outside of it hold nothing.
void TstMtcnn::knownPlacesAreLookedAtAlone()
{
    const auto detector = MtcnnDetector::create(sayingAlways(4));
    const Noise noise(400, 300);
    const std::vector<FaceBox> boxes{{900, 900, 950, 950}, {100, 80, 180, 160}};
    const auto again = detector->refine(noise.picture, boxes);
    QVERIFY(again && again->size() == 2);
    QVERIFY(!(*again)[0]);
    QVERIFY((*again)[1]);
    QVERIFY(std::abs((*again)[1]->box.x1 - 100) < 1 && std::abs((*again)[1]->box.y2 - 160) < 1);
    const auto never = MtcnnDetector::create(sayingAlways(-4))->refine(noise.picture, boxes);
    QVERIFY(never && !(*never)[0] && !(*never)[1]);

    const std::vector<FaceBox> windows{{900, 900, 950, 950}, {100, 80, 180, 160}};
    const auto in = detector->detectIn(noise.picture, windows);
    QVERIFY(in && in->size() == 1);
    QVERIFY(std::abs(in->front().box.x1 - 100) < 2 && std::abs(in->front().box.y2 - 160) < 2);

    const MtcnnOptions large{.minFacePx = 60, .thresholds = {0.2, 0.7, 0.7}};
    const auto all = detector->detect(noise.picture, large);
    QVERIFY(all && !all->empty());
    const FaceBox known = all->front().box;
    const auto beside = detector->detectBeside(noise.picture, std::array{known}, large);
    QVERIFY(beside && !beside->faces.empty());
    for (const DetectedFace &face : beside->faces)
        QCOMPARE(minNms(std::array{known, face.box}, 0.7).size(), std::size_t(2));

    // What the networks half believe is in doubt, what they do not believe is not.
    const auto doubting = MtcnnDetector::create(sayingAlways(-0.5f))->detectBeside(noise.picture, {}, large);
    QVERIFY(doubting && doubting->faces.empty() && !doubting->doubtful.empty());
    const auto sureOfNone = MtcnnDetector::create(sayingAlways(-1.6f))->detectBeside(noise.picture, {}, large);
    QVERIFY(sureOfNone && sureOfNone->faces.empty() && sureOfNone->doubtful.empty());

    const auto near = detector->detectNear(noise.picture, {120, 100, 264, 244}); // at half of its size
    QVERIFY2(near, near ? "" : words(near.error()).c_str());
    QVERIFY(!near->empty());
    for (const DetectedFace &face : *near) {
        QVERIFY(face.box.x1 > 40 && face.box.x2 < 350 && face.box.y1 > 15 && face.box.y2 < 320);
        QVERIFY(face.box.x2 - face.box.x1 > 0.5f * 144);
    }
    QVERIFY(detector->detectNear(noise.picture, {900, 900, 950, 950})->empty());
    const auto wrong = detector->detectNear(noise.picture, {50, 50, 50, 50});
    QVERIFY(!wrong && wrong.error().code == ErrorCode::Invalid);
}

void TstMtcnn::unfitWeightsAreRefused()
{
    const auto refused = [](auto change, const char *text) {
        MtcnnWeights weights = sayingAlways(1);
        change(weights);
        const auto detector = MtcnnDetector::create(weights);
        return !detector && detector.error().code == ErrorCode::Invalid &&
               detector.error().message.find(text) != std::string::npos;
    };
    QVERIFY(refused([](MtcnnWeights &w) { w.rnet.erase("dense4.bias"); }, "\"dense4.bias\" is missing"));
    QVERIFY(refused([](MtcnnWeights &w) { w.onet.at("conv1.bias").shape = {33}; }, "another shape"));
    QVERIFY(refused([](MtcnnWeights &w) { w.pnet.at("conv1.bias").values[2] = INFINITY; }, "not finite"));
    QVERIFY(
        refused([](MtcnnWeights &w) { w.pnet.emplace("conv9.bias", NamedTensor{"conv9.bias", {1}, {0}}); }, "conv9"));
}

void TstMtcnn::weightsAreKeptOnce()
{
    QTemporaryDir folder;
    const std::filesystem::path own = folder.path().toStdString(), cache = own / "cache";
    const auto missing = mtcnnWeightsFrom({own / "nowhere"}, cache);
    QVERIFY(!missing);
    QCOMPARE(missing.error().code, ErrorCode::NotFound);
    QVERIFY(words(missing.error()).find("nowhere") != std::string::npos);
    QVERIFY(!std::filesystem::exists(cache));

    std::filesystem::create_directories(own / "other" / "mtcnn");
    std::ofstream(own / "other" / "mtcnn" / "pnet.pt") << "something else";
    const auto foreign = mtcnnWeightsFrom({own / "other"}, cache);
    QVERIFY(!foreign);
    QCOMPARE(foreign.error().code, ErrorCode::Invalid);
    QVERIFY(words(foreign.error()).find("SHA-256") != std::string::npos);

    qputenv("MIEN_DATA_DIR", "/somewhere");
    QCOMPARE(mtcnnWeightFolders(), std::vector<std::filesystem::path>{"/somewhere"});
    qunsetenv("MIEN_DATA_DIR");
    const auto folders = mtcnnWeightFolders();
    QVERIFY(folders.size() > 1);
    const auto installed = mtcnnWeightsFrom(folders, cache);
    if (!installed) { // a checkout without the published weights
        QCOMPARE(installed.error().code, ErrorCode::NotFound);
        return;
    }
    const auto again = mtcnnWeightsFrom({}, cache);
    QVERIFY2(again, again ? "" : words(again.error()).c_str());
    QCOMPARE(again->pnet.at("conv1.weight").values, installed->pnet.at("conv1.weight").values);
    QVERIFY(MtcnnDetector::create(*again));

    std::fstream damaged(cache / "rnet.safetensors", std::ios::binary | std::ios::in | std::ios::out);
    damaged.seekp(-5, std::ios::end);
    damaged.put('\x11');
    damaged.close();
    QVERIFY(!mtcnnWeightsFrom({}, cache));
    QVERIFY(mtcnnWeightsFrom(folders, cache)); // and mends it
    QVERIFY(mtcnnWeightsFrom({}, cache));
    QVERIFY(mtcnnWeightsFrom(folders, own / "other" / "mtcnn" / "pnet.pt" / "no folder"));
}

namespace {

void writeWeights(const std::filesystem::path &path, const WeightMap &weights, const std::string &source)
{
    SafetensorsWriter writer;
    for (const auto &[name, tensor] : weights)
        writer.add(name, tensor.shape, std::span(tensor.values));
    writer.setMetadata("kind", "weights");
    writer.setMetadata("source", source);
    QVERIFY(writer.write(path));
}

/// A folder with weights that find nothing, ONet's in two files one of which could be RNet's, and a fixture of a
/// picture.
void writeFixture(const std::filesystem::path &folder, const std::string &thresholds, double scale)
{
    const MtcnnWeights weights = sayingAlways(-4);
    WeightMap first = weights.onet, second;
    second.insert(first.extract("conv3.bias"));
    writeWeights(folder / "a.safetensors", weights.pnet, "p");
    writeWeights(folder / "b.safetensors", weights.rnet, "r");
    writeWeights(folder / "c.safetensors", first, "o");
    writeWeights(folder / "d.safetensors", second, "somebody's data/onet.pt");
    const Noise noise(24, 20);
    SafetensorsWriter writer;
    writer.add("input.x.image_u8_hwc", {20, 24, 3}, std::span<const std::uint8_t>(noise.pixels));
    for (const char *boxes : {"boxes", "boxes_stage1", "boxes_stage2"})
        writer.add(std::string("output.x.") + boxes, {0, 5}, std::vector<float>());
    writer.add("output.x.landmarks", {0, 5, 2}, std::vector<float>());
    writer.add("output.x.scales", {1}, std::vector<double>{scale});
    writer.setMetadata("kind", "mtcnn_pipeline");
    writer.setMetadata("thresholds", thresholds);
    QVERIFY(writer.write(folder / "fixture.safetensors"));
}

} // namespace

void TstMtcnn::ownFixturePasses()
{
    QTemporaryDir temporary;
    const std::filesystem::path folder = temporary.path().toStdString();
    const auto outcome = [&] { return checkFixture(folder / "fixture.safetensors"); };
    writeFixture(folder, "0.6, 0.7, 0.7", 0.6);
    QVERIFY2(outcome().state == GoldenOutcome::State::Passed, outcome().message.c_str());
    QCOMPARE(outcome().compared, 5);
    writeFixture(folder, "0.6,0.7,0.7", 0.601);
    QVERIFY(outcome().state == GoldenOutcome::State::Failed);
    writeFixture(folder, "0.01,0.7,0.7", 0.6); // proposes everything
    QVERIFY(outcome().message.find("boxes_stage1") != std::string::npos);
    writeFixture(folder, "0.6;0.7", 0.6);
    QVERIFY(outcome().message.find("thresholds") != std::string::npos);
    writeFixture(folder, "0.6,0.7,7", 0.6);
    QVERIFY(outcome().message.find("thresholds") != std::string::npos);
    writeFixture(folder, "0.6,0.7,0.7", 0.6);
    std::filesystem::remove(folder / "d.safetensors");
    QVERIFY2(outcome().message.find("\"conv3.bias\" is missing") != std::string::npos, outcome().message.c_str());
    std::filesystem::remove(folder / "a.safetensors");
    QVERIFY(outcome().state == GoldenOutcome::State::Failed);
    QVERIFY(outcome().message.find("pnet") != std::string::npos);
}

void TstMtcnn::malformedFixturesAreNamed_data()
{
    QTest::addColumn<QString>("tensor");
    QTest::addColumn<QList<qint64>>("shape");
    QTest::addColumn<QString>("words");
    QTest::newRow("flat resample") << "input.resample" << QList<qint64>{4} << "dimensions";
    QTest::newRow("nothing to resample") << "input.resample" << QList<qint64>{1, 1, 0, 4} << "output.area_2x2";
    QTest::newRow("other channels") << "output.area_2x2" << QList<qint64>{1, 2, 2, 2} << "output.area_2x2";
    QTest::newRow("part outside") << "output.area_up_2x2_from_9x2" << QList<qint64>{1, 1, 2, 2} << "input.resample";
    QTest::newRow("part of no size") << "output.area_up_2x2_from_x" << QList<qint64>{1, 1, 2, 2} << "input.resample";
    QTest::newRow("no threshold") << "output.nms_union_" << QList<qint64>{1} << "threshold";
    QTest::newRow("three corners") << "input.boxes" << QList<qint64>{2, 3} << "4 columns";
    QTest::newRow("scores of others") << "input.scores" << QList<qint64>{3} << "number";
    QTest::newRow("moves of others") << "input.reg" << QList<qint64>{3, 4} << "number";
    QTest::newRow("map of another size") << "input.gen_reg" << QList<qint64>{1, 4, 3, 3} << "input.gen_reg";
    QTest::newRow("boxes to cut") << "input.pad_boxes" << QList<qint64>{4} << "dimensions";
    QTest::newRow("unknown") << "input.other" << QList<qint64>{1} << "input.other";
}

void TstMtcnn::malformedFixturesAreNamed()
{
    QFETCH(QString, tensor);
    QFETCH(QList<qint64>, shape);
    QFETCH(QString, words);
    std::map<std::string, std::vector<std::int64_t>> shapes{{"input.resample", {1, 1, 4, 4}},
                                                            {"output.area_2x2", {1, 1, 2, 2}},
                                                            {"input.boxes", {2, 4}},
                                                            {"input.scores", {2}},
                                                            {"input.reg", {2, 4}},
                                                            {"input.gen_prob", {1, 2, 2}},
                                                            {"input.gen_reg", {1, 4, 2, 2}},
                                                            {"input.pad_boxes", {2, 4}},
                                                            {"output.gen_boxes", {0, 9}}};
    QTemporaryDir temporary;
    const std::filesystem::path path = std::filesystem::path(temporary.path().toStdString()) / "f.safetensors";
    const auto outcome = [&](std::map<std::string, std::string> metadata) {
        SafetensorsWriter writer;
        for (const auto &[name, sides] : shapes) {
            std::int64_t count = 1;
            for (const std::int64_t side : sides)
                count *= side;
            writer.add(name, sides, std::vector<float>(std::size_t(count), 0));
        }
        metadata["kind"] = "mtcnn_helpers";
        for (const auto &[key, value] : metadata)
            writer.setMetadata(key, value);
        return writer.write(path) ? checkFixture(path) : GoldenOutcome();
    };
    const std::map<std::string, std::string> good{{"gen_scale", "0.5"}, {"pad_image_w", "9"}, {"pad_image_h", "9"}};
    QVERIFY2(outcome(good).state == GoldenOutcome::State::Passed, outcome(good).message.c_str());
    for (const char *key : {"gen_scale", "pad_image_w"}) {
        for (const char *value : {"", "-1", "x", "1e9"}) {
            if (std::string(key) == "gen_scale" && std::string(value) == "1e9")
                continue; // a scale like any other
            auto bad = good;
            bad[key] = value;
            QVERIFY2(outcome(bad).message.find(key) != std::string::npos, value);
        }
        auto bad = good;
        bad.erase(key);
        QVERIFY(outcome(bad).message.find(key) != std::string::npos);
    }
    shapes[tensor.toStdString()] = {shape.begin(), shape.end()};
    const GoldenOutcome bad = outcome(good);
    QCOMPARE(bad.state, GoldenOutcome::State::Failed);
    QVERIFY2(bad.message.find(words.toStdString()) != std::string::npos, bad.message.c_str());
}

QTEST_GUILESS_MAIN(TstMtcnn)
#include "tst_mtcnn.moc"
