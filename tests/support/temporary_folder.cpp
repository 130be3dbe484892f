#include "tests/support/temporary_folder.h"

#include <cstdlib>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace mien::test {

TemporaryFolder::TemporaryFolder()
{
    std::string pattern = (std::filesystem::temp_directory_path() / "mien-test-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
        throw std::runtime_error("cannot make a folder in " + std::filesystem::temp_directory_path().string());
    m_path = pattern;
}

TemporaryFolder::~TemporaryFolder()
{
    std::error_code error;
    std::filesystem::permissions(m_path, std::filesystem::perms::owner_all, std::filesystem::perm_options::add, error);
    for (const auto &entry : std::filesystem::recursive_directory_iterator(m_path, error)) {
        if (entry.is_directory(error))
            std::filesystem::permissions(entry.path(), std::filesystem::perms::owner_all,
                                         std::filesystem::perm_options::add, error);
    }
    std::filesystem::remove_all(m_path, error);
}

int pointsOf(int few, int many)
{
    const char *longTests = std::getenv("MIEN_LONG_TESTS");
    return longTests && *longTests && *longTests != '0' ? many : few;
}

} // namespace mien::test
