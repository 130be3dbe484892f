#include "models/io/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace mien {
namespace {

constexpr std::size_t kMaxTensors = 50'000;
constexpr std::size_t kMaxText = 16u << 20; // names and metadata together
constexpr std::size_t kMaxRank = 16;

struct HeaderError
{
    std::string reason;
};

/// A strict reader of the little JSON that such a header may hold: objects of strings, integers and integer lists.
/// A general parser would build a tree of a hostile 100 MB header; this one allocates only what it keeps.
class HeaderParser
{
public:
    explicit HeaderParser(std::string_view text)
        : m_text(text)
    {
    }

    SafetensorsHeader parse()
    {
        SafetensorsHeader header;
        bool hasMetadata = false;
        if (peek() != '{')
            refuse("the header does not begin with an object");
        members([&](std::string key) {
            if (key == "__metadata__") {
                if (hasMetadata)
                    refuse("\"__metadata__\" occurs twice");
                hasMetadata = true;
                header.metadata = stringMap();
                return;
            }
            if (header.entries.size() == kMaxTensors)
                refuse("it names more than " + std::to_string(kMaxTensors) + " tensors");
            header.entries.push_back(entry(std::move(key)));
        });
        skipSpace();
        if (m_at != m_text.size())
            refuse("text follows the header's object");
        return header;
    }

private:
    [[noreturn]] static void refuse(std::string reason) { throw HeaderError{std::move(reason)}; }

    void skipSpace()
    {
        while (m_at < m_text.size() &&
               (m_text[m_at] == ' ' || m_text[m_at] == '\n' || m_text[m_at] == '\t' || m_text[m_at] == '\r'))
            ++m_at;
    }

    char peek() const
    {
        if (m_at >= m_text.size())
            refuse("the header ends too early");
        return m_text[m_at];
    }

    bool accept(char wanted)
    {
        skipSpace();
        if (peek() != wanted)
            return false;
        ++m_at;
        return true;
    }

    void expect(char wanted)
    {
        if (!accept(wanted))
            refuse(std::string("the header is not the expected JSON (no '") + wanted + "' at byte " +
                   std::to_string(m_at) + ")");
    }

    template <typename Member>
    void members(Member member)
    {
        expect('{');
        if (accept('}'))
            return;
        do {
            std::string key = string();
            expect(':');
            member(std::move(key));
        } while (accept(','));
        expect('}');
    }

    std::map<std::string, std::string> stringMap()
    {
        std::map<std::string, std::string> result;
        members([&](std::string key) {
            std::string value = string();
            if (!result.emplace(std::move(key), std::move(value)).second)
                refuse("a key of \"__metadata__\" occurs twice");
        });
        return result;
    }

    SafetensorsHeader::Entry entry(std::string name)
    {
        if (name.empty())
            refuse("a tensor has no name");
        SafetensorsHeader::Entry result;
        result.name = std::move(name);
        const std::string quoted = "\"" + result.name.substr(0, 100) + "\"";
        std::optional<DType> dtype;
        std::optional<std::vector<std::int64_t>> shape, offsets;
        members([&](const std::string &key) {
            if (key == "dtype" && !dtype)
                dtype = dtypeNamed(string(), quoted);
            else if (key == "shape" && !shape)
                shape = integers(kMaxRank);
            else if (key == "data_offsets" && !offsets)
                offsets = integers(2);
            else
                refuse("tensor " + quoted + " has an unknown or repeated field");
        });
        if (!dtype || !shape || !offsets || offsets->size() != 2)
            refuse("tensor " + quoted + " lacks its dtype, shape or data_offsets");
        result.dtype = *dtype;
        result.shape = std::move(*shape);
        result.begin = std::uint64_t((*offsets)[0]);
        result.end = std::uint64_t((*offsets)[1]);
        return result;
    }

    static DType dtypeNamed(const std::string &text, const std::string &quoted)
    {
        for (const DType dtype :
             {DType::Bool, DType::U8, DType::I32, DType::I64, DType::F16, DType::BF16, DType::F32, DType::F64})
            if (text == name(dtype))
                return dtype;
        refuse("tensor " + quoted + " has the type \"" + text.substr(0, 20) + "\", which Mien does not read");
    }

    std::vector<std::int64_t> integers(std::size_t limit)
    {
        std::vector<std::int64_t> result;
        expect('[');
        if (accept(']'))
            return result;
        do {
            if (result.size() == limit)
                refuse("a list of numbers is too long");
            result.push_back(integer());
        } while (accept(','));
        expect(']');
        return result;
    }

    std::int64_t integer()
    {
        skipSpace();
        const std::size_t start = m_at;
        std::int64_t value = 0;
        while (m_at < m_text.size() && m_text[m_at] >= '0' && m_text[m_at] <= '9') {
            const int digit = m_text[m_at++] - '0';
            if (value > (std::numeric_limits<std::int64_t>::max() - digit) / 10)
                refuse("a number is too large");
            value = value * 10 + digit;
        }
        const std::size_t length = m_at - start;
        if (length == 0 || (length > 1 && m_text[start] == '0'))
            refuse("a size or offset is not a whole number >= 0");
        return value;
    }

    std::string string()
    {
        expect('"');
        std::string result;
        for (char c = take(); c != '"'; c = take()) {
            if (static_cast<unsigned char>(c) < 0x20)
                refuse("a string holds a control character");
            if (c == '\\')
                appendEscape(result);
            else if (static_cast<unsigned char>(c) < 0x80)
                result.push_back(c);
            else
                appendUtf8(result, static_cast<unsigned char>(c));
            if (++m_characters > kMaxText)
                refuse("it holds more than 16 MB of names and metadata");
        }
        return result;
    }

