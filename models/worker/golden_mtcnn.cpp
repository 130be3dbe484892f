#include "models/detect/area_resample.h"
#include "models/detect/mtcnn.h"
#include "models/detect/mtcnn_networks.h"
#include "models/detect/mtcnn_stages.h"
#include "models/io/image_resize.h"
#include "models/worker/golden_checks.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace mien {
namespace {

constexpr double kBoxLimitPx = 0.05;
constexpr double kScoreLimit = 1e-4;

const std::vector<double> boxLimits{kBoxLimitPx, kBoxLimitPx, kBoxLimitPx, kBoxLimitPx, kScoreLimit};
const std::vector<double> pointLimits{kBoxLimitPx, kBoxLimitPx};

// --- the weights, which lie beside the fixtures -------------------------------------------------------------------

/// Whether every tensor of the file is one of the stage.
bool belongs(MtcnnStage stage, const WeightMap &weights)
{
    const auto &shapes = weightShapes(stage);
    return !weights.empty() && std::all_of(weights.begin(), weights.end(), [&](const auto &item) {
        return std::any_of(shapes.begin(), shapes.end(), [&](const WeightShape &shape) {
            return shape.name == item.first && shape.shape == item.second.shape;
        });
    });
}

/// By the tensors of the file; where they could be of several networks, by its name or what it says of its source.
std::optional<MtcnnStage> stageOf(const SafetensorsFile &file, const WeightMap &weights)
{
    std::vector<MtcnnStage> possible;
    for (const MtcnnStage stage : allMtcnnStages)
        if (belongs(stage, weights))
            possible.push_back(stage);
    if (possible.size() == 1)
        return possible.front();
    const auto source = file.metadata().find("source");
    const std::string words =
        file.path().stem().string() + " " + (source == file.metadata().end() ? std::string() : source->second);
    for (const MtcnnStage stage : possible)
        if (words.find(name(stage)) != std::string::npos)
            return stage;
    return std::nullopt;
}

/// The tensors of all files of the kind `weights` in the fixture's folder. A network may be split into several files.
MtcnnWeights weightsBeside(const Fixture &fixture)
{
    MtcnnWeights result;
    std::error_code error;
    std::vector<std::filesystem::path> paths;
    for (std::filesystem::directory_iterator at(fixture.folder().empty() ? "." : fixture.folder(), error), end;
         !error && at != end; at.increment(error))
        if (at->path().extension() == ".safetensors")
            paths.push_back(at->path());
    std::sort(paths.begin(), paths.end());
    for (const auto &path : paths) {
        const auto file = SafetensorsFile::open(path); // what cannot be read fails as a fixture of its own
        if (!file || !file->metadata().contains("kind") || file->metadata().at("kind") != "weights")
            continue;
        WeightMap weights = weightsOf(*file);
        const auto stage = stageOf(*file, weights);
        if (!stage)
            continue; // of something else
        for (auto &[key, tensor] : weights) {
            const auto [at, isNew] = result.of(*stage).emplace(key, tensor);
            if (!isNew && at->second.values != tensor.values)
                throw FixtureError{"two files of weights in its folder differ in \"" + key + "\" of " +
                                   std::string(name(*stage))};
        }
    }
    for (const MtcnnStage stage : allMtcnnStages)
        if (const auto complete = checkWeights(stage, result.of(stage), "The set of weights in its folder"); !complete)
            throw FixtureError{complete.error().message};
    return result;
}

// --- tensors and boxes --------------------------------------------------------------------------------------------

/// An input as contiguous floats, with the number of dimensions it has to have.
torch::Tensor floats(Fixture &fixture, const std::string &tensorName, std::int64_t dimensions)
{
    const torch::Tensor tensor = fixture.tensor(tensorName).to(torch::kFloat32).contiguous();
    if (tensor.dim() != dimensions)
        throw FixtureError{"\"" + tensorName + "\" has " + std::to_string(tensor.dim()) + " dimensions instead of " +
                           std::to_string(dimensions)};
    return tensor;
}

/// [N, columns]
torch::Tensor table(Fixture &fixture, const std::string &tensorName, std::int64_t columns)
{
    const torch::Tensor tensor = floats(fixture, tensorName, 2);
    if (tensor.size(1) != columns)
        throw FixtureError{"\"" + tensorName + "\" has not " + std::to_string(columns) + " columns"};
    return tensor;
}

std::vector<FaceBox> boxesOf(const torch::Tensor &corners)
{
    std::vector<FaceBox> boxes;
    const auto rows = corners.accessor<float, 2>();
    for (std::int64_t i = 0; i < corners.size(0); ++i)
        boxes.push_back({rows[i][0], rows[i][1], rows[i][2], rows[i][3]});
    return boxes;
}

/// [N, 5]: corners and score.
torch::Tensor tensorOf(const std::vector<FaceBox> &boxes)
{
    torch::Tensor result = torch::empty({std::int64_t(boxes.size()), 5});
    auto rows = result.accessor<float, 2>();
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const FaceBox &box = boxes[i];
        const std::array<float, 5> values{box.x1, box.y1, box.x2, box.y2, box.score};
        for (std::size_t c = 0; c < values.size(); ++c)
            rows[std::int64_t(i)][std::int64_t(c)] = values[c];
    }
    return result;
}

