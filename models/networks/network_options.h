#pragma once

#include "models/base/result.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace mien {

/// One option of a network, as `mien networks` lists it.
struct NetworkOption
{
    enum class Type { Choice, Integer, Number };
    std::string name;
    Type type = Type::Choice;
    nlohmann::json standard;           ///< The default.
    std::vector<std::string> values{}; ///< Choice.
    double least = 0, most = 0;        ///< Integer, Number: inclusive.
    std::string help;

    nlohmann::json row() const; ///< name, type, default, values or range, help.
};

/// Fills defaults in and checks names and ranges. `given` may hold every value as a string.
/// Fails with Invalid, listing what was possible.
Result<nlohmann::json> completeOptions(const std::vector<NetworkOption> &options, const nlohmann::json &given,
                                       const std::string &network);

} // namespace mien
