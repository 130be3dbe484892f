#include "models/io/crc32.h"
#include "models/io/safetensors.h"
#include "models/io/weight_file.h"
#include "tests/support/npy_bytes.h"
#include "tests/support/torch_files.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <span>
#include <string>

using namespace mien;
using namespace mien::test;

namespace {

/// What a file of these bytes holds.
class Written
{
public:
    explicit Written(const std::string &bytes)
    {
        const std::filesystem::path path = m_folder.path().toStdString() + "/FILE.pth";
        std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size()));
        m_read = openWeightFile(path);
    }

    operator bool() const { return m_read.has_value(); }
    const WeightFile *operator->() const { return &*m_read; }
    std::string words() const { return m_read ? std::string() : m_read.error().message; }
    ErrorCode code() const { return m_read.error().code; }

    template <typename T>
    std::vector<T> values(const std::string &name) const
    {
        for (const TensorView &tensor : m_read->tensors)
            if (tensor.name == name)
                return tensor.values<T>();
        return {};
    }

private:
    QTemporaryDir m_folder;
    Result<WeightFile> m_read = fail(ErrorCode::Internal, "not read");
};

std::string entry(const std::string &name, const PickledTensor &tensor = {})
{
    return pickledText(name) + tensor.opcodes();
}

TorchZip zipOf(const std::string &items)
{
    TorchZip zip = smallTorchZip();
    zip.pickle = pickledDictionary(items);
    return zip;
}

std::string global(const char *module, const char *name)
{
    return std::string("c") + module + "\n" + name + "\n";
}

const std::vector<float> kSix{0, 1, 2, 3, 4, 5};

} // namespace

class TstTorchZipFile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sums();
    void everyType();
    void formsOfZip_data();
    void formsOfZip();
    void viewsAndParameters();
    void checkpointsAreOpened();
    void asPython2WroteIt();
    void namesOfParallelModules();
    void cutAnywhere();
    void flippedBits();
    void badArchivesAreRefused_data();
    void badArchivesAreRefused();
    void badPicklesAreRefused_data();
    void badPicklesAreRefused();
    void valuesThatAreNotFinite_data();
    void valuesThatAreNotFinite();
    void archivesOfArrays();
    void otherFilesAreNamed_data();
    void otherFilesAreNamed();
    void repetitionCostsLittle();
};

void TstTorchZipFile::sums()
{
    const std::string text = "123456789";
    QCOMPARE(crc32(std::as_bytes(std::span(text))), 0xCBF43926u); // the check value of CRC-32
    QCOMPARE(crc32({}), 0u);
    std::string longer;
    std::uint32_t slow = 0xFFFFFFFFu;
    for (int i = 0; i < 1000; ++i) {
        longer.push_back(char(i * 37));
        slow ^= std::uint8_t(longer.back());
        for (int bit = 0; bit < 8; ++bit)
            slow = (slow >> 1) ^ ((slow & 1) ? 0xEDB88320u : 0u);
        QCOMPARE(crc32(std::as_bytes(std::span(longer))), ~slow);
    }
}

void TstTorchZipFile::everyType()
{
    struct Type
    {
        const char *storage;
        DType dtype;
    };
    const Type types[] = {{"FloatStorage", DType::F32},  {"HalfStorage", DType::F16}, {"BFloat16Storage", DType::BF16},
                          {"DoubleStorage", DType::F64}, {"LongStorage", DType::I64}, {"IntStorage", DType::I32},
                          {"ByteStorage", DType::U8},    {"BoolStorage", DType::Bool}};
    TorchZip zip;
    std::string items;
    for (const Type &type : types) {
        items += entry(type.storage, {.storageGlobal = global("torch", type.storage),
                                      .key = type.storage,
                                      .storageValues = 2,
                                      .shape = {2},
                                      .strides = {1}});
        zip.storages.emplace_back(type.storage, std::string(2 * byteSize(type.dtype), '\1'));
    }
    zip.pickle = pickledDictionary(items);
    const Written file(zip.bytes());
    QVERIFY2(file, file.words().c_str());
    QCOMPARE(file->form, WeightForm::TorchZip);
    QCOMPARE(file->tensors.size(), std::size(types));
    for (std::size_t i = 0; i < std::size(types); ++i) {
        QCOMPARE(file->tensors[i].name, std::string(types[i].storage)); // in the order of the file
        QCOMPARE(file->tensors[i].dtype, types[i].dtype);
        QCOMPARE(file->tensors[i].shape, std::vector<std::int64_t>{2});
        QCOMPARE(file->tensors[i].bytes.size(), 2 * byteSize(types[i].dtype));
    }
    QCOMPARE(file.values<std::int64_t>("LongStorage"), std::vector<std::int64_t>(2, 0x0101010101010101));
}