    char take()
    {
        const char c = peek();
        ++m_at;
        return c;
    }

    void appendEscape(std::string &out)
    {
        const char c = take();
        switch (c) {
        case '"':
        case '\\':
        case '/': out.push_back(c); return;
        case 'b': out.push_back('\b'); return;
        case 'f': out.push_back('\f'); return;
        case 'n': out.push_back('\n'); return;
        case 'r': out.push_back('\r'); return;
        case 't': out.push_back('\t'); return;
        case 'u': break;
        default: refuse("a string holds an unknown escape");
        }
        std::uint32_t code = hex4();
        if (code >= 0xDC00 && code < 0xE000)
            refuse("a string holds half a character");
        if (code >= 0xD800 && code < 0xDC00) {
            if (take() != '\\' || take() != 'u')
                refuse("a string holds half a character");
            const std::uint32_t low = hex4();
            if (low < 0xDC00 || low >= 0xE000)
                refuse("a string holds half a character");
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        encode(out, code);
    }

    std::uint32_t hex4()
    {
        std::uint32_t code = 0;
        for (int i = 0; i < 4; ++i) {
            const char c = take();
            const int digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
            if (digit < 0)
                refuse("a string holds a broken escape");
            code = code * 16 + std::uint32_t(digit);
        }
        return code;
    }

    static void encode(std::string &out, std::uint32_t code)
    {
        if (code < 0x80) {
            out.push_back(char(code));
        } else if (code < 0x800) {
            out.push_back(char(0xC0 | (code >> 6)));
            out.push_back(char(0x80 | (code & 0x3F)));
        } else if (code < 0x10000) {
            out.push_back(char(0xE0 | (code >> 12)));
            out.push_back(char(0x80 | ((code >> 6) & 0x3F)));
            out.push_back(char(0x80 | (code & 0x3F)));
        } else {
            out.push_back(char(0xF0 | (code >> 18)));
            out.push_back(char(0x80 | ((code >> 12) & 0x3F)));
            out.push_back(char(0x80 | ((code >> 6) & 0x3F)));
            out.push_back(char(0x80 | (code & 0x3F)));
        }
    }

    void appendUtf8(std::string &out, unsigned char first)
    {
        const int more = first >= 0xC2 && first < 0xE0   ? 1
                         : first >= 0xE0 && first < 0xF0 ? 2
                         : first >= 0xF0 && first < 0xF5 ? 3
                                                         : 0;
        if (more == 0)
            refuse("a string is not UTF-8");
        std::uint32_t code = first & (0x3Fu >> more);
        for (int i = 0; i < more; ++i) {
            const auto next = static_cast<unsigned char>(take());
            if ((next & 0xC0) != 0x80)
                refuse("a string is not UTF-8");
            code = (code << 6) | (next & 0x3Fu);
        }
        constexpr std::array<std::uint32_t, 4> smallest{0, 0x80, 0x800, 0x10000};
        if (code < smallest[std::size_t(more)] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
            refuse("a string is not UTF-8");
        encode(out, code);
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    std::size_t m_characters = 0;
};

std::string quoted(const SafetensorsHeader::Entry &entry)
{
    return "\"" + entry.name.substr(0, 100) + "\"";
}

/// Every tensor's offsets fit its shape, and all of them tile [0, dataSize) without overlap, hole or rest.
void checkLayout(const std::vector<SafetensorsHeader::Entry> &entries, std::uint64_t dataSize)
{
    for (const auto &entry : entries) {
        std::uint64_t size = byteSize(entry.dtype);
        for (const std::int64_t side : entry.shape)
            if (__builtin_mul_overflow(size, std::uint64_t(side), &size))
                throw HeaderError{"the shape of tensor " + quoted(entry) + " is too large"};
        if (entry.begin > entry.end || entry.end > dataSize)
            throw HeaderError{"tensor " + quoted(entry) + " lies outside the file"};
        if (entry.end - entry.begin != size)
            throw HeaderError{"tensor " + quoted(entry) + " has " + std::to_string(entry.end - entry.begin) +
                              " bytes where its shape asks for " + std::to_string(size)};
    }
    std::vector<const SafetensorsHeader::Entry *> byOffset;
    byOffset.reserve(entries.size());
    for (const auto &entry : entries)
        byOffset.push_back(&entry);
    std::sort(byOffset.begin(), byOffset.end(),
              [](const auto *a, const auto *b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
    std::uint64_t at = 0;
    for (const auto *entry : byOffset) {
        if (entry->begin < at)
            throw HeaderError{"tensor " + quoted(*entry) + " overlaps another one"};
        if (entry->begin > at)
            throw HeaderError{"there is a hole before tensor " + quoted(*entry)};
        at = entry->end;
    }
    if (at != dataSize)
        throw HeaderError{std::to_string(dataSize - at) + " bytes after the last tensor belong to none"};
}

} // namespace

Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view text, std::uint64_t dataSize)
{
    try {
        SafetensorsHeader header = HeaderParser(text).parse();
        std::sort(header.entries.begin(), header.entries.end(),
                  [](const auto &a, const auto &b) { return a.name < b.name; });
        for (std::size_t i = 1; i < header.entries.size(); ++i)
            if (header.entries[i].name == header.entries[i - 1].name)
                return fail(ErrorCode::Invalid, "tensor " + quoted(header.entries[i]) + " occurs twice");
        checkLayout(header.entries, dataSize);
        return header;
    } catch (const HeaderError &error) {
        return fail(ErrorCode::Invalid, error.reason);
    }
}

} // namespace mien
