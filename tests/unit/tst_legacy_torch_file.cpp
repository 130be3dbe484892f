#include "models/io/legacy_torch_file.h"
#include "models/io/safetensors.h"
#include "models/io/weight_file.h"
#include "tests/support/test_data.h"
#include "tests/support/torch_files.h"

#include <QTest>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

using namespace mien;
using mien::test::number;
using mien::test::PickledTensor;
using mien::test::pickledText;
using mien::test::pickledTuple;
using mien::test::pickleOf;

namespace {

/// A file as torch.save wrote it, by hand; each part may be set otherwise.
struct File
{
    std::string magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
    std::string version = "M\xe9\x03";
    std::string system = "}(" + pickledText("little_endian") + "\x88u";
    std::string tensorGlobal = "ctorch._utils\n_rebuild_tensor_v2\n";
    std::string storageGlobal = "ctorch\nFloatStorage\n";
    std::int64_t storageValues = 6;
    std::string view = "N";
    std::int64_t offset = 0;
    std::vector<std::int64_t> shape{2, 3}, strides{3, 1};
    std::string name = "w";
    std::string tensorOpcodes; ///< In place of the tensor.
    std::string more;          ///< Items after the tensor.
    std::string after;         ///< Opcodes after the dictionary is filled.
    std::vector<std::string> keys{"a"};
    std::string data = number(6, 8) + floats();

    static std::string floats()
    {
        const float values[] = {0, 1, 2, 3, 4, 5};
        return {reinterpret_cast<const char *>(values), sizeof values};
    }

    std::string tensor() const
    {
        return PickledTensor{.storageGlobal = storageGlobal,
                             .key = "a",
                             .storageValues = storageValues,
                             .view = view,
                             .offset = offset,
                             .shape = shape,
                             .strides = strides,
                             .tensorGlobal = tensorGlobal}
            .opcodes();
    }