void TstTorchZipFile::formsOfZip_data()
{
    QTest::addColumn<bool>("sizesFollow");
    QTest::addColumn<bool>("isZip64");
    QTest::addColumn<bool>("isWide");
    QTest::newRow("plain") << false << false << false;
    QTest::newRow("PyTorch 2") << true << true << false;
    QTest::newRow("PyTorch 1.6") << true << false << false;
    QTest::newRow("zip64 sizes") << false << true << true;
}

void TstTorchZipFile::formsOfZip()
{
    QFETCH(bool, sizesFollow);
    QFETCH(bool, isZip64);
    QFETCH(bool, isWide);
    ZipArchive archive = smallTorchZip().archive();
    archive.sizesFollow = sizesFollow;
    archive.isZip64 = isZip64;
    archive.isWide = isWide;
    const Written file(archive.bytes());
    QVERIFY2(file, file.words().c_str());
    QCOMPARE(file.values<float>("w"), kSix);
}

void TstTorchZipFile::viewsAndParameters()
{
    const Written file(zipOf(entry("transposed", {.shape = {3, 2}, .strides = {1, 3}}) +
                             entry("part", {.offset = 4, .shape = {2}, .strides = {1}}) +
                             entry("repeated", {.offset = 5, .shape = {3}, .strides = {0}}) +
                             entry("scalar", {.offset = 2, .shape = {}, .strides = {}}) +
                             entry("empty", {.shape = {0, 3}, .strides = {3, 1}}) +
                             entry("parameter", {.isParameter = true}))
                           .bytes());
    QVERIFY2(file, file.words().c_str());
    QCOMPARE(file->tensors.size(), std::size_t(6));
    QCOMPARE(file.values<float>("transposed"), (std::vector<float>{0, 3, 1, 4, 2, 5}));
    QCOMPARE(file.values<float>("part"), (std::vector<float>{4, 5}));
    QCOMPARE(file.values<float>("repeated"), (std::vector<float>{5, 5, 5}));
    QCOMPARE(file.values<float>("scalar"), std::vector<float>{2});
    QCOMPARE(file.values<float>("empty"), std::vector<float>{});
    QCOMPARE(file.values<float>("parameter"), kSix);
}

void TstTorchZipFile::checkpointsAreOpened()
{
    for (const char *wrapper : {"state_dict", "model_state_dict", "model"}) {
        TorchZip zip = smallTorchZip();
        zip.pickle = "}(" + pickledText("epoch") + "K\3" + pickledText(wrapper) + zip.pickle + pickledText("arch") +
                     pickledText("resnet18") + pickledText("best") + "G?\xe0" + std::string(6, '\0') + "u";
        const Written file(zip.bytes());
        QVERIFY2(file, (wrapper + file.words()).c_str());
        QCOMPARE(file.values<float>("w"), kSix);
        QCOMPARE(file->beside, (std::vector<std::string>{"epoch", "arch", "best"}));
        QVERIFY(file->skipped.empty());
    }
    // Objects stand beside: the arguments of a training, curves that a class of the authors keeps, a best accuracy as
    // NumPy has it. They are read over, whatever their classes are.
    TorchZip published = smallTorchZip();
    const std::string zero(1, '\0');
    const std::string dtype =
        "cnumpy\ndtype\n(" + pickledText("f4") + "K" + zero + "K\1tR(K\3" + pickledText("<") + "NNNtb";
    const std::string raw = "c_codecs\nencode\n(" + pickledText("abcd") + pickledText("latin1") + "tR";
    const std::string array = "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK" + zero + "\x85" + raw +
                              "tR(K\1K\1\x85" + dtype + "\x89" + raw + "tb";
    published.pickle = "}(" + pickledText("args") + "cargparse\nNamespace\n)\x81}(" + pickledText("lr") + "K\1" +
                       pickledText("device") + "ctorch\ndevice\n" + pickledText("cuda") + "\x85Rub" +
                       pickledText("recorder") + "c__main__\nRecorderMeter\n)\x81}(" + pickledText("losses") + array +
                       "ub" + pickledText("best_acc") + "cnumpy.core.multiarray\nscalar\n(" + dtype + raw + "tR" +
                       pickledText("state_dict") + published.pickle + "u";
    const Written ofAuthors(published.bytes());
    QVERIFY2(ofAuthors, ofAuthors.words().c_str());
    QCOMPARE(ofAuthors.values<float>("w"), kSix);
    QCOMPARE(ofAuthors->beside, (std::vector<std::string>{"args", "recorder", "best_acc"}));
    // Storages of what stands beside must be whole, too; entries that are no tensors are told.
    TorchZip zip = smallTorchZip();
    zip.storages.emplace_back("1", storageOf<float>({7}));
    const std::string weights = pickledDictionary(entry("w") + pickledText("steps") + "K\2");
    const std::string nothing(1, '\0');
    zip.pickle = "}(" + pickledText("model") + "}(" + pickledText("state_dict") + weights + "u" +
                 pickledText("optimizer") + "}(K" + nothing +
                 PickledTensor{.key = "1", .storageValues = 1, .shape = {1}, .strides = {1}}.opcodes() + "uu";
    const Written nested(zip.bytes());
    QVERIFY2(nested, nested.words().c_str());
    QCOMPARE(nested->tensors.size(), std::size_t(1));
    QCOMPARE(nested->skipped, std::vector<std::string>{"steps"});
    QCOMPARE(nested->beside, std::vector<std::string>{"optimizer"});
}

