#include "studio/cli/key_values.h"

namespace mien {

Result<nlohmann::json> keyValues(const std::vector<std::string> &pairs)
{
    nlohmann::json object = nlohmann::json::object();
    for (const std::string &pair : pairs) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(ErrorCode::Invalid, "--set: '" + pair + "' is not KEY=VALUE.");
        object[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    return object;
}

} // namespace mien
