#include "models/explain/class_attention.h"
#include "models/io/image_resize.h"
#include "models/networks/network.h"
#include "models/score/confident_learning.h"
#include "models/score/metrics.h"
#include "models/worker/golden_checks.h"

#include <algorithm>
#include <charconv>

namespace mien {
namespace {

constexpr std::int64_t kMostBins = 1'000'000;

template <typename T>
std::vector<T> values(const torch::Tensor &tensor)
{
    const torch::Tensor flat = tensor.to(c10::CppTypeToScalarType<T>::value).contiguous();
    return {flat.const_data_ptr<T>(), flat.const_data_ptr<T>() + flat.numel()};
}

template <typename T>
torch::Tensor tensorOf(const std::vector<T> &values, std::vector<std::int64_t> shape = {})
{
    if (shape.empty())
        shape = {std::int64_t(values.size())};
    torch::Tensor result = torch::empty(shape, c10::CppTypeToScalarType<T>::value);
    TORCH_CHECK(result.numel() == std::int64_t(values.size()), "values do not fill ", shape);
    std::copy(values.begin(), values.end(), result.template data_ptr<T>());
    return result;
}

torch::Tensor number(double value)
{
    return torch::tensor({value}, torch::kFloat64);
}

/// Labels of the file, checked: the functions below take wrong ones for a bug of the caller.
std::vector<std::int64_t> labelsOf(Fixture &fixture, const std::string &name, std::int64_t count, int classes)
{
    auto labels = values<std::int64_t>(fixture.tensor(name));
    if (std::int64_t(labels.size()) != count)
        throw FixtureError{"\"" + name + "\" has another length than the probabilities"};
    for (const std::int64_t label : labels)
        if (label < 0 || label >= classes)
            throw FixtureError{"\"" + name + "\" holds a label that is no class"};
    return labels;
}

struct Predictions
{
    std::vector<double> p;
    std::int64_t count = 0;
    int classes = 0;
};

Predictions predictionsOf(Fixture &fixture)
{
    const torch::Tensor p = fixture.tensor("input.pred_probs");
    if (p.dim() != 2)
        throw FixtureError{"\"input.pred_probs\" is not [N, L]"};
    if (p.size(0) < 1 || p.size(1) < 1)
        throw FixtureError{"\"input.pred_probs\" is empty"};
    return {values<double>(p), p.size(0), int(p.size(1))};
}

void expectMissingClasses(Fixture &fixture, const Predictions &predictions)
{
    if (!fixture.has("input.labels_missing") || !fixture.has("input.pred_missing"))
        return;
    const auto labels = labelsOf(fixture, "input.labels_missing", predictions.count, predictions.classes);
    const auto predicted = labelsOf(fixture, "input.pred_missing", predictions.count, predictions.classes);
    const auto metrics =
        classificationMetrics(confusionMatrix(labels, predicted, predictions.classes), predictions.classes);
    fixture.expect("output.macro_missing",
                   tensorOf<double>({metrics.macroPrecision, metrics.macroRecall, metrics.macroF1}));
    fixture.expect("output.f1_missing", tensorOf(metrics.f1));
    fixture.expect("output.precision_missing", tensorOf(metrics.precision));
    fixture.expect("output.recall_missing", tensorOf(metrics.recall));
    fixture.expect("output.accuracy_missing", number(metrics.accuracy));
    fixture.expect("output.balanced_accuracy_missing", number(metrics.balancedAccuracy));
    fixture.expect("output.weighted_f1_missing", number(metrics.weightedF1));
}

void expectClusters(Fixture &fixture)
{
    if (!fixture.has("input.embeddings"))
        return;
    const torch::Tensor embeddings = fixture.tensor("input.embeddings");
    if (embeddings.dim() != 2)
        throw FixtureError{"\"input.embeddings\" is not [N, D]"};
    const auto points = values<double>(embeddings);
    const int width = int(embeddings.size(1));
    const auto labels = values<std::int64_t>(
        fixture.tensor(fixture.has("input.cluster_labels") ? "input.cluster_labels" : "input.labels"));
    if (std::int64_t(labels.size()) != embeddings.size(0))
        throw FixtureError{"embeddings and cluster labels differ in number"};
    fixture.expect("output.davies_bouldin", number(daviesBouldin(points, width, labels)));
    fixture.expect("output.calinski_harabasz", number(calinskiHarabasz(points, width, labels)));
    fixture.expect("output.silhouette", number(silhouette(points, width, labels)));
}

ImageSize sizeOf(const torch::Tensor &hwc)
{
    return {int(hwc.size(1)), int(hwc.size(0))};
}

/// The kernel for float planes on every channel: [C, h, w] as the fixture's tensor `name` is.
template <typename Kernel>
torch::Tensor resizedPlanes(const Fixture &fixture, const std::string &name, const torch::Tensor &hwc, Kernel kernel)
{
    const auto shape = fixture.shape(name);
    if (shape.size() < 2)
        throw FixtureError{"\"" + name + "\" is not [c, h, w]"};
    const torch::Tensor planes = hwc.permute({2, 0, 1}).to(torch::kFloat32).contiguous();
    const ImageSize to{int(shape[shape.size() - 1]), int(shape[shape.size() - 2])};
    std::vector<torch::Tensor> results;
    for (std::int64_t c = 0; c < planes.size(0); ++c)
        results.push_back(tensorOf(kernel(values<float>(planes[c]), sizeOf(hwc), to), {to.height, to.width}));
    return torch::stack(results).view(shape);
}

/// Of "output.ece_bins", or of "output.ece<bins>" alone.
std::int64_t eceBins(const Fixture &fixture)
{
    if (fixture.has("output.ece_bins"))
        return fixture.side("output.ece_bins", 0);
    const std::string stem = "output.ece";
    for (const std::string &name : fixture.names()) {
        std::int64_t bins = 0;
        const char *const end = name.data() + name.size();
        if (name.starts_with(stem) && std::from_chars(name.data() + stem.size(), end, bins).ptr == end && bins > 0)
            return bins;
    }
    return 15;
}

} // namespace

void checkConfidentLearning(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Double);
    const auto [p, count, classes] = predictionsOf(fixture);
    const auto labels = labelsOf(fixture, "input.labels", count, classes);
    fixture.optional("input.true_labels"); // kept by the file to say where its labels come from