/// Strings of bytes, and dictionaries made from lists of pairs.
void TstTorchZipFile::asPython2WroteIt()
{
    TorchZip zip = smallTorchZip();
    const std::string longName(300, 'n');
    zip.pickle = "ccollections\nOrderedDict\n(](](" + std::string("U\1w") + PickledTensor().opcodes() + "e](T" +
                 number(longName.size(), 4) + longName + PickledTensor().opcodes() + "eetR";
    const Written file(zip.bytes());
    QVERIFY2(file, file.words().c_str());
    QCOMPARE(file.values<float>("w"), kSix);
    QCOMPARE(file.values<float>(longName), kSix);
}

void TstTorchZipFile::namesOfParallelModules()
{
    const Written file(zipOf(entry("module.a") + entry("module.module.b") + entry("c.module.d")).bytes());
    QVERIFY2(file, file.words().c_str());
    QCOMPARE(file.values<float>("a"), kSix);
    QCOMPARE(file.values<float>("module.b"), kSix);
    QCOMPARE(file.values<float>("c.module.d"), kSix);
    const Written twice(zipOf(entry("module.a") + entry("a")).bytes());
    QVERIFY(!twice);
    QVERIFY2(twice.words().find("twice") != std::string::npos, twice.words().c_str());
}

void TstTorchZipFile::cutAnywhere()
{
    ZipArchive archive = smallTorchZip().archive();
    archive.sizesFollow = archive.isZip64 = true;
    const std::string whole = archive.bytes();
    for (std::size_t length = 0; length < whole.size(); ++length)
        QVERIFY2(!Written(whole.substr(0, length)), std::to_string(length).c_str());
}

/// A changed bit is an error, or lies where nothing is read from; the values are never others.
void TstTorchZipFile::flippedBits()
{
    const std::string whole = smallTorchZip().bytes();
    int refused = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string changed = whole;
        changed[at] = char(changed[at] ^ (1 << (at % 8)));
        const Written file(changed);
        refused += !file;
        if (file)
            QVERIFY2(file.values<float>("w") == kSix, std::to_string(at).c_str());
    }
    QVERIFY(refused > int(whole.size()) / 2);
}

