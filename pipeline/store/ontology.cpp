#include "pipeline/store/ontology.h"

#include <algorithm>
#include <array>

namespace mien {
namespace {

constexpr std::array<std::pair<LabelState, std::string_view>, 8> stateNames{{
    {LabelState::Ok, "ok"},
    {LabelState::Unlabeled, "unlabeled"},
    {LabelState::Uncertain, "uncertain"},
    {LabelState::NoneOfThese, "none_of_these"},
    {LabelState::NotAFace, "not_a_face"},
    {LabelState::Excluded, "excluded"},
    {LabelState::Conflict, "conflict"},
    {LabelState::Unmapped, "unmapped"},
}};

struct Alias
{
    std::string_view name; ///< Lower case, words joined by '_'.
    std::int64_t classId;
    bool isShort; ///< Two or three letters: only where an importer defines them.
};

constexpr std::array<Alias, 53> aliases{{
    {"neutral", 1, false},
    {"neutrality", 1, false},
    {"ne", 1, true},
    {"neu", 1, true},
    {"calm", 1, false},
    {"normal", 1, false},
    {"none_expression", 1, false},
    {"happiness", 2, false},
    {"happy", 2, false},
    {"joy", 2, false},
    {"joyful", 2, false},
    {"ha", 2, true},
    {"hap", 2, true},
    {"smile", 2, false},
    {"enjoyment", 2, false},
    {"sadness", 3, false},
    {"sad", 3, false},
    {"sa", 3, true},
    {"surprise", 4, false},
    {"surprised", 4, false},
    {"suprise", 4, false},
    {"suprised", 4, false},
    {"su", 4, true},
    {"sur", 4, true},
    {"astonished", 4, false},
    {"fear", 5, false},
    {"fearful", 5, false},
    {"afraid", 5, false},
    {"scared", 5, false},
    {"fe", 5, true},
    {"fea", 5, true},
    {"af", 5, true},
    {"disgust", 6, false},
    {"disgusted", 6, false},
    {"di", 6, true},
    {"dis", 6, true},
    {"disgrace", 6, false},
    {"anger", 7, false},
    {"angry", 7, false},
    {"an", 7, true},
    {"ang", 7, true},
    {"mad", 7, false},
    {"contempt", 8, false},
    {"contemptuous", 8, false},
    {"co", 8, true},
    {"other", 9, false},
    {"others", 9, false},
    {"alert", 101, false},
    {"low_vigilant", 102, false},
    {"drowsy", 103, false},
    {"al", 101, true},
    {"lv", 102, true},
    {"dr", 103, true},
}};

bool isBlank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string foldedName(std::string_view text)
{
    while (!text.empty() && isBlank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back()))
        text.remove_suffix(1);
    std::string folded;
    folded.reserve(text.size());
    for (const char c : text) {
        if (c >= 'A' && c <= 'Z')
            folded += static_cast<char>(c - 'A' + 'a');
        else if (c == '-' || c == ' ')
            folded += '_';
        else
            folded += c;
    }
    return folded;
}

} // namespace

std::string_view nameOf(LabelState state)
{
    return stateNames[static_cast<std::size_t>(state)].second;
}

std::optional<LabelState> labelStateNamed(std::string_view name)
{
    for (const auto &[state, stateName] : stateNames) {
        if (stateName == name)
            return state;
    }
    return std::nullopt;
}

std::span<const ExpressionClass> canonicalClasses()
{
    static const std::array<ExpressionClass, 12> classes{{
        {{1}, "neutral", "Neutral", "NE", "expression/1"},
        {{2}, "happiness", "Happiness", "HA", "expression/1"},
        {{3}, "sadness", "Sadness", "SA", "expression/1"},
        {{4}, "surprise", "Surprise", "SU", "expression/1"},
        {{5}, "fear", "Fear", "FE", "expression/1"},
        {{6}, "disgust", "Disgust", "DI", "expression/1"},
        {{7}, "anger", "Anger", "AN", "expression/1"},
        {{8}, "contempt", "Contempt", "CO", "expression/1"},
        {{9}, "other", "Other expression", "OT", "expression/1"},
        {{101}, "alert", "Alert", "AL", "drowsiness/1"},
        {{102}, "low_vigilant", "Low vigilant", "LV", "drowsiness/1"},
        {{103}, "drowsy", "Drowsy", "DR", "drowsiness/1"},
    }};
    return classes;
}

std::optional<ClassId> canonicalClassNamed(std::string_view nameOrAlias, bool shortAliases)
{
    const std::string folded = foldedName(nameOrAlias);
    const auto found = std::find_if(aliases.begin(), aliases.end(), [&](const Alias &alias) {
        return alias.name == folded && (shortAliases || !alias.isShort);
    });
    if (found == aliases.end())
        return std::nullopt;
    return ClassId{found->classId};
}

} // namespace mien
