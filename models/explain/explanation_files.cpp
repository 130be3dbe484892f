#include "models/explain/explanation_files.h"

#include "models/io/npy.h"

#include <limits>

namespace mien {

namespace {

constexpr std::uint8_t kHiddenGrey = 128;

void append(std::vector<float> &pictures, const std::vector<std::uint8_t> &bytes)
{
    for (const std::uint8_t value : bytes)
        pictures.push_back(float(value) / 255.f);
}

} // namespace

Result<std::vector<std::string>> writeMaps(const std::filesystem::path &base, std::span<const Explainer::Maps> draws,
                                           bool flip)
{
    const Explainer::Maps &first = draws.front();
    std::vector<std::int64_t> shape{first.count, first.height, first.width};
    std::vector<float> values = first.view;
    if (flip) {
        shape.insert(shape.begin(), {std::int64_t(draws.size()), 2});
        values.clear();
        for (const Explainer::Maps &draw : draws) {
            values.insert(values.end(), draw.view.begin(), draw.view.end());
            values.insert(values.end(), draw.mirrored.begin(), draw.mirrored.end());
        }
    }
    const std::string path = base.string() + ".npy";
    if (const auto written = writeNpy(path, std::span<const float>(values), shape); !written)
        return fail(written.error());
    return std::vector<std::string>{path};
}

std::vector<std::uint8_t> maskedPicture(const Explainer::Drawing &drawing)
{
    std::vector<std::uint8_t> masked = drawing.original;
    const int patch = drawing.side / drawing.cells;
    for (int channel = 0; channel < drawing.channels; ++channel)
        for (const int cell : drawing.hidden)
            for (int y = 0; y < patch; ++y) {
                const int row = channel * drawing.side + cell / drawing.cells * patch + y;
                const auto start = masked.begin() + row * drawing.side + cell % drawing.cells * patch;
                std::fill_n(start, patch, kHiddenGrey);
            }
    return masked;
}

std::vector<float> errorMap(const Explainer::Drawing &drawing)
{
    std::vector<float> errors(std::size_t(drawing.cells) * std::size_t(drawing.cells),
                              std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < drawing.hidden.size(); ++i)
        errors[std::size_t(drawing.hidden[i])] = drawing.errors[i];
    return errors;
}

Result<std::vector<std::string>> writeDrawing(const std::filesystem::path &base, const Explainer::Drawing &drawing)
{
    std::vector<float> pictures;
    append(pictures, drawing.original);
    append(pictures, maskedPicture(drawing));
    append(pictures, drawing.drawn);
    const std::vector<float> errors = errorMap(drawing);
    const std::vector<std::string> paths{base.string() + ".npy", base.string() + ".error.npy"};
    if (const auto written =
            writeNpy(paths[0], std::span<const float>(pictures), {3, drawing.channels, drawing.side, drawing.side});
        !written)
        return fail(written.error());
    if (const auto written = writeNpy(paths[1], std::span<const float>(errors), {drawing.cells, drawing.cells});
        !written)
        return fail(written.error());
    return paths;
}

} // namespace mien
