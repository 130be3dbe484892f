// CPU time of face detection on one thread, for detect.py, which times facenet-pytorch on the same pixels:
//     bench_detect REPEATS PICTURE.ppm…
// Prints a JSON line a picture: the fastest of the repeats, and the faces, most probable first. The weights are the
// installed ones.

#include "models/detect/mtcnn.h"
#include "tests/support/cpu_seconds.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

using namespace mien;
using mien::test::cpuSeconds;

namespace {

/// Binary PPM of 8 bits without comments.
std::vector<std::uint8_t> pixelsOf(const std::string &path, int &width, int &height)
{
    std::ifstream file(path, std::ios::binary);
    std::string magic;
    int most = 0;
    file >> magic >> width >> height >> most;
    file.get();
    if (!file || magic != "P6" || most != 255 || width < 1 || height < 1 || width > 65'535 || height > 65'535)
        return {};
    std::vector<std::uint8_t> pixels(std::size_t(width) * std::size_t(height) * 3);
    file.read(reinterpret_cast<char *>(pixels.data()), std::streamsize(pixels.size()));
    return file ? pixels : std::vector<std::uint8_t>();
}

} // namespace

int main(int argc, char **argv)
{
    const int repeats = argc > 2 ? std::atoi(argv[1]) : 0;
    if (repeats < 1) {
        std::fprintf(stderr, "bench_detect REPEATS PICTURE.ppm…\n");
        return argc == 1 ? 0 : 2; // ./dev bench runs it without
    }
    const auto detector = MtcnnDetector::load();
    if (!detector) {
        std::fprintf(stderr, "%s\n", detector.error().message.c_str());
        return 1;
    }
    for (int i = 2; i < argc; ++i) {
        int width = 0, height = 0;
        const auto pixels = pixelsOf(argv[i], width, height);
        double fastest = 1e9;
        nlohmann::json faces;
        MtcnnTrace trace;
        for (int repeat = 0; repeat < repeats; ++repeat) {
            const double begin = cpuSeconds();
            const auto found = detector->detect({pixels, width, height}, {.order = FaceOrder::Probability}, &trace);
            fastest = std::min(fastest, cpuSeconds() - begin);
            if (!found) {
                std::fprintf(stderr, "%s: %s\n", argv[i], found.error().message.c_str());
                return 1;
            }
            faces = nlohmann::json::array();
            for (const DetectedFace &face : *found) {
                auto row = nlohmann::json::array({face.box.x1, face.box.y1, face.box.x2, face.box.y2, face.box.score});
                for (const auto &point : face.landmarks) {
                    row.push_back(point.x);
                    row.push_back(point.y);
                }
                faces.push_back(row);
            }
        }
        std::cout << nlohmann::json{{"picture", argv[i]},
                                    {"width", width},
                                    {"height", height},
                                    {"cpu_ms", fastest * 1e3},
                                    {"proposals", trace.afterStage1.size()},
                                    {"candidates", trace.afterStage2.size()},
                                    {"faces", faces}}
                  << std::endl;
    }
}
