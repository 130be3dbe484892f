#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/io/face_landmarks.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// Receives one event (`{"event":"metric",…}`) as the command line prints it. Called from one thread.
using EventSink = std::function<void(const nlohmann::json &)>;

/// Attention maps of one face, computed by a network that is kept warm. One explainer serves one thread at a time.
class Explainer
{
public:
    /// A stored face.
    struct Face
    {
        std::int64_t sample = 0;
        std::span<const std::uint8_t> pixels; ///< channels * side * side, planar, as in the run's training pack.
        FaceLandmarks landmarks = unknownLandmarks(); ///< In pixels of them.
    };

    /// Raw maps (`models.md` 2.2 or 8) of one view and of its mirror image.
    struct Maps
    {
        std::string kind;               ///< What they are: one of networkMapKinds (models/explain/map_kinds.h).
        std::vector<std::string> parts; ///< What each map belongs to (left_eye, …); empty: there is one a class.
        /// Of maps that are coarser than `width`: so many of these cells, in either direction, are one of theirs and
        /// hold its value. Empty: all are alike.
        std::vector<int> coarseness;
        int count = 0; ///< Of the maps: classes or parts.
        int height = 0;
        int width = 0;
        std::vector<float> view;     ///< count * height * width, row-major, any range.
        std::vector<float> mirrored; ///< Same shape; as computed on the mirrored face, not flipped back. May be empty.
        std::vector<float> probabilities; ///< classes; mean of both views, or of the one that is there.
        /// What was erased of the face: left, top, width and height in units of its side; 0 where nothing was.
        std::array<float, 4> erased{};
        std::vector<int> hidden; ///< Cells of the view that the network does not look at, whatever it sees; ascending.
    };

    /// A face of which some patches are hidden, as a masked auto-encoder draws it (`models.md` 5.1, 8.3).
    struct Drawing
    {
        int side = 0;                       ///< Of both pictures, in pixels.
        int channels = 0;                   ///< 1 or 3.
        std::vector<std::uint8_t> original; ///< channels * side * side, planar: the face as the network takes it.
        std::vector<std::uint8_t> drawn;    ///< The same with the hidden patches as they are drawn.
        int cells = 0;                      ///< Patches along a side.
        std::vector<int> hidden;            ///< Of cells * cells, row by row; ascending.
        /// Of every hidden one the mean squared error in the units of the loss: where the network draws patches of mean
        /// 0 and deviation 1, an even grey patch scores 1.
        std::vector<float> errors;
        bool isNormalised = true; ///< It does draw such patches: brightness and contrast of each are the face's own.
        std::string run;          ///< Whose network drew it: the run's own, or what the run started from.
    };

    virtual ~Explainer() = default;

    /// @param draws   how many; draw 0 is without erasing, the others erased with seeds from (run seed, sample, draw)
    /// @param kind    one of networkMapKinds, or attention: what suits the network best. Invalid, listing what there
    ///                is, where the network has no such maps
    /// @param first   the number of the first draw
    /// @param mirror  without it the mirrored view is left out: half the time. Who asks for the same with it soon
    ///                after does not pay for the view again
    /// @return one Maps per draw
    virtual Result<std::vector<Maps>> explain(const Face &face, int fold, int draws, std::string_view kind,
                                              int first = 0, bool mirror = true) = 0;

    /// What is hidden is a function of (run seed, sample, mask). Invalid, saying why, where there is no network that
    /// draws: neither the run's own, trained to reconstruct, nor one that the run started from.
    /// @param mask  from 0: its number
    virtual Result<Drawing> draw(const Face &face, int fold, int mask) = 0;

    /// Of networkMapKinds those that the run's networks have, the one that suits them best first, and "reconstruction"
    /// where draw() can; maybe none. Of a run that learned no labels no maps: what it says of classes means nothing.
    /// @param pixelBytes  of a crop
    virtual Result<std::vector<std::string>> kinds(std::size_t pixelBytes) = 0;
};

/// Everything that needs LibTorch, behind an interface that does not include it.
///
/// `mien-worker VERB CONFIG.json` and `mien VERB` both come here. Verbs and their configurations are
/// documented in models/worker/verbs.md.
class Compute
{
public:
    virtual ~Compute() = default;

    /// Runs `train`, `score`, `predict`, `embed`, `explain`, `networks`, `weights`, `devices` or `golden`; returns the
    /// fields of the closing `result` event. Fails with Invalid for an unknown verb or a configuration that does not
    /// fit.
    virtual Result<nlohmann::json> run(std::string_view verb, const nlohmann::json &config, const EventSink &events,
                                       const Job &job) = 0;

    /// Loads a run's networks for repeated questions. Fails with NotFound, Unreadable or Invalid.
    /// @param initial  weights that the run started from, where they may have moved since; empty: where it says
    virtual Result<std::unique_ptr<Explainer>> openExplainer(const std::filesystem::path &runFolder,
                                                             std::string_view device,
                                                             const std::filesystem::path &initial = {}) = 0;
};

} // namespace mien

/// The one symbol of lib/libmien-compute.so. The object lives as long as the module.
extern "C" mien::Compute *mienCompute();
