#pragma once

#include "models/detect/mtcnn.h"
#include "pipeline/dlib/dlib_faces.h"
#include "pipeline/face/alignment.h"
#include "pipeline/store/sample.h"

#include <optional>
#include <span>
#include <vector>

namespace mien {

struct FoundFace
{
    BoxPx box; ///< Of the picture that was searched; may stick out of it.
    /// Of MTCNN's last network; of dlib's HOG 1 / (1 + exp(−4 score)), which orders faces and is not calibrated.
    double probability = 0;
    FacePoints5 points; ///< By MTCNN's last network.
};

/// Finds faces in pictures. find() may be called from several threads at once.
class FaceFinder
{
public:
    /// MTCNN with the installed weights.
    /// @param minFacePx  shorter side of the smallest face that is looked for
    /// NotFound: no weights are installed; the message says where they were looked for.
    static Result<FaceFinder> mtcnn(double minFacePx = 20);

    /// dlib's HOG, which sees faces from the front and half aside: the picture is made smaller or larger, so that its
    /// window of 80 pixels is `minFacePx`. Pictures are enlarged to 32 megapixels at most; beyond, small faces are
    /// missed. Boxes reach from the brows to the chin. The points are those of MTCNN's last network in that box.
    /// NotFound: this build has no dlib, no imaging module, or MTCNN's weights are not installed.
    static Result<FaceFinder> dlibHog(double minFacePx = DlibFaces::windowPx);

    /// Largest first.
    /// @param picture  upright, 1 or 3 channels
    /// @param luma  of the same picture where it is there already: HOG is grey
    Result<std::vector<FoundFace>> find(const Picture &picture, const Picture *luma = nullptr) const;

    /// How far the five points of a face can be trusted, 0 to 1: MTCNN's last network looks at the mirrored face; its
    /// probability there, times exp(−10 × the mean distance of the points mirrored back, in distances of the eyes).
    /// Points that it guesses do not come back to where they were.
    /// @param face  of `picture`
    Result<double> pointConfidence(const Picture &picture, const FoundFace &face) const;

    /// Faces near one that was at `last` a moment ago and of about its size: its surroundings are half of its longer
    /// side on each side. Costs a small part of find(). Largest first.
    /// @param picture  upright, 3 channels
    /// @param last  not empty
    Result<std::vector<FoundFace>> findNear(const Picture &picture, const BoxPx &last) const;

    struct Findings
    {
        std::vector<FoundFace> faces; ///< Largest first.
        std::vector<BoxPx> doubtful;  ///< Places that look somewhat like a face: findIn() looks again.
    };

    /// find() without the faces that are known, which makes it cheaper. HOG doubts nothing.
    /// @param picture  upright, 3 channels
    Result<Findings> findBeside(const Picture &picture, std::span<const BoxPx> known) const;

    /// Faces in places that were doubtful a moment ago, as sure as those of find(). Largest first.
    /// @param picture  upright, 3 channels
    Result<std::vector<FoundFace>> findIn(const Picture &picture, std::span<const BoxPx> places) const;

    /// The face that is where one was a moment ago and has hardly moved, or nothing: one for each of `last`, in their
    /// order. A face that is known to be there needs less to be seen again than a new one (0.4 instead of 0.7). Costs
    /// a small part of findNear().
    /// @param picture  upright, 3 channels
    Result<std::vector<std::optional<FoundFace>>> findAgain(const Picture &picture, std::span<const BoxPx> last) const;

private:
    FaceFinder(MtcnnDetector detector, double minFacePx)
        : m_detector(std::move(detector))
        , m_minFacePx(minFacePx)
    {
    }
    Result<std::vector<FoundFace>> findByHog(const Picture &picture, const Picture *luma) const;

    MtcnnDetector m_detector;
    double m_minFacePx;
    const DlibFaces *m_hog = nullptr; ///< Finds in place of m_detector, which places the points then.
    const Imaging *m_codec = nullptr;
};

/// A face that was found in a smaller copy of `picture`, as it lies in that.
FoundFace enlarged(FoundFace face, const Picture &small, const Picture &picture);

/// Cuts a square around the face's box with level eyes: the box's longer side, and `margin` of the crop's side left and
/// right of it together (models.md 7.6: 0.2).
Similarity levelSquare(const FoundFace &face, int sidePx, double margin = 0.2);

} // namespace mien
