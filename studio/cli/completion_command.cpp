#include "studio/cli/command_table.h"
#include "studio/cli/session.h"

#include <algorithm>
#include <memory>

namespace mien {

namespace {

/// A command with its full name ("snapshot create") and all its options.
struct Spelled
{
    std::string path;
    std::string summary;
    std::vector<Option> options;
    std::vector<const Command *> children;
};

std::vector<Spelled> spelledCommands()
{
    std::vector<Spelled> all;
    const auto spell = [&](const Command &command, const std::string &path, const auto &self) -> void {
        Spelled spelled{path, command.summary, {}, {}};
        if (command.declare) {
            Options options;
            CommonOptions common;
            const Action unused = command.declare(options);
            declareCommon(command, options, common);
            for (const Option &option : options.all())
                if (!option.hidden)
                    spelled.options.push_back(option);
            // The closures that take values die with what they write to; only the words are used from here on.
            for (Option &option : spelled.options)
                option.accept = {};
        }
        for (const Command &child : command.children)
            spelled.children.push_back(&child);
        all.push_back(spelled);
        for (const Command &child : command.children)
            self(child, path + " " + child.name, self);
    };
    for (const Command &command : commands())
        spell(command, command.name, spell);
    return all;
}

std::string joined(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string inSingleQuotes(const std::string &text)
{
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

std::vector<std::string> words(const Spelled &command)
{
    std::vector<std::string> all;
    for (const Command *child : command.children)
        all.push_back(child->name);
    for (const Option &option : command.options)
        if (option.isPositional())
            all.insert(all.end(), option.choices.begin(), option.choices.end());
    for (const Option &option : command.options)
        if (!option.isPositional())
            all.push_back(option.name);
    all.push_back("--help");
    return all;
}

std::vector<std::string> commandNames()
{
    std::vector<std::string> names;
    for (const Command &command : commands())
        names.push_back(command.name);
    return names;
}

std::string bashScript()
{
    std::string text =
        "# bash completion of mien; use it with: source <(mien completion bash)\n"
        "_mien() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
        "    COMPREPLY=()\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        COMPREPLY=($(compgen -W '" +
        joined(commandNames()) +
        "' -- \"$word\"))\n"
        "        return\n"
        "    fi\n"
        "    case $command in\n";
    for (const Command &command : commands())
        if (!command.children.empty())
            text +=
                "        " + command.name + ") [ \"$COMP_CWORD\" -gt 2 ] && command=\"$command ${COMP_WORDS[2]}\" ;;\n";
    text += "    esac\n    case \"$command $before\" in\n";
    const auto all = spelledCommands();
    for (const Spelled &command : all)
        for (const Option &option : command.options) {
            if (option.isSwitch() || option.isPositional())
                continue;
            std::string patterns = "\"" + command.path + " " + option.name + "\"";
            if (!option.shortName.empty())
                patterns += "|\"" + command.path + " " + option.shortName + "\"";
            if (!option.choices.empty())
                text += "        " + patterns + ") COMPREPLY=($(compgen -W '" + joined(option.choices) +
                        "' -- \"$word\")); return ;;\n";
            else if (option.kind == ValueKind::Folder)
                text += "        " + patterns + ") COMPREPLY=($(compgen -d -- \"$word\")); return ;;\n";
            else if (option.kind == ValueKind::File)
                text += "        " + patterns + ") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n";
            else
                text += "        " + patterns + ") return ;;\n";
        }
    text += "    esac\n    case $command in\n";
    for (const Spelled &command : all)
        text += "        \"" + command.path + "\") COMPREPLY=($(compgen -W '" + joined(words(command)) +
                "' -- \"$word\")) ;;\n";
    return text + "    esac\n"
                  "    [[ $word == -* ]] || COMPREPLY+=($(compgen -f -- \"$word\"))\n"
                  "}\n"
                  "complete -o filenames -F _mien mien\n";
}

std::string zshScript()
{
    std::string text =
        "#compdef mien\n# zsh completion of mien; use it with: mien completion zsh > \"${fpath[1]}/_mien\"\n"
        "_mien() {\n    local command=$words[2]\n"
        "    if (( CURRENT == 2 )); then\n        local -a names=(\n";
    const auto described = [](const std::string &name, const std::string &help) {
        std::string escaped;
        for (const char c : name)
            escaped += c == ':' ? std::string("\\:") : std::string(1, c);
        return inSingleQuotes(escaped + ":" + help);
    };
    for (const Command &command : commands())
        text += "            " + described(command.name, command.summary) + "\n";
    text += "        )\n        _describe command names\n        return\n    fi\n    case $command in\n";
    for (const Command &command : commands())
        if (!command.children.empty()) {
            text += "        " + command.name +
                    ")\n            if (( CURRENT == 3 )); then\n                local -a names=(";
            for (const Command &child : command.children)
                text += " " + described(child.name, child.summary);
            text += " )\n                _describe command names\n                return\n            fi\n"
                    "            command=\"$command $words[3]\" ;;\n";
        }
    text += "    esac\n    case $command in\n";
    for (const Spelled &command : spelledCommands()) {
        text += "        " + inSingleQuotes(command.path) + ") _arguments";
        for (const Option &option : command.options) {
            if (option.isPositional())
                continue;
            std::string help;
            for (const char c : option.help)
                help += c == '[' || c == ']' || c == ':' ? std::string("\\") + c : std::string(1, c);
            std::string value;
            if (!option.isSwitch()) {
                value = ":" + option.valueName + ":";
                if (!option.choices.empty())
                    value += "(" + joined(option.choices) + ")";
                else if (option.kind == ValueKind::Folder)
                    value += "_files -/";
                else if (option.kind == ValueKind::File)
                    value += "_files";
            }
            text +=
                " \\\n            " + inSingleQuotes((option.many ? "*" : "") + option.name + "[" + help + "]" + value);
        }
        text += " \\\n            '*:file:_files' ;;\n";
    }
    return text + "    esac\n}\n[[ $funcstack[1] == _mien ]] && _mien \"$@\" || compdef _mien mien\n";
}

std::string fishScript()
{
    std::string text = "# fish completion of mien; use it with: mien completion fish | source\n";
    const std::string names = joined(commandNames());
    for (const Command &command : commands())
        text += "complete -c mien -f -n 'not __fish_seen_subcommand_from " + names + "' -a " + command.name + " -d " +
                inSingleQuotes(command.summary) + "\n";
    for (const Spelled &command : spelledCommands()) {
        std::string condition;
        for (std::size_t at = 0; at < command.path.size();) {
            const std::size_t end = std::min(command.path.find(' ', at), command.path.size());
            condition += (condition.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") +
                         command.path.substr(at, end - at);
            at = end + 1;
        }
        for (const Command *child : command.children)
            text += "complete -c mien -f -n '" + condition + "' -a " + child->name + " -d " +
                    inSingleQuotes(child->summary) + "\n";
        for (const Option &option : command.options) {
            if (option.isPositional())
                continue;
            text += "complete -c mien -n '" + condition + "' -l " + option.name.substr(2);
            if (!option.shortName.empty())
                text += " -s " + option.shortName.substr(1);
            if (!option.isSwitch())
                text += option.choices.empty() ? " -r" : " -x -a " + inSingleQuotes(joined(option.choices));
            text += " -d " + inSingleQuotes(option.help) + "\n";
        }
    }
    return text;
}

} // namespace

Command completionCommand()
{
    return {
        .name = "completion", .summary = "Completion script for a shell", .declare = [](Options &options) -> Action {
            const auto shell = std::make_shared<std::string>();
            options.choice("SHELL", *shell, {"bash", "zsh", "fish"}, "The shell").required();
            return [shell](Session &session) {
                const std::string text = *shell == "bash" ? bashScript() : *shell == "zsh" ? zshScript() : fishScript();
                session.out().print(text);
                return session.out().done({{"script", text}});
            };
        }};
}

} // namespace mien
