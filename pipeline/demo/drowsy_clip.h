#pragma once

#include "pipeline/demo/face_drawing.h"

#include <cstdint>
#include <vector>

namespace mien {

/// What is true of one frame of a drawn video.
struct DrowsyFrame
{
    double timeS = 0;
    double eyeOpening = 1;                        ///< 1 the person's own open eyes, 0 closed.
    double mouthOpening = 0;                      ///< 0 closed, 1 a full yawn.
    double yawDeg = 0, pitchDeg = 0, rollDeg = 0; ///< As FacePose has them.
    int blink = 0;                                ///< Number of the blink that is going on, from 1; 0: none.
    BoxPx face;                                   ///< In pixels of the frame; may stick out of it.
    bool isOccluded = false;                      ///< A hand is before the face.

    FaceMuscles muscles; ///< What draws it.
    FaceScene scene;
};

/// A drawn person before a camera, as UTA-RLDD films people: a few seconds, alert, low vigilant or drowsy.
struct DrowsyClip
{
    static constexpr int widthPx = 320, heightPx = 240, framesPerS = 20;

    FaceIdentity person;
    std::vector<DrowsyFrame> frames;

    Picture picture(std::size_t frame) const;
};

struct DrowsyClipOptions
{
    int state = 0;                                ///< 0 alert, 5 low vigilant, 10 drowsy, as UTA-RLDD numbers them.
    double seconds = 8;                           ///< At least 4.
    bool isDark = false;                          ///< A badly lit room.
    bool turnsHead = false;                       ///< To both sides.
    FaceScene::Hand hand = FaceScene::Hand::None; ///< Passes before the face once.
    std::uint64_t seed = 0;
};

/// Blinks last 0.15 to 0.45 s, longer ones where the person is more tired; drowsy people also close their eyes for more
/// than a second, the head sinking meanwhile. The same person and options give the same clip.
DrowsyClip drowsyClip(const FaceIdentity &person, const DrowsyClipOptions &options);

} // namespace mien
