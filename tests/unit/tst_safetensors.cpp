#include "models/io/safetensors.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace mien;

namespace {

std::filesystem::path in(const QTemporaryDir &folder, const char *name)
{
    return std::filesystem::path(folder.path().toStdString()) / name;
}

std::string bytesOf(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void writeBytes(const std::filesystem::path &path, const std::string &bytes)
{
    std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size()));
}

std::string littleEndian(std::uint64_t value)
{
    std::string bytes;
    for (int i = 0; i < 8; ++i)
        bytes.push_back(char(value >> (8 * i)));
    return bytes;
}

/// A file with this header and so many data bytes.
std::string fileOf(const std::string &header, std::size_t dataBytes)
{
    return littleEndian(header.size()) + header + std::string(dataBytes, '\1');
}

std::string entry(const std::string &dtype, const std::string &shape, const std::string &offsets)
{
    return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

struct BadFile
{
    std::string name;
    std::string bytes;
};

std::vector<BadFile> badFiles()
{
    std::vector<BadFile> files;
    const auto add = [&](std::string name, std::string bytes) { files.push_back({std::move(name), std::move(bytes)}); };
    const auto header = [&](std::string name, const std::string &text, std::size_t data = 8) {
        add(std::move(name), fileOf(text, data));
    };
    const auto tensor = [&](std::string name, const std::string &dtype, const std::string &shape,
                            const std::string &offsets, std::size_t data = 8) {
        header(std::move(name), R"({"a":)" + entry(dtype, shape, offsets) + "}", data);
    };
    const std::string good = R"({"a":)" + entry("F32", "[2]", "[0,8]") + "}";

    for (const std::size_t length : {0, 1, 7})
        add("only " + std::to_string(length) + " bytes", std::string(length, '\0'));
    add("empty header", littleEndian(0));
    for (const std::uint64_t size :
         {9ull, 1'000ull, 99'999'999ull, 100'000'001ull, 1ull << 32, 1ull << 63, ~0ull, ~0ull - 7})
        add("header of " + std::to_string(size) + " bytes", littleEndian(size) + "{}");
    for (std::size_t cut = 9; cut < good.size() + 16; cut += 7)
        add("cut after " + std::to_string(cut), fileOf(good, 8).substr(0, cut));
    add("rest after the data", fileOf(good, 9));
    add("data missing", fileOf(good, 0));

    for (const char *text : {"",
                             " ",
                             "[]",
                             "null",
                             "NaN",
                             "1",
                             "\"a\"",
                             "{",
                             "}",
                             "{}}",
                             "{} x",
                             "{,}",
                             R"({"a"})",
                             R"({"a":})",
                             R"({"a":null})",
                             R"({"a":NaN})",
                             R"({"a":[]})",
                             R"({"a":{}})",
                             R"({"a":{},})",
                             R"({a:{}})",
                             R"({"":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                             "{\"a\n\":{}}",
                             "{\"\xff\":{}}",
                             "{\"\xc0\xaf\":{}}",
                             R"({"\ud800":{}})",
                             R"({"\x":{}})",
                             R"({"\u12":{}})",
                             R"({"__metadata__":[]})",
                             R"({"__metadata__":{"k":1}})",
                             R"({"__metadata__":{"k":"v","k":"w"}})",
                             R"({"__metadata__":{},"__metadata__":{}})"})
        header(std::string("header ") + text, text);
    header("not utf-16 or binary", std::string(64, '\0'));
    header("deep nesting", std::string(1'000'000, '['));
    header("deep objects", [] {
        std::string s;
        for (int i = 0; i < 200'000; ++i)
            s += R"({"a":)";
        return s;
    }());

    for (const char *dtype : {"", "f32", "F8_E4M3", "U16", "C64", "F128", "FLOAT"})
        tensor(std::string("type ") + dtype, dtype, "[2]", "[0,8]");
    for (const char *shape :
         {"[3]", "[1]", "[]", "[0]", "[-2]", "[2.0]", "[2e0]", "[\"2\"]", "[NaN]", "[02]", "[2,]", "2", "null",
          "[4294967296,4294967296]", "[9223372036854775807,4]", "[4611686018427387905,1]", "[18446744073709551617]",
          "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]", "[0,18446744073709551616]"})
        tensor(std::string("shape ") + shape, "F32", shape, "[0,8]");
    for (const char *offsets :
         {"[0,4]", "[8,0]", "[0,16]", "[4,12]", "[-8,0]", "[0]", "[]", "[0,8,8]", "[0,8.0]", "null",
          "[18446744073709551608,18446744073709551616]", "[9223372036854775800,9223372036854775807]"})
        tensor(std::string("offsets ") + offsets, "F32", "[2]", offsets);
    tensor("hole at the start", "F32", "[2]", "[8,16]", 16);
    tensor("rest at the end", "F32", "[2]", "[0,8]", 16);

    const auto two = [&](std::string name, const std::string &first, const std::string &second, std::size_t data) {
        header(std::move(name), R"({"a":)" + first + R"(,"b":)" + second + "}", data);
    };
    two("overlap", entry("F32", "[2]", "[0,8]"), entry("F32", "[2]", "[4,12]"), 12);
    two("same place", entry("F32", "[2]", "[0,8]"), entry("F32", "[2]", "[0,8]"), 8);
    two("hole between", entry("F32", "[2]", "[0,8]"), entry("F32", "[2]", "[12,20]"), 20);
    two("inside another", entry("F32", "[4]", "[0,16]"), entry("U8", "[1]", "[3,4]"), 16);
    two("empty one inside another", entry("F32", "[4]", "[0,16]"), entry("U8", "[0]", "[3,3]"), 16);
    header("name twice", R"({"a":)" + entry("F32", "[2]", "[0,8]") + R"(,"a":)" + entry("F32", "[2]", "[8,16]") + "}",
           16);
    header("name twice by escape",
           R"({"a":)" + entry("F32", "[2]", "[0,8]") + R"(,"\u0061":)" + entry("F32", "[2]", "[8,16]") + "}", 16);
    header("field twice", R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})");
    header("field missing", R"({"a":{"dtype":"F32","shape":[2]}})");
    header("field unknown", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})");
    {
        std::string many = "{";
        for (int i = 0; i < 100'000; ++i)
            many += (i ? ",\"" : "\"") + std::to_string(i) + "\":" + entry("U8", "[0]", "[0,0]");
        header("100,000 tensors", many + "}", 0);
    }
    header("20 MB of metadata", R"({"__metadata__":{"k":")" + std::string(20'000'000, 'x') + "\"}}", 0);
    return files;
}

} // namespace

class TstSafetensors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsWhatItWrote();
    void equalContentsGiveEqualBytes();
    void readsEscapedNames();
    void emptyAndScalarTensors();
    void refusesToWriteContradictions();
    void failedWriteLeavesTheOldFile();
    void badFileIsRefused_data();
    void badFileIsRefused();
};

void TstSafetensors::readsWhatItWrote()
{
    const QTemporaryDir folder;
    SafetensorsWriter writer;
    writer.add<float>("weights", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, -6.5f});
    writer.add<std::int64_t>("labels", {2}, std::vector<std::int64_t>{-1, 1LL << 40});
    writer.add<std::uint8_t>("mask", {3}, std::vector<std::uint8_t>{1, 0, 1});
    writer.add<double>("double", {1}, std::vector<double>{0.1});
    writer.setMetadata("classes", R"(["a","ä \" \\ \n"])");
    QVERIFY(writer.write(in(folder, "x.safetensors")));

    const auto file = SafetensorsFile::open(in(folder, "x.safetensors"));
    QVERIFY2(file, file ? "" : file.error().message.c_str());
    QCOMPARE(file->tensors().size(), std::size_t(4));
    QCOMPARE(file->metadata().at("classes"), std::string(R"(["a","ä \" \\ \n"])"));
    QCOMPARE(*file->values<float>("weights"), (std::vector<float>{1, 2, 3, 4, 5, -6.5f}));
    QCOMPARE(*file->values<std::int64_t>("labels"), (std::vector<std::int64_t>{-1, 1LL << 40}));
    QCOMPARE(*file->values<double>("double"), std::vector<double>{0.1});
    QCOMPARE(file->find("weights")->shape, (std::vector<std::int64_t>{2, 3}));
    QVERIFY(!file->find("nothing"));
    QCOMPARE(file->values<double>("weights").error().code, ErrorCode::Invalid);
    QCOMPARE(SafetensorsFile::open(in(folder, "none.safetensors")).error().code, ErrorCode::NotFound);
}

