#include "pipeline/face/face_gate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace mien {

namespace {

// What FaceCutter measures.
constexpr std::array<std::string_view, 10> faceMeasures = {
    "quality.size",  "quality.blur", "quality.exposure",  "quality.contrast",  "quality.yaw",
    "quality.pitch", "quality.roll", "quality.detection", "quality.landmarks", "quality.occlusion"};

std::string allMeasures()
{
    std::string all;
    for (const std::string_view name : faceMeasures)
        all += (all.empty() ? "" : ", ") + std::string(name);
    return all;
}

} // namespace

Result<FaceGate> FaceGate::of(std::string_view text)
{
    const std::string quoted = "'" + std::string(text) + "'";
    const std::size_t at = text.find_first_of("<>=");
    const std::string_view sign = at == std::string_view::npos ? std::string_view() : text.substr(at, 2);
    if (sign != ">=" && sign != "<=")
        return fail(ErrorCode::Invalid, quoted + " is no threshold like quality.blur>=40 or quality.yaw<=30.");
    FaceGate gate{.measure = std::string(text.substr(0, at)), .isAtLeast = sign == ">="};
    if (std::find(faceMeasures.begin(), faceMeasures.end(), gate.measure) == faceMeasures.end())
        return fail(ErrorCode::Invalid,
                    quoted + ": faces are not measured by '" + gate.measure + "', but by " + allMeasures() + ".");
    const std::string_view number = text.substr(at + 2);
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), gate.limit);
    if (problem != std::errc() || end != number.data() + number.size() || !std::isfinite(gate.limit))
        return fail(ErrorCode::Invalid, quoted + ": '" + std::string(number) + "' is no number.");
    return gate;
}

std::string FaceGate::text() const
{
    char number[32];
    const auto written = std::to_chars(number, number + sizeof number, limit);
    return measure + (isAtLeast ? ">=" : "<=") + std::string(number, written.ptr);
}

bool FaceGate::passes(const std::map<std::string, double> &measures) const
{
    const auto found = measures.find(measure);
    return found == measures.end() || (isAtLeast ? found->second >= limit : found->second <= limit);
}

std::vector<std::string> failedGates(const std::vector<FaceGate> &gates, const std::map<std::string, double> &measures)
{
    std::vector<std::string> failed;
    for (const FaceGate &gate : gates)
        if (!gate.passes(measures))
            failed.push_back(gate.text());
    return failed;
}

} // namespace mien
