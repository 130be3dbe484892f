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
};

/// Upright needs no other turn to be looked at: each frame shows a level face.
bool isClearlyUpright(const TurnEvidence &upright);

/// The turn that the frames were taken with. A detector finds faces in folds and shadows too, now and then, so that
/// another turn than upright has to be shown: its faces are clearly more level than those of upright, frame by frame,
/// no fewer of them are sure, and there are several sure ones, in one frame or in several. A picture that is alone may
/// show one person only: one face that is very sure is enough where upright shows nothing like it.
/// @param turns  upright first
int turnShownBy(std::span<const TurnEvidence> turns);

} // namespace mien