void TstSafetensors::equalContentsGiveEqualBytes()
{
    const QTemporaryDir folder;
    const std::vector<float> values{1, 2};
    const std::vector<std::uint8_t> bytes{7};
    SafetensorsWriter forward, backward;
    forward.add<std::uint8_t>("b", {1}, std::span(bytes));
    forward.add<float>("a", {2}, std::span(values));
    forward.add<float>("c", {2}, std::span(values));
    forward.setMetadata("x", "1");
    forward.setMetadata("y", "2");
    backward.setMetadata("y", "2");
    backward.setMetadata("x", "1");
    backward.add<float>("c", {2}, std::span(values));
    backward.add<float>("a", {2}, std::span(values));
    backward.add<std::uint8_t>("b", {1}, std::span(bytes));
    QVERIFY(forward.write(in(folder, "f")));
    QVERIFY(backward.write(in(folder, "b")));
    QVERIFY(bytesOf(in(folder, "f")) == bytesOf(in(folder, "b")));
}

void TstSafetensors::readsEscapedNames()
{
    const QTemporaryDir folder;
    writeBytes(in(folder, "x"),
               fileOf(R"({ "\u00e4\ud83d\ude00\/" : {"data_offsets":[0,8], "shape":[2], "dtype":"F32"} }   )", 8));
    const auto file = SafetensorsFile::open(in(folder, "x"));
    QVERIFY2(file, file ? "" : file.error().message.c_str());
    QCOMPARE(file->tensors()[0].name, std::string("ä😀/"));
}

