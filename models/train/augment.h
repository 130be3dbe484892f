#pragma once

#include "models/base/counter_random.h"
#include "models/train/colour_jitter.h"
#include "models/train/preprocessing.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mien {

/// Random erasing (`models.md` 0.3): a rectangle filled with 0 after normalisation.
struct Erasing
{
    double probability = 0;
    double smallest = 0.02; ///< Share of the area.
    double largest = 0.25;
};

/// A window of a picture, drawn at random and stretched to the input, as torchvision's RandomResizedCrop does it
/// (`models.md` 5.1). Standard: the whole picture.
struct RandomWindow
{
    double smallest = 1; ///< Least share of the picture's area, uniform up to `largest`.
    double largest = 1;
    double aspect = 1; ///< Most width by height, and the inverse of the least; uniform in the logarithm.

    bool isWhole() const { return smallest >= 1; }
};

/// How training pictures are varied (`models.md` 0.4). Everything 0: not at all. In this order:
/// 1. mirroring; 2. random window, random crop, rotation, zoom, shear and translation, as one map that is sampled once
/// (bilinear; beyond the border the edge continues); 3. colours; 4. here the second view of a pair begins; 5. noise on
/// the first view alone; 6. normalisation; 7. erasing.
struct AugmentRecipe
{
    double rotationDeg = 0; ///< Uniform in +-.
    double translation = 0; ///< Uniform in +-, share of the side.
    double scale = 0;       ///< Uniform in 1 +-.
    double shearDeg = 0;    ///< Uniform in +-: what stood upright leans by this angle.
    int cropPadding = 0;    ///< Pixels of the input's side that are added all around; a window of the side is cut out.
    RandomWindow window{};
    double moved = 1;          ///< Probability of everything above; else the picture stays in its place.
    double flip = 0;           ///< Probability of mirroring the picture before anything else.
    bool quarterTurns = false; ///< A multiple of 90 degrees more, each as often: upright faces do not stay so.
    double noise = 0;          ///< Probability of Gaussian noise on the first view (`models.md` 2.3).
    double noiseVariance = 30; ///< Of pixels of 0 to 255.
    ColourJitter colours{};
    Erasing erasing{};
};

/// The second view of an attention-consistency pair (`models.md` 2.3).
enum class SecondView {
    None,
    Independent, ///< The mirrored picture with its own erasing and without noise.
    Shared       ///< The exact mirror of the first view.
};

/// Fills a rectangle with 0 as `models.md` 0.3 says, or does nothing, by what the generator draws.
/// @param view  channels * side * side floats, planar
void eraseRandomly(std::span<float> view, int channels, int side, const Erasing &erasing, CounterRandom &random);

/// What the draws of one view are a function of, beside the seed and the operator.
struct ViewDraw
{
    std::int64_t sample = 0;
    std::int64_t epoch = 0;
    int copy = 0; ///< How often the sample came before in this epoch.
};

/// Makes the training views of samples. Every draw is a function of (seed, epoch, sample, copy, operator),
/// so threads and batches never change them. Immutable; safe from any number of threads.
class ViewMaker
{
public:
    ViewMaker(InputTransform transform, AugmentRecipe recipe, SecondView second, std::uint64_t seed);

    /// How the copies of a sample are varied, in place of the recipe.
    void varyCopies(const AugmentRecipe &recipe) { m_copies = recipe; }

    /// @param crop    as stored
    /// @param first   transform().inputSize() floats
    /// @param second  the same, or empty where the second view is None
    void make(std::span<const std::uint8_t> crop, const ViewDraw &draw, std::span<float> first,
              std::span<float> second) const;

    /// Where points of the crop lie in the first view, in pixels of the input: they move as the pixels do.
    FaceLandmarks points(const FaceLandmarks &crop, const ViewDraw &draw) const;
    /// The same for the second view, which is mirrored.
    FaceLandmarks secondPoints(const FaceLandmarks &crop, const ViewDraw &draw) const;

    const InputTransform &transform() const { return m_transform; }
    SecondView secondView() const { return m_second; }

private:
    /// From a pixel of the input to the place in the crop that it shows, centres of pixels at whole numbers, in 16.16
    /// fixed point: the place is linear, so it is stepped, not computed.
    struct Movement
    {
        std::int64_t originX = 0, originY = 0; ///< Of pixel (0, 0).
        std::int64_t stepXx = 0, stepXy = 0;   ///< What one pixel to the right adds to x and y.
        std::int64_t stepYx = 0, stepYy = 0;   ///< One pixel down.
    };
    const AugmentRecipe &recipeOf(const ViewDraw &draw) const
    {
        return draw.copy > 0 && m_copies ? *m_copies : m_recipe;
    }
    CounterRandom randomOf(const ViewDraw &draw, std::uint64_t operation) const;
    bool isMirrored(const ViewDraw &draw) const;
    bool staysInPlace(const ViewDraw &draw) const; ///< Nothing but mirroring.
    Movement movement(const ViewDraw &draw) const;
    std::vector<std::uint8_t> moved(std::span<const std::uint8_t> crop, const ViewDraw &draw) const;

    InputTransform m_transform;
    AugmentRecipe m_recipe;
    std::optional<AugmentRecipe> m_copies; ///< Empty: as everything else.
    SecondView m_second;
    std::uint64_t m_seed;
};

} // namespace mien
