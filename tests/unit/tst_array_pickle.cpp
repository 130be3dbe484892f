#include "models/io/array_pickle.h"
#include "models/io/published_names.h"
#include "models/io/weight_file.h"
#include "tests/support/pickled_array.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/torch_files.h"

#include <QTest>

#include <cstring>
#include <fstream>
#include <random>

using namespace mien;
using namespace mien::test;

namespace {

std::string dictionary(const std::string &items)
{
    return pickleOf("}(" + items + "u");
}

std::span<const std::byte> bytesOf(const std::string &text)
{
    return std::as_bytes(std::span(text));
}

std::string errorOf(const std::string &file)
{
    const auto read = parseArrayPickle(bytesOf(file), "x.pkl");
    return read ? std::string() : read.error().message;
}

std::vector<float> floatsOf(const TensorView &tensor)
{
    std::vector<float> values(tensor.bytes.size() / sizeof(float));
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    return values;
}

} // namespace

class TestArrayPickle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void arraysOfEitherPythonAreRead()
    {
        for (const bool isPython3 : {false, true}) {
            const std::string key = isPython3 ? pickledText("conv1.weight") : shortText("conv1.weight");
            const std::string file = dictionary(key + PickledArray{.isPython3 = isPython3}.opcodes() +
                                                pickledText("count") + pickledWhole(7));
            QVERIFY(isArrayPickle(bytesOf(file)));
            const auto read = parseArrayPickle(bytesOf(file), "x.pkl");
            QVERIFY2(read, errorOf(file).c_str());
            QCOMPARE(read->tensors.size(), std::size_t(1));
            const TensorView &tensor = read->tensors.front();
            QCOMPARE(tensor.name, std::string("conv1.weight"));
            QCOMPARE(tensor.shape, (std::vector<std::int64_t>{2, 3}));
            QVERIFY(tensor.dtype == DType::F32);
            QCOMPARE(floatsOf(tensor), (std::vector<float>{0, 1, 2, 3, 4, 5}));
            QCOMPARE(read->skipped, (std::vector<std::string>{"count"}));
        }
    }

    void theFirstAxisMayRunFastest()
    {
        const std::string file = dictionary(pickledText("w") + PickledArray{.isFortran = true}.opcodes());
        const auto read = parseArrayPickle(bytesOf(file), "x.pkl");
        QVERIFY(read);
        QCOMPARE(floatsOf(read->tensors.front()), (std::vector<float>{0, 2, 4, 1, 3, 5}));
    }

    void typesAreKept()
    {
        const PickledArray whole{.type = "i8", .shape = {2}, .values = storageOf<std::int64_t>({-1, 1LL << 40})};
        const PickledArray half{.type = "f2", .shape = {1}, .values = std::string("\0\x3c", 2)};
        const PickledArray scalar{.type = "f8", .shape = {}, .values = storageOf<double>({0.1}), .shapeText = ")"};
        const PickledArray empty{.shape = {0, 3}, .isPython3 = true, .values = {}};
        const std::string file = dictionary(pickledText("i") + whole.opcodes() + pickledText("h") + half.opcodes() +
                                            pickledText("s") + scalar.opcodes() + pickledText("e") + empty.opcodes());
        const auto read = parseArrayPickle(bytesOf(file), "x.pkl");
        QVERIFY2(read, errorOf(file).c_str());
        QVERIFY(read->tensors[0].dtype == DType::I64 && read->tensors[1].dtype == DType::F16);
        QVERIFY(read->tensors[2].dtype == DType::F64 && read->tensors[2].shape.empty());
        QVERIFY(read->tensors[3].bytes.empty());
    }

    void valuesLongerThanTextsAreRead()
    {
        const std::vector<float> many(40'000, -1.5F); // every byte above 127 counts twice in a text
        for (const bool isPython3 : {false, true}) {
            const PickledArray large{.shape = {200, 200}, .isPython3 = isPython3, .values = storageOf(many)};
            const std::string file = dictionary(pickledText("w") + large.opcodes());
            const auto read = parseArrayPickle(bytesOf(file), "x.pkl");
            QVERIFY2(read, errorOf(file).c_str());
            QCOMPARE(floatsOf(read->tensors.front()), many);
        }
    }

    void hostileFilesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<QString>("said");
        const auto add = [](const char *row, const std::string &file, const char *said) {
            QTest::newRow(row) << QByteArray::fromStdString(file) << QString::fromLatin1(said);
        };
        const auto with = [](const PickledArray &array) { return dictionary(pickledText("w") + array.opcodes()); };
        add("cut off", with({}).substr(0, 120), "cut off");
        add("objects", with({.type = "O8", .order = "|", .data = "]"}), "holds Python objects");
        add("texts", with({.type = "S4", .order = "|"}), "has the type");
        add("big-endian", with({.order = ">"}), "least byte first");
        add("too few values", with({.shape = {2, 4}}), "24 bytes");
        add("huge", with({.shape = {1 << 30, 1 << 30, 1 << 30}}), "impossible shape");
        add("huge bytes", with({.type = "f8", .shape = {1 << 30, 1 << 30, 2}}), "shape needs another number");
        add("huge with nothing", with({.shape = {0, 1 << 30, 1 << 30, 1 << 30}}), "shape needs another number");
        add("negative", with({.shape = {-2, -3}}), "impossible shape");
        add("values that are a list", with({.data = "]"}), "no bytes");
        add("values beyond bytes",
            with({.data = "c_codecs\nencode\nX" + number(3, 4) + "\xe2\x82\xac" + pickledText("latin1") + "\x86R"}),
            "no bytes");
        add("bytes of a number", with({.data = "c__builtin__\nbytes\n" + pickledWhole(9) + "\x85R"}), "something else");
        add("another codec", with({.data = "c_codecs\nencode\n" + pickledText("x") + pickledText("rot13") + "\x86R"}),
            "something else");
        add("system", dictionary(pickledText("w") + "cos\nsystem\n" + pickledText("true") + "\x85R"), "os.system");
        add("a class of its own", with({.arrayClass = "cnumpy\nmatrix\n"}), "numpy.matrix");
        add("no class", with({.arrayClass = "cnumpy\ndtype\n"}), "something else than numpy.ndarray");
        add("a call of the class", dictionary(pickledText("w") + "cnumpy\nndarray\n)R"), "calls numpy.ndarray");
        add("a tensor", dictionary(pickledText("w") + "ctorch._utils\n_rebuild_tensor_v2\n"), "not allowed");
        add("twice described", dictionary(pickledText("w") + PickledArray{}.opcodes() + "(K\1tb"), "twice");
        add("itself", pickleOf("}q\1" + pickledText("w") + "h\1s"), "no dictionary of arrays");
        add("itself as values", with({.data = "h\1"}), "recalls a value");
        add("the same name",
            dictionary(pickledText("w") + PickledArray{}.opcodes() + pickledText("w") + PickledArray{}.opcodes()),
            "twice");
        add("a list", pickleOf("]"), "no dictionary of arrays");
        add("only numbers", dictionary(pickledText("w") + pickledWhole(3)), "no dictionary of arrays");
        add("bytes behind it", with({}) + "x", "bytes follow");
        add("another protocol", "\x80\x04" + with({}).substr(2), "protocol 4");
    }

    void hostileFilesAreRefused()
    {
        QFETCH(QByteArray, file);
        QFETCH(QString, said);
        const QString error = QString::fromStdString(errorOf(file.toStdString()));
        QVERIFY2(error.contains(said), qPrintable(error));
        QVERIFY(error.startsWith(QStringLiteral("x.pkl")) && !error.contains(QLatin1Char('\n')));
    }

    /// One row of values under many names costs no memory: it is counted for each.
    void sharedValuesAreCounted()
    {
        std::string items = pickledText("a") + "T" + number(1'000'000, 4) + std::string(1'000'000, '\0') + "q\1";
        for (int i = 0; i < 12; ++i)
            items += pickledText("w" + std::to_string(i)) +
                     PickledArray{.shape = {250'000}, .data = "h\1", .shapeText = "J" + number(250'000, 4) + "\x85"}
                         .opcodes();
        QVERIFY(errorOf(dictionary(items)).find("four times") != std::string::npos);
    }

    /// Whatever a byte becomes, reading ends with arrays or with one line.
    void changedBytesDoNoHarm()
    {
        const std::string good = dictionary(pickledText("a") + PickledArray{}.opcodes() + pickledText("b") +
                                            PickledArray{.isFortran = true, .isPython3 = true}.opcodes());
        QVERIFY(errorOf(good).empty());
        std::mt19937 random(5);
        int refused = 0;
        for (int i = 0; i < 20'000; ++i) {
            std::string file = good;
            for (int k = 0; k < 1 + i % 3; ++k)
                file[random() % file.size()] = char(random());
            if (i % 5 == 0)
                file.resize(random() % file.size());
            refused += !errorOf(file).empty();
        }
        QVERIFY(refused > 5'000 && refused < 20'000);
    }

    /// As VGGFace2's ResNet-50 is published: torchvision's names, also where the trunk is a sequence.
    void theNamesMeet()
    {
        const TemporaryFolder folder;
        const auto array = [](const char *name, std::vector<std::int64_t> shape) {
            std::size_t count = 1;
            for (const std::int64_t side : shape)
                count *= std::size_t(side);
            return pickledText(name) + PickledArray{.shape = shape.size() > 3 ? std::vector<std::int64_t>{} : shape,
                                                    .values = storageOf(std::vector<float>(count, 0.5F)),
                                                    .shapeText =
                                                        [&] {
                                                            std::string text = "(";
                                                            for (const std::int64_t side : shape)
                                                                text += pickledWhole(side);
                                                            return text + "t";
                                                        }()}
                                           .opcodes();
        };
        const std::string file =
            dictionary(array("conv1.weight", {4, 3, 7, 7}) + array("bn1.running_mean", {4}) +
                       array("layer1.0.downsample.0.weight", {8, 4, 1, 1}) + array("fc.weight", {10, 8}));
        std::ofstream(folder / "vgg.pkl", std::ios::binary) << file;
        const auto opened = openWeightFile(folder / "vgg.pkl");
        QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
        QVERIFY(opened->form == WeightForm::ArrayPickle);
        std::vector<NamedShape> stored;
        for (const TensorView &tensor : opened->tensors)
            stored.push_back({tensor.name, tensor.shape});
        const std::vector<NamedShape> own{{"features.0.weight", {4, 3, 7, 7}},
                                          {"features.1.running_mean", {4}},
                                          {"features.4.0.downsample.0.weight", {8, 4, 1, 1}},
                                          {"fc.weight", {7, 8}}};
        const NameMatch match = matchPublishedNames(stored, own);
        QCOMPARE(match.moves.size(), std::size_t(3));
        QCOMPARE(match.part, std::string("features."));
    }
};

QTEST_GUILESS_MAIN(TestArrayPickle)
#include "tst_array_pickle.moc"
