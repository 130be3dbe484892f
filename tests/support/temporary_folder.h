#pragma once

#include <filesystem>

namespace mien::test {

/// A new empty folder that is removed with all it holds, rights put back first.
class TemporaryFolder
{
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;
    const std::filesystem::path &path() const { return m_path; }
    std::filesystem::path operator/(const std::filesystem::path &name) const { return m_path / name; }

private:
    std::filesystem::path m_path;
};

/// Tests run kill and fault loops at `few` points, at `many` when MIEN_LONG_TESTS is set.
int pointsOf(int few, int many);

} // namespace mien::test