    const LabelNoise noise = estimateLabelNoise(p, labels, classes);
    const std::vector<std::int64_t> square{classes, classes};
    fixture.expect("output.thresholds", tensorOf(noise.thresholds));
    fixture.expect("output.confident_joint", tensorOf(noise.confidentJoint, square));
    fixture.expect("output.confident_joint_calibrated", tensorOf(noise.calibratedJoint, square));
    fixture.expect("output.joint", tensorOf(noise.joint, square));
    fixture.expect("output.off_diagonal_indices", tensorOf(noise.offDiagonal));

    const auto margin = normalizedMargin(p, labels, classes);
    const auto adjusted = adjustedProbabilities(p, noise.thresholds);
    fixture.expect("output.self_confidence", tensorOf(selfConfidence(p, labels, classes)));
    fixture.expect("output.normalized_margin", tensorOf(margin));
    fixture.expect("output.confidence_weighted_entropy", tensorOf(confidenceWeightedEntropy(p, labels, classes)));
    fixture.expect("output.self_confidence_adjusted", tensorOf(selfConfidence(adjusted, labels, classes)));
    fixture.expect("output.normalized_margin_adjusted", tensorOf(normalizedMargin(adjusted, labels, classes)));

    const auto flags = flaggedBy(allFlagRules, p, labels, noise);
    for (std::size_t r = 0; r < allFlagRules.size(); ++r) {
        fixture.expect("output.mask." + std::string(flagRuleName(allFlagRules[r])), tensorOf(flags[r]));
        if (allFlagRules[r] == FlagRule::ConfidentLearning)
            fixture.expect("output.num_label_issues",
                           tensorOf<std::int64_t>({std::count(flags[r].begin(), flags[r].end(), std::uint8_t(1))}));
        if (allFlagRules[r] == FlagRule::PruneByNoiseRate)
            fixture.expect("output.ranked_by_normalized_margin", tensorOf(rankedIssues(flags[r], margin)));
    }
}

