#include "models/train/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace mien {

namespace {

enum Operator : std::uint64_t {
    kAffine = 1,
    kFlip = 2,
    kNoise = 3,
    kEraseFirst = 4,
    kEraseSecond = 5,
    kCrop = 6,
    kColours = 7,
    kMoved = 8,
    kWindow = 9,
    kQuarter = 10
};

constexpr int kOperationBits = 8; // of an operator's index; above it the number of the copy
constexpr int kWindowTries = 10;
constexpr int kNoiseBits = 12; // five draws from one 64-bit number
constexpr int kErasingTries = 10;

/// Quantiles of the standard normal distribution at equal probabilities: one look-up a draw instead of a logarithm.
const std::array<double, 1 << kNoiseBits> &normalQuantiles()
{
    static const auto table = [] {
        std::array<double, 1 << kNoiseBits> values;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double wanted = (double(i) + 0.5) / double(values.size());
            double low = -6;
            double high = 6;
            for (int step = 0; step < 50; ++step) { // bisection of the cumulative distribution
                const double middle = 0.5 * (low + high);
                (0.5 * std::erfc(-middle / std::numbers::sqrt2) < wanted ? low : high) = middle;
            }
            values[i] = low;
        }
        return values;
    }();
    return table;
}

void addNoise(std::span<std::uint8_t> pixels, double variance, CounterRandom &random)
{
    const auto &table = normalQuantiles();
    const double deviation = std::sqrt(variance);
    std::uint64_t bits = 0;
    int left = 0;
    for (std::uint8_t &pixel : pixels) {
        if (left-- == 0) {
            bits = random.next();
            left = 64 / kNoiseBits - 1;
        }
        const float value = float(pixel) + float(table[bits & ((1u << kNoiseBits) - 1)] * deviation);
        pixel = std::uint8_t(std::clamp(value, 0.f, 255.f));
        bits >>= kNoiseBits;
    }
}

void mirrorRows(std::span<float> view, int side)
{
    for (std::size_t row = 0; row < view.size(); row += std::size_t(side))
        std::reverse(view.begin() + std::ptrdiff_t(row), view.begin() + std::ptrdiff_t(row) + side);
}

/// A part of a picture, as shares of its side.
struct Part
{
    double left = 0, top = 0, width = 1, height = 1;
};

Part partDrawn(const RandomWindow &window, CounterRandom &random)
{
    for (int attempt = 0; attempt < kWindowTries; ++attempt) {
        const double area = random.uniform(window.smallest, window.largest);
        const double aspect = std::exp(random.uniform(-1, 1) * std::log(window.aspect));
        Part part{.width = std::sqrt(area * aspect), .height = std::sqrt(area / aspect)};
        if (part.width > 1 || part.height > 1)
            continue;
        part.left = random.uniform(0, 1) * (1 - part.width);
        part.top = random.uniform(0, 1) * (1 - part.height);
        return part;
    }
    return {}; // a square picture as a whole
}

} // namespace

void eraseRandomly(std::span<float> view, int channels, int side, const Erasing &erasing, CounterRandom &random)
{
    if (!random.chance(erasing.probability))
        return;
    for (int attempt = 0; attempt < kErasingTries; ++attempt) {
        const double area = double(side) * side * random.uniform(erasing.smallest, erasing.largest);
        const double ratio = std::exp(random.uniform(std::log(0.3), std::log(3.3)));
        const int height = int(std::lround(std::sqrt(area * ratio)));
        const int width = int(std::lround(std::sqrt(area / ratio)));
        if (height >= side || width >= side)
            continue;
        const int top = int(random.below(std::uint64_t(side - height + 1)));
        const int left = int(random.below(std::uint64_t(side - width + 1)));
        for (int channel = 0; channel < channels; ++channel)
            for (int y = top; y < top + height; ++y)
                std::fill_n(view.begin() + (std::ptrdiff_t(channel) * side + y) * side + left, width, 0.f);
        return;
    }
}

ViewMaker::ViewMaker(InputTransform transform, AugmentRecipe recipe, SecondView second, std::uint64_t seed)
    : m_transform(std::move(transform))
    , m_recipe(recipe)
    , m_second(second)
    , m_seed(seed)
{
    normalQuantiles(); // made before threads ask for them
}

CounterRandom ViewMaker::randomOf(const ViewDraw &draw, std::uint64_t operation) const
{
    return {m_seed, std::uint64_t(draw.epoch), std::uint64_t(draw.sample),
            operation | std::uint64_t(draw.copy) << kOperationBits};
}

