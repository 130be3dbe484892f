#include "pipeline/drowsiness/opening_curves.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mien {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double closesBelow = 0.5, closedBelow = 0.3, opensAbove = 0.6, perclosBelow = 0.2;
constexpr double longestGapS = 0.5;
constexpr double hiddenFrom = 0.4; // people close both eyes

double quantile(std::vector<double> values, double share)
{
    if (values.empty())
        return nan;
    const auto place = values.begin() + std::ptrdiff_t(std::lround(share * double(values.size() - 1)));
    std::nth_element(values.begin(), place, values.end());
    return *place;
}

/// Open and closed of one eye of one person.
struct Levels
{
    double open = nan, closed = nan;

    double opening(double extent) const
    {
        return open > closed ? std::clamp((extent - closed) / (open - closed), 0.0, 1.5) : nan;
    }
};

Levels levelsOf(const std::vector<double> &extents, double closedShare)
{
    Levels levels{quantile(extents, 0.8), nan};
    const double least = quantile(extents, 0.01);
    std::vector<double> closed;
    for (const double extent : extents)
        if (extent < least + (levels.open - least) / 3)
            closed.push_back(extent);
    const bool isEverClosed = least < 0.6 * levels.open && !closed.empty();
    levels.closed = isEverClosed ? quantile(closed, 0.5) : closedShare * levels.open;
    return levels;
}

/// How much an eye counts: the far one of a head that is turned by more than 8 degrees less, from 16 on not at all.
double weightOf(std::size_t side, double yawDeg)
{
    const double away = side == 1 ? yawDeg : -yawDeg;
    return 1 - std::clamp((away - 8) / 8, 0.0, 1.0);
}

std::vector<double> medianOfThree(const std::vector<double> &values)
{
    std::vector<double> result = values;
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::vector<double> near;
        for (std::size_t k = i > 0 ? i - 1 : 0; k <= i + 1 && k < values.size(); ++k)
            if (std::isfinite(values[k]))
                near.push_back(values[k]);
        if (!std::isfinite(values[i]))
            continue;
        std::sort(near.begin(), near.end());
        result[i] = near.size() % 2 ? near[near.size() / 2] : (near[near.size() / 2 - 1] + near[near.size() / 2]) / 2;
    }
    return result;
}

/// Straight lines over short gaps.
void bridge(const std::vector<double> &timeS, std::vector<double> &values)
{
    std::optional<std::size_t> last;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i]))
            continue;
        if (last && i > *last + 1 && timeS[i] - timeS[*last] <= longestGapS)
            for (std::size_t k = *last + 1; k < i; ++k)
                values[k] =
                    values[*last] + (values[i] - values[*last]) * (timeS[k] - timeS[*last]) / (timeS[i] - timeS[*last]);
        last = i;
    }
}

std::vector<DrowsinessStrip::Span> closuresOf(const std::vector<double> &timeS, const std::vector<double> &opening)
{
    std::vector<DrowsinessStrip::Span> closures;
    bool isClosed = false;
    double seenS = 0, least = 1;
    const auto end = [&](double atS) {
        closures.back().endS = atS;
        if (least > closedBelow) // lids that hang, not ones that close
            closures.pop_back();
        isClosed = false;
        least = 1;
    };
    for (std::size_t i = 0; i < opening.size(); ++i) {
        if (!std::isfinite(opening[i])) {
            if (isClosed && timeS[i] - seenS > longestGapS)
                end(seenS);
            continue;
        }
        if (!isClosed && opening[i] < closesBelow) {
            closures.push_back({timeS[i], timeS[i]});
            isClosed = true;
        } else if (isClosed && opening[i] > opensAbove) {
            end(timeS[i]);
        }
        seenS = timeS[i];
        if (isClosed)
            least = std::min(least, opening[i]);
    }
    if (isClosed)
        end(seenS);
    return closures;
}

struct Rates
{
    double seenS = 0, closedS = 0;
    std::int64_t blinks = 0;

    double perclos() const { return seenS > 0 ? closedS / seenS : 0; }
    double blinksPerMinute() const { return seenS > 0 ? double(blinks) * 60 / seenS : 0; }
};

bool isBlink(const DrowsinessStrip::Span &closure)
{
    return closure.endS - closure.startS <= DrowsinessStrip::longestBlinkS;
}

Rates ratesOf(const DrowsinessStrip &strip, double fromS, double toS)
{
    Rates rates;
    for (std::size_t i = 0; i < strip.timeS.size(); ++i) {
        if (strip.timeS[i] < fromS || strip.timeS[i] >= toS || !std::isfinite(strip.eyeOpening[i]))
            continue;
        // A frame is shown until the next one; the last as long as the one before.
        const double shownS = i + 1 < strip.timeS.size() ? strip.timeS[i + 1] - strip.timeS[i]
                              : i > 0                    ? strip.timeS[i] - strip.timeS[i - 1]
                                                         : 0;
        const double countedS = std::min(shownS, longestGapS);
        rates.seenS += countedS;
        rates.closedS += strip.eyeOpening[i] <= perclosBelow ? countedS : 0;
    }
    rates.blinks = std::count_if(strip.closures.begin(), strip.closures.end(), [&](const auto &closure) {
        return closure.startS >= fromS && closure.startS < toS && isBlink(closure);
    });
    return rates;
}

} // namespace

