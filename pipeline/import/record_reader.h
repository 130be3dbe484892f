#pragma once

#include "pipeline/import/byte_stream.h"

#include <optional>
#include <string_view>
#include <vector>

namespace mien {

/// Records of a text table one after another: LF, CRLF, CR or mixed line ends, line breaks inside quotes, a last line
/// without end, a UTF-8 mark in front. Empty lines are passed over. Holds one record and a read-ahead of 1 MiB;
/// a record longer than 64 MiB ends the reading with an error.
class RecordReader
{
public:
    enum class Quotes {
        SpanLines, ///< A line break inside quotes belongs to the field.
        EndAtLine, ///< Every line is a record: a quote that is not closed costs its own line, not the rest of the file.
    };
    explicit RecordReader(ByteStream &stream, Quotes quotes = Quotes::SpanLines);

    /// The next record without its line end, valid until the next call; nothing at the end or after an error.
    /// At least 8 readable bytes lie before its first character.
    std::optional<std::string_view> next();

    std::int64_t line() const { return m_line; }         ///< Line the record began on, from 1.
    bool hasQuotes() const { return m_hasQuotes; }       ///< Of the record: without any, its fields need no unquoting.
    bool hasOpenQuote() const { return m_hasOpenQuote; } ///< Of the record: a quote in it is never closed.
    std::int64_t lineBreaks() const { return m_breaks; } ///< Within the record.
    bool endedByLineBreak() const { return m_ended; }    ///< False for a last line that was cut or simply not ended.
    const std::optional<Error> &error() const { return m_error; }

private:
    bool refill();
    std::string_view unread() const { return {m_buffer.data() + m_begin, m_end - m_begin}; }

    ByteStream &m_stream;
    Quotes m_quotes;
    std::vector<char> m_buffer;
    std::size_t m_begin = 0, m_end = 0;
    bool m_atEnd = false, m_ended = true, m_started = false, m_hasQuotes = false, m_hasOpenQuote = false;
    std::int64_t m_line = 0, m_nextLine = 1, m_breaks = 0;
    std::optional<Error> m_error;
};

} // namespace mien
