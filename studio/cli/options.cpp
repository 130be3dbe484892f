#include "studio/cli/options.h"

#include <algorithm>
#include <charconv>

namespace mien {

namespace {

std::string joined(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// Reads a whole text as a number, whatever the locale says.
template <typename Number>
std::string readNumber(const std::string &text, Number lowest, Number highest, Number &target)
{
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty())
        return "'" + text + "' is not a number";
    if (!(value >= lowest && value <= highest)) {
        const auto shown = [](Number number) {
            std::string shownNumber = std::to_string(number);
            if (shownNumber.find('.') != std::string::npos)
                shownNumber.erase(std::max(shownNumber.find_last_not_of('0'), shownNumber.find('.') + 1) + 1);
            return shownNumber;
        };
        return text + " is out of range (" + shown(lowest) + " to " + shown(highest) + ")";
    }
    target = value;
    return {};
}

} // namespace

Options &Options::add(Option option)
{
    m_options.push_back(std::move(option));
    return *this;
}

Options &Options::flag(std::string name, bool &target, std::string help)
{
    return add({.name = std::move(name), .help = std::move(help), .accept = [&target](const std::string &) {
                    target = true;
                    return std::string();
                }});
}

Options &Options::text(std::string name, std::string valueName, std::string &target, std::string help)
{
    return add({.name = std::move(name),
                .valueName = std::move(valueName),
                .help = std::move(help),
                .accept = [&target](const std::string &value) {
                    target = value;
                    return std::string();
                }});
}

Options &Options::text(std::string name, std::string valueName, std::optional<std::string> &target, std::string help)
{
    return add({.name = std::move(name),
                .valueName = std::move(valueName),
                .help = std::move(help),
                .accept = [&target](const std::string &value) {
                    target = value;
                    return std::string();
                }});
}

Options &Options::texts(std::string name, std::string valueName, std::vector<std::string> &target, std::string help)
{
    return add({.name = std::move(name),
                .valueName = std::move(valueName),
                .help = std::move(help),
                .many = true,
                .accept = [&target](const std::string &value) {
                    target.push_back(value);
                    return std::string();
                }});
}

Options &Options::file(std::string name, std::string valueName, std::string &target, std::string help)
{
    text(std::move(name), std::move(valueName), target, std::move(help));
    m_options.back().kind = ValueKind::File;
    return *this;
}

Options &Options::folder(std::string name, std::string valueName, std::string &target, std::string help)
{
    text(std::move(name), std::move(valueName), target, std::move(help));
    m_options.back().kind = ValueKind::Folder;
    return *this;
}

Options &Options::choice(std::string name, std::string &target, std::vector<std::string> values, std::string help)
{
    Option option{.name = std::move(name),
                  .valueName = "NAME",
                  .help = std::move(help),
                  .kind = ValueKind::Choice,
                  .choices = std::move(values)};
    option.accept = [&target, values = option.choices](const std::string &value) -> std::string {
        if (std::find(values.begin(), values.end(), value) == values.end())
            return "'" + value + "' is not possible; one of: " + joined(values);
        target = value;
        return {};
    };
    return add(std::move(option));
}

Options &Options::whole(std::string name, std::string valueName, std::int64_t &target, std::int64_t lowest,
                        std::int64_t highest, std::string help)
{
    return add(
        {.name = std::move(name),
         .valueName = std::move(valueName),
         .help = std::move(help),
         .kind = ValueKind::Number,
         .accept = [=, &target](const std::string &value) { return readNumber(value, lowest, highest, target); }});
}

Options &Options::whole(std::string name, std::string valueName, std::optional<std::int64_t> &target,
                        std::int64_t lowest, std::int64_t highest, std::string help)
{
    return add({.name = std::move(name),
                .valueName = std::move(valueName),
                .help = std::move(help),
                .kind = ValueKind::Number,
                .accept = [=, &target](const std::string &value) {
                    return readNumber(value, lowest, highest, target.emplace());
                }});
}

Options &Options::wholes(std::string name, std::string valueName, std::vector<std::int64_t> &target, std::string help)
{
    return add({.name = std::move(name),
                .valueName = std::move(valueName),
                .help = std::move(help),
                .kind = ValueKind::Number,
                .many = true,
                .accept = [&target](const std::string &value) {
                    return readNumber(value, std::int64_t(0), INT64_MAX, target.emplace_back());
                }});
}

Options &Options::real(std::string name, std::string valueName, double &target, double lowest, double highest,
                       std::string help)
{
    return add(
        {.name = std::move(name),
         .valueName = std::move(valueName),
         .help = std::move(help),
         .kind = ValueKind::Number,
         .accept = [=, &target](const std::string &value) { return readNumber(value, lowest, highest, target); }});
}

Options &Options::real(std::string name, std::string valueName, std::optional<double> &target, double lowest,
                       double highest, std::string help)
{
    return add({.name = std::move(name),
                .valueName = std::move(valueName),
                .help = std::move(help),
                .kind = ValueKind::Number,
                .accept = [=, &target](const std::string &value) {
                    return readNumber(value, lowest, highest, target.emplace());
                }});
}

Options &Options::required()
{
    m_options.back().required = true;
    return *this;
}

Options &Options::hidden()
{
    m_options.back().hidden = true;
    return *this;
}

Options &Options::shortName(std::string name)
{
    m_options.back().shortName = std::move(name);
    return *this;
}

Options &Options::among(std::vector<std::string> known)
{
    m_options.back().choices = std::move(known);
    return *this;
}

} // namespace mien
