#include "tests/support/data_files.h"

#include "pipeline/import/code_tables.h"
#include "tests/support/filled_project.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace mien::test {

namespace {

/// SplitMix64: the same numbers on every machine.
std::uint64_t scrambled(std::uint64_t value)
{
    value += 0x9e3779b97f4a7c15ull;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
    return value ^ (value >> 31);
}

const Imaging &codec()
{
    const auto module = imaging();
    if (!module)
        throw std::runtime_error(module.error().message);
    return **module;
}

std::string textOf(const std::vector<std::uint8_t> &bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

} // namespace

void writeFile(const std::filesystem::path &path, std::string_view content)
{
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << content;
    if (!file)
        throw std::runtime_error("cannot write " + path.string());
}

std::string readFile(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string ferPixels(unsigned seed, int count)
{
    std::string text;
    for (int i = 0; i < count; ++i)
        text += (i ? " " : "") + std::to_string(scrambled(std::uint64_t(seed) << 20 | std::uint64_t(i)) % 256);
    return text;
}

std::string ferRow(int emotion, unsigned seed, std::string_view usage)
{
    return std::to_string(emotion) + ',' + ferPixels(seed) + ',' + std::string(usage);
}

namespace {

std::string_view usageOfRow(int row, int rows)
{
    return row < rows * 8 / 10 ? "Training" : row < rows * 9 / 10 ? "PublicTest" : "PrivateTest";
}

} // namespace

std::string ferTable(int rows)
{
    std::string text = "emotion,pixels,Usage\n";
    for (int row = 0; row < rows; ++row)
        text += ferRow(row % 7, unsigned(row), usageOfRow(row, rows)) + '\n';
    return text;
}

std::string ferPlusTable(int rows)
{
    std::string text = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
    for (int row = 0; row < rows; ++row) {
        text += std::string(usageOfRow(row, rows)) + ",fer" + std::to_string(row) + ".png";
        for (std::size_t column = 0; column < ferPlusColumns.size(); ++column) {
            const bool isGiven = ferPlusColumns[column] == fer2013Classes[std::size_t(row % 7)];
            text += isGiven                                                                 ? ",8"
                    : ferPlusColumns[column] == "unknown" || ferPlusColumns[column] == "NF" ? ",1"
                                                                                            : ",0";
        }
        text += '\n';
    }
    return text;
}

Picture picture(int widthPx, int heightPx, int channels, unsigned seed)
{
    Picture result;
    result.widthPx = widthPx;
    result.heightPx = result.decodedRows = heightPx;
    result.channels = channels;
    for (int y = 0; y < heightPx; ++y)
        for (int x = 0; x < widthPx; ++x)
            for (int c = 0; c < channels; ++c)
                result.pixels.push_back(
                    std::uint8_t(128 + 100 * std::sin(0.1 * (x + 3 * c) + seed) * std::cos(0.13 * y + 2.0 * seed) +
                                 double(scrambled(seed + std::uint64_t(y * widthPx + x)) % 8)));
    return result;
}

Picture waves(int sidePx, unsigned seed, int shift, int noise)
{
    Picture result{.widthPx = sidePx, .heightPx = sidePx, .channels = 1, .decodedRows = sidePx};
    std::uint64_t draw = std::uint64_t(seed) << 32;
    const auto share = [&draw] { return double(scrambled(draw++) % 10'000) / 10'000; };
    std::vector<double> values(std::size_t(sidePx) * std::size_t(sidePx), 128 + shift);
    for (int wave = 0; wave < 24; ++wave) {
        const double across = 44 * share() - 22, down = 44 * share() - 22, phase = 6.3 * share();
        for (int y = 0; y < sidePx; ++y)
            for (int x = 0; x < sidePx; ++x)
                values[std::size_t(y * sidePx + x)] += 12 * std::sin(across * x / sidePx + down * y / sidePx + phase);
    }
    for (const double value : values)
        result.pixels.push_back(
            std::uint8_t(std::clamp(value + (noise > 0 ? double(noise) * (2 * share() - 1) : 0.0), 0.0, 255.0)));
    return result;
}

std::string pngFile(const Picture &picture)
{
    return textOf(codec().encodePng(picture));
}

std::string jpegFile(const Picture &picture, int quality)
{
    return textOf(codec().encodeJpeg(picture, quality));
}

std::string withOrientation(const std::string &jpeg, int orientation)
{
    // APP1 with a TIFF directory of one entry.
    std::string exif("\xff\xe1\x00\x22"
                     "Exif\0\0"
                     "MM\0*\0\0\0\x08"
                     "\0\x01"
                     "\x01\x12\0\x03\0\0\0\x01\0\0\0\0"
                     "\0\0\0\0",
                     36);
    exif[29] = char(orientation);
    return jpeg.substr(0, 2) + exif + jpeg.substr(2);
}

ImportReport imported(Project &project, const ImportRequest &request)
{
    return must(runImport(project, must(planImport(request)), {}));
}

std::int64_t countOf(const ImportReport &report, const std::string &reason)
{
    const auto found = report.problems.find(reason);
    return found == report.problems.end() ? 0 : found->second.count;
}

} // namespace mien::test
