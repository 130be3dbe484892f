#pragma once

#include "pipeline/demo/canvas.h"
#include "pipeline/demo/seeded_random.h"
#include "pipeline/store/sample.h"

#include <array>
#include <string_view>

namespace mien {

/// Who a drawn person is: the same in all their pictures.
struct FaceIdentity
{
    double widthShare = 0.74; ///< Half width of the head in half heights.
    double jaw = 0.5;         ///< 0 pointed, 1 square.
    Colour skin, hair, iris, lips, clothes;
    enum class HairStyle { Short, SidePart, Long, Bob, Bun, Receding, Curly } hairStyle = HairStyle::Short;
    double eyeDistance = 1, eyeSize = 1, eyeTilt = 0, browWeight = 1, browHeight = 0, noseWidth = 1, noseLength = 1,
           mouthWidth = 1, lipFullness = 1;
    double restingMouth = 0, restingBrow = 0; ///< How the face looks at rest: what makes expressions hard to read.
    bool glasses = false;
    int glassesShape = 0;
    double beard = 0, moustache = 0; ///< 0 none, 1 full.
    double age = 0;                  ///< 0 young, 1 lines in the face.
};
FaceIdentity randomIdentity(SeededRandom &random);

/// What the muscles of a face do, each about 0–1 (corners and outer brows also below 0).
struct FaceMuscles
{
    double browInnerUp = 0, browOuterUp = 0, browLower = 0, browSqueeze = 0;
    double lidDrop = 0; ///< How far the upper lids have come down to the lower ones: 1, the eyes are closed.
    double eyeWide = 0, eyeClose = 0, lidTight = 0, cheekRaise = 0, noseWrinkle = 0;
    double upperLipRaise = 0, cornerUp = 0, cornerAsymmetry = 0, mouthOpen = 0, mouthStretch = 0, lipPress = 0,
           chinRaise = 0;

    FaceMuscles plus(const FaceMuscles &other, double weight) const;
};
/// The full expression for a canonical class; all zero for neutral.
FaceMuscles musclesOf(std::string_view expression);

/// How the picture was taken.
struct FaceScene
{
    double yaw = 0, pitch = 0, roll = 0; ///< Radians.
    double scale = 1, shiftX = 0, shiftY = 0;
    Colour backgroundTop, backgroundBottom;
    double leftLight = 1, rightLight = 1, topLight = 1, bottomLight = 1, contrast = 1, grain = 0.01;
    double gazeX = 0, gazeY = 0;
    bool smirkLeft = false; ///< The side a one-sided mouth moves to.
    enum class Hand { None, BeforeMouth, BeforeEye } hand = Hand::None;
    double handRaised = 0; ///< 0 below the picture, 1 where it covers.
    std::uint64_t grainSeed = 0;
};
FaceScene randomScene(SeededRandom &random);

Picture drawFace(const FaceIdentity &identity, const FaceMuscles &muscles, const FaceScene &scene, int sidePx);
/// A frame of a video: the face is as large as in a square picture of that height.
Picture drawFace(const FaceIdentity &identity, const FaceMuscles &muscles, const FaceScene &scene, int widthPx,
                 int heightPx);
/// Where drawFace() puts the face, from the forehead to the chin, in pixels.
BoxPx drawnFaceBox(const FaceIdentity &identity, const FaceScene &scene, int widthPx, int heightPx);

} // namespace mien
