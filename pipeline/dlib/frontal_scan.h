#pragma once

#include "pipeline/dlib/dlib_faces.h"

#include <memory>

namespace mien {

/// dlib's frontal face detector, one level of the pyramid at a time: the faces are the same, and the memory is that of
/// the largest level's features rather than of all. faces() may be called from several threads at once.
///
/// Source: Dalal & Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005; features of Felzenszwalb
/// et al., "Object Detection with Discriminatively Trained Part-Based Models", PAMI 32(9), 2010.
class FrontalScan
{
public:
    FrontalScan();
    ~FrontalScan();

    std::vector<DlibFaces::Face> faces(const Picture &grey) const;

private:
    struct Filters;
    std::unique_ptr<const Filters> m_filters;
};

} // namespace mien
