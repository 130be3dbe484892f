#include "models/io/published_weights.h"

#include "models/io/module_state.h"
#include "models/io/published_names.h"

#include <cmath>

namespace mien {
namespace {

struct Meeting
{
    std::vector<torch::Tensor> own; ///< Of the module, in the order of the match.
    NameMatch match;
    PublishedReport report;
};

Meeting meetingOf(const torch::nn::Module &module, const SafetensorsFile &file)
{
    Meeting meeting;
    std::vector<NamedShape> stored, own;
    for (const TensorView &tensor : file.tensors())
        stored.push_back({tensor.name, tensor.shape});
    for (const auto &[name, tensor] : namedState(module)) {
        own.push_back({name, tensor.sizes().vec()});
        meeting.own.push_back(tensor);
    }
    meeting.match = matchPublishedNames(stored, own);
    const NameMatch &match = meeting.match;
    PublishedReport &report = meeting.report;
    report.convention = match.convention;
    report.part = match.part;
    report.matched = int(match.moves.size());
    const auto named = [](const std::vector<std::size_t> &indices, const std::vector<NamedShape> &tensors) {
        std::vector<std::string> names;
        for (const std::size_t index : indices)
            names.push_back(tensors[index].name);
        return names;
    };
    report.missing = named(match.missing, own);
    report.unexpected = named(match.unexpected, stored);
    report.mismatched = named(match.mismatched, stored);
    report.dropped = named(match.dropped, stored);
    for (const WeightMove &move : match.moves)
        if (move.change != WeightChange::None)
            report.changed.push_back(own[move.own].name);
    return meeting;
}

torch::Tensor changed(const torch::Tensor &value, WeightChange change, const torch::Tensor &own)
{
    switch (change) {
    case WeightChange::None: return value;
    case WeightChange::Reshape: return value.reshape(own.sizes());
    case WeightChange::TransposeDense: return value.t();
    case WeightChange::KernelLast: return value.permute({3, 2, 0, 1});
    case WeightChange::DepthwiseKernel: return value.permute({2, 3, 0, 1}).reshape(own.sizes());
    case WeightChange::ResizePositions:
        return resizedPositions(value, std::llround(std::sqrt(double(own.size(1) - 1))));
    }
    return value;
}

std::string problems(const PublishedReport &report)
{
    std::string text;
    if (!report.mismatched.empty())
        text += " other shape: " + firstThree(report.mismatched) + ";";
    if (!report.missing.empty())
        text += " missing: " + firstThree(report.missing) + ";";
    if (!report.unexpected.empty())
        text += " not expected: " + firstThree(report.unexpected) + ";";
    return text;
}

} // namespace

std::vector<std::string> PublishedReport::sentences() const
{
    std::string numbers = std::to_string(matched) + " tensors meet";
    if (!convention.empty())
        numbers += " by the names of " + convention;
    if (!part.empty())
        numbers += ", for the part " + part.substr(0, part.size() - 1);
    numbers += "; " + std::to_string(missing.size()) + " are missing, " + std::to_string(mismatched.size()) +
               " have another shape, " + std::to_string(unexpected.size()) + " are not expected, " +
               std::to_string(dropped.size()) + " are never evaluated";
    std::vector<std::string> lines{std::move(numbers)};
    const auto listed = [&](const char *what, const std::vector<std::string> &names) {
        if (names.empty())
            return;
        std::string line = what;
        for (const std::string &name : names)
            line += (&name == &names.front() ? " " : ", ") + name;
        lines.push_back(std::move(line));
    };
    listed("missing:", missing);
    listed("other shape:", mismatched);
    listed("not expected:", unexpected);
    listed("never evaluated:", dropped);
    listed("changed on the way:", changed);
    return lines;
}

nlohmann::json PublishedReport::toJson() const
{
    return {{"matched", matched},       {"missing", missing}, {"unexpected", unexpected},
            {"mismatched", mismatched}, {"dropped", dropped}, {"changed", changed},
            {"convention", convention}, {"part", part},       {"strict", isStrict()}};
}

PublishedReport comparePublishedWeights(const torch::nn::Module &module, const SafetensorsFile &file)
{
    return meetingOf(module, file).report;
}

Result<PublishedReport> loadPublishedWeights(torch::nn::Module &module, const SafetensorsFile &file, WeightMatch match)
{
    const torch::NoGradGuard noGradient;
    Meeting meeting = meetingOf(module, file);
    if (match == WeightMatch::Strict && !meeting.report.isStrict()) {
        std::string message = file.path().string() + " does not fit this network:" + problems(meeting.report);
        message.back() = '.';
        return fail(ErrorCode::Invalid, std::move(message));
    }
    if (meeting.match.moves.empty())
        return fail(ErrorCode::Invalid, file.path().string() + " holds no weight of this network.");
    std::vector<torch::Tensor> values;
    for (const WeightMove &move : meeting.match.moves) {
        const TensorView &stored = file.tensors()[move.stored];
        torch::Tensor value = toTorch(stored);
        if (value.is_floating_point() && !torch::isfinite(value).all().item<bool>())
            return fail(ErrorCode::Invalid,
                        file.path().string() + ": tensor \"" + stored.name + "\" holds values that are not finite.");
        values.push_back(changed(value, move.change, meeting.own[move.own]));
    }
    for (std::size_t i = 0; i < values.size(); ++i)
        meeting.own[meeting.match.moves[i].own].copy_(values[i]);
    return std::move(meeting.report);
}

torch::Tensor resizedPositions(const torch::Tensor &positions, std::int64_t grid)
{
    namespace F = torch::nn::functional;
    const std::int64_t width = positions.size(2), cells = positions.size(1) - 1;
    const auto side = std::int64_t(std::llround(std::sqrt(double(cells))));
    TORCH_CHECK(side * side == cells, "positions of ", cells, " patches are no square grid");
    const auto rows = positions.narrow(1, 1, cells).to(torch::kFloat32).reshape({1, side, side, width});
    const auto resized = F::interpolate(rows.permute({0, 3, 1, 2}), F::InterpolateFuncOptions()
                                                                        .size(std::vector<std::int64_t>{grid, grid})
                                                                        .mode(torch::kBicubic)
                                                                        .align_corners(false));
    return torch::cat(
        {positions.narrow(1, 0, 1).to(torch::kFloat32), resized.permute({0, 2, 3, 1}).reshape({1, grid * grid, width})},
        1);
}

} // namespace mien
