#include "studio/cli/text_table.h"

#include "studio/cli/printable_text.h"

#include <algorithm>

namespace mien {

namespace {

std::size_t columns(const std::string &text)
{
    return std::size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

} // namespace

std::string TextTable::text() const
{
    std::vector<std::size_t> widths(m_rows[0].size());
    for (const auto &row : m_rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], columns(printable(row[i])));
    std::string text;
    for (const auto &row : m_rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string cell = printable(row[i]);
            line += (i ? "  " : "") + cell + std::string(widths[i] - columns(cell), ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += (text.empty() ? "" : "\n") + line;
    }
    return text;
}

} // namespace mien
