#pragma once

#include "pipeline/imaging/imaging.h"
#include "pipeline/import/import.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mien::test {

/// Writes a file, making its folders. Throws std::runtime_error.
void writeFile(const std::filesystem::path &path, std::string_view content);
std::string readFile(const std::filesystem::path &path);

/// 2304 grey values "12 250 …", the same for the same seed.
std::string ferPixels(unsigned seed, int count = 48 * 48);
/// "emotion,pixels,Usage" without line end.
std::string ferRow(int emotion, unsigned seed, std::string_view usage = "Training");
/// A table of `rows` good rows: emotion i % 7, usage Training, with PublicTest and PrivateTest at the end.
std::string ferTable(int rows);
/// FER+ votes for ferTable(rows): five for the given class, the rest spread.
std::string ferPlusTable(int rows);

/// A picture with some structure, the same for the same seed.
Picture picture(int widthPx, int heightPx, int channels, unsigned seed);
/// A grey picture of waves of all lengths, unlike that of any other seed; `shift` changes its brightness, `noise` is
/// the largest change of a single pixel.
Picture waves(int sidePx, unsigned seed, int shift = 0, int noise = 0);
std::string pngFile(const Picture &picture);
std::string jpegFile(const Picture &picture, int quality = 95);

/// The JPEG file with an EXIF orientation, 1–8.
std::string withOrientation(const std::string &jpeg, int orientation);

/// Plans and runs an import. Throws std::runtime_error.
ImportReport imported(Project &project, const ImportRequest &request);
/// How often an import met the problem `reason` ("MISSING_FILE").
std::int64_t countOf(const ImportReport &report, const std::string &reason);

} // namespace mien::test
