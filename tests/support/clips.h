#pragma once

#include <QStringList>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace mien::test {

/// Runs Debian's `ffmpeg` with the arguments, the last of which is the file it makes. Throws std::runtime_error with
/// what it said.
void ffmpeg(const QStringList &arguments);

/// Presentation time stamps of the first video stream, one a frame, as `ffprobe` decodes them one after the other; in
/// units of the stream's time base. Empty where it knows none ("N/A").
std::vector<std::optional<std::int64_t>> ptsByFfprobe(const std::filesystem::path &file);

} // namespace mien::test
