#pragma once

#include <span>
#include <vector>

namespace mien {

/// What a detector sees in the frames of one video, or in one picture, when they are turned by `turnDeg`.
struct TurnEvidence
{
    int turnDeg = 0; ///< Clockwise.
    /// Frame by frame, of each face that is large enough: how sure it is, times how level its eyes are. 1: certain and
    /// level; 0: lying on the side.
    std::vector<std::vector<double>> levelFaces;
    /// Frame by frame, 1 minus how sure it is of its surest such face; 1: there is none. MTCNN sees faces that are
    /// upside down, level and sure, but never as sure: on photos and frames of people 3e-3 to 3e-1, against 1e-7 to
    /// 1e-3 the right way up. Empty: the detector sees none upside down.
    std::vector<double> doubts;
};

/// Upright needs no other turn to be looked at: each frame shows a level face that is not upside down.
bool isClearlyUpright(const TurnEvidence &upright);

/// The turn that the frames were taken with. A detector finds faces in folds and shadows too, now and then, so that
/// another turn than upright has to be shown: its faces are clearly more level than those of upright, frame by frame,
/// no fewer of them are sure, and there are several sure ones, in one frame or in several. A picture that is alone may
/// show one person only: one face that is very sure is enough where upright shows nothing like it. Upside down is shown
/// by doubts that are less by a factor of ten.
/// @param turns  upright first
int turnShownBy(std::span<const TurnEvidence> turns);

} // namespace mien
