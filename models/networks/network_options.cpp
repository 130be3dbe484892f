#include "models/networks/network_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace mien {
namespace {

std::string joined(const std::vector<std::string> &values)
{
    std::string text;
    for (const auto &value : values)
        text += (text.empty() ? "" : ", ") + value;
    return text;
}

std::optional<int> wholeNumber(const nlohmann::json &value)
{
    if (value.is_number_integer())
        return value.get<int>();
    if (!value.is_string())
        return std::nullopt;
    const auto &text = value.get_ref<const std::string &>();
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::optional<double> finiteNumber(const nlohmann::json &value)
{
    if (value.is_number())
        return value.get<double>();
    if (!value.is_string())
        return std::nullopt;
    const auto &text = value.get_ref<const std::string &>();
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && std::isfinite(number) ? std::optional(number)
                                                                                             : std::nullopt;
}

/// 3 rather than 3.0.
nlohmann::json bound(const NetworkOption &option, double value)
{
    return option.type == NetworkOption::Type::Integer ? nlohmann::json(int(value)) : nlohmann::json(value);
}

std::string possible(const NetworkOption &option)
{
    return option.type == NetworkOption::Type::Choice
               ? joined(option.values)
               : bound(option, option.least).dump() + " to " + bound(option, option.most).dump();
}

} // namespace

nlohmann::json NetworkOption::row() const
{
    nlohmann::json result{{"name", name}, {"default", standard}, {"help", help}};
    if (type == Type::Choice) {
        result["type"] = "choice";
        result["values"] = values;
    } else {
        result["type"] = type == Type::Integer ? "integer" : "number";
        result["range"] = {bound(*this, least), bound(*this, most)};
    }
    return result;
}

Result<nlohmann::json> completeOptions(const std::vector<NetworkOption> &options, const nlohmann::json &given,
                                       const std::string &network)
{
    nlohmann::json result = nlohmann::json::object();
    for (const auto &option : options)
        result[option.name] = option.standard;
    if (given.is_null())
        return result;
    if (!given.is_object())
        return fail(ErrorCode::Invalid, "The options of network " + network + " are not a list of names and values.");
    for (const auto &[key, value] : given.items()) {
        const auto option = std::find_if(options.begin(), options.end(), [&](const auto &o) { return o.name == key; });
        if (option == options.end()) {
            std::vector<std::string> names;
            for (const auto &known : options)
                names.push_back(known.name);
            return fail(ErrorCode::Invalid, "Network " + network + " has no option \"" + key +
                                                "\"; it has: " + (names.empty() ? "none" : joined(names)) + ".");
        }
        if (option->type == NetworkOption::Type::Choice) {
            if (value.is_string() &&
                std::count(option->values.begin(), option->values.end(), value.get<std::string>())) {
                result[key] = value;
                continue;
            }
        } else if (option->type == NetworkOption::Type::Integer) {
            if (const auto number = wholeNumber(value); number && *number >= option->least && *number <= option->most) {
                result[key] = *number;
                continue;
            }
        } else if (const auto number = finiteNumber(value);
                   number && *number >= option->least && *number <= option->most) {
            result[key] = *number;
            continue;
        }
        return fail(ErrorCode::Invalid, "Option " + key + " of network " + network + " cannot be " + value.dump() +
                                            "; possible: " + possible(*option) + ".");
    }
    return result;
}

} // namespace mien
