#include "studio/cli/printable_text.h"

namespace mien {

namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text`; 0: none (overlong and surrogates included).
std::size_t sequenceLength(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return continues(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF)
        return continues(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) && continues(2) ? 3 : 0;
    if (lead >= 0xF0 && lead <= 0xF4)
        return continues(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) && continues(2) && continues(3) ? 4
                                                                                                                    : 0;
    return 0;
}

std::string printableText(std::string_view bytes, bool keepsLines)
{
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t length = sequenceLength(bytes);
        const auto first = static_cast<unsigned char>(bytes[0]);
        if (length == 0)
            text += "\xEF\xBF\xBD";
        else if (first < 0x20 || first == 0x7F)
            text += keepsLines && first == '\n' ? '\n' : ' ';
        else
            text.append(bytes.substr(0, length));
        bytes.remove_prefix(length == 0 ? 1 : length);
    }
    return text;
}

} // namespace

std::string printable(std::string_view bytes)
{
    return printableText(bytes, false);
}

std::string printableLines(std::string_view bytes)
{
    return printableText(bytes, true);
}

} // namespace mien
