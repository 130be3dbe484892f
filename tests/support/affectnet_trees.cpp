#include "tests/support/affectnet_trees.h"

#include "tests/support/data_files.h"
#include "tests/support/npy_bytes.h"

namespace mien::test {

namespace {

namespace fs = std::filesystem;

constexpr const char *header =
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal\n";

void writeJpeg(const fs::path &path, unsigned seed, int width = 120, int height = 100)
{
    writeFile(path, jpegFile(picture(width, height, 3, seed)));
}

std::string row(const std::string &path, const std::string &box, const std::string &landmarks, const std::string &code,
                const std::string &affect)
{
    return path + ',' + box + ',' + landmarks + ',' + code + ',' + affect + '\n';
}

} // namespace

std::string landmarkText(int count)
{
    std::string text;
    for (int i = 0; i < count; ++i)
        text += (i ? ";" : "") + std::to_string(i) + ".5";
    return text;
}

void writeAffectNetCsv(const fs::path &root, bool nested)
{
    const fs::path manual =
        root / (nested ? "Manually_Annotated/Manually_Annotated_Images" : "Manually_Annotated_Images");
    const fs::path automatic =
        root / (nested ? "Automatically_Annotated/Automatically_Annotated_Images" : "Automatically_Annotated_Images");
    writeFile(manual / "1/a.png", pngFile(picture(120, 100, 3, 1)));
    unsigned seed = 1;
    for (const char *name : {"1/b.jpg", "2/c.jpg", "2/noface.jpg", "2/unsure.jpg", "2/none.jpg", "2/eleven.jpg",
                             "2/word.jpg", "2/affect.jpg", "2/points.jpg", "2/away.jpg", "2/edge.jpg", "2/caf\xe9.jpg",
                             "2/orphan.jpg", "3/val.jpg", "3/val2.jpg"})
        writeJpeg(manual / name, ++seed);
    writeJpeg(root / "outside.jpg", 99);
    writeJpeg(automatic / "1/a.jpg", 50);
    const std::string box = "10,12,60,64", points = landmarkText();
    const std::string training =
        header + row("1/a.png", box, points, "1", "0.5,-0.25") + // as it should be
        row("1/b.JPG", box, points, "0", "0,0") +                // other case
        row("2/c.png", box, points, "6", "-0.5,0.75") +          // another extension
        row("2/noface.jpg", "-1,-1,-1,-1", "", "10", "-2,-2") + row("2/unsure.jpg", ",,,", points, "9", "-2,-2") +
        row("2/none.jpg", box, points, "8", "0.25,0.25") + row("2/eleven.jpg", box, points, "11", "0.25,0.25") +
        row("2/word.jpg", box, points, "happy", "0.25,0.25") + row("2/affect.jpg", box, points, "2", "3,nothing") +
        row("2/points.jpg", box, landmarkText(135), "3", "0.1,0.1") + row("2/gone.jpg", box, points, "3", "0.1,0.1") +
        row("1/a.png", box, points, "4", "0.1,0.1") + // twice
        row("../../outside.jpg", box, points, "3", "0.1,0.1") +
        row("2/away.jpg", "500,500,40,40", points, "4", "0.1,0.1") + // no part of the picture
        row("2/edge.jpg", "100,80,60,60", points, "5", "0.1,0.1") +  // reaches beyond it
        "2/short.jpg,1,2\n" + row("2/caf\xe9.jpg", box, points, "7", "0.1,0.1");
    const std::string validation = header + row("3/val.jpg", "0,0,50,50", points, "1", "1,1") +
                                   row("3/val2.jpg", "0,0,50,50", points, "2.0", "-1,-1");
    const std::string machine = header + row("1/a.jpg", "5,5,50,50", points, "3", "0.2,0.2");
    const fs::path lists = nested ? root / "Manually_Annotated_file_lists" : root;
    const fs::path machineLists = nested ? root / "Automatically_annotated_file_list" : root;
    writeFile(lists / "training.csv", training);
    writeFile(lists / "validation.csv", validation);
    writeFile(machineLists / "automatically_annotated.csv", machine);
}

void writeAffectNetNpy(const fs::path &root, bool split)
{
    const fs::path train = split ? root / "train_set" : root;
    const auto annotate = [](const fs::path &set, const std::string &id, const std::string &label,
                             const std::string &valence, const std::string &arousal, const std::string &landmarks) {
        writeFile(set / "annotations" / (id + "_exp.npy"), label);
        if (!valence.empty())
            writeFile(set / "annotations" / (id + "_val.npy"), valence);
        if (!arousal.empty())
            writeFile(set / "annotations" / (id + "_aro.npy"), arousal);
        if (!landmarks.empty())
            writeFile(set / "annotations" / (id + "_lnd.npy"), landmarks);
    };
    std::string points;
    for (int i = 0; i < 136; ++i)
        points += bytesOf(i + 0.5);
    const std::string text = npyBytes("<U6", "()", std::string("-\0\0\0000\0\0\0.\0\0\0005\0\0\0\0\0\0\0\0\0\0\0", 24));
    annotate(train, "2", npyBytes("<U1", "()", std::string("1\0\0\0", 4)), text, npyBytes("<f4", "()", bytesOf(0.25f)),
             npyBytes("<f8", "(136,)", points));
    annotate(train, "10", npyBytes("<i8", "(1,)", bytesOf(std::int64_t(6))), npyBytes("<f8", "()", bytesOf(-2.0)),
             npyBytes("<f8", "()", bytesOf(1.5)), npyBytes("<f8", "(68, 2)", points));
    annotate(train, "11", npyBytes("|S1", "()", "0"), "", "", npyBytes("<f8", "(4,)", points.substr(0, 32)));
    annotate(train, "12", npyBytes("|O", "()", "\x80\x04K\x01."), "", "", "");                         // a pickle
    annotate(train, "13", npyBytes("<i8", "()", bytesOf(std::int64_t(3))).substr(0, 130), "", "", ""); // cut off
    annotate(train, "14", npyBytes("<i8", "()", bytesOf(std::int64_t(3))), "", "", "");                // no picture
    unsigned seed = 200;
    for (const char *name : {"2.jpg", "10.jpg", "11.JPEG", "12.jpg", "13.jpg", "99.jpg"})
        writeJpeg(train / "images" / name, ++seed, 64, 64);
    if (split) {
        annotate(root / "val_set", "2", npyBytes("<i8", "()", bytesOf(std::int64_t(7))), "", "", "");
        writeJpeg(root / "val_set/images/2.jpg", ++seed, 64, 64);
    }
}

void writeAffectNetKaggle(const fs::path &root)
{
    unsigned seed = 300;
    for (const char *name :
         {"anger/1.png", "anger/2.png", "happy/3.png", "sad/4.png", "contempt/5.png", "sad/no_row.png"})
        writeFile(root / name, pngFile(picture(48, 48, 3, ++seed)));
    writeFile(root / "labels.csv", ",pth,label,relFCs\n"
                                   "0,anger/1.png,anger,0.9\n"
                                   "1,anger/2.png,disgust,0.8\n" // the folder says anger
                                   "2,happy/3.png,happy,0.4\n"
                                   "3,sad/4.PNG,sad,7\n"
                                   "4,contempt\\5.png,contempt,\n"
                                   "5,sad/gone.png,sad,0.9\n"
                                   "6,/etc/hostname,sad,0.9\n"
                                   "7,happy/3.png,happy,0.9\n");
}

void writeAffectNetConverted(const fs::path &root, int perClass)
{
    unsigned seed = 400;
    int id = 0;
    for (const char *split : {"train", "val"})
        for (int code = 0; code < 8; ++code)
            for (int i = 0; i < perClass; ++i)
                writeFile(root / split / std::to_string(code) / (std::to_string(++id) + ".png"),
                          pngFile(picture(32, 32, 3, ++seed)));
}

} // namespace mien::test
