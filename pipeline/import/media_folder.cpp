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

std::string joinedPath(std::string_view folder, std::string_view name)
{
    std::string path(folder);
    if (!path.empty() && !path.ends_with('/'))
        path += '/';
    return path.append(name);
}

} // namespace mien
