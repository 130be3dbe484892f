#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

namespace mien {

/// A path from a table, made harmless: '/' between names, no "./"; nothing for absolute paths and ways out of the root.
std::optional<std::string> pathInside(std::string text);

/// A folder that nothing may lead out of. Remembers the folders it looked at.
class InsideFolder
{
public:
    explicit InsideFolder(std::filesystem::path root)
        : m_root(std::move(root))
    {
    }
    /// The file itself lies elsewhere: it is a link, or a folder above it is. False for one that does not exist.
    bool isLedOutOf(const std::filesystem::path &file);

private:
    bool isOutside(const std::filesystem::path &place) const;

    std::filesystem::path m_root;
    std::unordered_map<std::string, bool> m_outside; ///< By folder.
};

} // namespace mien