DrowsinessStrip stripFrom(std::span<const FrameLook> frames, std::string measuredBy, double closedShare)
{
    DrowsinessStrip strip;
    strip.measuredBy = std::move(measuredBy);
    std::array<std::vector<double>, 2> extents;
    std::vector<double> mouths;
    for (const FrameLook &frame : frames)
        if (frame.face) {
            for (const std::size_t side : {0u, 1u})
                if (weightOf(side, frame.face->pose.yawDeg) > 0.5)
                    extents[side].push_back(frame.face->extents.eye[side]);
            mouths.push_back(frame.face->extents.mouth);
        }
    const std::array<Levels, 2> levels{levelsOf(extents[0], closedShare), levelsOf(extents[1], closedShare)};
    const double closedMouth = quantile(mouths, 0.25); // mouths are closed most of the time
    for (const FrameLook &frame : frames) {
        strip.timeS.push_back(frame.timeS);
        double eye = nan, mouth = nan;
        FacePose pose{nan, nan, nan};
        if (frame.face) {
            pose = frame.face->pose;
            mouth = std::max(0.0, frame.face->extents.mouth - closedMouth);
            std::array<double, 2> openings{};
            double sum = 0, weights = 0;
            bool areBothSeen = true;
            for (const std::size_t side : {0u, 1u}) {
                openings[side] = levels[side].opening(frame.face->extents.eye[side]);
                const double weight = std::isfinite(openings[side]) ? weightOf(side, pose.yawDeg) : 0;
                sum += weight > 0 ? weight * openings[side] : 0;
                weights += weight;
                areBothSeen = areBothSeen && weight > 0.5;
            }
            eye = weights > 0 ? sum / weights : nan;
            if (areBothSeen && std::abs(openings[0] - openings[1]) > hiddenFrom)
                eye = std::max(openings[0], openings[1]);
        }
        strip.eyeOpening.push_back(eye);
        strip.mouthOpening.push_back(mouth);
        strip.yawDeg.push_back(pose.yawDeg);
        strip.pitchDeg.push_back(pose.pitchDeg);
        strip.rollDeg.push_back(pose.rollDeg);
    }
    strip.eyeOpening = medianOfThree(strip.eyeOpening);
    strip.mouthOpening = medianOfThree(strip.mouthOpening);
    bridge(strip.timeS, strip.eyeOpening);
    strip.closures = closuresOf(strip.timeS, strip.eyeOpening);
    if (strip.timeS.empty())
        return strip;
    const double startS = strip.timeS.front(), endS = strip.timeS.back();
    const Rates all = ratesOf(strip, startS, std::numeric_limits<double>::infinity());
    strip.perclos = all.perclos();
    strip.blinksPerMinute = all.blinksPerMinute();
    strip.blinks = all.blinks;
    for (double fromS = startS; fromS <= endS; fromS += 60) {
        const Rates minute = ratesOf(strip, fromS, fromS + 60);
        strip.minutes.push_back({minute.perclos(), minute.blinksPerMinute()});
    }
    return strip;
}

std::map<std::string, double> measuresAt(const DrowsinessStrip &strip, double timeS)
{
    std::map<std::string, double> measures;
    if (strip.timeS.empty())
        return measures;
    const auto after = std::lower_bound(strip.timeS.begin(), strip.timeS.end(), timeS);
    auto at = std::size_t(after - strip.timeS.begin());
    if (at == strip.timeS.size() || (at > 0 && timeS - strip.timeS[at - 1] < strip.timeS[at] - timeS))
        --at;
    constexpr double otherMomentS = 0.2; // the nearest frame shows another moment
    if (std::abs(strip.timeS[at] - timeS) > otherMomentS)
        return measures;
    const auto minute =
        std::min(std::size_t(std::max(0.0, timeS - strip.timeS.front()) / 60), strip.minutes.size() - 1);
    measures["drowsiness.perclos"] = strip.minutes[minute].perclos;
    measures["drowsiness.blinks_per_minute"] = strip.minutes[minute].blinks;
    if (std::isfinite(strip.mouthOpening[at]))
        measures["drowsiness.mouth_opening"] = strip.mouthOpening[at];
    if (!std::isfinite(strip.eyeOpening[at]))
        return measures;
    measures["drowsiness.eye_opening"] = strip.eyeOpening[at];
    std::vector<double> around;
    constexpr double halfAroundS = 1;
    for (std::size_t i = 0; i < strip.timeS.size(); ++i)
        if (std::abs(strip.timeS[i] - timeS) <= halfAroundS && std::isfinite(strip.eyeOpening[i]))
            around.push_back(strip.eyeOpening[i]);
    measures["drowsiness.median_opening"] = quantile(around, 0.5);
    measures["drowsiness.closed_s"] = 0;
    for (const DrowsinessStrip::Span &closure : strip.closures)
        if (timeS >= closure.startS && timeS <= closure.endS)
            measures["drowsiness.closed_s"] = closure.endS - closure.startS;
    return measures;
}

} // namespace mien
