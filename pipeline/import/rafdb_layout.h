#pragma once

#include "models/base/result.h"
#include "pipeline/import/importer.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mien {

/// Where the parts of RAF-DB lie below a root, as they are called on disk; "" = there is none.
struct RafDbLayout
{
    std::string list;                     ///< "basic/EmoLabel/list_patition_label.txt" (the official spelling)
    std::string aligned, original;        ///< Folders of pictures.
    std::string boxes, manual, automatic; ///< Folders of what was annotated on the originals.
};

/// The root itself, or for a list that was chosen alone the folder above the one it lies in.
std::filesystem::path rafDbRoot(const Listing &listing);
std::vector<RafDbLayout> rafDbLayouts(const Listing &listing);

/// A row of a label list: "train_00001.jpg 5".
struct RafDbRow
{
    std::string name; ///< Raw bytes.
    long long code = 0;
    std::int64_t line = 0;
    std::string reason, detail; ///< BAD_FIELD_COUNT or BAD_NUMBER: the row cannot be used.
};
/// Rows one after another: spaces or tabs between name and code, any line ends, a last line without one.
Result<> readRafDbList(const std::filesystem::path &list, const std::function<Result<>(const RafDbRow &)> &row);

/// "train" or "test" of "train_00001.jpg", "test_0001_aligned.jpg"; "" for other names.
std::string_view rafDbSplitOf(std::string_view name);

} // namespace mien
