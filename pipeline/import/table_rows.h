#pragma once

#include "pipeline/import/record_reader.h"
#include "pipeline/import/text_encoding.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// Rows of a table with names for its columns, whatever its form: CSV, TSV and the like with a header, or JSON lines,
/// one object each, nested members named by dots ("image.path").
class TableRows
{
public:
    /// Reads the names: the first record, or the members of the first 200 objects.
    /// @param encoding  of rows that are not plain ASCII; Windows-1252, which is a guess, spares rows that are UTF-8
    /// @param columns   of a table without a header, separated by commas, whose first record is a row already
    static Result<TableRows> open(const std::filesystem::path &path, TextEncoding encoding = TextEncoding::Utf8,
                                  std::vector<std::string> columns = {});
    /// The names that the beginning of a file has; empty when it is no table.
    static std::vector<std::string> namesIn(std::string_view head);

    const std::vector<std::string> &names() const { return m_names; } ///< Lower case, trimmed.
    bool isJson() const { return m_isJson; }

    struct Row
    {
        std::vector<std::string> cells; ///< UTF-8, as many as names.
        std::vector<std::string> bytes; ///< As in the file, where that differs; else empty.
        std::int64_t line = 0;
        std::string reason, detail; ///< BAD_FIELD_COUNT or BAD_JSON_LINE: the row cannot be used.
    };
    std::optional<Row> next();
    const std::optional<Error> &error() const { return m_records->error(); }
    /// The reading ended inside quotes: rows behind them are lost.
    bool hasOpenQuote() const { return m_records->hasOpenQuote(); }

private:
    TableRows() = default;
    Row rowOf(std::string_view record) const;
    bool isToBeDecoded(std::string_view record) const;

    std::unique_ptr<ByteStream> m_stream;
    std::unique_ptr<RecordReader> m_records;
    std::vector<std::string> m_names;
    std::vector<Row> m_ahead; ///< Rows that were read already, last first.
    bool m_isJson = false;
    TextEncoding m_encoding = TextEncoding::Utf8;
    char m_delimiter = ',';
};

/// Whether the whole file is UTF-8 (after decoding UTF-16 by its mark).
Result<bool> isUtf8Table(const std::filesystem::path &path);

} // namespace mien
