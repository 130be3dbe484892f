#include "pipeline/import/file_tree.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/import/text_form.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include <dirent.h>
#include <sys/stat.h>

namespace mien {

namespace {

class Walk
{
public:
    Walk(const std::filesystem::path &root, LinksOut links)
        : m_inside(root, links)
        , m_links(links)
    {
    }
    FileTree tree;

    /// Links to folders wait for the others: what is there by its own name is not read by another one.
    void links()
    {
        for (std::size_t i = 0; i < m_waiting.size(); ++i) { // a linked folder may hold links
            const auto [absolute, relative, depth] = m_waiting[i];
            folder(absolute, relative, depth);
        }
    }

    /// @return whether the folder could be opened
    bool folder(const std::string &absolute, const std::string &relative, int depth)
    {
        struct stat facts = {};
        if (stat(absolute.c_str(), &facts) != 0)
            return true;
        if (!m_seen.insert({facts.st_dev, facts.st_ino}).second) {
            tree.linkedTwice.push_back(relative);
            return true;
        }
        DIR *const directory = opendir(absolute.c_str());
        if (!directory) {
            tree.unreadable.push_back(relative);
            return false;
        }
        std::vector<std::pair<std::string, Kind>> entries;
        while (const dirent *entry = readdir(directory)) {
            const std::string name = entry->d_name;
            if (name == "." || name == "..")
                continue;
            if (auto target = m_links == LinksOut::Refused ? linkedOut(*entry, absolute + '/' + name) : std::nullopt)
                tree.ledOut.push_back({relative.empty() ? name : relative + '/' + name, std::move(*target)});
            else
                entries.emplace_back(name, kindOf(*entry, absolute));
        }
        closedir(directory);
        std::sort(entries.begin(), entries.end());
        const std::size_t before = tree.files.size();
        const std::string prefix = relative.empty() ? "" : relative + '/';
        std::vector<std::string> folders, linkedFolders;
        for (const auto &[name, kind] : entries) {
            if (isSystemName(name))
                tree.ignored.push_back(prefix + name);
            else if (kind == Kind::Folder || kind == Kind::LinkedFolder)
                (kind == Kind::Folder ? folders : linkedFolders).push_back(name);
            else if (kind == Kind::Special)
                tree.special.push_back(prefix + name);
            else if (depth > 0 && isPlaceholder(name) && fileFacts(absolute + '/' + name).bytes == 0)
                tree.ignored.push_back(prefix + name);
            else
                tree.files.push_back({prefix + name});
        }
        for (const std::string &name : folders)
            folder(absolute + '/' + name, prefix + name, depth + 1);
        for (const std::string &name : linkedFolders)
            m_waiting.push_back({absolute + '/' + name, prefix + name, depth + 1});
        if (tree.files.size() == before && !relative.empty())
            tree.emptyFolders.push_back(relative);
        return true;
    }

private:
    enum class Kind { File, Folder, LinkedFolder, Special };

    /// Most file systems say it beside the name: a million files need not be asked one by one.
    static Kind kindOf(const dirent &entry, const std::string &folder)
    {
        if (entry.d_type == DT_REG || entry.d_type == DT_DIR)
            return entry.d_type == DT_REG ? Kind::File : Kind::Folder;
        const std::string path = folder + '/' + entry.d_name;
        struct stat facts = {};
        if (stat(path.c_str(), &facts) != 0)
            return Kind::File; // a link into nowhere: reported when it is read
        if (S_ISDIR(facts.st_mode))
            return isLink(entry, path) ? Kind::LinkedFolder : Kind::Folder;
        return S_ISREG(facts.st_mode) ? Kind::File : Kind::Special;
    }

    static bool isLink(const dirent &entry, const std::string &path)
    {
        struct stat facts = {};
        return entry.d_type == DT_LNK ||
               (entry.d_type == DT_UNKNOWN && lstat(path.c_str(), &facts) == 0 && S_ISLNK(facts.st_mode));
    }

    std::optional<std::filesystem::path> linkedOut(const dirent &entry, const std::string &path) const
    {
        return isLink(entry, path) && !isSystemName(entry.d_name) ? m_inside.targetOutside(path) : std::nullopt;
    }

    static bool isPlaceholder(const std::string &name)
    {
        const std::string lower = lowered(name);
        return lower.starts_with("license") || lower.starts_with("readme");
    }

    struct Waiting
    {
        std::string absolute, relative;
        int depth = 0;
    };
    std::vector<Waiting> m_waiting;
    InsideFolder m_inside;
    LinksOut m_links;
    std::set<std::pair<dev_t, ino_t>> m_seen;
};

template <std::size_t N>
bool isOneOf(const std::string &text, const std::array<std::string_view, N> &choices)
{
    return std::find(choices.begin(), choices.end(), text) != choices.end();
}

} // namespace

Result<FileTree> filesBelow(const std::filesystem::path &root, LinksOut links)
{
    Walk walk(root, links);
    if (!walk.folder(root.native(), "", 0))
        return fail(ErrorCode::Unreadable,
                    "The folder " + shown(root) + " cannot be read: " + std::strerror(errno) + ".");
    walk.links();
    std::sort(walk.tree.ledOut.begin(), walk.tree.ledOut.end(),
              [](const LinkOut &a, const LinkOut &b) { return a.path < b.path; }); // folders list as they like
    return std::move(walk.tree);
}

Problem ignoredNote(const std::string &path)
{
    return {"IGNORED_SYSTEM_FILE", displayText(path), displayText(path), 0, "No part of the data; it was passed over."};
}

std::vector<Problem> FileTree::passedOver() const
{
    std::vector<Problem> notes;
    for (const std::string &path : ignored)
        notes.push_back(ignoredNote(path));
    for (const std::string &path : linkedTwice)
        notes.push_back({"IGNORED_SYSTEM_FILE", displayText(path), displayText(path), 0,
                         "This folder was read already by another name; a link leads to it."});
    for (const std::string &path : special)
        notes.push_back({"IGNORED_SYSTEM_FILE", displayText(path), displayText(path), 0,
                         "It is a pipe, a socket or a device, not a file."});
    for (const LinkOut &link : ledOut)
        notes.push_back({"PATH_ESCAPES_ROOT", displayText(link.path), displayText(link.path), 0,
                         "It is a link to " + shown(link.target) +
                             ", out of the folder that was chosen; --follow-links reads what it leads to."});
    return notes;
}

bool isSystemName(std::string_view name)
{
    return name.starts_with('.') || name == "__MACOSX" || name == "Thumbs.db" || name == "desktop.ini" ||
           name == "@eaDir";
}

std::string extensionOf(std::string_view name)
{
    name.remove_prefix(name.rfind('/') == std::string_view::npos ? 0 : name.rfind('/') + 1);
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? "" : lowered(name.substr(dot + 1));
}

bool hasPictureExtension(std::string_view name)
{
    static constexpr std::array<std::string_view, 12> known = {"jpg", "jpeg", "jpe",  "jfif", "png", "bmp",
                                                               "gif", "tif",  "tiff", "webp", "pgm", "ppm"};
    return isOneOf(extensionOf(name), known);
}

bool hasVideoExtension(std::string_view name)
{
    static constexpr std::array<std::string_view, 10> known = {"mp4",  "m4v", "mov", "avi",  "mkv",
                                                               "webm", "3gp", "mpg", "mpeg", "wmv"};
    return isOneOf(extensionOf(name), known);
}

} // namespace mien
