#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// Finds the file that a table names: its exact bytes, else the same name with letters and marks composed otherwise
/// (NFC, NFD), else the one name that differs in case only, else the one picture with the same stem and another
/// extension; folders above it likewise, by their whole names. Never guesses among several. Remembers the folders it
/// looked into.
class MediaFinder
{
public:
    explicit MediaFinder(std::filesystem::path root)
        : m_root(std::move(root))
    {
    }

    struct Found
    {
        std::string path;   ///< Below the root, as it is on disk.
        std::string reason; ///< "", CASE_FOLDED or EXT_SUBSTITUTED.
    };
    /// @param path  below the root, '/' between names
    std::optional<Found> find(const std::string &path);

    /// It is not to be read after all: what lies beside it is none of anybody's business.
    /// @param path  as it was found
    void forget(const std::string &path);

    /// Pictures beside those that were found, in the same folders, that nobody asked for; in order of their names.
    std::vector<std::string> unnamed();
    /// Files of the system in the same folders, likewise.
    std::vector<std::string> ignored();

private:
    std::optional<Found> lookFor(const std::string &path);
    std::optional<Found> folderFor(const std::string &folder);
    std::optional<Found> meant(const Found &folder, const std::string &name, bool isFolder);
    template <typename Choice>
    std::vector<std::string> beside(Choice isChosen);
    const std::vector<std::string> &namesIn(const std::string &folder);

    std::filesystem::path m_root;
    std::map<std::string, std::vector<std::string>> m_folders;
    std::map<std::string, std::optional<Found>> m_meant; ///< Folders that tables name.
    std::set<std::string> m_found;
};

} // namespace mien
