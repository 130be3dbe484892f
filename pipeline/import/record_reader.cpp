#include "pipeline/import/record_reader.h"

#include <algorithm>
#include <cstring>

namespace mien {

namespace {

constexpr std::size_t slack = 16; // readers of whole words may look this far before a record
constexpr std::size_t startSize = 1 << 20, maxSize = 64 << 20;

std::size_t find(std::string_view text, char wanted, std::size_t from = 0)
{
    const void *const found = from < text.size() ? std::memchr(text.data() + from, wanted, text.size() - from) : nullptr;
    return found ? std::size_t(static_cast<const char *>(found) - text.data()) : std::string_view::npos;
}

} // namespace

RecordReader::RecordReader(ByteStream &stream) : m_stream(stream), m_buffer(startSize + slack), m_begin(slack), m_end(slack) {}

bool RecordReader::refill()
{
    if (m_atEnd || m_error)
        return false;
    if (m_begin > slack) {
        std::memmove(m_buffer.data() + slack, m_buffer.data() + m_begin, m_end - m_begin);
        m_end -= m_begin - slack;
        m_begin = slack;
    }
    if (m_end == m_buffer.size()) {
        if (m_buffer.size() >= maxSize) {
            m_error = Error{ErrorCode::Unreadable, "Line " + std::to_string(m_nextLine) + " is longer than 64 MiB; this is not a text table."};
            return false;
        }
        m_buffer.resize(m_buffer.size() * 2);
    }
    const auto count = m_stream.read(std::span(m_buffer).subspan(m_end));
    if (!count) {
        m_error = count.error();
        return false;
    }
    m_end += *count;
    m_atEnd = *count == 0;
    if (!m_started && m_end - m_begin >= 3) {
        m_started = true;
        if (unread().starts_with("\xef\xbb\xbf"))
            m_begin += 3;
    }
    return !m_atEnd;
}

std::optional<std::string_view> RecordReader::next()
{
    std::size_t searched = 0;    // bytes known to hold no line end outside quotes
    std::int64_t breaks = 0;     // line ends inside quotes
    bool quoted = false;
    while (true) {
        const std::string_view text = unread();
        std::size_t end = find(text, '\n', searched);
        const std::size_t limit = std::min(end, text.size());
        // A lone CR ends a line too; one before LF belongs to it. CR as the last byte read so far: not known yet.
        const std::size_t cr = find(text.substr(0, limit), '\r', searched);
        bool isCrLf = false;
        if (cr != std::string_view::npos) {
            isCrLf = cr + 1 == end;
            if (!isCrLf)
                end = cr + 1 < text.size() || m_atEnd ? cr : std::string_view::npos;
        }
        const bool undecided = cr != std::string_view::npos && end == std::string_view::npos;
        if (end == std::string_view::npos) {
            if (!undecided) {
                if (find(text, '"', searched) == std::string_view::npos)
                    searched = quoted ? searched : text.size();
            }
            if (refill())
                continue;
            if (undecided && m_atEnd)
                continue;
            if (m_error || unread().empty())
                return std::nullopt; // what stood before a read error is not trusted
            const std::string_view rest = unread();
            m_begin = m_end;
            m_line = m_nextLine;
            m_ended = false;
            return rest;
        }
        const std::size_t length = isCrLf ? cr : end;
        std::string_view record = text.substr(0, length);
        if (record.size() > searched || quoted) {
            const std::string_view fresh = record.substr(searched);
            if (find(fresh, '"') != std::string_view::npos)
                quoted = (std::count(fresh.begin(), fresh.end(), '"') % 2 != 0) != quoted;
        }
        if (quoted) {
            searched = end + 1;
            ++breaks;
            continue;
        }
        m_begin += end + 1;
        m_line = m_nextLine;
        m_nextLine += 1 + breaks;
        m_ended = true;
        if (record.empty()) {
            searched = 0;
            breaks = 0;
            continue;
        }
        return record;
    }
}

} // namespace mien