bool ViewMaker::isMirrored(const ViewDraw &draw) const
{
    return randomOf(draw, kFlip).chance(recipeOf(draw).flip);
}

bool ViewMaker::staysInPlace(const ViewDraw &draw) const
{
    const AugmentRecipe &recipe = recipeOf(draw);
    const bool nothing = recipe.rotationDeg == 0 && recipe.translation == 0 && recipe.scale == 0 &&
                         recipe.shearDeg == 0 && recipe.cropPadding == 0 && recipe.window.isWhole() &&
                         !recipe.quarterTurns;
    return nothing || (recipe.moved < 1 && !randomOf(draw, kMoved).chance(recipe.moved));
}

ViewMaker::Movement ViewMaker::movement(const ViewDraw &draw) const
{
    const AugmentRecipe &recipe = recipeOf(draw);
    CounterRandom random = randomOf(draw, kAffine);
    double angle = random.uniform(-1, 1) * recipe.rotationDeg * std::numbers::pi / 180;
    const double shiftX = random.uniform(-1, 1) * recipe.translation;
    const double shiftY = random.uniform(-1, 1) * recipe.translation;
    const double zoom = 1 + random.uniform(-1, 1) * recipe.scale;
    const double lean = std::tan(random.uniform(-1, 1) * recipe.shearDeg * std::numbers::pi / 180);
    if (recipe.quarterTurns)
        angle += double(randomOf(draw, kQuarter).below(4)) * std::numbers::pi / 2;
    CounterRandom window = randomOf(draw, kCrop);
    const auto windowStart = [&] { // of the window in the padded picture, seen from the unpadded one
        return std::int64_t(window.below(2 * std::uint64_t(recipe.cropPadding) + 1)) - recipe.cropPadding;
    };
    const std::int64_t windowX = windowStart();
    const std::int64_t windowY = windowStart();

    const int side = m_transform.preprocessing().side;
    const int sourceSide = m_transform.sourceSide();
    const double perPixel = double(sourceSide) / side / zoom;
    const double centre = (side - 1) / 2.0;
    const double sourceCentre = (sourceSide - 1) / 2.0;
    const double mirror = isMirrored(draw) ? -1 : 1;
    const auto fixed = [](double value) { return std::int64_t(std::llround(value * 65536)); };
    const double cosine = std::cos(angle) * perPixel;
    const double sine = std::sin(angle) * perPixel;
    Movement way;
    way.stepXx = fixed((cosine + lean * sine) * mirror);
    way.stepXy = fixed(sine * mirror);
    way.stepYx = fixed(-sine + lean * cosine);
    way.stepYy = fixed(cosine);
    way.originX = fixed(sourceCentre - shiftX * sourceSide) -
                  std::int64_t(std::llround(centre * double(way.stepXx + way.stepYx))) + windowX * way.stepXx +
                  windowY * way.stepYx;
    way.originY = fixed(sourceCentre - shiftY * sourceSide) -
                  std::int64_t(std::llround(centre * double(way.stepXy + way.stepYy))) + windowX * way.stepXy +
                  windowY * way.stepYy;
    if (recipe.window.isWhole())
        return way;
    // Of what the map would show, the part alone, stretched to the side.
    CounterRandom partRandom = randomOf(draw, kWindow);
    const Part part = partDrawn(recipe.window, partRandom);
    const auto scaled = [](std::int64_t step, double by) { return std::int64_t(std::llround(double(step) * by)); };
    const double firstX = side * part.left + 0.5 * part.width - 0.5;
    const double firstY = side * part.top + 0.5 * part.height - 0.5;
    way.originX += scaled(way.stepXx, firstX) + scaled(way.stepYx, firstY);
    way.originY += scaled(way.stepXy, firstX) + scaled(way.stepYy, firstY);
    way.stepXx = scaled(way.stepXx, part.width);
    way.stepXy = scaled(way.stepXy, part.width);
    way.stepYx = scaled(way.stepYx, part.height);
    way.stepYy = scaled(way.stepYy, part.height);
    return way;
}

