#pragma once

#include <string>
#include <vector>

namespace mien {

/// Columns padded to their widest cell, for people at a terminal. Counts code points as one column each.
class TextTable
{
public:
    explicit TextTable(std::vector<std::string> header)
        : m_rows{std::move(header)}
    {
    }
    void add(std::vector<std::string> row) { m_rows.push_back(std::move(row)); }
    bool isEmpty() const { return m_rows.size() < 2; }
    std::string text() const; ///< Without a final line break.

private:
    std::vector<std::vector<std::string>> m_rows;
};

} // namespace mien
