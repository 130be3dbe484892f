#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

class Project;

/// What a data set says of a sample besides its label, by name among its measures: `judged.age` is what annotators
/// judged of the person, by code; `layer.noise01` the label of a further list, by class.
inline constexpr std::string_view judgedPrefix = "judged.", layerPrefix = "layer.";
/// Neither is measured on pixels.
bool isGivenField(std::string_view measure);

/// A judgement of annotators about the person in the picture, never a fact.
struct JudgedAttribute
{
    std::string_view field;                  ///< "judged.gender"
    std::span<const std::string_view> words; ///< By code, from 0.

    std::optional<int> codeOf(std::string_view word) const;
};
std::span<const JudgedAttribute> judgedAttributes(); ///< Gender, race and age, as RAF-DB has them.
const JudgedAttribute *judgedAttributeNamed(std::string_view field);

/// The name of a layer's measure: "layer.noise01".
std::string layerField(std::string_view list);

struct GivenField
{
    std::string field; ///< "judged.age", "layer.clean"
    std::string value; ///< A word ("20-39") or the name of a class.
};
/// In the order of their names.
Result<std::vector<GivenField>> givenFieldsOf(const Project &project, SampleId sample);

} // namespace mien
