#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

bool isUtf8(std::string_view text);
std::string utf8Of(std::uint32_t codePoint);
std::string utf8FromWindows1252(std::string_view bytes); ///< The five bytes it leaves undefined become U+FFFD.

/// UTF-8 that stands for any bytes: what is not UTF-8 becomes \xNN, and the backslash of a name that holds \xNN itself
/// \x5C, so different names stay different.
std::string displayText(std::string_view bytes);

std::string_view trimmed(std::string_view text);
std::string lowered(std::string_view text); ///< ASCII only.
/// Text of a table cell: "", "NaN", "NULL", "None" and "-" (any case) mean absent.
bool isAbsent(std::string_view text);
/// Integer, also one written as "3.0" or "3.0000000e+00". Independent of the locale.
bool parseInteger(std::string_view text, long long &value);
bool parseNumber(std::string_view text, double &value);

/// One record of a table as RFC 4180 has it; quotes are removed, doubled ones halved.
std::vector<std::string> splitRecord(std::string_view record, char delimiter);

/// A cell for a CSV that a spreadsheet may open: quoted where needed, and a leading = + - @ tab or return, which would
/// make it a formula, gets an apostrophe in front. @param isNumber  leaves numbers such as -0.5 alone
std::string csvCell(std::string_view text);
/// Undoes the apostrophe of csvCell for files written by Mien.
std::string fromCsvCell(std::string_view text);

} // namespace mien
