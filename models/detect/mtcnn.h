#pragma once

#include "models/base/result.h"
#include "models/detect/face_boxes.h"
#include "models/detect/mtcnn_weights.h"
#include "models/detect/rgb_picture.h"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace mien {

/// One face that was found.
struct DetectedFace
{
    struct Point
    {
        float x = 0, y = 0;
    };
    FaceBox box; ///< Corners in pixels, not squared, may stick out of the picture; score 0 to 1.
    /// Image-left eye, image-right eye, nose, image-left mouth corner, image-right mouth corner; pixels.
    std::array<Point, 5> landmarks{};
};

enum class FaceOrder {
    Area,        ///< (x2 - x1)(y2 - y1), largest first.
    Probability, ///< Highest score first.
    Centre       ///< Area less twice the squared distance of the box's centre from the picture's, largest first.
};

struct MtcnnOptions
{
    /// Shorter side of the smallest face that is looked for, 4 to 10,000. Half of it costs four times the time.
    double minFacePx = 20;
    /// Step of the pyramid, 0.1 to 0.95. Nearer to 1 finds a few more faces and costs more.
    double factor = 0.709;
    /// Least probability of a face after PNet (reached) and after RNet and ONet (passed), 0 to 1.
    std::array<double, 3> thresholds{0.6, 0.7, 0.7};
    FaceOrder order = FaceOrder::Area;
    /// At most so many faces, the first ones in the order; 0: all.
    int mostFaces = 0;
};

/// What happened on the way, for tests.
struct MtcnnTrace
{
    std::vector<double> scales;       ///< Of the pyramid.
    std::vector<FaceBox> afterStage1; ///< Squared, as RNet's crops are cut.
    std::vector<FaceBox> afterStage2; ///< Squared, as ONet's crops are cut.
};

/// What a search finds beside the faces that are known.
struct MtcnnFindings
{
    std::vector<DetectedFace> faces; ///< In the order of the options.
    /// Square windows that RNet takes for a face with 0.2 or more and that are none by its or ONet's threshold; best
    /// score first, no two that overlap by more than 0.7: which of several windows ONet takes changes between frames.
    std::vector<FaceBox> doubtful;
};

/// MTCNN face detection (`models.md` 7) on one CPU thread. Boxes whose crop is empty are dropped with their crop (D35).
/// A picture whose shorter side is less than `minFacePx` has no faces. The result does not depend on what was detected
/// before. Copies share the weights; detect() may be called from several threads at once.
///
/// Source: Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks", IEEE
/// Signal Processing Letters 23(10), 2016; published weights of facenet-pytorch.
class MtcnnDetector
{
public:
    /// Fails with Invalid when a tensor is missing, has another shape or is not finite.
    static Result<MtcnnDetector> create(const MtcnnWeights &weights);

    /// With the installed weights (installedMtcnnWeights()).
    static Result<MtcnnDetector> load();

    /// Memory beside the picture grows with its width and with what looks like faces, not with its area.
    /// @param picture  upright, sides 1 to 65,535
    /// Fails with Invalid for options outside their ranges and a picture whose size is not that of its pixels.
    Result<std::vector<DetectedFace>> detect(const RgbPicture &picture, const MtcnnOptions &options = {},
                                             MtcnnTrace *trace = nullptr) const;

    /// detect(), but what shows one of `known` alone (seven tenths of the smaller area are shared, as in the last
    /// suppression) is not looked at: where a few faces give most windows, the networks behind PNet cost little.
    /// PNet's scales of at most a tenth are made of a halved picture where both sides are even.
    Result<MtcnnFindings> detectBeside(const RgbPicture &picture, std::span<const FaceBox> known,
                                       const MtcnnOptions &options = {}) const;

    /// The faces that the last two networks see in some windows, by the thresholds that hold for detect(). For
    /// windows that were doubtful a moment ago. Costs a run of RNet a window, and one of ONet where that passes.
    /// @param windows  squares; those that hold nothing of the picture have no face
    Result<std::vector<DetectedFace>> detectIn(const RgbPicture &picture, std::span<const FaceBox> windows,
                                               const MtcnnOptions &options = {}) const;

    /// What the last network says of the face in a box that somebody else found: the box is drawn around it, and the
    /// five points are placed. The score says how sure it is that there is a face.
    /// Fails with Invalid for a picture whose size is not that of its pixels, or a box that holds none of them.
    Result<DetectedFace> faceIn(const RgbPicture &picture, const FaceBox &box) const;

    /// Faces of 0.6 to 2 times the size of `last` in its surroundings (half of its longer side on each side), for a
    /// face that was there a moment ago: at a size where it has 72 pixels, so what it costs does not grow with the
    /// face.
    /// @param last  a box of finite corners, not empty; none of its surroundings in the picture: no faces
    /// Fails as detect() does, and with Invalid for such a box.
    Result<std::vector<DetectedFace>> detectNear(const RgbPicture &picture, const FaceBox &last,
                                                 const MtcnnOptions &options = {}) const;

    /// What the last network alone says of boxes where faces were a moment ago: the face there, its box and points
    /// corrected, or nothing where its score does not pass the last threshold. A face that moved by a third of its
    /// side or more may be missed. Costs one run of that network a box, whatever the size of the picture.
    /// @return one for each box, in their order
    /// Fails as detect() does.
    Result<std::vector<std::optional<DetectedFace>>> refine(const RgbPicture &picture, std::span<const FaceBox> boxes,
                                                            const MtcnnOptions &options = {}) const;

private:
    struct Networks;
    explicit MtcnnDetector(std::shared_ptr<const Networks> networks);
    std::shared_ptr<const Networks> m_networks;
};

} // namespace mien
