#pragma once

#include <string>
#include <string_view>

namespace mien {

/// `bytes` as valid UTF-8 on one line: bytes that are none become U+FFFD, line breaks and other control
/// characters become spaces. For names the system gave us in any code page.
std::string printable(std::string_view bytes);

/// The same over several lines: line breaks stay.
std::string printableLines(std::string_view bytes);

} // namespace mien
