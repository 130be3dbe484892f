#pragma once

#include "pipeline/store/ontology.h"
#include "pipeline/store/strips.h"

#include <optional>
#include <span>
#include <vector>

namespace mien {

class Project;

/// A part of a video whose samples carry the same label now.
struct LabelStretch
{
    double startS = 0, endS = 0;
    std::optional<ClassId> label; ///< Empty: none.
};

/// The labels of a video's samples over [startS, endS], in order and without gaps: each reaches half way to the next
/// sample. Of several faces of one frame the first counts. Empty without a sample.
std::vector<LabelStretch> labelStretches(const Project &project, MediaId media, double startS, double endS);

/// A part of a video in which label and eyes disagree, as the filter `drowsiness:` says it of a sample.
struct DoubtStretch
{
    double startS = 0, endS = 0;
    EyesAgainstLabel kind = EyesAgainstLabel::PlainlyOpen; ///< Or ClosedLong.
};

/// Frame by frame, with the thresholds of DrowsinessDoubt; in order. Stretches of fewer than two frames are left out.
std::vector<DoubtStretch> doubtStretches(const DrowsinessStrip &strip, std::span<const LabelStretch> labels);

} // namespace mien