torch::Tensor indexTensor(const std::vector<std::size_t> &indices)
{
    return torch::tensor(std::vector<std::int64_t>(indices.begin(), indices.end()), torch::kInt64);
}

double neededNumber(const Fixture &fixture, const std::string &key)
{
    if (!fixture.hasOption(key))
        throw FixtureError{"its metadata lacks \"" + key + "\""};
    return fixture.number(key, 0);
}

int neededSide(const Fixture &fixture, const std::string &key)
{
    const double side = neededNumber(fixture, key);
    if (!(side >= 1 && side <= 65'535))
        throw FixtureError{"its metadata \"" + key + "\" is no side of a picture"};
    return int(side);
}

/// "0.5" of "output.nms_union_0.5".
double numberAfter(const std::string &tensorName, std::size_t prefix)
{
    double value = 0;
    const char *end = tensorName.data() + tensorName.size();
    const auto [at, error] = std::from_chars(tensorName.data() + prefix, end, value);
    if (error != std::errc() || at != end)
        throw FixtureError{"the name of \"" + tensorName + "\" does not end with a threshold"};
    return value;
}

// --- helpers ------------------------------------------------------------------------------------------------------

/// "13x11" of "output.area_up_24x24_from_13x11": rows and columns from the top left; without it the whole input.
torch::Tensor cornerOf(const torch::Tensor &input, const std::string &tensorName)
{
    const std::size_t from = tensorName.rfind("_from_");
    if (from == std::string::npos)
        return input;
    int height = 0, width = 0;
    const char *end = tensorName.data() + tensorName.size();
    const auto [cross, error] = std::from_chars(tensorName.data() + from + 6, end, height);
    if (error != std::errc() || cross == end || *cross != 'x' || std::from_chars(cross + 1, end, width).ptr != end ||
        height < 1 || width < 1 || height > input.size(-2) || width > input.size(-1))
        throw FixtureError{"the name of \"" + tensorName + "\" does not end with a part of \"input.resample\""};
    return input.narrow(-2, 0, height).narrow(-1, 0, width);
}

void checkResampling(Fixture &fixture)
{
    for (const std::string &tensorName : fixture.names()) {
        if (!tensorName.starts_with("output.area_"))
            continue;
        const torch::Tensor input = cornerOf(floats(fixture, "input.resample", 4), tensorName).contiguous();
        const auto shape = fixture.shape(tensorName);
        if (shape.size() != 4 || shape[2] < 1 || shape[3] < 1 || shape[0] != input.size(0) ||
            shape[1] != input.size(1) || input.numel() == 0)
            throw FixtureError{"\"" + tensorName + "\" is not [n, c, h, w] of the input's n and c"};
        const ImageSize from{int(input.size(3)), int(input.size(2))}, to{int(shape[3]), int(shape[2])};
        const std::size_t planeSize = std::size_t(from.width) * std::size_t(from.height);
        torch::Tensor result = torch::empty(shape);
        for (std::int64_t plane = 0; plane < shape[0] * shape[1]; ++plane) {
            const auto values =
                areaResample({input.const_data_ptr<float>() + std::size_t(plane) * planeSize, planeSize}, from, to);
            std::copy(values.begin(), values.end(), result.data_ptr<float>() + plane * shape[2] * shape[3]);
        }
        fixture.expect(tensorName, result);
    }
}

void checkProposals(Fixture &fixture)
{
    if (!fixture.has("input.gen_prob"))
        return;
    const torch::Tensor probability = floats(fixture, "input.gen_prob", 3), moves = floats(fixture, "input.gen_reg", 4);
    if (moves.size(0) != probability.size(0) || moves.size(1) != 4 || moves.size(2) != probability.size(1) ||
        moves.size(3) != probability.size(2))
        throw FixtureError{"\"input.gen_reg\" is not [n, 4, h, w] of \"input.gen_prob\""};
    const double scale = neededNumber(fixture, "gen_scale");
    const auto threshold = float(fixture.number("gen_threshold", 0.6));
    if (!(scale > 0))
        throw FixtureError{"its metadata \"gen_scale\" is not above 0"};
    const auto p = probability.accessor<float, 3>();
    const auto r = moves.accessor<float, 4>();
    std::vector<float> rows;
    for (std::int64_t n = 0; n < probability.size(0); ++n)
        for (std::int64_t y = 0; y < probability.size(1); ++y)
            for (std::int64_t x = 0; x < probability.size(2); ++x) {
                if (!(p[n][y][x] >= threshold))
                    continue;
                const FaceBox box = cellBox(int(y), int(x), scale, p[n][y][x]);
                rows.insert(rows.end(), {box.x1, box.y1, box.x2, box.y2, box.score});
                for (int i = 0; i < 4; ++i)
                    rows.push_back(r[n][i][y][x]);
            }
    fixture.expect("output.gen_boxes", torch::tensor(rows).view({std::int64_t(rows.size() / 9), 9}));
}

void checkBoxes(Fixture &fixture)
{
    if (!fixture.has("input.boxes"))
        return;
    std::vector<FaceBox> boxes = boxesOf(table(fixture, "input.boxes", 4));
    if (fixture.has("input.scores")) {
        const torch::Tensor scores = floats(fixture, "input.scores", 1);
        if (scores.size(0) != std::int64_t(boxes.size()))
            throw FixtureError{"boxes and scores differ in number"};
        for (std::size_t i = 0; i < boxes.size(); ++i)
            boxes[i].score = scores.const_data_ptr<float>()[i];
    }
    for (const std::string &tensorName : fixture.names()) {
        for (const auto &[prefix, nms] : {std::pair(std::string_view("output.nms_union_"), &unionNms),
                                          std::pair(std::string_view("output.nms_min_"), &minNms)})
            if (tensorName.starts_with(prefix))
                fixture.expect(tensorName, indexTensor(nms(boxes, numberAfter(tensorName, prefix.size()))));
    }
    std::vector<FaceBox> squares;
    for (const FaceBox &box : boxes)
        squares.push_back(squared(box));
    fixture.expect("output.rerec", tensorOf(squares));
    if (!fixture.has("input.reg"))
        return;
    const torch::Tensor moves = table(fixture, "input.reg", 4);
    if (moves.size(0) != std::int64_t(boxes.size()))
        throw FixtureError{"boxes and regressions differ in number"};
    const auto r = moves.accessor<float, 2>();
    std::vector<FaceBox> moved;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const auto row = r[std::int64_t(i)];
        moved.push_back(refined(boxes[i], {row[0], row[1], row[2], row[3]}, 1));
    }
    fixture.expect("output.bbreg", tensorOf(moved));
}

void checkCorners(Fixture &fixture)
{
    if (!fixture.has("input.pad_boxes"))
        return;
    const int width = neededSide(fixture, "pad_image_w"), height = neededSide(fixture, "pad_image_h");
    std::vector<std::int64_t> x, y, endX, endY;
    for (const FaceBox &box : boxesOf(table(fixture, "input.pad_boxes", 4))) {
        const CropCorners corners = cropCorners(box, width, height);
        x.push_back(corners.x);
        y.push_back(corners.y);
        endX.push_back(corners.endX);
        endY.push_back(corners.endY);
    }
    fixture.expect("output.pad_x", torch::tensor(x, torch::kInt64));
    fixture.expect("output.pad_y", torch::tensor(y, torch::kInt64));
    fixture.expect("output.pad_ex", torch::tensor(endX, torch::kInt64));
    fixture.expect("output.pad_ey", torch::tensor(endY, torch::kInt64));
}

// --- networks -----------------------------------------------------------------------------------------------------

void expectViews(Fixture &fixture, const std::string &stage, const FaceViews &views)
{
    fixture.expect("output." + stage + "_prob", views.probability);
    fixture.expect("output." + stage + "_reg", views.regression);
    if (views.landmarks.defined())
        fixture.expect("output." + stage + "_landmarks", views.landmarks);
}

FaceViews viewsOf(const std::vector<FaceHeads> &heads, bool hasLandmarks)
{
    const auto count = std::int64_t(heads.size());
    FaceViews views{torch::empty({count, 2}), torch::empty({count, 4}),
                    hasLandmarks ? torch::empty({count, 10}) : torch::Tensor()};
    for (std::int64_t i = 0; i < count; ++i) {
        const FaceHeads &head = heads[std::size_t(i)];
        views.probability[i][0] = 1 - head.probability();
        views.probability[i][1] = head.probability();
        for (std::int64_t j = 0; j < 4; ++j)
            views.regression[i][j] = head.regression[std::size_t(j)];
        for (std::int64_t j = 0; hasLandmarks && j < 10; ++j)
            views.landmarks[i][j] = head.landmarks[std::size_t(j)];
    }
    return views;
}

/// PNet of the detector on pictures [N, 3, H, W] of bytes.
FaceViews lookedAt(const ProposalNetwork &pnet, const torch::Tensor &pictures)
{
    std::vector<torch::Tensor> probability, regression;
    for (std::int64_t n = 0; n < pictures.size(0); ++n) {
        const torch::Tensor pixels = pictures[n].permute({1, 2, 0}).contiguous();
        const ImageSize size{int(pixels.size(1)), int(pixels.size(0))};
        const RgbPicture picture{
            {pixels.const_data_ptr<std::uint8_t>(), std::size_t(pixels.numel())}, size.width, size.height};
        std::vector<FaceHeads> cells;
        const ImageSize map = pnet.look(picture, size, [&](int, std::span<const float> row, std::size_t stride) {
            for (std::size_t i = 0; i < row.size(); i += stride)
                cells.push_back(ProposalNetwork::heads(row.data() + i));
        });
        const FaceViews views = viewsOf(cells, false);
        probability.push_back(views.probability.view({map.height, map.width, 2}).permute({2, 0, 1}));
        regression.push_back(views.regression.view({map.height, map.width, 4}).permute({2, 0, 1}));
    }
    return {torch::stack(probability), torch::stack(regression), {}};
}

/// Both forms of a network: LibTorch's, and the detector's own.
template <typename Network>
void checkCropNetwork(Fixture &fixture, MtcnnStage stage, const WeightMap &weights)
{
    const std::string stageName(name(stage));
    if (!fixture.has("input." + stageName))
        return;
    const CropNetwork own(stage, weights);
    const torch::Tensor crops = floats(fixture, "input." + stageName, 4);
    if (crops.size(1) != 3 || crops.size(2) != own.sidePx() || crops.size(3) != own.sidePx())
        throw FixtureError{"\"input." + stageName + "\" is not [n, 3, " + std::to_string(own.sidePx()) + ", " +
                           std::to_string(own.sidePx()) + "]"};
    Network network;
    setWeights(network, weights);
    expectViews(fixture, stageName, network.forward(crops));
    const torch::Tensor interleaved = crops.permute({0, 2, 3, 1}).contiguous();
    expectViews(fixture, stageName,
                viewsOf(own.judge({interleaved.const_data_ptr<float>(), std::size_t(interleaved.numel())}),
                        stage == MtcnnStage::ONet));
}

// --- pipeline -----------------------------------------------------------------------------------------------------

MtcnnOptions pipelineOptions(const Fixture &fixture)
{
    MtcnnOptions options;
    options.order = FaceOrder::Probability; // in which the last suppression leaves them
    options.minFacePx = fixture.number("min_face_size", options.minFacePx);
    options.factor = fixture.number("factor", options.factor);
    const std::vector<double> thresholds = fixture.numbers("thresholds", options.thresholds.size());
    std::copy(thresholds.begin(), thresholds.end(), options.thresholds.begin());
    return options;
}

/// "output.<picture>.face<S>_chw": the first box cut to whole pixels, resized to S.
void checkFaceCrop(Fixture &fixture, const std::string &tensorName, const RgbPicture &picture,
                   const std::vector<DetectedFace> &faces)
{
    const auto shape = fixture.shape(tensorName);
    if (shape.size() != 3 || shape[0] != 3 || shape[1] < 1 || shape[2] < 1 || shape[1] > 4096 || shape[2] > 4096)
        throw FixtureError{"\"" + tensorName + "\" is not [3, h, w]"};
    if (faces.empty())
        throw FixtureError{"\"" + tensorName + "\" is of a picture in which no face was found"};
    const FaceBox &box = faces.front().box;
    const int left = int(std::clamp(box.x1, 0.0f, float(picture.width)));
    const int top = int(std::clamp(box.y1, 0.0f, float(picture.height)));
    const int width = int(std::clamp(box.x2, 0.0f, float(picture.width))) - left;
    const int height = int(std::clamp(box.y2, 0.0f, float(picture.height))) - top;
    if (width < 1 || height < 1)
        throw FixtureError{"\"" + tensorName + "\" is of a box without pixels"};
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < height; ++y) {
        const auto row = picture.pixels.begin() + (std::ptrdiff_t(top + y) * picture.width + left) * 3;
        pixels.insert(pixels.end(), row, row + std::ptrdiff_t(width) * 3);
    }
    const auto resized = resizePilBilinear(pixels, {width, height}, 3, {int(shape[2]), int(shape[1])});
    fixture.expect(tensorName, torch::tensor(std::vector<float>(resized.begin(), resized.end()))
                                   .view({shape[1], shape[2], 3})
                                   .permute({2, 0, 1}));
}

