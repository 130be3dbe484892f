// dlib's own HOG face detector, as its documentation uses it, for hog.py, which compiles this file with the flags to
// compare with:
//     peer_dlib_hog REPEATS PICTURE.pgm…
// Prints what bench_hog prints.

#include <dlib/image_processing/frontal_face_detector.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

static double cpuMs()
{
    timespec now = {};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e3 * double(now.tv_sec) + 1e-6 * double(now.tv_nsec);
}

int main(int argc, char **argv)
{
    const int repeats = argc > 2 ? std::atoi(argv[1]) : 0;
    if (repeats < 1)
        return 2;
    dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
    for (int i = 2; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        std::string magic;
        long width = 0, height = 0, most = 0;
        file >> magic >> width >> height >> most;
        file.get();
        dlib::array2d<unsigned char> picture(height, width);
        for (long y = 0; y < height; ++y)
            file.read(reinterpret_cast<char *>(&picture[y][0]), width);
        std::vector<dlib::rect_detection> found;
        std::vector<double> ms;
        for (int repeat = 0; repeat < repeats; ++repeat) {
            const double begin = cpuMs();
            detector(picture, found);
            ms.push_back(cpuMs() - begin);
        }
        std::sort(ms.begin(), ms.end());
        std::printf("{\"picture\":\"%s\",\"cpu_ms\":%.6f,\"faces\":[", argv[i], ms[ms.size() / 2]);
        for (std::size_t k = 0; k < found.size(); ++k)
            std::printf("%s[%ld,%ld,%lu,%lu,%.9g]", k ? "," : "", found[k].rect.left(), found[k].rect.top(),
                        found[k].rect.width(), found[k].rect.height(), found[k].detection_confidence);
        std::printf("]}\n");
    }
}
