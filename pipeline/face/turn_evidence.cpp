#include "pipeline/face/turn_evidence.h"

#include <algorithm>
#include <cstddef>

namespace mien {

namespace {

constexpr double sure = 0.9, verySure = 0.95;
constexpr double clearlyUpright = 0.98, clearlyBetter = 0.05; // a frame

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

} // namespace

bool isClearlyUpright(const TurnEvidence &upright)
{
    return sumOfBest(upright) >= clearlyUpright * double(upright.levelFaces.size());
}

int turnShownBy(std::span<const TurnEvidence> turns)
{
    const TurnEvidence *best = &turns.front();
    for (const TurnEvidence &turn : turns.subspan(1))
        if (isShown(turn, turns.front()) && (best == &turns.front() || sumOfBest(turn) > sumOfBest(*best)))
            best = &turn;
    return best->turnDeg;
}

} // namespace mien
