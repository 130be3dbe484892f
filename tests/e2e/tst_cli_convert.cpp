#include "models/io/safetensors.h"
#include "tests/e2e/mien_process.h"
#include "tests/support/pickled_array.h"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest/QtTest>

using namespace mien;
using namespace mien::test;

/// `mien convert`: weights of others become safetensors, by a process that can do nothing else.
class TestCliConvert : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }

    QString stored(const QString &name, const std::string &bytes) const
    {
        writeFile(path(name), QByteArray::fromStdString(bytes));
        return path(name);
    }

    /// What lies in the folder beside what a test put there.
    QStringList filesOf(const QString &beginning) const
    {
        return QDir(m_folder.path()).entryList({beginning + "*"}, QDir::Files | QDir::Hidden);
    }

private Q_SLOTS:
    void checkpointBecomesSafetensors()
    {
        TorchZip zip = smallTorchZip();
        zip.pickle = "}(" + pickledText("state_dict") +
                     pickledDictionary(pickledText("module.w") + PickledTensor().opcodes()) + pickledText("epoch") +
                     "K\3u";
        const QString file = stored("net.pth", zip.bytes()), out = path("net.safetensors");
        for (int time = 0; time < 2; ++time) { // the second time it is replaced
            const Outcome outcome = runMien({"convert", file, out, "--json"});
            QCOMPARE(outcome.status, 0);
            QVERIFY(outcome.isJsonOnly());
            QCOMPARE(outcome.result()["tensors"].toInt(), 1);
            QCOMPARE(outcome.result()["skipped"].toInt(-1), 0);
            QCOMPARE(outcome.result()["form"].toString(), QString("torch-zip"));
            QCOMPARE(outcome.result()["beside"].toArray(), QJsonArray{"epoch"});
        }
        const auto written = SafetensorsFile::open(out.toStdString());
        QVERIFY(written);
        QCOMPARE(written->tensors().size(), std::size_t(1));
        QCOMPARE(*written->values<float>("w"), (std::vector<float>{0, 1, 2, 3, 4, 5}));
        QVERIFY(written->tensors()[0].shape == (std::vector<std::int64_t>{2, 3}));
        QCOMPARE(filesOf("net.safetensors").size(), 1);

        const Outcome again = runMien({"convert", out, path("again.safetensors")}); // safetensors, too
        QCOMPARE(again.status, 0);
        QVERIFY2(again.out.contains("1 tensor of 6 values"), again.out);
        QVERIFY(QFile(out).open(QIODevice::ReadOnly));
    }

    /// As VGGFace2's weights are published.
    void pickledArraysBecomeSafetensors()
    {
        const std::string pickle = pickleOf("}(" + shortText("conv1.weight") + PickledArray().opcodes() +
                                            shortText("fc.weight") + PickledArray{.isFortran = true}.opcodes() + "u");
        const QString out = path("vgg.safetensors");
        const Outcome outcome = runMien({"convert", stored("vgg.pkl", pickle), out, "--json"});
        QVERIFY2(outcome.status == 0, outcome.err);
        QCOMPARE(outcome.result()["form"].toString(), QString("pickle"));
        const auto written = SafetensorsFile::open(out.toStdString());
        QVERIFY(written);
        QCOMPARE(*written->values<float>("conv1.weight"), (std::vector<float>{0, 1, 2, 3, 4, 5}));
        QCOMPARE(*written->values<float>("fc.weight"), (std::vector<float>{0, 2, 4, 1, 3, 5}));
    }

    /// Weights that no run of ours made are Keras' for ResNet50V2, which read pixels from -1 to 1; the run says so.
    void pixelsAreReadAsTheWeightsExpect()
    {
        const QString project = path("range.mien");
        QCOMPARE(runMien({"demo", project, "--samples", "64"}).status, 0);
        const auto rangeOf = [&](const QStringList &more) -> QString {
            const Outcome trained =
                runMien(QStringList{"train", "-p", project, "--json", "--network", "resnet50v2", "--folds", "2",
                                    "--set", "preset=tiny", "--set", "epochs=1", "--set", "precision=fp32"} +
                        more);
            if (trained.status != 0)
                return QString::fromUtf8(trained.err);
            const QString run = project + "/runs/" + trained.result()["run"].toString();
            QFile config(run + "/config.json");
            const auto checkpoint = SafetensorsFile::open((run + "/fold0/checkpoint.safetensors").toStdString());
            if (!config.open(QIODevice::ReadOnly) || !checkpoint)
                return "no run";
            const auto network = QJsonDocument::fromJson(
                QByteArray::fromStdString(checkpoint->metadata().at("network")))["options"]["input"];
            const auto said = QJsonDocument::fromJson(config.readAll())["set"]["input"];
            return said.isUndefined() || said == network ? network.toString() : "another one";
        };
        QCOMPARE(rangeOf({}), "unit");
        const auto own = SafetensorsFile::open((project + "/runs/r1/fold0/checkpoint.safetensors").toStdString());
        QVERIFY(own);
        SafetensorsWriter writer; // the weights alone
        for (const TensorView &tensor : own->tensors())
            writer.add(tensor);
        QVERIFY(writer.write(path("published.safetensors").toStdString()));
        QCOMPARE(rangeOf({"--initial", path("published.safetensors")}), "pm1");
        QCOMPARE(rangeOf({"--initial", path("published.safetensors"), "--set", "input=unit"}), "unit");
        QCOMPARE(rangeOf({"--initial", "r1"}), "unit");
        QCOMPARE(rangeOf({"--initial", "r2"}), "pm1"); // as the run that it goes on from
    }

    void whatIsNoTensorIsCounted()
    {
        TorchZip zip = smallTorchZip();
        zip.pickle = pickledDictionary(pickledText("w") + PickledTensor().opcodes() + pickledText("steps") + "K\3");
        const QString file = stored("-odd name.pth", zip.bytes());
        const Outcome outcome =
            runMien({"convert", "--json", "--report", path("report.csv"), "--", "-odd name.pth", "odd.safetensors"},
                    {.folder = m_folder.path()});
        QCOMPARE(outcome.status, 3);
        QCOMPARE(outcome.result()["skipped"].toInt(), 1);
        QCOMPARE(outcome.events("warning").size(), 1);
        QVERIFY(QFileInfo::exists(path("odd.safetensors")));
        QFile report(path("report.csv"));
        QVERIFY(report.open(QIODevice::ReadOnly));
        QVERIFY(report.readAll().contains("steps"));
    }

    void refusalsWriteNothing_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char *name, const std::string &bytes, const char *says) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(says);
        };
        TorchZip command = smallTorchZip();
        command.pickle = "cposix\nsystem\n(" + pickledText("touch executed") + "tR";
        row("a command", command.bytes(), "posix.system");
        ZipArchive packed = smallTorchZip().archive();
        packed.items[0].method = 8;
        row("compressed", packed.bytes(), "compressed");
        ZipArchive escaping = smallTorchZip().archive();
        escaping.items[2].name = "archive/../../x";
        row("escaping", escaping.bytes(), "leads out");
        row("cut off", smallTorchZip().bytes().substr(0, 300), "cut off");
        row("empty", "", "is empty");
        row("text", "not weights", "neither");
        row("objects",
            pickleOf("}(" + shortText("w") + PickledArray{.type = "O8", .order = "|", .data = "]"}.opcodes() + "u"),
            "Python objects");
    }

    void refusalsWriteNothing()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, says);
        const QString file = stored("bad.pth", bytes.toStdString());
        const Outcome outcome = runMien({"convert", file, path("bad.safetensors")}, {.folder = m_folder.path()});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.errorLines(), 1);
        QVERIFY2(outcome.err.contains(says) && outcome.err.contains("bad.pth"), outcome.err);
        QVERIFY2(outcome.err.startsWith("mien convert: ") && !outcome.err.contains("convert: mien"), outcome.err);
        QVERIFY(filesOf("bad.safetensors").isEmpty());
        QVERIFY(!QFileInfo::exists(path("executed")));
    }

    void aRefusalKeepsWhatWasThere()
    {
        const QString out = stored("kept.safetensors", "what was there");
        QCOMPARE(runMien({"convert", stored("worse.pth", "nothing"), out}).status, 1);
        QFile kept(out);
        QVERIFY(kept.open(QIODevice::ReadOnly));
        QCOMPARE(kept.readAll(), QByteArray("what was there"));
        QCOMPARE(filesOf("kept").size(), 1);
    }

    void wrongUsage()
    {
        const QString file = stored("fine.pth", smallTorchZip().bytes());
        const Outcome swapped = runMien({"convert", path("x.safetensors"), file});
        QCOMPARE(swapped.status, 2);
        QVERIFY2(swapped.err.contains(".safetensors"), swapped.err);
        QCOMPARE(runMien({"convert", file}).status, 2);
        QCOMPARE(runMien({"convert", file, path("x.safetensors"), "--classes", "7"}).status, 2);
        QCOMPARE(runMien({"convert", path("none.pth"), path("x.safetensors")}).status, 1);
        QCOMPARE(runMien({"convert", file, path("no/such/x.safetensors")}).status, 1);
        QVERIFY(filesOf("x.safetensors").isEmpty());
    }

    void theNetworkSaysWhatItTakes()
    {
        TorchZip zip = smallTorchZip();
        zip.pickle = pickledDictionary(pickledText("bn1.bias") + PickledTensor{.shape = {3}, .strides = {1}}.opcodes() +
                                       pickledText("other") + PickledTensor().opcodes());
        const QString file = stored("part.pth", zip.bytes()), out = path("part.safetensors");
        const Outcome unknown = runMien({"convert", file, out, "--network", "vgg99"});
        QCOMPARE(unknown.status, 2);
        QVERIFY2(unknown.err.contains("vgg99"), unknown.err);
        QVERIFY(!QFileInfo::exists(out));
        const Outcome outcome = runMien({"convert", file, out, "--network", "resnet18", "--json"});
        QCOMPARE(outcome.status, 0);
        const QJsonObject match = outcome.result()["match"].toObject();
        QCOMPARE(match["matched"].toInt(-1), 0); // of another width
        QCOMPARE(match["mismatched"].toArray(), QJsonArray{"bn1.bias"});
        QCOMPARE(match["unexpected"].toArray(), QJsonArray{"other"});
        QCOMPARE(match["strict"].toBool(true), false);
        QVERIFY(match["missing"].toArray().contains("conv1.weight"));
    }
};

QTEST_GUILESS_MAIN(TestCliConvert)
#include "tst_cli_convert.moc"
