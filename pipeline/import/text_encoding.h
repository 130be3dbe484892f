#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// How the bytes of a table stand for text where no byte-order mark says so.
enum class TextEncoding { Utf8, Windows1252, Latin1, Gb18030, ShiftJis };

std::vector<std::string> textEncodings(); ///< Their names: utf-8, windows-1252, latin-1, gb18030, shift-jis.
std::optional<TextEncoding> textEncodingNamed(std::string_view name);

/// The text as UTF-8; bytes that stand for nothing in the encoding become U+FFFD.
std::string utf8From(std::string_view bytes, TextEncoding encoding);

} // namespace mien
