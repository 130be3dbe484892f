#include "pipeline/import/media_finder.h"

#include "pipeline/import/file_facts.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/text_form.h"
#include "pipeline/import/unicode_form.h"

#include <algorithm>

namespace mien {

namespace {

std::string stemOf(std::string_view name)
{
    return lowered(name.substr(0, name.rfind('.')));
}

} // namespace

const std::vector<std::string> &MediaFinder::namesIn(const std::string &folder)
{
    const auto [place, isNew] = m_folders.try_emplace(folder);
    if (isNew) {
        std::error_code error;
        for (std::filesystem::directory_iterator at(m_root / folder, error);
             !error && at != std::filesystem::directory_iterator(); at.increment(error))
            place->second.push_back(at->path().filename().native());
    }
    return place->second;
}

std::optional<MediaFinder::Found> MediaFinder::find(const std::string &path)
{
    auto found = lookFor(path);
    if (found)
        m_found.insert(std::filesystem::path(found->path).lexically_normal().native());
    return found;
}

std::optional<MediaFinder::Found> MediaFinder::lookFor(const std::string &path)
{
    if (fileFacts(m_root / path).exists)
        return Found{path, {}};
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
    const std::string name = path.substr(folder.size());
    const std::string lower = lowered(name), stem = stemOf(name), apart = decomposed(name);
    std::vector<const std::string *> inOtherForm, inOtherCase, withOtherExtension;
    for (const std::string &candidate : namesIn(folder)) {
        if (decomposed(candidate) == apart)
            inOtherForm.push_back(&candidate);
        else if (lowered(candidate) == lower)
            inOtherCase.push_back(&candidate);
        else if (hasPictureExtension(candidate) && stemOf(candidate) == stem)
            withOtherExtension.push_back(&candidate);
    }
    if (inOtherForm.size() == 1)
        return Found{folder + *inOtherForm.front(), {}};
    if (!inOtherForm.empty())
        return std::nullopt;
    if (inOtherCase.size() == 1)
        return Found{folder + *inOtherCase.front(), "CASE_FOLDED"};
    if (inOtherCase.empty() && withOtherExtension.size() == 1 && !stem.empty())
        return Found{folder + *withOtherExtension.front(), "EXT_SUBSTITUTED"};
    return std::nullopt;
}

template <typename Choice>
std::vector<std::string> MediaFinder::beside(Choice isChosen)
{
    std::set<std::string> folders;
    for (const std::string &path : m_found)
        folders.insert(path.substr(0, path.rfind('/') + 1)); // npos + 1: the root
    std::vector<std::string> paths;
    for (const std::string &folder : folders) {
        for (const std::string &name : namesIn(folder)) {
            if (isChosen(name) && !m_found.contains(folder + name))
                paths.push_back(folder + name);
        }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::vector<std::string> MediaFinder::unnamed()
{
    return beside([](const std::string &name) { return !name.starts_with('.') && hasPictureExtension(name); });
}

std::vector<std::string> MediaFinder::ignored()
{
    return beside([](const std::string &name) { return isSystemName(name); });
}

} // namespace mien