void TstSafetensors::emptyAndScalarTensors()
{
    const QTemporaryDir folder;
    SafetensorsWriter writer;
    writer.add<float>("empty", {0, 3}, std::vector<float>{});
    writer.add<float>("scalar", {}, std::vector<float>{5});
    QVERIFY(writer.write(in(folder, "x")));
    const auto file = SafetensorsFile::open(in(folder, "x"));
    QVERIFY(file);
    QCOMPARE(file->find("empty")->count(), std::int64_t(0));
    QCOMPARE(file->find("scalar")->values<float>(), std::vector<float>{5});

    writeBytes(in(folder, "nothing"), fileOf("{}", 0));
    QVERIFY(SafetensorsFile::open(in(folder, "nothing")));
}

void TstSafetensors::refusesToWriteContradictions()
{
    const QTemporaryDir folder;
    SafetensorsWriter twice, short_;
    twice.add<float>("a", {1}, std::vector<float>{1});
    twice.add<float>("a", {1}, std::vector<float>{2});
    short_.add<float>("a", {3}, std::vector<float>{1});
    QCOMPARE(twice.write(in(folder, "x")).error().code, ErrorCode::Invalid);
    QCOMPARE(short_.write(in(folder, "x")).error().code, ErrorCode::Invalid);
    QVERIFY(!std::filesystem::exists(in(folder, "x")));
}

void TstSafetensors::failedWriteLeavesTheOldFile()
{
    const QTemporaryDir folder;
    SafetensorsWriter writer;
    writer.add<float>("a", {1}, std::vector<float>{1});
    QVERIFY(!writer.write(in(folder, "no/such/folder/x")));
    std::filesystem::create_directories(in(folder, "taken/x")); // a folder that the rename cannot replace
    writeBytes(in(folder, "taken/x/inside"), "kept");
    QVERIFY(!writer.write(in(folder, "taken/x")));
    QCOMPARE(bytesOf(in(folder, "taken/x/inside")), std::string("kept"));
    QCOMPARE(std::distance(std::filesystem::directory_iterator(in(folder, "taken")), {}),
             std::ptrdiff_t(1)); // no leftover
}

void TstSafetensors::badFileIsRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto files = badFiles();
    QVERIFY(files.size() >= 80);
    int number = 0;
    for (const BadFile &file : files) {
        const std::string label = std::to_string(++number) + " " + file.name.substr(0, 40);
        QTest::newRow(label.c_str()) << QByteArray(file.bytes.data(), qsizetype(file.bytes.size()));
    }
}

void TstSafetensors::badFileIsRefused()
{
    QFETCH(QByteArray, bytes);
    const QTemporaryDir folder;
    writeBytes(in(folder, "bad.safetensors"), bytes.toStdString());
    const auto file = SafetensorsFile::open(in(folder, "bad.safetensors"));
    QVERIFY(!file);
    QCOMPARE(file.error().code, ErrorCode::Invalid);
    QVERIFY(file.error().message.find("bad.safetensors") != std::string::npos);
    QVERIFY(file.error().message.size() < 400);
}

QTEST_GUILESS_MAIN(TstSafetensors)
#include "tst_safetensors.moc"
