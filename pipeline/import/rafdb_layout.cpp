#include "pipeline/import/rafdb_layout.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/record_reader.h"
#include "pipeline/import/text_form.h"

#include <algorithm>

namespace mien {

namespace {

namespace fs = std::filesystem;

bool isList(std::string_view path)
{
    const std::string name = lowered(nameOfPath(path));
    const std::string_view folder = path.substr(0, path.size() - std::min(path.size(), name.size() + 1));
    return (name == "list_patition_label.txt" || name == "list_partition_label.txt") &&
           lowered(withoutCopyNumber(nameOfPath(folder))) == "emolabel";
}

/// The folder in `folder` that has a name, whatever its case and with a copy's number or not; "" when there is none.
std::string childNamed(const fs::path &root, const std::string &folder, std::string_view name)
{
    std::error_code error;
    std::string found;
    for (fs::directory_iterator at(root / folder, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
        const std::string here = at->path().filename().native();
        std::error_code ignored;
        if (lowered(withoutCopyNumber(here)) == name && at->is_directory(ignored) && (found.empty() || here < found))
            found = here;
    }
    return found.empty() ? found : joinedPath(folder, found);
}

/// Archives unpack to "aligned/aligned": down to where the pictures are.
std::string whereFilesAre(const fs::path &root, std::string folder)
{
    for (int level = 0; level < 3 && !folder.empty(); ++level) {
        std::error_code error;
        std::string only;
        int folders = 0;
        for (fs::directory_iterator at(root / folder, error); !error && at != fs::directory_iterator();
             at.increment(error)) {
            const std::string name = at->path().filename().native();
            std::error_code ignored;
            if (isSystemName(name))
                continue;
            if (!at->is_directory(ignored))
                return folder;
            only = name;
            ++folders;
        }
        if (folders != 1)
            break;
        folder = joinedPath(folder, only);
    }
    return folder;
}

} // namespace

fs::path rafDbRoot(const Listing &listing)
{
    return listing.isFile ? fs::absolute(listing.root).parent_path().parent_path() : listing.root;
}

std::vector<RafDbLayout> rafDbLayouts(const Listing &listing)
{
    const fs::path root = rafDbRoot(listing);
    std::vector<std::string> lists;
    if (listing.isFile && isList(fs::absolute(listing.root).native()))
        lists.push_back(fs::absolute(listing.root).lexically_relative(root).native());
    for (const Listing::Entry &entry : listing.entries)
        if (!entry.isFolder && isList(entry.path))
            lists.push_back(entry.path);
    std::vector<RafDbLayout> layouts;
    for (const std::string &list : lists) {
        std::string labels = folderOf(list);
        labels.pop_back();
        const std::string base = folderOf(labels);
        const std::string pictures = childNamed(root, base, "image"), annotated = childNamed(root, base, "annotation");
        const auto part = [&root](const std::string &folder, std::string_view name) {
            return folder.empty() ? std::string() : whereFilesAre(root, childNamed(root, folder, name));
        };
        layouts.push_back({list, part(pictures, "aligned"), part(pictures, "original"), part(annotated, "boundingbox"),
                           part(annotated, "manual"), part(annotated, "auto")});
    }
    return layouts;
}

Result<> readRafDbList(const fs::path &list, const std::function<Result<>(const RafDbRow &)> &row)
{
    auto stream = openTextStream(list);
    if (!stream)
        return fail(stream.error());
    RecordReader records(**stream, RecordReader::Quotes::EndAtLine);
    while (const auto record = records.next()) {
        const std::string_view text = trimmed(*record);
        if (text.empty())
            continue;
        RafDbRow read;
        read.line = records.line();
        const std::size_t gap = text.find_last_of(" \t");
        if (gap == std::string_view::npos) {
            read.reason = "BAD_FIELD_COUNT";
            read.detail = "The row is not a name and a code.";
        } else {
            read.name = trimmed(text.substr(0, gap));
            if (!parseInteger(text.substr(gap + 1), read.code)) {
                read.reason = "BAD_NUMBER";
                read.detail = "The code \"" + displayText(text.substr(gap + 1)) + "\" is no number.";
            }
        }
        if (const auto taken = row(read); !taken)
            return taken;
    }
    return records.error() ? Result<>(fail(*records.error())) : Result<>();
}

std::string_view rafDbSplitOf(std::string_view name)
{
    for (std::string_view split : {"train", "test"}) {
        if (name.size() < split.size() + 2 || lowered(name.substr(0, split.size())) != split ||
            name[split.size()] != '_')
            continue;
        const std::string_view rest = name.substr(split.size() + 1);
        const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
        if (digits > 0 && digits < rest.size() && (rest[digits] == '.' || rest[digits] == '_'))
            return split;
    }
    return {};
}

} // namespace mien