    std::string bytes() const
    {
        std::string list = "](";
        for (const std::string &key : keys)
            list += pickledText(key);
        return pickleOf(magic) + pickleOf(version) + pickleOf(system) +
               pickleOf("ccollections\nOrderedDict\n)R(" + pickledText(name) +
                        (tensorOpcodes.empty() ? tensor() : tensorOpcodes) + more + "u" + after) +
               pickleOf(list + "e") + data;
    }
};

Result<TorchState> parsed(const std::string &bytes)
{
    return parseLegacyTorchFile(std::as_bytes(std::span(bytes)), "FILE");
}

std::string bytesOf(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

class TstLegacyTorchFile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void publishedWeights();
    void cutAnywhere();
    void flippedBytes();
    void offsetsAndStrides_data();
    void offsetsAndStrides();
    void badFilesAreRefused_data();
    void badFilesAreRefused();
    void valuesThatHoldThemselves();
    void repetitionCostsLittle();
    void noSuchFile();
};

void TstLegacyTorchFile::publishedWeights()
{
    MIEN_NEED_TEST_DATA(folder, "golden");
    const auto file = openWeightFile(folder / "mtcnn_pnet_legacy.pt");
    QVERIFY2(file, file ? "" : file.error().message.c_str());
    QCOMPARE(file->form, WeightForm::TorchLegacy);
    const auto same = SafetensorsFile::open(folder / "mtcnn_weights_pnet.safetensors");
    QVERIFY(same);
    QCOMPARE(file->tensors.size(), same->tensors().size());
    for (const TensorView &tensor : file->tensors) {
        const TensorView *stored = same->find(tensor.name);
        QVERIFY2(stored, tensor.name.c_str());
        QCOMPARE(tensor.shape, stored->shape);
        QCOMPARE(tensor.values<float>(), stored->values<float>());
    }
}

/// Every prefix is an error, and none of them ends the program.
void TstLegacyTorchFile::cutAnywhere()
{
    const std::string own = File().bytes();
    QVERIFY(parsed(own));
    for (std::size_t length = 0; length < own.size(); ++length)
        QVERIFY2(!parsed(own.substr(0, length)), std::to_string(length).c_str());
    MIEN_NEED_TEST_DATA(folder, "golden");
    const std::string published = bytesOf(folder / "mtcnn_pnet_legacy.pt");
    QVERIFY(published.size() > 20'000);
    for (std::size_t length = 0; length < published.size(); length += 97)
        QVERIFY2(!parsed(published.substr(0, length)), std::to_string(length).c_str());
}

/// A changed byte is an error or another value, never a crash: what is read still has the shape it claims.
void TstLegacyTorchFile::flippedBytes()
{
    std::string bytes = File().bytes();
    if (const auto folder = mien::test::testData("golden"))
        bytes = bytesOf(*folder / "mtcnn_pnet_legacy.pt").substr(0, 3000);
    const std::string own = File().bytes();
    std::mt19937 random(7);
    int refused = 0;
    const auto tried = [&](const std::string &whole, std::size_t at, int bit) {
        std::string changed = whole;
        changed[at] = char(changed[at] ^ (1 << bit));
        const auto tensors = parsed(changed);
        refused += !tensors;
        if (!tensors)
            return true;
        return std::all_of(tensors->tensors.begin(), tensors->tensors.end(), [](const TensorView &tensor) {
            std::int64_t count = 1;
            for (const std::int64_t side : tensor.shape)
                count *= side;
            return count == tensor.count();
        });
    };
    for (std::size_t at = 0; at < own.size(); ++at)
        for (int bit = 0; bit < 8; ++bit)
            QVERIFY2(tried(own, at, bit), std::to_string(at).c_str());
    QVERIFY(refused > int(own.size()) * 4); // most bytes are not numbers
    for (int i = 0; i < 3000; ++i)
        QVERIFY(tried(bytes, random() % bytes.size(), int(random() % 8)));
}

void TstLegacyTorchFile::offsetsAndStrides_data()
{
    QTest::addColumn<QList<qint64>>("shape");
    QTest::addColumn<QList<qint64>>("strides");
    QTest::addColumn<int>("offset");
    QTest::addColumn<QList<float>>("values");
    QTest::newRow("contiguous") << QList<qint64>{2, 3} << QList<qint64>{3, 1} << 0 << QList<float>{0, 1, 2, 3, 4, 5};
    QTest::newRow("transposed") << QList<qint64>{3, 2} << QList<qint64>{1, 3} << 0 << QList<float>{0, 3, 1, 4, 2, 5};
    QTest::newRow("offset") << QList<qint64>{2, 2} << QList<qint64>{3, 1} << 1 << QList<float>{1, 2, 4, 5};
    QTest::newRow("repeated") << QList<qint64>{2, 2} << QList<qint64>{0, 1} << 4 << QList<float>{4, 5, 4, 5};
    QTest::newRow("scalar") << QList<qint64>{} << QList<qint64>{} << 5 << QList<float>{5};
    QTest::newRow("empty") << QList<qint64>{0, 9} << QList<qint64>{9, 1} << 0 << QList<float>{};
}

void TstLegacyTorchFile::offsetsAndStrides()
{
    QFETCH(QList<qint64>, shape);
    QFETCH(QList<qint64>, strides);
    QFETCH(int, offset);
    QFETCH(QList<float>, values);
    File file;
    file.shape = {shape.begin(), shape.end()};
    file.strides = {strides.begin(), strides.end()};
    file.offset = offset;
    const std::string bytes = file.bytes(); // holds the values
    const auto state = parsed(bytes);
    QVERIFY2(state, state ? "" : state.error().message.c_str());
    QCOMPARE(state->tensors.size(), std::size_t(1));
    QCOMPARE(state->tensors.front().name, std::string("w"));
    QCOMPARE(state->tensors.front().shape, file.shape);
    QCOMPARE(state->tensors.front().values<float>(), std::vector<float>(values.begin(), values.end()));
}

void TstLegacyTorchFile::badFilesAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const char *words, auto change) {
        File file;
        change(file);
        const std::string bytes = file.bytes();
        QTest::newRow(name) << QByteArray(bytes.data(), qsizetype(bytes.size())) << words;
    };
    const std::int64_t huge = std::int64_t(1) << 62;
    QTest::newRow("nothing") << QByteArray() << "cut off";
    QTest::newRow("a zip file") << QByteArray("PK\3\4 and more") << "no pickle";
    QTest::newRow("protocol 4") << QByteArray("\x80\x04N.") << "protocol 4";
    row("another magic number", "magic", [](File &f) { f.magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x18"; });
    row("a small magic number", "magic", [](File &f) { f.magic = "K\1"; });
    row("another version", "1001", [](File &f) { f.version = "M\xea\x03"; });
    row("big-endian", "little-endian", [](File &f) { f.system = "}(" + pickledText("little_endian") + "\x89u"; });
    row("silent about its bytes", "little-endian", [](File &f) { f.system = "}"; });
    row("a foreign global", "posix.system", [](File &f) { f.tensorGlobal = "cposix\nsystem\n"; });
    row("a builtin", "builtins.eval", [](File &f) { f.tensorGlobal = "cbuiltins\neval\n"; });
    row("other storage", "torch.ShortStorage", [](File &f) { f.storageGlobal = "ctorch\nShortStorage\n"; });
    row("wider storage", "cut off", [](File &f) { f.storageGlobal = "ctorch\nDoubleStorage\n"; });
    row("a storage that is called", "calls torch.FloatStorage",
        [](File &f) { f.more = pickledText("x") + f.storageGlobal + ")R"; });
    row("a global without end", "too long", [](File &f) { f.tensorGlobal = "c" + std::string(500, 'x') + "\n\n"; });
    row("an object", "no class", [](File &f) { f.more = pickledText("x") + f.tensorGlobal + ")\x81"; });
    row("protocol 4's global", "opcode 0x93",
        [](File &f) { f.more = pickledText("os") + pickledText("system") + "\x93"; });
    row("an instruction of protocol 0", "opcode 0x69", [](File &f) { f.more = "ios\nsystem\n"; });
    row("numbers alone", "no state dictionary, but \"w\"", [](File &f) { f.tensorOpcodes = "K\1"; });
    row("nothing as a name", "neither text nor number", [](File &f) { f.more = "NK\1"; });
    row("a name twice", "twice", [](File &f) { f.more = pickledText("w") + f.tensor(); });
    row("a view of a storage", "view", [](File &f) { f.view = pickledTuple({0, 1}); });
    row("no such memo", "recalls", [](File &f) { f.more = pickledText("x") + "h\5"; });
    row("nothing to take", "where there is none", [](File &f) { f.after = "\x87"; });
    row("no mark", "up to a mark", [](File &f) { f.after = "t"; });
    row("attributes of a number", "attributes", [](File &f) { f.after = "K\1K\1b"; });
    row("two values", "more or less", [](File &f) { f.after = "K\1"; });
    row("a mark left", "more or less", [](File &f) { f.after = "("; });
    row("outside by its offset", "outside", [](File &f) { f.offset = 1; });
    row("outside by its stride", "outside", [](File &f) { f.strides = {3, 2}; });
    row("outside by its shape", "outside", [](File &f) { f.shape = {3, 3}; });
    row("negative offset", "negative", [](File &f) { f.offset = -1; });
    row("negative stride", "negative", [](File &f) { f.strides = {-3, 1}; });
    row("negative size", "negative", [](File &f) { f.shape = {-2, 3}; });
    row("huge size", "too large", [=](File &f) { f.shape = {huge, huge}; });
    row("huge stride", "too large", [=](File &f) {
        f.shape = {9, 3};
        f.strides = {huge, 1};
    });
    row("huge offset", "too large", [](File &f) {
        f.offset = INT64_MAX;
        f.strides = {INT64_MAX, INT64_MAX};
    });
    row("repeated without end", "more values", [=](File &f) {
        f.shape = {huge};
        f.strides = {0};
    });
    row("stride of another length", "length", [](File &f) { f.strides = {3}; });
    row("too many dimensions", "dimensions", [](File &f) { f.shape = f.strides = std::vector<std::int64_t>(17, 1); });
    row("a count that lies", "another number", [](File &f) { f.data = number(7, 8) + File::floats() + "1234"; });
    row("a huge count", "cut off", [=](File &f) {
        f.storageValues = huge;
        f.data = number(std::uint64_t(huge), 8);
    });
    row("a count that wraps", "cut off", [](File &f) {
        f.storageValues = (INT64_MAX >> 1) + 7;
        f.data = number((INT64_MAX >> 1) + 7, 8) + File::floats();
    });
    row("no storage", "not in the list", [](File &f) {
        f.keys = {};
        f.data.clear();
    });
    row("another storage", "no tensor uses", [](File &f) { f.keys = {"b"}; });
    row("a storage twice", "listed twice", [](File &f) {
        f.keys = {"a", "a"};
        f.data += f.data;
    });
    row("bytes after the end", "follow", [](File &f) { f.data += "x"; });
    row("a storage of two sizes", "disagree", [](File &f) {
        File other = f;
        other.storageValues = 7;
        f.more = pickledText("x") + other.tensor();
    });
    row("shared too often", "four times", [](File &f) {
        for (int i = 0; i < 4; ++i)
            f.more += pickledText("x" + std::to_string(i)) + f.tensor();
    });
}

void TstLegacyTorchFile::badFilesAreRefused()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, words);
    const auto tensors = parsed(bytes.toStdString());
    QVERIFY(!tensors);
    QCOMPARE(tensors.error().code, ErrorCode::Invalid);
    QVERIFY2(QString::fromStdString(tensors.error().message).contains(words), tensors.error().message.c_str());
    QVERIFY(tensors.error().message.starts_with("FILE "));
}

