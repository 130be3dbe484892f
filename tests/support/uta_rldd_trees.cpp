#include "tests/support/uta_rldd_trees.h"

#include "tests/support/data_files.h"

#include <string>

namespace mien::test {

namespace fs = std::filesystem;

void putFile(const fs::path &file, std::string_view bytes)
{
    writeFile(file, bytes);
}

void writeUtaRlddFolds(const fs::path &root)
{
    for (int subject = 1; subject <= 60; ++subject) {
        const int fold = (subject - 1) / 12 + 1, part = (subject - 1) % 12 / 6 + 1;
        const std::string name = "Fold" + std::to_string(fold) + "_part" + std::to_string(part);
        const std::string number = (subject < 10 ? "0" : "") + std::to_string(subject);
        const fs::path folder = fold == 5 && part == 2   ? root / name / name / number
                                : fold == 4 && part == 1 ? root / (name + " (1)") / number
                                                         : root / name / number;
        putFile(folder / (subject == 46 ? "0.m4v" : "0.mov"));
        putFile(folder / "5.mp4");
        if (subject == 32) {
            putFile(folder / "10_1.mp4");
            putFile(folder / "10_2.mp4");
        } else {
            putFile(folder / (subject % 2 ? "10.MOV" : "10.mp4"));
        }
    }
    putFile(root / "Fold1_part1/01/7.mov");
    putFile(root / "Fold2_part1/13/teste.mov");
    putFile(root / "Fold1_part1/01/.DS_Store");
}

void writeUtaRlddFlat(const fs::path &root)
{
    for (const char *subject : {"01", "02", "17"})
        for (const char *recording : {"0.mp4", "5.MOV", "10.m4v"})
            putFile(root / subject / recording);
}

void writeUtaRlddStates(const fs::path &root)
{
    for (const char *state : {"0", "5", "10"})
        for (const char *name : {"morning.mp4", "evening.mkv"})
            putFile(root / state / name);
}

void writeUtaRlddFrames(const fs::path &root)
{
    unsigned seed = 0;
    for (int i = 0; i < 12; ++i) {
        const std::string number = std::to_string(1000 + i);
        writeFile(root / "Drowsy" / ((i % 2 ? "A" : "ZB") + number + ".png"), pngFile(picture(24, 24, 3, ++seed)));
        writeFile(root / "Non Drowsy" / ((i % 2 ? "a" : "zc") + number + ".png"), pngFile(picture(24, 24, 3, ++seed)));
    }
    writeFile(root / "Drowsy/cover.png", pngFile(picture(24, 24, 3, ++seed)));
    writeFile(root / "A2000.png", pngFile(picture(24, 24, 3, ++seed)));
}

} // namespace mien::test
