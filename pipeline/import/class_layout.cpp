#include "pipeline/import/class_layout.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/text_form.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace mien {

namespace {

/// Folder names of a path below the prefix.
std::vector<std::string_view> foldersOf(std::string_view path, std::size_t prefixLength)
{
    path.remove_prefix(prefixLength);
    std::vector<std::string_view> folders;
    for (std::size_t slash; (slash = path.find('/')) != std::string_view::npos; path.remove_prefix(slash + 1))
        folders.push_back(path.substr(0, slash));
    return folders;
}

bool isNumber(std::string_view name)
{
    return !name.empty() && name.size() <= 3 && name.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view withoutNumberPrefix(std::string_view name)
{
    const std::size_t end = name.find_first_not_of("0123456789");
    if (end == 0 || end == std::string_view::npos || std::string_view(" _-").find(name[end]) == std::string_view::npos)
        return name;
    return name.substr(end + 1);
}

bool isKnownName(std::string_view name)
{
    return splitMeantBy(name).has_value() || canonicalClassNamed(withoutNumberPrefix(name)).has_value() ||
           isNumber(name) || name.starts_with('_');
}

constexpr std::size_t mostWrappers = 3;

/// The one folder that holds everything, as archives often unpack; its own name must not mean anything.
std::string wrapperOf(std::span<const std::string> pictures)
{
    std::string prefix;
    while (!pictures.empty()) {
        const auto folders = foldersOf(pictures.front(), prefix.size());
        if (folders.size() < 2 || isKnownName(folders.front()))
            break;
        const std::string longer = prefix + std::string(folders.front()) + '/';
        const bool holdsAll = std::all_of(pictures.begin(), pictures.end(), [&](const std::string &path) {
            return path.starts_with(longer) && path.find('/', longer.size()) != std::string::npos;
        });
        // A single class with sub-folders looks the same; only names that mean something below tell them apart.
        const bool meansMore = holdsAll && std::any_of(pictures.begin(), pictures.end(), [&](const std::string &path) {
                                   auto below = foldersOf(path, longer.size());
                                   below.resize(std::min(below.size(), mostWrappers + 1));
                                   return std::any_of(below.begin(), below.end(), isKnownName);
                               });
        if (!meansMore)
            break;
        prefix = longer;
    }
    return prefix;
}

std::string tableOfNumbers(const std::vector<std::string> &names, const std::map<std::string, std::int64_t> &counts)
{
    std::vector<int> codes;
    for (const std::string &name : names) {
        if (name.starts_with('_'))
            continue;
        if (!isNumber(name))
            return {};
        codes.push_back(std::stoi(name));
    }
    std::sort(codes.begin(), codes.end());
    if (codes == std::vector{0, 5, 10} || codes == std::vector{0, 10})
        return "uta-rldd"; // nothing else numbers so
    if (codes.empty() || codes.back() - codes.front() + 1 != int(codes.size()))
        return {};
    std::vector<std::int64_t> inOrder;
    for (int code : codes) {
        std::int64_t count = 0;
        for (const auto &[name, pictures] : counts)
            count += isNumber(name) && std::stoi(name) == code ? pictures : 0;
        inOrder.push_back(count);
    }
    for (const Fingerprint &print : fingerprints()) {
        const CodeTable *const table = codeTableNamed(print.table);
        if (table && table->first == codes.front() &&
            std::equal(inOrder.begin(), inOrder.end(), print.counts.begin(), print.counts.end()))
            return std::string(print.table);
    }
    if (codes.front() == 1 && codes.size() == 7)
        return "rafdb";
    if (codes.front() == 0 && codes.size() == 8)
        return "affectnet";
    if (codes.front() == 1 && (codes.size() == 11 || codes.size() == 12))
        return "rafdb.compound";
    return {}; // {0…6} fits four tables: never guessed
}

} // namespace

std::string ClassLayout::variant() const
{
    if (classNames.empty())
        return "photos";
    return splitLevel < 0 ? "class" : splitLevel < classLevel ? "split/class" : "class/split";
}

ClassLayout classLayoutOf(std::span<const std::string> pictures)
{
    ClassLayout layout;
    layout.prefix = wrapperOf(pictures);
    std::set<std::string_view> first, second;
    for (const std::string &path : pictures) {
        const auto folders = foldersOf(path, path.starts_with(layout.prefix) ? layout.prefix.size() : 0);
        if (!folders.empty())
            first.insert(folders[0]);
        if (folders.size() > 1)
            second.insert(folders[1]);
    }
    const auto splitsAmong = [](const std::set<std::string_view> &names) {
        return std::size_t(std::count_if(names.begin(), names.end(),
                                         [](std::string_view name) { return splitMeantBy(name).has_value(); }));
    };
    const std::size_t aboveSplits = splitsAmong(first), belowSplits = splitsAmong(second);
    if (aboveSplits > 0 && aboveSplits == first.size()) {
        layout.splitLevel = 0;
        layout.classLevel = 1;
    } else if (aboveSplits > 0) {
        layout.isMixed = true;
    } else if (belowSplits > 0 && belowSplits == second.size()) {
        layout.splitLevel = 1;
    }
    for (const std::string &path : pictures)
        if (const FolderFacts facts = factsOf(layout, path); !facts.className.empty())
            ++layout.counts[facts.className];
    for (const auto &[name, count] : layout.counts)
        layout.classNames.push_back(name);
    layout.codeTable = tableOfNumbers(layout.classNames, layout.counts);
    return layout;
}

FolderFacts factsOf(const ClassLayout &layout, std::string_view path)
{
    const auto folders = foldersOf(path, path.starts_with(layout.prefix) ? layout.prefix.size() : 0);
    FolderFacts facts;
    if (std::size_t(layout.classLevel) < folders.size())
        facts.className = folders[std::size_t(layout.classLevel)];
    if (layout.splitLevel >= 0 && std::size_t(layout.splitLevel) < folders.size()) {
        facts.nativeSplit = folders[std::size_t(layout.splitLevel)];
        facts.split = splitMeantBy(facts.nativeSplit).value_or(facts.split);
    }
    return facts;
}

std::map<std::string, std::string> exportedClasses(const std::filesystem::path &classesJson)
{
    constexpr std::size_t mostBytes = 1 << 20;
    const auto text = headOf(classesJson, mostBytes);
    const auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
    std::map<std::string, std::string> parameters;
    if (!json.is_object() || json.value("format", nlohmann::json()) != "mien-classes/1" || !json.contains("folders") ||
        !json["folders"].is_object())
        return parameters;
    for (const auto &[folder, name] : json["folders"].items())
        if (name.is_string())
            parameters["class:" + folder] = name.get<std::string>();
    return parameters;
}

namespace {

/// The state that a word stands for, as people and files write it.
std::optional<LabelState> stateMeantBy(std::string_view name)
{
    std::string folded = lowered(trimmed(name));
    std::replace_if(
        folded.begin(), folded.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
    if (folded == "unsure")
        return LabelState::Uncertain;
    if (folded == "unlabelled" || folded == "no_label" || folded == "_unlabelled")
        return LabelState::Unlabeled;
    if (folded == "ok" || folded == "given")
        return LabelState::Unmapped; // words of Mien's own: no class can be called so
    return labelStateNamed(folded.starts_with('_') ? std::string_view(folded).substr(1) : std::string_view(folded));
}

} // namespace

LabelMeaning meaningOf(std::string_view name, std::string_view codeTable,
                       const std::map<std::string, std::string> &parameters)
{
    if (const auto chosen = parameters.find("class:" + std::string(name)); chosen != parameters.end()) {
        if (chosen->second.empty())
            return {LabelState::Unmapped, {}};
        if (const auto state = stateMeantBy(chosen->second))
            return {*state, {}};
        return {LabelState::Ok, chosen->second};
    }
    const std::string lower = lowered(trimmed(name));
    if (lower.empty())
        return {LabelState::Unlabeled, {}};
    if (const auto state = stateMeantBy(lower))
        return {*state, {}};
    if (lower == "none")
        return {LabelState::Unmapped, {}}; // a class of AffectNet or "no label": not guessed
    long long code = 0;
    if (parseInteger(lower, code)) {
        const CodeTable *const table = codeTableNamed(codeTable);
        const std::string_view className = table ? table->classOf(code) : std::string_view();
        return {className.empty() ? LabelState::Unmapped : LabelState::Ok, std::string(className)};
    }
    const std::string_view bare = trimmed(withoutNumberPrefix(name));
    if (const auto known = canonicalClassNamed(bare))
        for (const ExpressionClass &canonical : canonicalClasses())
            if (canonical.id == *known)
                return {LabelState::Ok, canonical.name};
    if (bare != trimmed(name))
        if (const auto state = stateMeantBy(bare))
            return {*state, {}}; // "7_unsure"
    return {LabelState::Ok, displayText(bare)};
}

} // namespace mien
