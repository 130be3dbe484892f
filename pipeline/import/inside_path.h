#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mien {

/// A path from a table, made harmless: one '/' between names, no "." among them; nothing for absolute paths and ways
/// out of the root.
std::optional<std::string> pathInside(std::string text);

/// What becomes of links that lead out of the folder that a person chose: what lies behind them was not chosen, and is
/// read only when it was asked for.
enum class LinksOut { Refused, Followed };

/// A link that leads out of the folder that was chosen.
struct LinkOut
{
    std::string path; ///< Below the folder.
    std::filesystem::path target;
};

/// What is said of an item behind such a link. @param folder  "of the table": which one it leads out of
std::string linkLedOut(std::string_view folder);

/// A folder that nothing may lead out of unless links are followed. Remembers the folders it looked at.
class InsideFolder
{
public:
    InsideFolder(std::filesystem::path root, LinksOut links)
        : m_root(std::move(root))
        , m_links(links)
    {
    }
    /// The file itself lies elsewhere: it is a link, or a folder above it is. False for one that does not exist, and
    /// where links are followed.
    bool isLedOutOf(const std::filesystem::path &file);

    /// Where a link leads, when it is out of the folder, followed or not.
    std::optional<std::filesystem::path> targetOutside(const std::filesystem::path &link) const;

private:
    bool isOutside(const std::filesystem::path &place) const { return targetOutside(place).has_value(); }

    std::filesystem::path m_root;
    LinksOut m_links;
    std::unordered_map<std::string, bool> m_outside; ///< By folder.
};

} // namespace mien
