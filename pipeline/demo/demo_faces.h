#pragma once

#include "pipeline/demo/face_drawing.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// The eight expressions of the demo, in the order of the vote columns.
inline constexpr std::array<std::string_view, 8> demoExpressions = {"neutral", "happiness", "surprise", "sadness",
                                                                    "anger",   "disgust",   "fear",     "contempt"};

/// One picture of the demo, before it is drawn.
struct DemoFace
{
    int subject = 0;
    int truth = 0, given = 0; ///< Positions in demoExpressions.
    FaceMuscles muscles;
    FaceScene scene;
    std::array<int, 10> votes = {}; ///< Eight expressions, unknown, NF; ten in all.
};

struct DemoCast
{
    std::vector<FaceIdentity> people;
    std::vector<DemoFace> faces;
};

/// Who appears, how often, and what their faces do. About 20 pictures a person.
DemoCast demoCast(int samples, double noise, std::uint64_t seed);

} // namespace mien
