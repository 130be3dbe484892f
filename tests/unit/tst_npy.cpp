#include "models/io/npy.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <limits>

using namespace mien;

namespace {

/// A version 1 file as NumPy lays it out.
QByteArray npy(const QByteArray &header, const QByteArray &values, char major = 1)
{
    QByteArray file("\x93NUMPY", 6);
    file.append(major).append('\0');
    const int lengthBytes = major == 1 ? 2 : 4;
    for (int i = 0; i < lengthBytes; ++i)
        file.append(static_cast<char>(header.size() >> (8 * i) & 0xff));
    return file + header + values;
}

Result<NpyArray> parsed(const QByteArray &file)
{
    return NpyArray::parse(std::as_bytes(std::span(file.data(), static_cast<std::size_t>(file.size()))), "labels.npy");
}

QByteArray header(const char *descr, const char *shape, const char *fortran = "False")
{
    return QByteArray("{'descr': '") + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }   \n";
}

template <typename T>
QByteArray raw(std::initializer_list<T> values)
{
    return QByteArray(reinterpret_cast<const char *>(values.begin()),
                      static_cast<qsizetype>(values.size() * sizeof(T)));
}

std::filesystem::path inFolder(const QTemporaryDir &folder, const char *name)
{
    return std::filesystem::path(folder.path().toStdString()) / name;
}

} // namespace

