#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// Finds the file that a table names: its exact bytes, else the one name that differs in case only, else the one
/// picture with the same stem and another extension. Never guesses among several. Remembers the folders it looked into.
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

private:
    const std::vector<std::string> &namesIn(const std::string &folder);

    std::filesystem::path m_root;
    std::map<std::string, std::vector<std::string>> m_folders;
};

} // namespace mien
