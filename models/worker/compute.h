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
        int count = 0;                  ///< Of the maps: classes or parts.
        int height = 0;
        int width = 0;
        std::vector<float> view;          ///< count * height * width, row-major, any range.
        std::vector<float> mirrored;      ///< Same shape; as computed on the mirrored face, not flipped back.
        std::vector<float> probabilities; ///< classes; mean of both views.
        /// What was erased of the face: left, top, width and height in units of its side; 0 where nothing was.
        std::array<float, 4> erased{};
    };

    virtual ~Explainer() = default;

    /// @param draws   how many; draw 0 is without erasing, the others erased with seeds from (run seed, sample, draw)
    /// @param kind    one of networkMapKinds, or attention: what suits the network best. Invalid, listing what there
    ///                is, where the network has no such maps
    /// @param first   the number of the first draw
    /// @return one Maps per draw
    virtual Result<std::vector<Maps>> explain(const Face &face, int fold, int draws, std::string_view kind,
                                              int first = 0) = 0;

    /// Of networkMapKinds those that the run's networks have, the one that suits them best first; maybe none.
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
    virtual Result<std::unique_ptr<Explainer>> openExplainer(const std::filesystem::path &runFolder,
                                                             std::string_view device) = 0;
};

} // namespace mien

/// The one symbol of lib/libmien-compute.so. The object lives as long as the module.
extern "C" mien::Compute *mienCompute();
