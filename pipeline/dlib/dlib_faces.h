#pragma once

#include "models/base/result.h"
#include "pipeline/face/alignment.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/store/sample.h"

#include <array>
#include <filesystem>
#include <memory>
#include <vector>

namespace mien {

/// In the order of iBUG 300-W: jaw 0–16, brows 17–26, nose 27–35, eyes 36–47, mouth 48–67; left and right as in the
/// picture.
using Landmarks68 = std::array<PointPx, 68>;

/// Places 68 points on faces. at() may be called from several threads at once.
///
/// Source: Kazemi & Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression Trees", CVPR 2014.
class LandmarkModel
{
public:
    virtual ~LandmarkModel() = default;

    /// To a fraction of a pixel.
    /// @param grey  1 channel
    /// @param box  square from the brows to the chin, as DlibFaces::frontalFaces() gives it; may stick out
    virtual Landmarks68 at(const Picture &grey, const BoxPx &box) const = 0;
};

/// dlib's face detector and landmarks, in a module of its own that is loaded at first use: lib/libmien-dlib-avx2.so
/// where the processor has AVX2 and FMA, else lib/libmien-dlib.so. Thread-safe.
class DlibFaces
{
public:
    virtual ~DlibFaces() = default;

    struct Face
    {
        BoxPx box;        ///< From the brows to the chin; may stick out of the picture.
        double score = 0; ///< Distance to the decision boundary of the best of five filters, above 0.
    };
    /// Faces of at least `windowPx` (80) pixels a side that look into the camera or half aside; most certain first.
    /// @param grey  1 channel
    virtual std::vector<Face> frontalFaces(const Picture &grey) const = 0;
    static constexpr int windowPx = 80;

    /// Unreadable: the file is missing, damaged or holds something else.
    virtual Result<std::unique_ptr<const LandmarkModel>> landmarkModel(const std::filesystem::path &file) const = 0;
};

/// Loads the module on the first call. NotFound: this build has none, as there was no dlib when it was made.
Result<const DlibFaces *> dlibFaces();

} // namespace mien

extern "C" [[gnu::visibility("default")]] const mien::DlibFaces *mienDlib();