void TstTorchZipFile::badArchivesAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const char *words, const std::function<void(ZipArchive &)> &change) {
        ZipArchive archive = smallTorchZip().archive();
        change(archive);
        QTest::newRow(name) << QByteArray::fromStdString(archive.bytes()) << words;
    };
    QTest::newRow("no entries") << QByteArray::fromStdString(ZipArchive().bytes()) << "empty archive";
    row("compressed", "compressed", [](ZipArchive &a) { a.items[2].method = 8; });
    row("encrypted", "encrypted", [](ZipArchive &a) { a.items[2].flags = 1; });
    row("another sum", "CRC-32", [](ZipArchive &a) { a.items[2].crc = 5; });
    row("a size too large", "disagree", [](ZipArchive &a) {
        a.items[2].size = 25;
        a.items[2].localName = "archive/data/00";
    });
    row("larger than the file", "cut off", [](ZipArchive &a) { a.items[2].size = 0x7FFFFFFF; });
    row("into the next entry", "CRC-32", [](ZipArchive &a) {
        a.sizesFollow = true;
        a.items[2].size = 60;
    });
    row("an entry within another", "overlaps", [](ZipArchive &a) {
        std::size_t before = 0;
        for (const ZipItem *item : {&a.items[0], &a.items[1]})
            before += 30 + item->name.size() + item->contents.size();
        a.items[2].contents = ZipArchive{.items = {a.items[3]}}.bytes();
        a.items[3].header = before + 30 + a.items[2].name.size();
    });
    row("into the directory", "directory", [](ZipArchive &a) { a.items.back().size = 50; });
    row("the same bytes twice", "overlaps", [](ZipArchive &a) {
        a.items.push_back(a.items[0]);
        a.items.back().header = 0;
    });
    row("beyond the end", "cut off", [](ZipArchive &a) { a.items[2].header = 0x7FFFFFFF; });
    row("nowhere", "not where", [](ZipArchive &a) { a.items[0].header = 3; });
    row("another name inside", "disagree", [](ZipArchive &a) { a.items[2].localName = "archive/data/9"; });
    row("a name twice", "twice", [](ZipArchive &a) { a.items.push_back(a.items[2]); });
    row("a comment", "follows its end", [](ZipArchive &a) { a.comment = "hello"; });
    for (const char *name : {"../data/0", "archive/../../data/0", "/archive/data/0", "archive\\data\\0", "archive//0",
                             "archive/./0", "archive/data/"})
        row(name, "leads out", [&](ZipArchive &a) { a.items[2].name = name; });
    row("no name", "no name", [](ZipArchive &a) { a.items[2].name = ""; });
    row("a long name", "long", [](ZipArchive &a) { a.items[2].name = "archive/" + std::string(600, 'x'); });
    row("two folders", "one folder", [](ZipArchive &a) { a.items[1].name = "other/byteorder"; });
    row("no folder", "one folder", [](ZipArchive &a) { a.items = {{"data.pkl", a.items[0].contents}}; });
    row("no pickle", "no entry data.pkl", [](ZipArchive &a) { a.items.erase(a.items.begin()); });
    row("no storage", "\"data/0\"", [](ZipArchive &a) { a.items.erase(a.items.begin() + 2); });
    row("a short storage", "another size", [](ZipArchive &a) { a.items[2].contents.pop_back(); });
    row("a long storage", "another size", [](ZipArchive &a) { a.items[2].contents += "1234"; });
    row("big-endian", "little-endian", [](ZipArchive &a) { a.items[1].contents = "big"; });
    row("a program", "TorchScript", [](ZipArchive &a) { a.items.push_back({"archive/constants.pkl", ""}); });
    row("code", "TorchScript", [](ZipArchive &a) { a.items.push_back({"archive/code/x.py", "import os"}); });
    row("another pickle", "follow the pickle", [](ZipArchive &a) { a.items[0].contents += pickleOf("N"); });
    const std::string whole = smallTorchZip().bytes();
    QTest::newRow("bytes after the end") << QByteArray::fromStdString(whole + "x") << "follows its end";
    std::string many = whole;
    many.replace(many.size() - 14, 4, "\xff\xff\xff\xff"); // the numbers of entries
    QTest::newRow("entries that are not there") << QByteArray::fromStdString(many) << "directory";
}

void TstTorchZipFile::badArchivesAreRefused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, words);
    const Written file(bytes.toStdString());
    QVERIFY(!file);
    QCOMPARE(file.code(), ErrorCode::Invalid);
    QVERIFY2(QString::fromStdString(file.words()).contains(words), file.words().c_str());
    QVERIFY2(file.words().find("FILE.pth") != std::string::npos, file.words().c_str());
}

