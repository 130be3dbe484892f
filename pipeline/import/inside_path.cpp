#include "pipeline/import/inside_path.h"

#include <algorithm>
#include <string_view>

namespace mien {

namespace fs = std::filesystem;

std::optional<std::string> pathInside(std::string text)
{
    std::replace(text.begin(), text.end(), '\\', '/');
    if (text.empty() || text.front() == '/' || (text.size() > 1 && text[1] == ':') ||
        text.find('\0') != std::string::npos)
        return std::nullopt;
    int depth = 0;
    std::string path;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find('/'));
        depth += part == ".." ? -1 : part.empty() || part == "." ? 0 : 1;
        if (depth < 0)
            return std::nullopt;
        if (!part.empty() && part != ".")
            path += (path.empty() ? "" : "/") + std::string(part);
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    }
    return path.empty() ? std::nullopt : std::optional(path);
}

std::string linkLedOut(std::string_view folder)
{
    return "A link leads out of the folder " + std::string(folder) + "; --follow-links reads what it leads to.";
}

std::optional<fs::path> InsideFolder::targetOutside(const fs::path &link) const
{
    std::error_code error;
    fs::path real = fs::canonical(link, error);
    if (error)
        return std::nullopt; // reported as missing
    const fs::path inside = real.lexically_relative(fs::canonical(m_root, error));
    if (inside.empty() || *inside.begin() == "..")
        return real;
    return std::nullopt;
}

bool InsideFolder::isLedOutOf(const fs::path &file)
{
    if (m_links == LinksOut::Followed)
        return false;
    const fs::path folder = file.parent_path();
    const auto [known, isNew] = m_outside.try_emplace(folder.native(), false);
    if (isNew)
        known->second = isOutside(folder);
    std::error_code error;
    return known->second || (fs::is_symlink(fs::symlink_status(file, error)) && isOutside(file));
}

} // namespace mien
