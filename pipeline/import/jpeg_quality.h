#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace mien {

/// The quality (1-100) with which libjpeg would have made this file, judged by its first table of quantisation; the
/// nearest one for tables of another kind. Nothing for what is no JPEG or is damaged before its picture.
/// Source: ITU-T T.81, annex K (tables), B.2.4.1 (where they stand); scaling by quality as in libjpeg.
std::optional<int> jpegQualityOf(std::span<const std::uint8_t> bytes);

} // namespace mien
