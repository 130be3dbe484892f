#include "pipeline/import/text_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace mien {

namespace {

/// Length of the UTF-8 sequence at the front, 0 when it is none.
std::size_t sequenceLength(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80                     ? 1
                               : first >= 0xc2 && first <= 0xdf ? 2
                               : (first & 0xf0) == 0xe0         ? 3
                               : first >= 0xf0 && first <= 0xf4 ? 4
                                                                : 0;
    if (length == 0 || text.size() < length)
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) || (first == 0xf0 && byte(1) < 0x90) ||
        (first == 0xf4 && byte(1) > 0x8f))
        return 0;
    return length;
}

/// A backslash of the name itself that would be read as the beginning of displayText()'s own \xNN.
bool looksEscaped(std::string_view text)
{
    const auto isHex = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
    };
    return text.size() >= 4 && text[0] == '\\' && text[1] == 'x' && isHex(text[2]) && isHex(text[3]);
}

bool beginsLikeFormula(std::string_view text)
{
    return !text.empty() &&
           (text[0] == '=' || text[0] == '+' || text[0] == '-' || text[0] == '@' || text[0] == '\t' || text[0] == '\r');
}

} // namespace

bool isUtf8(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t length = sequenceLength(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string utf8Of(std::uint32_t code)
{
    const auto byte = [](std::uint32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    const auto tail = [&](int shift) { return byte(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80)
        return {byte(code)};
    if (code < 0x800)
        return {byte(0xc0 | code >> 6), tail(0)};
    if (code < 0x10000)
        return {byte(0xe0 | code >> 12), tail(6), tail(0)};
    return {byte(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

std::string utf8FromWindows1252(std::string_view bytes)
{
    // 0x80 to 0x9f; everything else is as in Latin-1.
    static constexpr std::array<std::uint16_t, 32> special = {
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};
    std::string text;
    text.reserve(bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += utf8Of(byte >= 0x80 && byte < 0xa0 ? special[byte - 0x80u] : byte);
    }
    return text;
}

std::string displayText(std::string_view bytes)
{
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t length = looksEscaped(bytes) ? 0 : sequenceLength(bytes);
        if (length > 0) {
            text.append(bytes.substr(0, length));
            bytes.remove_prefix(length);
        } else {
            const auto byte = static_cast<unsigned char>(bytes[0]);
            text += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
            bytes.remove_prefix(1);
        }
    }
    return text;
}

std::string_view trimmed(std::string_view text)
{
    const auto isSpace = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!text.empty() && isSpace(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isSpace(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string lowered(std::string_view text)
{
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return lower;
}

bool isAbsent(std::string_view text)
{
    const std::string lower = lowered(trimmed(text));
    return lower.empty() || lower == "nan" || lower == "null" || lower == "none" || lower == "-";
}

bool parseNumber(std::string_view text, double &value)
{
    text = trimmed(text);
    if (text.starts_with('+'))
        text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

bool parseInteger(std::string_view text, long long &value)
{
    text = trimmed(text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size())
        return true;
    double number = 0;
    if (!parseNumber(text, number) || number != std::floor(number) || std::abs(number) > 1e15)
        return false;
    value = static_cast<long long>(number);
    return true;
}

std::vector<std::string> splitRecord(std::string_view record, char delimiter)
{
    std::vector<std::string> fields(1);
    std::size_t at = 0;
    while (at < record.size()) {
        std::string &field = fields.back();
        if (record[at] == '"' && trimmed(field).empty()) {
            field.clear();
            for (++at; at < record.size(); ++at) {
                if (record[at] != '"')
                    field += record[at];
                else if (at + 1 < record.size() && record[at + 1] == '"')
                    field += record[at++];
                else
                    break;
            }
            ++at;
        } else if (record[at] == delimiter) {
            fields.emplace_back();
            ++at;
        } else {
            field += record[at++];
        }
    }
    return fields;
}

std::string csvCell(std::string_view text)
{
    double number = 0;
    std::string cell;
    if (beginsLikeFormula(text) && !parseNumber(text, number))
        cell = "'";
    cell += text;
    if (cell.find_first_of(",\"\n\r;") == std::string::npos &&
        (cell.empty() || (cell.front() != ' ' && cell.back() != ' ')))
        return cell;
    std::string quoted = "\"";
    for (char c : cell) {
        if (c == '"')
            quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string fromCsvCell(std::string_view text)
{
    if (text.size() > 1 && text[0] == '\'' && beginsLikeFormula(text.substr(1)))
        text.remove_prefix(1);
    return std::string(text);
}

} // namespace mien