void TstTorchZipFile::badPicklesAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const char *words, const std::string &items) {
        QTest::newRow(name) << QByteArray::fromStdString(zipOf(items).bytes()) << words;
    };
    const auto tensor = [&](const char *name, const char *words, const PickledTensor &changed) {
        row(name, words, entry("w", changed));
    };
    const std::int64_t huge = std::int64_t(1) << 62;
    row("a command", "posix.system", pickledText("w") + global("posix", "system") + "(" + pickledText("id") + "tR");
    row("os.system", "os.system", pickledText("w") + global("os", "system"));
    row("a builtin", "builtins.eval", pickledText("w") + global("builtins", "eval"));
    row("numpy", "numpy.core.multiarray.scalar", pickledText("w") + global("numpy.core.multiarray", "scalar"));
    row("a class of torch", "torch.load", pickledText("w") + global("torch", "load"));
    row("an old tensor", "_rebuild_tensor", pickledText("w") + global("torch._utils", "_rebuild_tensor"));
    row("an instance", "no class", pickledText("w") + global("collections", "OrderedDict") + ")\x81");
    row("a command beside an object", "posix.system",
        entry("v") + pickledText("w") + global("argparse", "Namespace") + ")\x81}(" + pickledText("x") +
            global("posix", "system") + "(" + pickledText("id") + "tRub");
    row("an object as weights", "no state dictionary", pickledText("w") + global("argparse", "Namespace") + ")\x81");
    row("protocol 0", "opcode 0x69", pickledText("w") + "ios\nsystem\n");
    tensor("complex numbers", "torch.ComplexFloatStorage", {.storageGlobal = global("torch", "ComplexFloatStorage")});
    tensor("another type", "another size", {.storageGlobal = global("torch", "DoubleStorage")});
    tensor("outside by its offset", "outside", {.offset = 1});
    tensor("outside by its stride", "outside", {.strides = {3, 2}});
    tensor("outside by its shape", "outside", {.shape = {3, 3}});
    tensor("negative offset", "negative", {.offset = -1});
    tensor("negative stride", "negative", {.strides = {-3, 1}});
    tensor("negative size", "negative", {.shape = {-2, 3}});
    tensor("negative storage", "negative", {.storageValues = -6});
    tensor("huge size", "too large", {.shape = {huge, huge}});
    tensor("huge stride", "too large", {.shape = {9, 3}, .strides = {huge, 1}});
    tensor("repeated without end", "more values", {.shape = {huge}, .strides = {0}});
    tensor("too many dimensions", "dimensions",
           {.shape = std::vector<std::int64_t>(17, 1), .strides = std::vector<std::int64_t>(17, 1)});
    tensor("a huge storage", "another size", {.storageValues = huge});
    tensor("another folder's storage", "no entry", {.key = "../../secret"});
    row("a storage of two sizes", "disagree",
        entry("w") + entry("x", {.storageValues = 5, .shape = {5}, .strides = {1}}));
    row("a name twice", "twice", entry("w") + entry("w"));
    row("no name", "no name", entry(""));
    row("a name that is no text", "UTF-8", entry("\xff\xfe"));
    row("a long name", "too long", entry(std::string(2000, 'n')));
    row("a parameter of nothing", "no", pickledText("w") + global("torch._utils", "_rebuild_parameter") + ")R");
    row("no tensors", "no state dictionary, but \"epoch\", \"lr\"",
        pickledText("epoch") + "K\1" + pickledText("lr") + "K\2");
    row("a dictionary of a number", "list", pickledText("w") + "ccollections\nOrderedDict\n(K\1tR");
    row("a dictionary of no pairs", "pairs", pickledText("w") + "ccollections\nOrderedDict\n(](K\1etR");
    std::string shared;
    for (int i = 0; i < 5; ++i)
        shared += entry("w" + std::to_string(i));
    row("shared too often", "four times", shared);
    TorchZip alone = smallTorchZip();
    alone.pickle = PickledTensor().opcodes();
    QTest::newRow("a tensor alone") << QByteArray::fromStdString(alone.bytes()) << "type";
    ZipArchive fourth = smallTorchZip().archive();
    fourth.items[0].contents[1] = 4;
    QTest::newRow("protocol 4") << QByteArray::fromStdString(fourth.bytes()) << "protocol 4";
}

void TstTorchZipFile::badPicklesAreRefused()
{
    badArchivesAreRefused();
}

