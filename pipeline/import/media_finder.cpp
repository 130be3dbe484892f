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

void MediaFinder::forget(const std::string &path)
{
    m_found.erase(std::filesystem::path(path).lexically_normal().native());
}

/// What a table means by a name in a folder.
/// @param folder  "" or ending with '/'
std::optional<MediaFinder::Found> MediaFinder::meant(const Found &folder, const std::string &name, bool isFolder)
{
    if (fileFacts(m_root / folder.path / name).exists)
        return Found{folder.path + name, folder.reason};
    const std::string lower = lowered(name), stem = stemOf(name), apart = decomposed(name);
    std::vector<const std::string *> inOtherForm, inOtherCase, withOtherExtension;
    for (const std::string &candidate : namesIn(folder.path)) {
        if (decomposed(candidate) == apart)
            inOtherForm.push_back(&candidate);
        else if (lowered(candidate) == lower)
            inOtherCase.push_back(&candidate);
        else if (!isFolder && hasPictureExtension(candidate) && stemOf(candidate) == stem)
            withOtherExtension.push_back(&candidate);
    }
    if (inOtherForm.size() == 1)
        return Found{folder.path + *inOtherForm.front(), folder.reason};
    if (!inOtherForm.empty())
        return std::nullopt;
    if (inOtherCase.size() == 1)
        return Found{folder.path + *inOtherCase.front(), "CASE_FOLDED"};
    if (inOtherCase.empty() && withOtherExtension.size() == 1 && !stem.empty())
        return Found{folder.path + *withOtherExtension.front(), "EXT_SUBSTITUTED"};
    return std::nullopt;
}

/// @param folder  "" or ending with '/', as is what is found
std::optional<MediaFinder::Found> MediaFinder::folderFor(const std::string &folder)
{
    if (folder.empty() || fileFacts(m_root / folder).exists)
        return Found{folder, {}};
    if (const auto known = m_meant.find(folder); known != m_meant.end())
        return known->second;
    const std::size_t start = folder.rfind('/', folder.size() - 2) + 1; // npos + 1: the root
    std::optional<Found> found;
    if (const auto above = folderFor(folder.substr(0, start)))
        found = meant(*above, folder.substr(start, folder.size() - 1 - start), /*isFolder=*/true);
    if (found)
        found->path += '/';
    return m_meant[folder] = found;
}

std::optional<MediaFinder::Found> MediaFinder::lookFor(const std::string &path)
{
    if (fileFacts(m_root / path).exists)
        return Found{path, {}};
    const std::size_t start = path.rfind('/') + 1;
    const auto folder = folderFor(path.substr(0, start));
    return folder ? meant(*folder, path.substr(start), /*isFolder=*/false) : std::nullopt;
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
