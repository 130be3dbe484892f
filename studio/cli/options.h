#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// What a value of an option is, for help and shell completion.
enum class ValueKind { Text, Number, File, Folder, Choice };

/// One option or positional of a command. Everything said about a command comes from this table:
/// parsing, `--help`, and the completion scripts.
struct Option
{
    std::string name;      ///< "--folds"; a positional has no dashes: "PATH".
    std::string shortName; ///< "-p", or empty.
    std::string valueName; ///< "K"; empty for a switch.
    std::string help;
    ValueKind kind = ValueKind::Text;
    std::vector<std::string> choices;
    bool required = false;
    bool many = false;                                      ///< May be given again, and take several values at once.
    bool hidden = false;                                    ///< Not in the help: for the studio.
    std::function<std::string(const std::string &)> accept; ///< Takes one value; returns what is wrong with it, or "".

    bool isPositional() const { return !name.starts_with('-'); }
    bool isSwitch() const { return valueName.empty(); }
};

/// Declares the options of one command into variables that outlive the parsing.
class Options
{
public:
    Options &flag(std::string name, bool &target, std::string help);
    Options &text(std::string name, std::string valueName, std::string &target, std::string help);
    Options &text(std::string name, std::string valueName, std::optional<std::string> &target, std::string help);
    Options &texts(std::string name, std::string valueName, std::vector<std::string> &target, std::string help);
    Options &file(std::string name, std::string valueName, std::string &target, std::string help);
    Options &folder(std::string name, std::string valueName, std::string &target, std::string help);
    Options &choice(std::string name, std::string &target, std::vector<std::string> values, std::string help);
    Options &whole(std::string name, std::string valueName, std::int64_t &target, std::int64_t lowest,
                   std::int64_t highest, std::string help);
    Options &whole(std::string name, std::string valueName, std::optional<std::int64_t> &target, std::int64_t lowest,
                   std::int64_t highest, std::string help);
    Options &wholes(std::string name, std::string valueName, std::vector<std::int64_t> &target, std::string help);
    Options &real(std::string name, std::string valueName, double &target, double lowest, double highest,
                  std::string help);
    Options &real(std::string name, std::string valueName, std::optional<double> &target, double lowest, double highest,
                  std::string help);

    // Said about the option declared last.
    Options &required();
    Options &hidden();
    Options &shortName(std::string name);
    Options &among(std::vector<std::string> known); ///< Completes these; other values are taken too.

    const std::vector<Option> &all() const { return m_options; }

private:
    Options &add(Option option);
    std::vector<Option> m_options;
};

} // namespace mien
