#include "pipeline/flag/flag_reasons.h"

#include <cmath>
#include <cstdio>

namespace mien {

namespace {

std::string percent(double share)
{
    return std::to_string(std::lround(share * 100)) + " %";
}

std::string twoDigits(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

} // namespace

std::string_view reasonKindName(ReasonKind kind)
{
    switch (kind) {
    case ReasonKind::PredictsOther: return "predicts_other";
    case ReasonKind::DoubtsGiven: return "doubts_given";
    case ReasonKind::Neighbours: return "neighbours";
    case ReasonKind::ResistsLearning: return "resists_learning";
    case ReasonKind::Attention: return "attention";
    case ReasonKind::Corrected: return "corrected";
    case ReasonKind::ClassOftenWrong: return "class_often_wrong";
    case ReasonKind::Voters: return "voters";
    case ReasonKind::Duplicate: return "duplicate";
    }
    return {};
}

std::string reasonText(const Reason &reason, const std::vector<std::string> &classes)
{
    const std::string name = reason.cls >= 0 ? classes.at(static_cast<std::size_t>(reason.cls)) : std::string();
    switch (reason.kind) {
    case ReasonKind::PredictsOther: return "the model is " + percent(reason.value) + " sure of " + name;
    case ReasonKind::DoubtsGiven: return "the model gives " + name + " only " + percent(reason.value);
    case ReasonKind::Neighbours:
        return std::to_string(std::lround(reason.value * 10)) + " of 10 neighbours are " + name;
    case ReasonKind::ResistsLearning:
        return "even the networks that trained on it resist this label (" + percent(reason.value) + ")";
    case ReasonKind::Attention:
        return "the mirrored face attends elsewhere (inconsistency " + twoDigits(reason.value) + ", typical for " +
               name + " " + twoDigits(reason.typical) + ")";
    case ReasonKind::Corrected:
        return "reliability balancing corrects it to " + name + " (confidence " + twoDigits(reason.value) + ")";
    case ReasonKind::Voters:
        return std::to_string(std::lround(reason.value)) + " of " + std::to_string(std::lround(reason.typical)) +
               " annotators say " + name;
    case ReasonKind::Duplicate:
        return reason.value < 1.5 ? "a picture that is nearly the same is labelled " + name
                                  : std::to_string(std::lround(reason.value)) +
                                        " pictures that are nearly the same are labelled " + name;
    case ReasonKind::ClassOftenWrong: return "about " + percent(reason.value) + " of the labels " + name + " are wrong";
    }
    return {};
}

} // namespace mien
