#include "tests/support/test_data.h"

#include <cstdlib>

namespace mien::test {

std::optional<std::filesystem::path> testData(std::string_view relative)
{
    std::filesystem::path root = std::filesystem::path(MIEN_SOURCE_DIR).parent_path() / "shared" / "data";
    if (const char *named = std::getenv("MIEN_SHARED_DATA"); named && *named)
        root = named;
    std::error_code error;
    std::filesystem::path path = root / relative;
    if (!std::filesystem::exists(path, error))
        return std::nullopt;
    return path;
}

std::filesystem::path sourceFile(std::string_view relative)
{
    return std::filesystem::path(MIEN_SOURCE_DIR) / relative;
}

} // namespace mien::test
