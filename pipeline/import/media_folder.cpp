#include "pipeline/import/media_folder.h"

#include "pipeline/import/inside_path.h"
#include "pipeline/import/media_finder.h"

namespace mien {

MediaFolder mediaFolderFor(const std::filesystem::path &root, std::span<const std::string> folders,
                           std::span<const std::string> names)
{
    MediaFolder best;
    best.looked = int(names.size());
    for (const std::string &folder : folders) {
        MediaFinder media(root / folder);
        int found = 0;
        for (const std::string &name : names) {
            const auto inside = pathInside(name);
            found += inside && media.find(*inside);
        }
        if (found > best.found || &folder == folders.data())
            best = {folder, found, best.looked};
        if (found == best.looked)
            break;
    }
    return best;
}

std::string folderOf(std::string_view path)
{
    return std::string(path.substr(0, path.rfind('/') + 1)); // npos + 1: the root
}

std::string_view nameOfPath(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

std::string_view withoutCopyNumber(std::string_view name)
{
    const std::size_t open = name.rfind(" (");
    if (open == 0 || open == std::string_view::npos || !name.ends_with(')'))
        return name;
    const std::string_view number = name.substr(open + 2, name.size() - open - 3);
    const bool isNumber = !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
    return isNumber ? name.substr(0, open) : name;
}

std::string joinedPath(std::string_view folder, std::string_view name)
{
    std::string path(folder);
    if (!path.empty() && !path.ends_with('/'))
        path += '/';
    return path.append(name);
}

} // namespace mien
