// Small pictures of 12-megapixel JPEGs (performance.md 2.2): CPU of the two that `mien thumbs` makes against what most
// Qt programs do, QImage and a smooth scaling to 192 px. In turn, in one process, on one thread.
//   bench_thumbnails [PAIRS [JPEG...]]     7 pairs; without files, four drawn pictures with the grain of a camera
#include "pipeline/imaging/imaging.h"
#include "pipeline/import/picture_import.h"
#include "tests/support/cpu_seconds.h"

#include <QImage>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

using namespace mien;
using mien::test::cpuSeconds;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes drawnPicture(const Imaging &codec, unsigned seed)
{
    Picture picture{.widthPx = 4000, .heightPx = 3000, .channels = 3, .pixels = {}};
    std::minstd_rand random(seed);
    for (int y = 0; y < picture.heightPx; ++y)
        for (int x = 0; x < picture.widthPx; ++x)
            for (int c = 0; c < 3; ++c) {
                const double shape = std::sin(x * 0.011 + seed) + std::sin(y * 0.017 + c) + std::sin((x + y) * 0.13);
                const double grain = double(random() % 17) - 8;
                picture.pixels.push_back(std::uint8_t(std::clamp(128 + 38 * shape + grain, 0.0, 255.0)));
            }
    return codec.encodeJpeg(picture, 88);
}

template <typename Work>
double secondsFor(const std::vector<Bytes> &files, const Work &work)
{
    const double begin = cpuSeconds();
    for (const Bytes &file : files)
        work(file);
    return cpuSeconds() - begin;
}

double middle(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

} // namespace

int main(int argumentCount, char **arguments)
{
    const int pairs = argumentCount > 1 ? std::max(1, std::atoi(arguments[1])) : 7;
    const auto codec = imaging();
    if (!codec) {
        std::fprintf(stderr, "%s\n", codec.error().message.c_str());
        return 1;
    }
    std::vector<Bytes> files;
    for (int i = 2; i < argumentCount; ++i) {
        std::ifstream file(arguments[i], std::ios::binary);
        files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    for (unsigned seed = 1; argumentCount <= 2 && seed <= 4; ++seed)
        files.push_back(drawnPicture(**codec, seed));

    bool failed = false;
    const auto ours = [&](const Bytes &file) {
        const auto picture = (*codec)->decode(file, 0.9, enoughForThumbnailsPx);
        failed |= !picture || thumbnailsOf(**codec, *picture).jpeg96.empty();
    };
    const auto theirs = [&](const Bytes &file) {
        QImage image;
        failed |= !image.loadFromData(file.data(), int(file.size()), "JPEG");
        failed |= image.scaled(192, 192, Qt::KeepAspectRatio, Qt::SmoothTransformation).isNull();
    };
    std::vector<double> mien, qimage, ratios;
    for (int pair = 0; pair < pairs; ++pair) {
        mien.push_back(secondsFor(files, ours));
        qimage.push_back(secondsFor(files, theirs));
        ratios.push_back(mien.back() / qimage.back());
    }
    if (failed) {
        std::fprintf(stderr, "A picture could not be read.\n");
        return 1;
    }
    const double perPicture = 1000.0 / double(files.size());
    std::printf("two small pictures %.1f ms, QImage %.1f ms, ratio %.3f (%.3f to %.3f)\n", middle(mien) * perPicture,
                middle(qimage) * perPicture, middle(ratios), *std::min_element(ratios.begin(), ratios.end()),
                *std::max_element(ratios.begin(), ratios.end()));
    return 0;
}
