// CPU time of dlib's HOG face detector in Mien's module on one thread, for hog.py, which times dlib itself on the same
// pixels:
//     bench_hog REPEATS PICTURE.pgm…
// Prints a JSON line a picture: the median of the repeats, and the faces, most certain first.

#include "pipeline/dlib/dlib_faces.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>

using namespace mien;

namespace {

double cpuMs()
{
    timespec now = {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e3 * double(now.tv_sec) + 1e-6 * double(now.tv_nsec);
}

/// Binary PGM of 8 bits without comments.
Picture pictureOf(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::string magic;
    int most = 0;
    Picture picture{.channels = 1};
    file >> magic >> picture.widthPx >> picture.heightPx >> most;
    file.get();
    if (!file || magic != "P5" || most != 255 || picture.widthPx < 1 || picture.heightPx < 1)
        return {};
    picture.decodedRows = picture.heightPx;
    picture.pixels.resize(std::size_t(picture.widthPx) * std::size_t(picture.heightPx));
    file.read(reinterpret_cast<char *>(picture.pixels.data()), std::streamsize(picture.pixels.size()));
    return file ? picture : Picture();
}

} // namespace

int main(int argc, char **argv)
{
    const int repeats = argc > 2 ? std::atoi(argv[1]) : 0;
    if (repeats < 1) {
        std::fprintf(stderr, "bench_hog REPEATS PICTURE.pgm…\n");
        return argc == 1 ? 0 : 2; // ./dev bench runs it without
    }
    const auto module = dlibFaces();
    if (!module) {
        std::fprintf(stderr, "%s\n", module.error().message.c_str());
        return 1;
    }
    for (int i = 2; i < argc; ++i) {
        const Picture picture = pictureOf(argv[i]);
        std::vector<DlibFaces::Face> found;
        std::vector<double> ms;
        for (int repeat = 0; repeat < repeats; ++repeat) {
            const double begin = cpuMs();
            found = (*module)->frontalFaces(picture);
            ms.push_back(cpuMs() - begin);
        }
        std::sort(ms.begin(), ms.end());
        auto faces = nlohmann::json::array();
        for (const DlibFaces::Face &face : found)
            faces.push_back({face.box.x, face.box.y, face.box.width, face.box.height, face.score});
        std::cout << nlohmann::json{{"picture", argv[i]}, {"cpu_ms", ms[ms.size() / 2]}, {"faces", faces}} << std::endl;
    }
}