void checkMetrics(Fixture &fixture)
{
    fixture.setPrecision(Fixture::Precision::Double);
    const auto predictions = predictionsOf(fixture);
    const auto &[p, count, classes] = predictions;
    const auto labels = labelsOf(fixture, "input.labels", count, classes);

    const auto confusion = confusionMatrix(labels, predictedClasses(p, classes), classes);
    const auto metrics = classificationMetrics(confusion, classes);
    fixture.expect("output.confusion", tensorOf(confusion, {classes, classes}));
    fixture.expect("output.accuracy", number(metrics.accuracy));
    fixture.expect("output.balanced_accuracy", number(metrics.balancedAccuracy));
    fixture.expect("output.precision", tensorOf(metrics.precision));
    fixture.expect("output.recall", tensorOf(metrics.recall));
    fixture.expect("output.f1", tensorOf(metrics.f1));
    fixture.expect("output.macro", tensorOf<double>({metrics.macroPrecision, metrics.macroRecall, metrics.macroF1}));
    fixture.expect("output.weighted_f1", number(metrics.weightedF1));
    expectMissingClasses(fixture, predictions);
    expectClusters(fixture);

    const std::int64_t stored = eceBins(fixture);
    if (stored < 1 || stored > kMostBins)
        throw FixtureError{"\"output.ece_bins\" has " + std::to_string(stored) + " bins; possible are 1 to " +
                           std::to_string(kMostBins)};
    const int bins = int(stored);
    const Calibration calibrated = calibration(p, labels, classes, bins);
    std::vector<double> table;
    for (const auto &bin : calibrated.bins)
        table.insert(table.end(), {double(bin.count), bin.accuracy, bin.confidence});
    fixture.expect("output.ece" + std::to_string(bins), number(calibrated.expectedError));
    fixture.expect("output.ece_bins", tensorOf(table, {bins, 3}));
    fixture.expect("output.nll", number(calibrated.nll));
    fixture.expect("output.brier", number(calibrated.brier));

    if (fixture.has("input.noise_flag")) {
        const auto flags = values<std::uint8_t>(fixture.tensor("input.noise_flag"));
        if (std::int64_t(flags.size()) != count)
            throw FixtureError{"\"input.noise_flag\" has another length than the probabilities"};
        auto score = selfConfidence(p, labels, classes);
        for (double &s : score)
            s = 1 - s;
        fixture.expect("output.noise_auc", number(rocAuc(score, flags)));
        fixture.expect("output.noise_ap", number(averagePrecision(score, flags)));
    }
}

void checkImageResize(Fixture &fixture)
{
    const std::string prefix = "input.", suffix = ".u8_hwc";
    for (const std::string &name : fixture.names()) {
        if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() <= prefix.size() + suffix.size())
            continue;
        const std::string output =
            "output." + name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()) + ".";
        torch::Tensor picture = fixture.tensor(name);
        if (picture.dim() == 2)
            picture = picture.unsqueeze(2);
        if (picture.dim() != 3 || picture.numel() == 0)
            throw FixtureError{"\"" + name + "\" is not [h, w, c]"};
        if (fixture.has(output + "pil_bilinear_u8")) {
            const auto shape = fixture.shape(output + "pil_bilinear_u8");
            if (shape.size() < 2)
                throw FixtureError{"\"" + output + "pil_bilinear_u8\" is not [h, w, c]"};
            const ImageSize to{int(shape[1]), int(shape[0])};
            const auto pixels =
                resizePilBilinear(values<std::uint8_t>(picture), sizeOf(picture), int(picture.size(2)), to);
            fixture.expect(output + "pil_bilinear_u8", tensorOf(pixels, shape));
        }
        fixture.expect(output + "halfpixel_bilinear_f32", [&] {
            return resizedPlanes(fixture, output + "halfpixel_bilinear_f32", picture, resizeHalfpixelBilinear);
        });
        fixture.expect(output + "nearest_f32",
                       [&] { return resizedPlanes(fixture, output + "nearest_f32", picture, resizeNearest); });
    }
}

void checkClassAttention(Fixture &fixture)
{
    const torch::Tensor kernel = fixture.tensor("conv.weight"), weight = fixture.tensor("fc.weight");
    const torch::Tensor x = fixture.tensor("input.x");
    const torch::Tensor maps = torch::conv2d(x, kernel, fixture.tensor("conv.bias"), 1, kernel.size(2) / 2);
    torch::Tensor activation = torch::max_pool2d(maps, 2).relu().detach().requires_grad_();
    const torch::Tensor logits = torch::linear(activation.mean({2, 3}), weight, fixture.tensor("fc.bias"));
    const torch::Tensor stored = fixture.optional("input.target");
    const torch::Tensor target = stored.defined() ? stored : logits.argmax(1);
    logits.gather(1, target.unsqueeze(1)).sum().backward(); // samples do not meet: the sum's gradient is each one's own

    const torch::NoGradGuard noGradient;
    const torch::Tensor gradient = activation.grad();
    const torch::Tensor cam = gradCam(activation, gradient), campp = gradCamPlusPlus(activation, gradient);
    const auto shown = [&](const torch::Tensor &m) { return upsampledTo(minMaxNormalised(m), x.size(2), x.size(3)); };
    fixture.expect("output.activation", activation);
    fixture.expect("output.logits", logits);
    fixture.expect("output.grad", gradient);
    fixture.expect("output.cam_all_labels", classMaps(activation, weight));
    fixture.expect("output.gradcam", cam);
    fixture.expect("output.gradcam_pp", campp);
    fixture.expect("output.gradcam_norm_upsampled", shown(cam));
    fixture.expect("output.gradcam_pp_norm_upsampled", shown(campp));
}

} // namespace mien
