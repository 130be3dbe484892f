#include "tests/support/rafdb_trees.h"

#include "pipeline/import/code_tables.h"
#include "tests/support/data_files.h"

#include <array>
#include <cstdio>
#include <string>

namespace mien::test {

namespace {

namespace fs = std::filesystem;

std::string trainName(int number)
{
    char name[24];
    std::snprintf(name, sizeof name, "train_%05d", number);
    return name;
}

std::string testName(int number)
{
    char name[24];
    std::snprintf(name, sizeof name, "test_%04d", number);
    return name;
}

std::string automaticLandmarks()
{
    std::string text;
    for (int at = 0; at < 37; ++at)
        text += std::to_string(at) + ".25\t" + std::to_string(at + 1) + "\n";
    return text;
}

void writeFace(const fs::path &path, unsigned seed)
{
    writeFile(path, jpegFile(picture(40, 40, 3, seed)));
}

} // namespace

void writeRafDbBasic(const fs::path &root)
{
    const fs::path aligned = root / "Image/aligned/aligned", original = root / "Image/original",
                   annotation = root / "annotation";
    std::string list, noise;
    for (int i = 1; i <= 20; ++i) {
        const bool isTrain = i <= 14;
        const std::string stem = isTrain ? trainName(i) : testName(i - 14);
        const int code = i == 5 ? 0 : (i - 1) % 7 + 1;
        list += stem + ".jpg " + std::to_string(code) + (i == 3 ? "\r\n" : i == 20 ? "" : "\n");
        if (isTrain)
            noise += stem + ".jpg " + std::to_string(i == 1 ? 7 : code) + "\n";
        if (i == 9)
            continue; // no picture
        writeFace(aligned / (stem + "_aligned.jpg"), unsigned(i));
        writeFile(original / (stem + ".jpg"), jpegFile(picture(160, 120, 3, unsigned(i))));
        writeFile(annotation / "boundingbox" / (stem + "_boundingbox.txt"),
                  i == 2 ? "80 10 20 90\n" : "20.0 10.0 100.0 90.0 \n"); // the second has its edges swapped
        if (i != 4)
            writeFile(annotation / "manual" / (stem + "_manu_attri.txt"),
                      i == 6 ? "1\t2\n3\t4\n0\n" : "30\t40\n60.5\t40\n45\t55\n35\t70\n55\t70\n1\n0\n2\n");
        else
            writeFile(annotation / "auto" / (stem + "_auto_attri.txt"), automaticLandmarks());
    }
    writeFace(aligned / "train_09999_aligned.jpg", 77);
    writeFile(root / "EmoLabel/list_patition_label.txt", list);
    writeFile(root / "EmoLabel/noise01.txt", noise);
}

void writeRafDbCompound(const fs::path &root)
{
    std::string list;
    for (int code = 1; code <= 13; ++code) {
        const std::string stem = code % 4 == 0 ? testName(code) : trainName(code);
        list += stem + ".jpg " + std::to_string(code) + "\n";
        writeFace(root / "Image/aligned" / (stem + "_aligned.jpg"), unsigned(100 + code));
    }
    writeFile(root / "EmoLabel/list_patition_label.txt", list);
}

void writeRafDbKaggle(const fs::path &root)
{
    std::string train = "image,label\n", test = "image_name,label\n";
    for (int code = 1; code <= 7; ++code) {
        const std::string inTrain = trainName(code) + "_aligned.jpg", inTest = testName(code) + "_aligned.jpg";
        // The picture of code 3 lies in the folder of 4.
        writeFace(root / "DATASET/train" / std::to_string(code == 3 ? 4 : code) / inTrain, unsigned(500 + code));
        writeFace(root / "DATASET/test" / std::to_string(code) / inTest, unsigned(520 + code));
        train += inTrain + "," + std::to_string(code) + "\n";
        test += inTest + "," + std::to_string(code == 6 ? 9 : code) + "\n";
    }
    train += "train_00099_aligned.jpg,1\n" + trainName(1) + "_aligned.jpg,1\n../outside.jpg,1\nalone\n";
    writeFace(root / "DATASET/train/1/train_00042_aligned.jpg", 599);
    writeFile(root / "train_labels.csv", train);
    writeFile(root / "test_labels.csv", test);
}

void writeRafDbZeroBased(const fs::path &root)
{
    std::string tables[2];
    for (const bool isTest : {false, true})
        for (int code = 1; code <= 7; ++code) {
            const std::string name = (isTest ? testName(code) : trainName(code)) + "_aligned.jpg";
            writeFace(root / (isTest ? "test" : "train") / std::to_string(code - 1) / name,
                      unsigned(540 + code + 10 * isTest));
            tables[isTest] += name + "," + std::to_string(code) + "\n";
        }
    writeFile(root / "train_labels.csv", tables[0]);
    writeFile(root / "test_labels.csv", tables[1]);
}

void writeRafDbPublished(const fs::path &root)
{
    const fs::path face = root / "DATASET/train/1/train_00001_aligned.jpg";
    writeFace(face, 1);
    for (const auto &[print, isTrain] : {std::pair("RAF-DB basic train", true), {"RAF-DB basic test", false}}) {
        int number = 0;
        for (const Fingerprint &published : fingerprints())
            for (std::size_t at = 0; published.id == print && at < published.counts.size(); ++at) {
                const fs::path folder = root / "DATASET" / (isTrain ? "train" : "test") / std::to_string(at + 1);
                fs::create_directories(folder);
                for (std::int64_t i = 0; i < published.counts[at]; ++i) {
                    const std::string stem = isTrain ? trainName(++number) : testName(++number);
                    if (const fs::path copy = folder / (stem + "_aligned.jpg"); copy != face)
                        fs::create_hard_link(face, copy);
                }
            }
    }
}

void writeRafDbFolders(const fs::path &root)
{
    constexpr std::array words = {"surprise", "fear", "disgust", "happy", "sad", "anger", "neutral"};
    for (int i = 0; i < 7; ++i) {
        writeFace(root / "train" / words[std::size_t(i)] / (trainName(i + 1) + "_aligned.jpg"), unsigned(600 + i));
        writeFace(root / "valid" / words[std::size_t(i)] / (testName(i + 1) + "_aligned.jpg"), unsigned(620 + i));
    }
}

} // namespace mien::test
