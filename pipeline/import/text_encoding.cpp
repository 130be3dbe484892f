#include "pipeline/import/text_encoding.h"

#include "pipeline/import/text_form.h"

#include <array>
#include <cerrno>
#include <iconv.h>

namespace mien {

namespace {

constexpr std::array<std::pair<std::string_view, TextEncoding>, 5> names = {
    {{"utf-8", TextEncoding::Utf8},
     {"windows-1252", TextEncoding::Windows1252},
     {"latin-1", TextEncoding::Latin1},
     {"gb18030", TextEncoding::Gb18030},
     {"shift-jis", TextEncoding::ShiftJis}}};

constexpr std::string_view replacement = "\xef\xbf\xbd";

/// A converter of the C library; one a thread.
class Converter
{
public:
    explicit Converter(const char *from)
        : m_converter(iconv_open("UTF-8", from))
    {
    }
    ~Converter()
    {
        if (isOpen())
            iconv_close(m_converter);
    }
    Converter(const Converter &) = delete;
    Converter &operator=(const Converter &) = delete;

    std::string utf8(std::string_view bytes)
    {
        std::string text;
        std::array<char, 4096> buffer;
        auto *in = const_cast<char *>(bytes.data()); // iconv's prototype; it only reads
        std::size_t left = bytes.size();
        while (left > 0) {
            char *out = buffer.data();
            std::size_t room = buffer.size();
            const bool isDone = isOpen() && iconv(m_converter, &in, &left, &out, &room) != std::size_t(-1);
            const bool isFull = !isDone && isOpen() && errno == E2BIG;
            text.append(buffer.data(), std::size_t(out - buffer.data()));
            if (isDone || isFull)
                continue;
            text += replacement;
            ++in;
            --left;
        }
        if (isOpen())
            iconv(m_converter, nullptr, nullptr, nullptr, nullptr);
        return text;
    }

private:
    bool isOpen() const { return m_converter != reinterpret_cast<iconv_t>(-1); }
    iconv_t m_converter;
};

std::string utf8FromLatin1(std::string_view bytes)
{
    std::string text;
    for (const char c : bytes)
        text += utf8Of(static_cast<unsigned char>(c));
    return text;
}

} // namespace

std::vector<std::string> textEncodings()
{
    std::vector<std::string> all;
    for (const auto &[name, encoding] : names)
        all.emplace_back(name);
    return all;
}

std::optional<TextEncoding> textEncodingNamed(std::string_view name)
{
    for (const auto &[known, encoding] : names)
        if (known == name)
            return encoding;
    return std::nullopt;
}

std::string utf8From(std::string_view bytes, TextEncoding encoding)
{
    thread_local Converter gb18030("GB18030"), shiftJis("CP932"); // what Windows calls Shift-JIS
    switch (encoding) {
    case TextEncoding::Utf8: return std::string(bytes);
    case TextEncoding::Windows1252: return utf8FromWindows1252(bytes);
    case TextEncoding::Latin1: return utf8FromLatin1(bytes);
    case TextEncoding::Gb18030: return gb18030.utf8(bytes);
    case TextEncoding::ShiftJis: return shiftJis.utf8(bytes);
    }
    return std::string(bytes);
}

} // namespace mien
