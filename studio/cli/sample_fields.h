#pragma once

#include "pipeline/store/project.h"
#include "pipeline/store/sample.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// One column of `list` and `flags`: a field of `cli.md` ("Names"), as JSON null, bool, number, text or object.
struct SampleField
{
    std::string name;
    std::function<nlohmann::json(const SampleRow &, const Project &)> value;
};

/// Every field there is, in the order of the help.
const std::vector<SampleField> &sampleFields();

/// The fields of "id,label,suspicion". Invalid: names the wrong one and what there is.
Result<std::vector<const SampleField *>> sampleFieldsNamed(std::string_view names);

/// A field's value as one CSV field: null is empty, objects are JSON text, booleans yes and no.
std::string csvValue(const nlohmann::json &value);

} // namespace mien