/// A dictionary that is its own item, and a list in itself, are no tensors; nobody follows them.
void TstLegacyTorchFile::valuesThatHoldThemselves()
{
    File file;
    file.more = "u"
                "q\1(" +
                pickledText("x") + "h\1";
    for (const std::string &more : {file.more, pickledText("x") + "]q\1h\1a"}) {
        file.more = more;
        const auto state = parsed(file.bytes());
        QVERIFY2(state, state ? "" : state.error().message.c_str());
        QCOMPARE(state->tensors.size(), std::size_t(1));
        QCOMPARE(state->skipped, std::vector<std::string>{"x"});
    }
    // As a wrapper of itself it is opened a few times, and holds no tensor.
    file.tensorOpcodes = "K\1";
    file.more = "u"
                "q\1(" +
                pickledText("state_dict") + "h\1";
    QVERIFY(!parsed(file.bytes()));
}

/// A long tuple that is used again and again is not copied each time: this would be 40 GB.
void TstLegacyTorchFile::repetitionCostsLittle()
{
    File file;
    file.more = pickledText("x") + "(";
    for (int i = 0; i < 100'000; ++i)
        file.more += "N";
    file.more += "tq\1";
    for (int i = 0; i < 50'000; ++i)
        file.more += "h\1Q";
    QVERIFY(!parsed(file.bytes()));
    file.more = std::string(1'100'000, '(');
    const auto tooLong = parsed(file.bytes());
    QVERIFY(!tooLong);
    QVERIFY(tooLong.error().message.find("too long") != std::string::npos);
}

void TstLegacyTorchFile::noSuchFile()
{
    const auto file = openWeightFile("/nowhere/at all.pt");
    QVERIFY(!file);
    QCOMPARE(file.error().code, ErrorCode::NotFound);
    QVERIFY(!openWeightFile("/"));
}

QTEST_GUILESS_MAIN(TstLegacyTorchFile)
#include "tst_legacy_torch_file.moc"
