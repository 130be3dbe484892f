#include "pipeline/import/record_reader.h"

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace mien {

namespace {

constexpr std::size_t slack = 16; // readers of whole words may look this far before a record
constexpr std::size_t startSize = 1 << 20, maxSize = 64 << 20;

/// The first line feed, carriage return or quote at or behind `from`.
std::size_t findMark(std::string_view text, std::size_t from)
{
    std::size_t at = from;
#if defined(__SSE2__)
    const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r'), quote = _mm_set1_epi8('"');
    for (; at + 32 <= text.size(); at += 32) {
        const auto *const block = reinterpret_cast<const __m128i *>(text.data() + at);
        const __m128i a = _mm_loadu_si128(block), b = _mm_loadu_si128(block + 1);
        const __m128i inA =
            _mm_or_si128(_mm_cmpeq_epi8(a, lf), _mm_or_si128(_mm_cmpeq_epi8(a, cr), _mm_cmpeq_epi8(a, quote)));
        const __m128i inB =
            _mm_or_si128(_mm_cmpeq_epi8(b, lf), _mm_or_si128(_mm_cmpeq_epi8(b, cr), _mm_cmpeq_epi8(b, quote)));
        const auto marks = static_cast<std::uint32_t>(_mm_movemask_epi8(inA)) |
                           static_cast<std::uint32_t>(_mm_movemask_epi8(inB)) << 16;
        if (marks != 0)
            return at + static_cast<std::size_t>(std::countr_zero(marks));
    }
#endif
    for (; at < text.size(); ++at)
        if (text[at] == '\n' || text[at] == '\r' || text[at] == '"')
            return at;
    return std::string_view::npos;
}

} // namespace

RecordReader::RecordReader(ByteStream &stream, Quotes quotes)
    : m_stream(stream)
    , m_quotes(quotes)
    , m_buffer(startSize + slack)
    , m_begin(slack)
    , m_end(slack)
{
}

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
            m_error = Error{ErrorCode::Unreadable,
                            "Line " + std::to_string(m_nextLine) + " is longer than 64 MiB; this is not a text table."};
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
    std::size_t searched = 0; // what lies before it is known
    m_breaks = 0;             // line ends inside quotes
    m_hasOpenQuote = false;
    m_hasQuotes = false;
    while (true) {
        const std::string_view text = unread();
        const std::size_t mark = findMark(text, searched);
        if (mark == std::string_view::npos) {
            searched = text.size();
            if (refill())
                continue;
            if (m_error || unread().empty())
                return std::nullopt; // what stood before a read error is not trusted
            const std::string_view rest = unread();
            m_begin = m_end;
            m_line = m_nextLine;
            m_ended = false;
            return rest;
        }
        if (text[mark] == '"') {
            m_hasQuotes = true;
            m_hasOpenQuote = !m_hasOpenQuote;
            searched = mark + 1;
            continue;
        }
        const bool isReturn = text[mark] == '\r';
        if (isReturn && mark + 1 == text.size() && !m_atEnd) {
            searched = mark; // whether a line feed follows is not known yet
            if (!refill() && m_error)
                return std::nullopt;
            continue;
        }
        // A lone return ends a line too; one before a line feed belongs to it.
        const std::size_t end = isReturn && mark + 1 < text.size() && text[mark + 1] == '\n' ? mark + 1 : mark;
        searched = end + 1;
        if (m_hasOpenQuote && m_quotes == Quotes::SpanLines) {
            ++m_breaks;
            continue;
        }
        const std::string_view record = text.substr(0, mark);
        m_begin += end + 1;
        m_line = m_nextLine;
        m_nextLine += 1 + m_breaks;
        m_ended = true;
        if (!record.empty())
            return record;
        searched = 0;
    }
}

} // namespace mien
