#include "pipeline/face/turn_evidence.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace mien {

namespace {

constexpr double sure = 0.9, verySure = 0.95;
constexpr double clearlyUpright = 0.98, clearlyBetter = 0.05; // a frame
constexpr double littleDoubt = 1e-2, hardlyAnyDoubt = 2e-3;
constexpr double leastDoubt = 1e-7; // floats do not tell less from nothing

double bestOf(const std::vector<double> &faces)
{
    return faces.empty() ? 0 : *std::max_element(faces.begin(), faces.end());
}

double sumOfBest(const TurnEvidence &turn)
{
    double sum = 0;
    for (const auto &faces : turn.levelFaces)
        sum += bestOf(faces);
    return sum;
}

std::ptrdiff_t sureFaces(const TurnEvidence &turn)
{
    std::ptrdiff_t count = 0;
    for (const auto &faces : turn.levelFaces)
        count += std::count_if(faces.begin(), faces.end(), [](double face) { return face >= sure; });
    return count;
}

bool isShown(const TurnEvidence &turn, const TurnEvidence &upright)
{
    const bool isAlone = turn.levelFaces.size() == 1 && bestOf(turn.levelFaces.front()) >= verySure;
    return (sureFaces(turn) >= 2 || isAlone) && sureFaces(turn) >= sureFaces(upright) &&
           sumOfBest(turn) > sumOfBest(upright) + clearlyBetter * double(turn.levelFaces.size());
}

/// Of the geometric mean.
double meanLogDoubt(const TurnEvidence &turn)
{
    double sum = 0;
    for (const double doubt : turn.doubts)
        sum += std::log(std::max(doubt, leastDoubt));
    return sum / double(turn.doubts.size());
}

bool isUpsideDown(const TurnEvidence &turn, const TurnEvidence &upright)
{
    if (turn.turnDeg != 180 || turn.doubts.empty() || upright.doubts.empty())
        return false;
    const auto sureFrames =
        std::count_if(turn.doubts.begin(), turn.doubts.end(), [](double doubt) { return doubt <= littleDoubt; });
    const bool isAlone = turn.doubts.size() == 1 && turn.doubts.front() <= hardlyAnyDoubt;
    double gain = 0; // of the geometric mean over frames in which one of both saw a face
    int seen = 0;
    for (std::size_t i = 0; i < turn.doubts.size(); ++i) {
        if (turn.doubts[i] >= 1 && upright.doubts[i] >= 1)
            continue;
        gain += std::log(std::max(upright.doubts[i], leastDoubt)) - std::log(std::max(turn.doubts[i], leastDoubt));
        ++seen;
    }
    return (sureFrames >= 2 || isAlone) && gain > seen * std::log(10);
}

} // namespace

bool isClearlyUpright(const TurnEvidence &upright)
{
    return sumOfBest(upright) >= clearlyUpright * double(upright.levelFaces.size()) &&
           (upright.doubts.empty() || meanLogDoubt(upright) <= std::log(hardlyAnyDoubt));
}

int turnShownBy(std::span<const TurnEvidence> turns)
{
    const TurnEvidence *best = &turns.front();
    for (const TurnEvidence &turn : turns.subspan(1))
        if ((isShown(turn, turns.front()) || isUpsideDown(turn, turns.front())) &&
            (best == &turns.front() || sumOfBest(turn) > sumOfBest(*best)))
            best = &turn;
    return best->turnDeg;
}

} // namespace mien