void checkPicture(Fixture &fixture, const MtcnnDetector &detector, const MtcnnOptions &options,
                  const std::string &input, const std::string &output)
{
    const torch::Tensor pixels = fixture.tensor(input).contiguous();
    if (pixels.dim() != 3 || pixels.size(2) != 3 || pixels.scalar_type() != torch::kUInt8 ||
        std::max(pixels.size(0), pixels.size(1)) > 65'535)
        throw FixtureError{"\"" + input + "\" is not [h, w, 3] of type U8"};
    const RgbPicture picture{
        {pixels.const_data_ptr<std::uint8_t>(), std::size_t(pixels.numel())}, int(pixels.size(1)), int(pixels.size(0))};
    MtcnnTrace trace;
    const auto faces = detector.detect(picture, options, &trace);
    if (!faces)
        throw FixtureError{faces.error().message};

    std::vector<FaceBox> boxes;
    torch::Tensor landmarks = torch::empty({std::int64_t(faces->size()), 5, 2});
    for (std::size_t i = 0; i < faces->size(); ++i) {
        boxes.push_back((*faces)[i].box);
        for (std::size_t j = 0; j < 5; ++j) {
            landmarks[std::int64_t(i)][std::int64_t(j)][0] = (*faces)[i].landmarks[j].x;
            landmarks[std::int64_t(i)][std::int64_t(j)][1] = (*faces)[i].landmarks[j].y;
        }
    }
    fixture.expectColumns(output + "boxes_stage1", tensorOf(trace.afterStage1), boxLimits);
    fixture.expectColumns(output + "boxes_stage2", tensorOf(trace.afterStage2), boxLimits);
    fixture.expectColumns(output + "boxes", tensorOf(boxes), boxLimits);
    fixture.expectColumns(output + "landmarks", landmarks, pointLimits);
    fixture.expect(output + "scales", torch::tensor(trace.scales, torch::kFloat64));
    for (const std::string &tensorName : fixture.names())
        if (tensorName.starts_with(output + "face") && tensorName.ends_with("_chw"))
            checkFaceCrop(fixture, tensorName, picture, *faces);
}

} // namespace

