#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace mien::test {

/// A file or folder of the data kept outside the repository, e.g. "golden" or "fer2013/fer2013.csv.xz": looked for in
/// $MIEN_SHARED_DATA, then in ../shared/data of the source root. Empty when it is not there: skip with the reason.
std::optional<std::filesystem::path> testData(std::string_view relative);

/// A file of this repository.
std::filesystem::path sourceFile(std::string_view relative);

} // namespace mien::test

/// Declares `name`, or skips the test with the reason.
#define MIEN_NEED_TEST_DATA(name, relative)                                                                            \
    const auto name##Found = ::mien::test::testData(relative);                                                         \
    if (!name##Found)                                                                                                  \
        QSKIP("no " relative " (set MIEN_SHARED_DATA to the folder of shared test data)");                             \
    const std::filesystem::path &name = *name##Found