FaceLandmarks ViewMaker::points(const FaceLandmarks &crop, const ViewDraw &draw) const
{
    const int side = m_transform.preprocessing().side;
    if (staysInPlace(draw)) {
        const FaceLandmarks sized = m_transform.resized(crop);
        return isMirrored(draw) ? mirrored(sized, side) : sized;
    }
    // The inverse of the map that the pixels are fetched by.
    const Movement way = movement(draw);
    const double determinant = double(way.stepXx) * double(way.stepYy) - double(way.stepYx) * double(way.stepXy);
    FaceLandmarks result = crop;
    for (std::size_t i = 0; i < crop.size(); i += 2) {
        const double x = (double(crop[i]) - 0.5) * 65536 - double(way.originX);
        const double y = (double(crop[i + 1]) - 0.5) * 65536 - double(way.originY);
        result[i] = float((x * double(way.stepYy) - y * double(way.stepYx)) / determinant + 0.5);
        result[i + 1] = float((y * double(way.stepXx) - x * double(way.stepXy)) / determinant + 0.5);
    }
    return isMirrored(draw) ? sidesExchanged(result) : result; // the map knows of the mirror, names do not
}

FaceLandmarks ViewMaker::secondPoints(const FaceLandmarks &crop, const ViewDraw &draw) const
{
    return mirrored(points(crop, draw), m_transform.preprocessing().side);
}

std::vector<std::uint8_t> ViewMaker::moved(std::span<const std::uint8_t> crop, const ViewDraw &draw) const
{
    const int side = m_transform.preprocessing().side;
    const int channels = m_transform.sourceChannels();
    if (staysInPlace(draw)) {
        auto sized = m_transform.resized(crop);
        if (isMirrored(draw))
            for (std::size_t row = 0; row < sized.size(); row += std::size_t(side))
                std::reverse(sized.begin() + std::ptrdiff_t(row), sized.begin() + std::ptrdiff_t(row) + side);
        return sized;
    }
    // Beyond the border the edge continues: a black frame would be evidence of the jitter.
    const int sourceSide = m_transform.sourceSide();
    const Movement way = movement(draw);
    std::vector<std::uint8_t> result(std::size_t(channels) * side * side);
    const std::int64_t limit = std::int64_t(sourceSide - 1) << 16;
    for (int y = 0; y < side; ++y) {
        std::int64_t sourceX = way.originX + y * way.stepYx;
        std::int64_t sourceY = way.originY + y * way.stepYy;
        for (int x = 0; x < side; ++x, sourceX += way.stepXx, sourceY += way.stepXy) {
            const std::int64_t insideX = std::clamp<std::int64_t>(sourceX, 0, limit);
            const std::int64_t insideY = std::clamp<std::int64_t>(sourceY, 0, limit);
            const int column = int(insideX >> 16);
            const int row = int(insideY >> 16);
            const int right = int((insideX >> 8) & 255);
            const int down = int((insideY >> 8) & 255);
            const int nextColumn = column + (column < sourceSide - 1);
            const int nextRow = row + (row < sourceSide - 1);
            for (int channel = 0; channel < channels; ++channel) {
                const std::uint8_t *plane = crop.data() + std::size_t(channel) * sourceSide * sourceSide;
                const int upper =
                    plane[row * sourceSide + column] * (256 - right) + plane[row * sourceSide + nextColumn] * right;
                const int lower = plane[nextRow * sourceSide + column] * (256 - right) +
                                  plane[nextRow * sourceSide + nextColumn] * right;
                result[(std::size_t(channel) * side + std::size_t(y)) * side + std::size_t(x)] =
                    std::uint8_t((upper * (256 - down) + lower * down + 32768) >> 16);
            }
        }
    }
    return result;
}

void ViewMaker::make(std::span<const std::uint8_t> crop, const ViewDraw &draw, std::span<float> first,
                     std::span<float> second) const
{
    const AugmentRecipe &recipe = recipeOf(draw);
    const int side = m_transform.preprocessing().side;
    const int channels = m_transform.preprocessing().channels;
    auto picture = moved(crop, draw);
    if (recipe.colours.any()) {
        auto random = randomOf(draw, kColours);
        changeColours(picture, m_transform.sourceChannels(), recipe.colours.drawn(random));
    }
    if (m_second == SecondView::Independent) {
        m_transform.normalise(picture, second, true);
        auto random = randomOf(draw, kEraseSecond);
        eraseRandomly(second, channels, side, recipe.erasing, random);
    }
    if (auto random = randomOf(draw, kNoise); random.chance(recipe.noise))
        addNoise(picture, recipe.noiseVariance, random);
    m_transform.normalise(picture, first);
    auto random = randomOf(draw, kEraseFirst);
    eraseRandomly(first, channels, side, recipe.erasing, random);
    if (m_second == SecondView::Shared) {
        std::copy(first.begin(), first.end(), second.begin());
        mirrorRows(second, side);
    }
}

} // namespace mien
