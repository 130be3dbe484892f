#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace mien::test {

/// A file or folder of the data kept outside the repository, e.g. "golden" or "fer2013/fer2013.csv.xz": looked for in
/// $MIEN_SHARED_DATA, then in ../shared/data of the source root. Empty when it is not there: skip with the reason.
std::optional<std::filesystem::path> testData(std::string_view relative);

} // namespace mien::test

/// Declares `path`, or skips the test with the reason.
#define MIEN_NEED_TEST_DATA(path, relative)                                                                            \
    const auto path##Found = ::mien::test::testData(relative);                                                         \
    if (!path##Found)                                                                                                  \
        QSKIP("no " relative " (set MIEN_SHARED_DATA to the folder of shared test data)");                             \
    const std::filesystem::path &path = *path##Found