void TstTorchZipFile::valuesThatAreNotFinite_data()
{
    QTest::addColumn<QString>("storage");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("isFinite");
    const auto row = [](const char *name, const char *storage, const std::string &bytes, bool isFinite) {
        QTest::newRow(name) << storage << QByteArray::fromStdString(bytes) << isFinite;
    };
    const double infinity = std::numeric_limits<double>::infinity();
    row("float", "FloatStorage", bytesOf(float(-infinity)), false);
    row("float NaN", "FloatStorage", bytesOf(std::nanf("")), false);
    row("largest float", "FloatStorage", bytesOf(std::numeric_limits<float>::max()), true);
    row("double", "DoubleStorage", bytesOf(infinity), false);
    row("half", "HalfStorage", number(0x7C00, 2), false);
    row("largest half", "HalfStorage", number(0x7BFF, 2), true);
    row("bfloat16", "BFloat16Storage", number(0xFF80, 2), false);
    row("largest bfloat16", "BFloat16Storage", number(0x7F7F, 2), true);
    row("whole", "LongStorage", number(0x7FF0000000000000, 8), true);
}

void TstTorchZipFile::valuesThatAreNotFinite()
{
    QFETCH(QString, storage);
    QFETCH(QByteArray, bytes);
    QFETCH(bool, isFinite);
    TorchZip zip = zipOf(entry(
        "w", {.storageGlobal = global("torch", storage.toLatin1()), .storageValues = 1, .shape = {1}, .strides = {1}}));
    zip.storages[0].second = bytes.toStdString();
    const Written file(zip.bytes());
    QCOMPARE(bool(file), isFinite);
    if (!isFinite)
        QVERIFY2(file.words().find("\"w\" holds values that are not finite") != std::string::npos,
                 file.words().c_str());
}

void TstTorchZipFile::archivesOfArrays()
{
    ZipArchive archive;
    archive.items = {{"conv/kernel:0.npy", npyBytes("<f4", "(2, 3)", storageOf(kSix))},
                     {"steps.npy", npyBytes("<i4", "(2,)", storageOf<std::int32_t>({3, 4}))},
                     {"names.npy", npyBytes("|S1", "(2,)", "ab")}};
    archive.isZip64 = archive.isWide = true; // as numpy.savez writes it
    const Written file(archive.bytes());
    QVERIFY2(file, file.words().c_str());
    QCOMPARE(file->form, WeightForm::NumpyArchive);
    QCOMPARE(file.values<float>("conv/kernel:0"), kSix);
    QCOMPARE(file.values<std::int64_t>("steps"), (std::vector<std::int64_t>{3, 4}));
    QCOMPARE(file->skipped, std::vector<std::string>{"names"});
    archive.items[1].contents = npyBytes("|O", "(1,)", "x");
    QVERIFY(!Written(archive.bytes()));
}

void TstTorchZipFile::otherFilesAreNamed_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    QTest::newRow("empty") << QByteArray() << "is empty";
    QTest::newRow("pointer") << QByteArray("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
                             << "git lfs pull";
    QTest::newRow("page") << QByteArray("<!DOCTYPE html><html></html>") << "web page";
    QTest::newRow("hdf5") << QByteArray("\x89HDF\r\n\x1a\n and more") << "numpy.savez";
    QTest::newRow("text") << QByteArray("weights?") << "neither";
    QTest::newRow("a pickle") << QByteArray("\x80\x02}.") << "no dictionary of arrays";
    QTest::newRow("safetensors") << QByteArray("\x10\0\0\0\0\0\0\0{nonsense", 17) << "safetensors";
}

void TstTorchZipFile::otherFilesAreNamed()
{
    badArchivesAreRefused();
}

/// A list that is made a dictionary of again and again would be 50 GB.
void TstTorchZipFile::repetitionCostsLittle()
{
    std::string list = "](";
    for (int i = 0; i < 100'000; ++i)
        list += i == 0 ? "](K\1K\1eq\1" : "h\1";
    std::string items = pickledText("x") + list + "eq\2";
    for (int i = 0; i < 50'000; ++i)
        items += pickledText("x") + "ccollections\nOrderedDict\n(h\2tR";
    const Written file(zipOf(items).bytes());
    QVERIFY(!file);
    QVERIFY2(file.words().find("too long") != std::string::npos, file.words().c_str());
}

QTEST_GUILESS_MAIN(TstTorchZipFile)
#include "tst_torch_zip_file.moc"
