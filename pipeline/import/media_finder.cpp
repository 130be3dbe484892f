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

MediaFinder::Alike MediaFinder::alike(const std::string &folder, const std::string &name)
{
    const std::string lower = lowered(name), stem = stemOf(name), apart = decomposed(name);
    Alike alike;
    for (const std::string &candidate : namesIn(folder)) {
        if (decomposed(candidate) == apart)
            alike.inOtherForm.push_back(candidate);
        else if (lowered(candidate) == lower)
            alike.inOtherCase.push_back(candidate);
        else if (!stem.empty() && hasPictureExtension(candidate) && stemOf(candidate) == stem)
            alike.withOtherExtension.push_back(candidate);
    }
    return alike;
}

/// @param folder  "" or ending with '/'
std::optional<MediaFinder::Found> MediaFinder::folderFor(const std::string &folder)
{
    if (folder.empty() || fileFacts(m_root / folder).exists)
        return Found{folder, {}};
    if (const auto known = m_meant.find(folder); known != m_meant.end())
        return known->second;
    const std::size_t slash = folder.rfind('/', folder.size() - 2);
    const std::size_t start = slash == std::string::npos ? 0 : slash + 1;
    auto found = folderFor(folder.substr(0, start));
    if (found) {
        const std::string name = folder.substr(start, folder.size() - 1 - start);
        const Alike names =
            fileFacts(m_root / found->path / name).exists ? Alike{.inOtherForm = {name}} : alike(found->path, name);
        if (names.inOtherForm.size() == 1)
            found->path += names.inOtherForm.front() + '/';
        else if (names.inOtherForm.empty() && names.inOtherCase.size() == 1)
            *found = {found->path + names.inOtherCase.front() + '/', "CASE_FOLDED"};
        else
            found.reset();
    }
    return m_meant[folder] = found;
}

std::optional<MediaFinder::Found> MediaFinder::lookFor(const std::string &path)
{
    if (fileFacts(m_root / path).exists)
        return Found{path, {}};
    const std::size_t slash = path.rfind('/');
    const std::string named = slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
    const auto folder = folderFor(named);
    if (!folder)
        return std::nullopt;
    const std::string name = path.substr(named.size());
    if (folder->path != named && fileFacts(m_root / folder->path / name).exists)
        return Found{folder->path + name, folder->reason};
    const Alike names = alike(folder->path, name);
    if (names.inOtherForm.size() == 1)
        return Found{folder->path + names.inOtherForm.front(), folder->reason};
    if (!names.inOtherForm.empty())
        return std::nullopt;
    if (names.inOtherCase.size() == 1)
        return Found{folder->path + names.inOtherCase.front(), "CASE_FOLDED"};
    if (names.inOtherCase.empty() && names.withOtherExtension.size() == 1)
        return Found{folder->path + names.withOtherExtension.front(), "EXT_SUBSTITUTED"};
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
