#include "studio/cli/command_line.h"

#include "models/base/threads.h"
#include "studio/cli/command.h"
#include "studio/cli/printable_text.h"
#include "studio/cli/session.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

namespace mien {

namespace {

int wrongUsage(const std::string &message)
{
    std::fprintf(stderr, "%s\n", printable(message).c_str());
    return 2;
}

std::string listed(const std::vector<std::string> &names)
{
    std::string text;
    for (const std::string &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::vector<std::string> namesOf(const std::vector<Command> &table)
{
    std::vector<std::string> names;
    for (const Command &command : table)
        names.push_back(command.name);
    return names;
}

/// Edit distance, for "did you mean".
std::size_t distance(const std::string &a, const std::string &b)
{
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string didYouMean(const std::string &word, const std::vector<std::string> &known)
{
    const auto best = std::min_element(known.begin(), known.end(), [&](const auto &a, const auto &b) {
        return distance(word, a) < distance(word, b);
    });
    return best != known.end() && distance(word, *best) <= std::max<std::size_t>(2, word.size() / 3)
               ? " Did you mean '" + *best + "'?"
               : std::string();
}

const Option *optionNamed(const std::vector<Option> &options, const std::string &name)
{
    const auto found = std::find_if(options.begin(), options.end(), [&](const Option &option) {
        return !option.isPositional() && (option.name == name || option.shortName == name);
    });
    return found == options.end() ? nullptr : &*found;
}

/// Joins each option with its value, as getopt reads them: what follows an option that takes a value is that value,
/// also when it begins with a dash (`--filter -tag:blurred`). An option for many values takes those that follow.
std::vector<std::string> withValuesJoined(const std::vector<std::string> &arguments, const std::vector<Option> &options)
{
    std::vector<std::string> joined;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--") {
            joined.insert(joined.end(), arguments.begin() + std::ptrdiff_t(i), arguments.end());
            break;
        }
        const Option *option = optionNamed(options, arguments[i]);
        if (!option || option->isSwitch() || i + 1 == arguments.size()) {
            joined.push_back(arguments[i]);
            continue;
        }
        const auto push = [&](const std::string &value) {
            if (value.empty()) { // `--name=` would read as "no value"
                joined.push_back(option->name);
                joined.emplace_back();
            } else {
                joined.push_back(option->name + "=" + value);
            }
        };
        push(arguments[++i]);
        const bool pairs = arguments[i].find('=') != std::string::npos;
        while (option->many && i + 1 < arguments.size() && !arguments[i + 1].starts_with('-') &&
               (arguments[i + 1].find('=') != std::string::npos) == pairs)
            push(arguments[++i]);
    }
    return joined;
}

/// The table's options in a CLI11 application, with the values it read for each.
struct Parser
{
    explicit Parser(const std::string &title, const std::string &summary, const std::vector<Option> &options)
        : app(summary, title)
        , table(options)
        , values(options.size())
    {
        app.get_formatter()->column_width(34);
        app.set_help_flag("-h,--help", "Print this help and leave");
        for (std::size_t i = 0; i < table.size(); ++i)
            declare(table[i], values[i]);
    }

    void declare(const Option &option, std::vector<std::string> &target)
    {
        const std::string names = option.shortName.empty() ? option.name : option.shortName + "," + option.name;
        CLI::Option *declared = nullptr;
        if (option.isSwitch()) {
            declared = app.add_flag_function(names, [&target](std::int64_t) { target = {""}; }, option.help);
        } else {
            const std::string help = option.choices.empty() || option.kind != ValueKind::Choice
                                         ? option.help
                                         : option.help + " (" + listed(option.choices) + ")";
            declared = app.add_option(names, target, help);
            declared->type_name(option.valueName);
            if (!option.isPositional() || !option.many)
                declared->expected(1)->allow_extra_args(false); // values are joined to their options, see above
            declared->multi_option_policy(option.many ? CLI::MultiOptionPolicy::TakeAll
                                                      : CLI::MultiOptionPolicy::Throw);
        }
        declared->required(option.required);
        if (option.hidden)
            declared->group("");
    }

    CLI::App app;
    const std::vector<Option> &table;
    std::vector<std::vector<std::string>> values;
};

/// CLI11's sentence in our words.
std::string sentence(const CLI::ParseError &error)
{
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    const std::string subject = text.substr(0, text.find(':'));
    if (dynamic_cast<const CLI::ArgumentMismatch *>(&error))
        return subject + (subject.starts_with('-') ? " takes one value" : " is one value; there are more");
    if (dynamic_cast<const CLI::RequiredError *>(&error))
        return subject.substr(0, subject.find(' ')) + " is missing";
    return text;
}

int runCommand(const std::string &title, const Command &command, const std::vector<std::string> &arguments)
{
    if (!command.children.empty()) {
        const bool help = !arguments.empty() && (arguments[0] == "-h" || arguments[0] == "--help");
        if (help) {
            std::printf("%s\nUsage: %s COMMAND [OPTIONS]\n\nCommands:\n", command.summary.c_str(), title.c_str());
            for (const Command &child : command.children)
                std::printf("  %-12s %s\n", child.name.c_str(), child.summary.c_str());
            return 0;
        }
        const std::string choices = listed(namesOf(command.children));
        if (arguments.empty() || arguments[0].starts_with('-'))
            return wrongUsage(title + ": say what to do: " + choices + ".");
        for (const Command &child : command.children)
            if (child.name == arguments[0])
                return runCommand(title + " " + child.name, child, {arguments.begin() + 1, arguments.end()});
        return wrongUsage(title + ": there is no '" + arguments[0] + "'; there are: " + choices + ".");
    }

    Options options;
    CommonOptions common;
    const Action action = command.declare(options);
    declareCommon(command, options, common);

    Parser parser(title, command.summary, options.all());
    parser.app.footer(command.notes);
    try {
        std::vector<std::string> joined = withValuesJoined(arguments, options.all());
        std::reverse(joined.begin(), joined.end()); // CLI11 takes them from the back
        parser.app.parse(joined);
    } catch (const CLI::CallForHelp &) {
        std::fputs(parser.app.help().c_str(), stdout);
        return 0;
    } catch (const CLI::ParseError &error) {
        return wrongUsage(title + ": " + sentence(error) + ". See " + title + " --help.");
    }
    for (std::size_t i = 0; i < parser.values.size(); ++i)
        for (const std::string &value : parser.values[i]) {
            const Option &option = options.all()[i];
            if (const std::string wrong = option.accept(value); !wrong.empty())
                return wrongUsage(title + ": " + option.name + ": " + wrong + ".");
        }

    Session session(command.name == title.substr(title.rfind(' ') + 1) ? title : command.name, common, arguments);
    return session.run(action);
}

void printHelp()
{
    std::printf("Mien %s: data sets of faces that can be trusted.\nUsage: mien COMMAND [ARGUMENTS] [-p PROJECT] "
                "[OPTIONS]\n\nCommands:\n",
                MIEN_VERSION);
    for (const Command &command : commands())
        std::printf("  %-12s %s\n", command.name.c_str(), command.summary.c_str());
    std::printf("\nmien COMMAND --help says more about one. Inside a project folder -p may be left out.\n");
}

} // namespace

int runCommandLine(const std::vector<std::string> &arguments)
{
    const std::vector<std::string> known = namesOf(commands());
    if (arguments.empty())
        return wrongUsage("mien: say what to do: mien COMMAND [ARGUMENTS]. Commands: " + listed(known) + ".");
    if (arguments[0] == "-h" || arguments[0] == "--help" || arguments[0] == "help") {
        printHelp();
        return 0;
    }
    const std::string name = arguments[0] == "--version" ? "version" : arguments[0];
    for (const Command &command : commands()) {
        if (command.name != name)
            continue;
        if (const std::string complaint = threadsComplaint(); !complaint.empty())
            std::fprintf(stderr, "mien: %s\n", printable(complaint).c_str());
        return runCommand("mien " + name, command, {arguments.begin() + 1, arguments.end()});
    }

    const std::vector<std::string> &later = laterCommands();
    if (std::find(later.begin(), later.end(), name) != later.end())
        return wrongUsage("mien: '" + name + "' is not part of this version. Commands: " + listed(known) + ".");
    return wrongUsage("mien: there is no command '" + name + "'." + didYouMean(name, known) +
                      " Commands: " + listed(known) + ".");
}

} // namespace mien
