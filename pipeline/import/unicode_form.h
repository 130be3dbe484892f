#pragma once

#include <string>
#include <string_view>

namespace mien {

/// UTF-8 with letters and their marks apart (Unicode's form NFD, for the scripts that file names come in): two
/// spellings of one name, as macOS and other systems write it, give the same text. What is no UTF-8 stays as it is.
std::string decomposed(std::string_view text);

} // namespace mien