void checkMtcnnNetworks(Fixture &fixture)
{
    const torch::NoGradGuard noGradient;
    const MtcnnWeights weights = weightsBeside(fixture);
    if (fixture.has("input.image_u8")) {
        const torch::Tensor pictures = fixture.tensor("input.image_u8");
        if (pictures.dim() != 4 || pictures.size(0) < 1 || pictures.size(1) != 3 || pictures.size(2) < 12 ||
            pictures.size(3) < 12 || pictures.scalar_type() != torch::kUInt8)
            throw FixtureError{"\"input.image_u8\" is not [n, 3, h, w] of type U8 with sides of at least 12"};
        PNet network;
        setWeights(network, weights.pnet);
        expectViews(fixture, "pnet", network.forward((pictures.to(torch::kFloat32) - 127.5) * 0.0078125));
        expectViews(fixture, "pnet", lookedAt(ProposalNetwork(weights.pnet), pictures));
    }
    checkCropNetwork<RNet>(fixture, MtcnnStage::RNet, weights.rnet);
    checkCropNetwork<ONet>(fixture, MtcnnStage::ONet, weights.onet);
}

void checkMtcnnHelpers(Fixture &fixture)
{
    checkResampling(fixture);
    checkProposals(fixture);
    checkBoxes(fixture);
    checkCorners(fixture);
}

void checkMtcnnPipeline(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Double); // of the scales; boxes have limits of their own
    const auto detector = MtcnnDetector::create(weightsBeside(fixture));
    if (!detector)
        throw FixtureError{detector.error().message};
    const MtcnnOptions options = pipelineOptions(fixture);
    const std::string_view start = "input.", end = "image_u8_hwc";
    for (const std::string &tensorName : fixture.names())
        if (tensorName.starts_with(start) && tensorName.ends_with(end))
            checkPicture(fixture, *detector, options, tensorName,
                         "output." + tensorName.substr(start.size(), tensorName.size() - start.size() - end.size()));
}

} // namespace mien