class TestNpy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsValues_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<QList<double>>("expected");
        QTest::newRow("scalar f4") << npy(header("<f4", "()"), raw<float>({0.5f})) << QList<double>{0.5};
        QTest::newRow("(1,) f8") << npy(header("<f8", "(1,)"), raw<double>({-2})) << QList<double>{-2};
        QTest::newRow("i1") << npy(header("|i1", "(2,)"), raw<std::int8_t>({-1, 7})) << QList<double>{-1, 7};
        QTest::newRow("u2 big endian") << npy(header(">u2", "(2,)"), QByteArray("\x01\x02\x00\x03", 4))
                                       << QList<double>{258, 3};
        QTest::newRow("i8") << npy(header("<i8", "(2,)"), raw<std::int64_t>({5, -6})) << QList<double>{5, -6};
        QTest::newRow("text S") << npy(header("|S4", "()"), QByteArray("-3\0\0", 4)) << QList<double>{-3};
        QTest::newRow("text U") << npy(header("<U2", "()"), raw<char32_t>({U'7', 0})) << QList<double>{7};
        QTest::newRow("text U with spaces")
            << npy(header("<U5", "()"), raw<char32_t>({U' ', U'.', U'5', U' ', 0})) << QList<double>{0.5};
        QTest::newRow("text U big endian")
            << npy(header(">U1", "(1,)"), QByteArray("\0\0\0\x34", 4)) << QList<double>{4};
        QTest::newRow("fortran") << npy(header("<i4", "(2, 3)", "True"), raw<std::int32_t>({1, 4, 2, 5, 3, 6}))
                                 << QList<double>{1, 2, 3, 4, 5, 6};
        QTest::newRow("version 2") << npy(header("<i4", "(1L,)"), raw<std::int32_t>({9}), 2) << QList<double>{9};
        QTest::newRow("version 3") << npy(header("<i4", "(1,)"), raw<std::int32_t>({9}), 3) << QList<double>{9};
        QTest::newRow("empty") << npy(header("<f4", "(0, 8)"), {}) << QList<double>{};
    }

    void readsValues()
    {
        QFETCH(QByteArray, file);
        QFETCH(QList<double>, expected);
        const auto array = parsed(file);
        QVERIFY2(array, array ? "" : array.error().message.c_str());
        const auto values = array->doubles();
        QVERIFY(values);
        QCOMPARE(QList<double>(values->begin(), values->end()), expected);
    }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<QString>("says");
        const QByteArray one = raw<float>({1});
        QTest::newRow("empty file") << QByteArray() << "not an NPY file";
        QTest::newRow("HTML") << QByteArray("<!doctype html><html>") << "not an NPY file";
        QTest::newRow("cut in the header") << npy(header("<f4", "(1,)"), one).left(30) << "within its header";
        QTest::newRow("cut in the values") << npy(header("<f4", "(2,)"), one) << "cut off";
        QTest::newRow("objects") << npy(header("|O", "(1,)"), one) << "Python objects";
        QTest::newRow("records") << npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", one)
                                 << "records";
        QTest::newRow("half floats") << npy(header("<f2", "(1,)"), QByteArray(2, '\0')) << "\"<f2\"";
        QTest::newRow("booleans") << npy(header("|b1", "(1,)"), QByteArray(1, '\0')) << "\"|b1\"";
        QTest::newRow("overflowing shape") << npy(header("<f4", "(4611686018427387904, 8)"), one) << "impossible shape";
        QTest::newRow("negative shape") << npy(header("<f4", "(-1,)"), one) << "cannot be understood";
        QTest::newRow("no shape") << npy("{'descr': '<f4', 'fortran_order': False}", one) << "cannot be understood";
        QTest::newRow("version 9") << npy(header("<f4", "(1,)"), one, 9) << "version 9";
        QTest::newRow("wide text") << npy(header("<U999999999", "(1,)"), one) << "type";
    }

    void refuses()
    {
        QFETCH(QByteArray, file);
        QFETCH(QString, says);
        const auto array = parsed(file);
        QVERIFY(!array);
        QCOMPARE(array.error().code, ErrorCode::Invalid);
        const QString message = QString::fromStdString(array.error().message);
        QVERIFY2(message.startsWith("labels.npy: ") && message.contains(says), qPrintable(message));
    }

    void wholeNumbersOnly()
    {
        const auto half = parsed(npy(header("<f8", "(2,)"), raw<double>({1, 2.5})))->integers();
        QVERIFY(!half);
        QVERIFY(QString::fromStdString(half.error().message).contains("value 1"));
        QVERIFY(
            !parsed(npy(header("<f8", "(1,)"), raw<double>({std::numeric_limits<double>::quiet_NaN()})))->integers());
        QVERIFY(!parsed(npy(header("<u8", "(1,)"), QByteArray(8, '\xff')))->integers());
        QVERIFY(!parsed(npy(header("|S3", "(1,)"), "sad"))->doubles());
        QCOMPARE(parsed(npy(header("<f4", "(1,)"), raw<float>({3})))->integers().value().at(0), 3);
    }

    void writesWhatItReads()
    {
        QTemporaryDir folder;
        const auto path = inFolder(folder, "p.npy");
        const std::vector<float> values = {0, 1, 2, 3, 4, 0.1f};
        QVERIFY(writeNpy(path, std::span<const float>(values), {3, 2}));
        const auto array = NpyArray::read(path);
        QVERIFY2(array, array ? "" : array.error().message.c_str());
        QCOMPARE(array->descr(), std::string("<f4"));
        QCOMPARE(array->shapeText(), std::string("(3, 2)"));
        QCOMPARE(array->asFloats().size(), values.size());
        QVERIFY(std::equal(values.begin(), values.end(), array->asFloats().begin()));
        QVERIFY(array->asDoubles().empty());
        QCOMPARE(std::filesystem::file_size(path), 128u + 24u);
        QVERIFY(!std::filesystem::exists(path.string() + ".part"));
    }

    void writerErrors()
    {
        QTemporaryDir folder;
        const std::vector<double> values(3);
        QVERIFY(!writeNpy(inFolder(folder, "x.npy"), std::span<const double>(values), {2, 2}));
        QVERIFY(!writeNpy(inFolder(folder, "none/x.npy"), std::span<const double>(values)));
        QCOMPARE(NpyArray::read(inFolder(folder, "none.npy")).error().code, ErrorCode::NotFound);
        QVERIFY(!NpyArray::read(folder.path().toStdString()));
    }
};

QTEST_APPLESS_MAIN(TestNpy)
#include "tst_npy.moc"
