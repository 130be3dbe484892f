#include "pipeline/import/affectnet_facts.h"

#include "pipeline/import/code_tables.h"

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

constexpr std::size_t landmarkValues = 2 * 68;
constexpr double absentAffect = -2;

} // namespace

void takeAffectNetCode(long long code, Item &item, const ItemProblem &problem)
{
    NewSample &sample = item.sample;
    sample.nativeLabel = std::to_string(code);
    sample.nativeSpace = "affectnet";
    if (const std::string_view className = codeTableNamed("affectnet")->classOf(code); !className.empty()) {
        sample.state = LabelState::Ok;
        item.className = className;
        return;
    }
    switch (code) {
    case 8: sample.state = LabelState::NoneOfThese; break;
    case 9: sample.state = LabelState::Uncertain; break;
    case 10: sample.state = LabelState::NotAFace; break;
    default:
        sample.state = LabelState::Unmapped;
        problem("LABEL_OUT_OF_RANGE", sample.nativeLabel + " is no code of AffectNet, which are 0 to 10.");
        return;
    }
    problem("LABEL_EXCLUDED",
            "Code " + sample.nativeLabel + " of AffectNet is no class: " + std::string(nameOf(sample.state)) + '.');
}

void takeAffect(double value, std::string_view name, std::optional<double> &target, const ItemProblem &problem)
{
    if (value == absentAffect)
        return;
    if (value >= -1 && value <= 1)
        target = value;
    else
        problem("VA_OUT_OF_RANGE", "The " + std::string(name) + " is not between -1 and 1; it is left out.");
}

void takeAffectNetLandmarks(std::vector<double> values, NewSample &sample, const ItemProblem &problem)
{
    if (values.size() == landmarkValues &&
        std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) {
        sample.landmarkScheme = "68";
        sample.landmarks = std::move(values);
        return;
    }
    problem("BAD_LANDMARKS",
            values.size() == landmarkValues
                ? "A landmark is no number; all are left out."
                : std::to_string(values.size()) + " numbers instead of x and y of 68 landmarks; they are left out.");
}

} // namespace mien
