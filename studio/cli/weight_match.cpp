#include "studio/cli/weight_match.h"

#include "studio/cli/counted.h"

#include <cstdint>
#include <utility>

namespace mien {

std::string firstOf(const std::vector<std::string> &names)
{
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < 5; ++i)
        text += (i ? ", " : "") + names[i];
    return names.size() > 5 ? text + " and " + std::to_string(names.size() - 5) + " more" : text;
}

std::string matchText(const nlohmann::json &match, const std::string &network)
{
    std::string text = network + ": " + counted(match.value("matched", std::int64_t(0)), "tensor") + " meet";
    if (const std::string convention = match.value("convention", ""); !convention.empty())
        text += " (names of " + convention + ")";
    text += match.value("strict", false) ? ", all of both." : ".";
    const std::pair<const char *, const char *> kinds[] = {{"missing", "Missing"},
                                                           {"mismatched", "Of another shape"},
                                                           {"unexpected", "Not expected"},
                                                           {"dropped", "Never evaluated"}};
    for (const auto &[key, title] : kinds)
        if (const auto these = match.value(key, std::vector<std::string>()); !these.empty())
            text += std::string("\n") + title + ": " + firstOf(these) + ".";
    return text;
}

} // namespace mien
