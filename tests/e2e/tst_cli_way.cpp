#include "tests/e2e/mien_process.h"
#include "tests/support/test_data.h"

#include <QDir>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QImage>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include <cmath>
#include <csignal>

using namespace mien::test;

/// The whole way on generated faces: demo → train → flag → review → snapshot → retrain → compare → export → import.
/// Later steps use what earlier ones made.
class TestCliWay : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_project;
    const QStringList m_tiny{"--network", "eac-compact", "--set", "preset=tiny",
                             "--set",     "epochs=2",    "--set", "precision=fp32"};

    Outcome on(const QStringList &arguments, const QString &project = {})
    {
        return runMien(arguments + QStringList{"-p", project.isEmpty() ? m_project : project, "--json"});
    }

    QMap<QString, QString> labelsBySource(const QString &project)
    {
        QMap<QString, QString> labels;
        for (const QJsonObject &row : runMien({"list", "-p", project, "--format", "jsonl"}).rows())
            labels[row["source"].toString().section('/', -1)] = row["label"].toString();
        return labels;
    }

    static QByteArray read(const QString &path)
    {
        QFile file(path);
        return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
    }

    /// The next line of a serving command, after it was asked `line`; empty: none came.
    static QJsonObject answerOf(QProcess &serve, const QByteArray &line)
    {
        serve.write(line + "\n");
        while (!serve.canReadLine()) {
            if (!serve.waitForReadyRead(60'000))
                return {};
        }
        return QJsonDocument::fromJson(serve.readLine()).object();
    }

private Q_SLOTS:
    void demo()
    {
        m_project = m_folder.filePath("demo.mien");
        const Outcome outcome = runMien({"demo", m_project, "--samples", "160", "--noise", "0.1", "--json"});
        QVERIFY2(outcome.status == 0, outcome.err);
        QVERIFY(outcome.isJsonOnly());
        QCOMPARE(outcome.result()["samples"].toInt(), 160);
        QCOMPARE(outcome.result()["flipped"].toInt(), 16);
        const QByteArray truth = read(m_project + "/demo_truth.csv");
        QVERIFY(truth.startsWith("source,given,truth\n"));
        QCOMPARE(truth.count('\n'), 161);
        QCOMPARE(on({"info"}).result()["samples"].toInt(), 160);
        QVERIFY(on({"info"}).result()["subjects"].toInt() > 1);
    }

    void pack()
    {
        const Outcome first = on({"pack", "--size", "32"});
        QVERIFY2(first.status == 0, first.err);
        QCOMPARE(first.result()["samples"].toInt(), 160);
        QVERIFY(first.result()["bytes"].toInt() >= 160 * 32 * 32);
        const QString folder = m_project + "/packs/" + first.result()["pack"].toString();
        QVERIFY(QFile::exists(folder + "/images.u8") && QFile::exists(folder + "/index.json"));
        QCOMPARE(on({"pack", "--size", "32"}).result()["pack"], first.result()["pack"]);
        QCOMPARE(on({"pack", "--filter", "label:fear", "--size", "32"}).status, 0);
    }

    void wrongTrainingLeavesNoRun()
    {
        for (const QStringList &wrong :
             {QStringList{"--network", "eac-none"}, QStringList{"--network", "eac-compact", "--set", "epoch=3"},
              QStringList{"--network", "eac-compact", "--set", "epochs=none"}, QStringList{"--network", "ir50"}}) {
            const Outcome outcome = on(QStringList{"train"} + wrong);
            QVERIFY2(outcome.status == 1 || outcome.status == 2, outcome.err);
            QCOMPARE(outcome.errorLines(), 1);
        }
        QCOMPARE(on({"runs", "list"}).rows().size(), 0);
        const Outcome trunk = on({"train", "--network", "mobilefacenet"});
        QVERIFY2(trunk.err.contains("eac-compact, eac-resnet18, eac-resnet50,"), trunk.err);
    }

    void train()
    {
        const Outcome outcome = on(QStringList{"train", "--folds", "2"} + m_tiny);
        QVERIFY2(outcome.status == 0, outcome.err);
        QVERIFY(outcome.isJsonOnly());
        QCOMPARE(outcome.result()["run"].toString(), "r1");
        QVERIFY(outcome.result()["metrics"].toObject()["accuracy"].isDouble());
        QVERIFY(outcome.result()["images_per_s"].toDouble() > 0);
        QCOMPARE(outcome.result()["precision"].toString(), "fp32");
        QVERIFY(!outcome.events("metric").isEmpty() && !outcome.events("progress").isEmpty());
        const QString run = m_project + "/runs/r1";
        for (const char *file : {"/config.json", "/metrics.jsonl", "/predictions.safetensors",
                                 "/fold0/checkpoint.safetensors", "/fold1/checkpoint.safetensors"})
            QVERIFY2(QFile::exists(run + file), file);
        QCOMPARE(on({"doctor"}).status, 0);
        QVERIFY(QFile::rename(run + "/folds.safetensors", run + "/elsewhere"));
        const Outcome doctor = on({"doctor"});
        QVERIFY2(doctor.status == 1 && doctor.err.contains("folds.safetensors is gone"), doctor.err);
        QVERIFY(QFile::rename(run + "/elsewhere", run + "/folds.safetensors"));
        QCOMPARE(
            on({"list", "--filter", "predicted:fear OR NOT predicted:fear", "--fields", "id,predicted"}).rows().size(),
            160);

        // The job's folder says what stdout said.
        QDir jobs(m_project + "/jobs");
        QString folder;
        for (const QString &name : jobs.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
            if (name.contains("train") && read(jobs.filePath(name) + "/events.jsonl").contains("\"result\""))
                folder = jobs.filePath(name);
        QVERIFY(!folder.isEmpty());
        QVERIFY(read(folder + "/events.jsonl").trimmed().endsWith("\"status\":0}"));
        QCOMPARE(QJsonDocument::fromJson(read(folder + "/request.json")).object()["command"].toString(), "train");
    }

    void flag()
    {
        const Outcome outcome = on({"flag", "--run", "r1"});
        QVERIFY2(outcome.status == 0, outcome.err);
        QVERIFY(outcome.result().contains("flagged") && outcome.result().contains("threshold") &&
                outcome.result().contains("seconds"));
        const Outcome flags = runMien({"flags", "-p", m_project, "--format", "jsonl"});
        QCOMPARE(flags.rows().size(), 160);
        double last = 2;
        for (const QJsonObject &row : flags.rows()) {
            const double suspicion = row["suspicion"].toDouble(-1);
            QVERIFY(suspicion >= 0 && suspicion <= 1 && suspicion <= last);
            last = suspicion;
            for (const char *field :
                 {"id", "source", "label", "suggested", "eac_noise", "eac_inconsistency", "arbex_confidence",
                  "self_confidence", "margin", "state", "arbex_noise", "cl_noise", "predicted"})
                QVERIFY2(row.contains(field), field);
            QVERIFY(row["in_sample"].isBool() && !row["in_sample"].toBool()); // two folds took turns
        }
        QVERIFY(runMien({"flags", "-p", m_project, "--top", "1"}).out.split('\n')[0].endsWith(",predicted,in_sample"));
        QCOMPARE(runMien({"flags", "-p", m_project, "--top", "5"}).out.count('\n'), 6);
        QCOMPARE(on({"info"}).result()["flags"].toObject()["open"].toInt(), outcome.result()["flagged"].toInt());
        for (const char *method : {"eac", "arbex", "cl", "fused"})
            QCOMPARE(on({"flag", "--run", "r1", "--method", method, "--batch", "7"}).status, 0);
        QCOMPARE(runMien({"flags", "-p", m_project, "--format", "jsonl"}).out, flags.out); // the batch changes no score
    }

    void votesChangeNothing()
    {
        writeFile(m_folder.filePath("fer2013.csv"), fer2013Csv(84));
        QByteArray votes =
            "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
        for (int row = 0; row < 84; ++row)
            votes += QByteArray(row % 3 < 2 ? "Training"
                                : row % 2   ? "PublicTest"
                                            : "PrivateTest") +
                     ",fer" + QByteArray::number(row) + ".png,0,1,0,0,0,9,0,0,0,0\n";
        writeFile(m_folder.filePath("votes.csv"), votes);
        QByteArray flags[2];
        for (int with = 0; with < 2; ++with) {
            const QString project = m_folder.filePath(QString("votes%1.mien").arg(with));
            QCOMPARE(runMien({"init", project}).status, 0);
            QStringList import{"import", m_folder.filePath("fer2013.csv")};
            if (with)
                import += {"--votes", m_folder.filePath("votes.csv")};
            const Outcome imported = on(import, project);
            QVERIFY2(imported.status == 0, imported.err);
            QCOMPARE(imported.result()["votes"].toInt(), with ? 84 : 0);
            const Outcome trained = on(QStringList{"train", "--folds", "2"} + m_tiny, project);
            QVERIFY2(trained.status == 0, trained.err);
            QCOMPARE(on({"flag", "--run", "r1"}, project).status, 0);
            flags[with] = runMien({"flags", "-p", project}).out;
        }
        QVERIFY(!flags[0].isEmpty());
        QCOMPARE(flags[1], flags[0]);
    }

    void explainWritesMaps()
    {
        const int sample = on({"list", "--limit", "1"}).rows()[0]["id"].toInt();
        const QString out = m_folder.filePath("maps");
        for (const char *kind : {"cam", "gradcam", "flip"}) {
            const Outcome outcome =
                on({"explain", "--run", "r1", "--sample", QString::number(sample), "--kind", kind, "--out", out});
            QVERIFY2(outcome.status == 0, outcome.err);
            QCOMPARE(outcome.result()["maps"].toInt(), 1);
            QCOMPARE(outcome.result()["classes"].toArray().size(), 8);
            const QString base = out + "/" + QString::number(sample) + "." + kind;
            const QByteArray npy = read(base + ".npy");
            QVERIFY(npy.startsWith("\x93NUMPY"));
            QVERIFY2(npy.left(128).contains(qstrcmp(kind, "flip") == 0 ? "(5, 2, 8, " : "(8, "), npy.left(128));
            const QImage picture(base + ".png");
            QVERIFY(!picture.isNull() && !picture.isGrayscale());
        }
        const Outcome unknown =
            on({"explain", "--run", "r1", "--sample", "999999", "--out", m_folder.filePath("none")});
        QCOMPARE(unknown.status, 1);
        QVERIFY(unknown.err.contains("999999"));
        QVERIFY(!QDir(m_folder.filePath("none")).exists());
        QCOMPARE(on({"explain", "--run", "r9", "--sample", "1"}).status, 1);
    }

    void explainServes()
    {
        const auto rows = on({"list", "--limit", "2", "--fields", "id,eac_inconsistency"}).rows();
        const QByteArray sample = QByteArray::number(rows[0]["id"].toInt());
        QProcess serve;
        startMien(serve, {"explain", "--run", "r1", "--serve", "-p", m_project});
        QVERIFY(serve.waitForStarted());
        const auto ask = [&](const QByteArray &line) { return answerOf(serve, line); };
        const QJsonObject answer =
            ask("{\"id\":1,\"sample\":" + sample + ",\"kind\":\"cam\",\"class\":\"given\",\"flip\":true}");
        QCOMPARE(answer["id"].toInt(), 1);
        QVERIFY2(answer["ok"].toBool(), qPrintable(answer["message"].toString()));
        const auto values = answer["h"].toInt() * answer["w"].toInt();
        QVERIFY(values >= 36);
        QCOMPARE(QByteArray::fromBase64(answer["map_f32"].toString().toLatin1()).size(), values * 4);
        QCOMPARE(QByteArray::fromBase64(answer["flip_f32"].toString().toLatin1()).size(), values * 4);
        QCOMPARE(answer["inconsistency"].toDouble(), rows[0]["eac_inconsistency"].toDouble());
        const QJsonObject near = ask("{\"id\":3,\"sample\":" + sample + ",\"kind\":\"neighbours\"}");
        QVERIFY2(near["ok"].toBool(), qPrintable(near["message"].toString()));
        QCOMPARE(near["neighbours"].toArray().size(), 10);
        for (const auto &id : near["neighbours"].toArray())
            QVERIFY(id.toInt() > 0 && id.toInt() != sample.toInt());
        QVERIFY(!ask("{\"id\":2,\"sample\":999999}")["ok"].toBool());

        // What the attention page asks: kinds, two classes at once, one draw with a part erased, reliability.
        const QJsonObject kinds = ask("{\"id\":4,\"kind\":\"kinds\"}");
        QCOMPARE(kinds["kinds"].toArray(), (QJsonArray{"cam", "gradcam", "gradcam++"}));
        QCOMPARE(kinds["map_of"].toObject()["cam"].toString(), QStringLiteral("class"));
        const QJsonObject erased =
            ask("{\"id\":5,\"sample\":" + sample + ",\"kind\":\"cam\",\"draw\":3,\"classes\":[\"given\",\"fear\"]}");
        QVERIFY2(erased["ok"].toBool(), qPrintable(erased["message"].toString()));
        QCOMPARE(erased["maps"].toArray().size(), 2);
        QCOMPARE(erased["maps"][1]["class"].toString(), QStringLiteral("fear"));
        QVERIFY(erased["erased"][2].toDouble() > 0 && erased["erased"][3].toDouble() > 0);
        double shares = 0;
        for (const QJsonValue &share : erased["maps"][1]["regions"].toObject())
            shares += share.toDouble();
        QVERIFY(shares == 0 || std::abs(shares - 1) < 1e-5); // nothing, where there is no evidence for fear
        QVERIFY(!ask("{\"id\":6,\"sample\":" + sample + ",\"kind\":\"cam\",\"draw\":65}")["ok"].toBool());
        const QJsonObject balanced = ask("{\"id\":7,\"sample\":" + sample + ",\"kind\":\"reliability\"}");
        QVERIFY2(balanced["ok"].toBool(), qPrintable(balanced["message"].toString()));
        QCOMPARE(balanced["anchors"].toArray().size(), 3);
        QVERIFY(balanced["anchors"][0]["distance"].toDouble() <= balanced["anchors"][1]["distance"].toDouble());
        QCOMPARE(balanced["anchors"][0]["similarity"].toDouble(), 1.0);
        QVERIFY(balanced["anchors"][1]["similarity"].toDouble() <= 1);
        double balancedSum = 0;
        for (const QJsonValue &share : balanced["balanced"].toObject())
            balancedSum += share.toDouble();
        QVERIFY(std::abs(balancedSum - 1) < 1e-3);
        for (const QJsonValue &face : balanced["anchors"][0]["faces"].toArray())
            QVERIFY(face.toInt() > 0 && face.toInt() != sample.toInt());
        const auto looked = on({"list", "--filter", "attention.mouth>=0", "--fields", "id,attention.*"}).rows();
        QVERIFY(!looked.isEmpty());
        QVERIFY(looked[0].contains("attention.outside"));
        QVERIFY(!ask("not json")["ok"].toBool());

        // Many at once: every one is answered, the newest in full, older ones may have given way to it.
        for (int id = 10; id < 30; ++id)
            serve.write("{\"id\":" + QByteArray::number(id) + ",\"sample\":" + sample + "}\n");
        QMap<int, QJsonObject> answers;
        while (answers.size() < 20) {
            while (!serve.canReadLine())
                QVERIFY(serve.waitForReadyRead(60'000));
            const QJsonObject line = QJsonDocument::fromJson(serve.readLine()).object();
            answers[line["id"].toInt()] = line;
        }
        QVERIFY(answers[29]["ok"].toBool());
        for (const QJsonObject &line : answers)
            QVERIFY(line["ok"].toBool() || line["message"].toString() == "superseded");
        serve.closeWriteChannel();
        QVERIFY(serve.waitForFinished());
        QCOMPARE(serve.exitCode(), 0);
    }

    void framesServesOriginals()
    {
        const auto rows = on({"list", "--limit", "1", "--fields", "id,source"}).rows();
        const QByteArray sample = QByteArray::number(rows[0]["id"].toInt());
        QProcess serve;
        startMien(serve, {"frames", "--serve", "-p", m_project});
        QVERIFY(serve.waitForStarted());
        const auto ask = [&](const QByteArray &line) { return answerOf(serve, line); };
        const QJsonObject whole = ask("{\"id\":1,\"sample\":" + sample + "}");
        QVERIFY2(whole["ok"].toBool(), qPrintable(whole["message"].toString()));
        QCOMPARE(whole["w"].toInt(), whole["original_w"].toInt());
        const QByteArray jpeg = QByteArray::fromBase64(whole["jpeg"].toString().toLatin1());
        QVERIFY(jpeg.startsWith("\xff\xd8") && jpeg.endsWith("\xff\xd9"));
        const QJsonObject small = ask("{\"id\":2,\"sample\":" + sample + ",\"side\":16}");
        QCOMPARE(std::max(small["w"].toInt(), small["h"].toInt()), 16);
        QCOMPARE(small["original_w"].toInt(), whole["original_w"].toInt());
        for (const char *wrong :
             {"{\"id\":3,\"sample\":999999}", "{\"id\":4}", "{\"id\":5,\"sample\":1,\"side\":1}", "[]"})
            QVERIFY2(!ask(wrong)["ok"].toBool(), wrong);

        const QString unknown = ask("{\"id\":6,\"sample\":" + sample + ",\"until\":3}")["message"].toString();
        QVERIFY2(unknown.contains("\"until\"") && unknown.contains("time"), qPrintable(unknown));
        const QByteArray help = runMien({"frames", "--help"}).out;
        for (const char *told : {"\n  {\"id\":1,\"file\":", "\"until\"", "\"at_most\"", "\"pixels\"", "\"min_face\"",
                                 "\"landmarks\"", "\"message\"", "-p PROJECT"})
            QVERIFY2(help.contains(told), told);
        for (const QByteArray &line : help.split('\n'))
            QVERIFY2(QString::fromUtf8(line).size() <= 110, line);

        // In a burst what asks for nothing is told so, and requests alone give way to newer ones.
        QByteArray burst;
        for (int i = 10; i < 20; ++i)
            burst += "not json\n[1]\n{\"sample\":" + sample + "}\n{\"id\":" + QByteArray::number(i) +
                     ",\"sample\":" + sample + "}\n";
        serve.write(burst);
        int faults = 0;
        QMap<int, QJsonObject> answers;
        while (faults + answers.size() < 40) {
            while (!serve.canReadLine())
                QVERIFY(serve.waitForReadyRead(60'000));
            const QJsonObject line = QJsonDocument::fromJson(serve.readLine()).object();
            const QString message = line["message"].toString();
            if (line["id"].isNull()) {
                ++faults;
                QVERIFY2(message.startsWith("A request "), qPrintable(message));
            } else {
                answers[line["id"].toInt()] = line;
                QVERIFY2(line["ok"].toBool() || message == "superseded", qPrintable(message));
            }
        }
        QCOMPARE(faults, 30);
        QVERIFY(answers[19]["ok"].toBool());
        serve.closeWriteChannel();
        QVERIFY(serve.waitForFinished());
        QCOMPARE(serve.exitCode(), 0);
        QCOMPARE(on({"frames"}).status, 2);
    }

    void predictFindsFaces()
    {
        MIEN_NEED_TEST_DATA(media, "media");
        const QString folder = QString::fromStdString(media.string());
        const Outcome outcome =
            on({"predict", "--run", "r1", folder + "/two_people.jpg", folder + "/no_face_landscape.jpg"});
        QCOMPARE(outcome.status, 3);
        const auto rows = outcome.rows();
        QCOMPARE(rows.size(), 2);
        for (int i = 0; i < 2; ++i) {
            QCOMPARE(rows[i]["face"].toInt(-1), i);
            QVERIFY(rows[i]["source"].toString().endsWith("two_people.jpg"));
            const QJsonArray box = rows[i]["box"].toArray();
            QVERIFY(box[2].toDouble() > 20 && box[3].toDouble() > 20);
        }
        QVERIFY(rows[0]["box"] != rows[1]["box"]);
        QCOMPARE(outcome.events("warning").size(), 1);
        QVERIFY(outcome.events("warning")[0]["message"].toString().contains("no face was found"));
        // Frames of a video, named by their times.
        const Outcome video = on(
            {"predict", "--run", "r1", "--per-video", "3", folder + "/single_face_640x360.mp4", folder + "/none.mp4"});
        QCOMPARE(video.status, 3);
        QVERIFY(video.rows().size() >= 3);
        QSet<QString> frames;
        for (const QJsonObject &row : video.rows())
            frames.insert(row["source"].toString());
        QCOMPARE(int(frames.size()), 3);
        for (const QString &frame : frames)
            QVERIFY(frame.section('@', 1).toDouble() > 0);
        const Outcome none = on({"predict", "--run", "r1", folder + "/no_face_landscape.jpg"});
        QCOMPARE(none.status, 1);
        QVERIFY2(none.err.contains("No face was found") || none.out.contains("No face was found"), none.err + none.out);
    }

    void predictFindsFacesByDlib()
    {
        MIEN_NEED_TEST_DATA(media, "media");
        const QString folder = QString::fromStdString(media.string());
        const Outcome outcome = on({"predict", "--run", "r1", "--detector", "dlib-hog", folder + "/portrait_1.jpg",
                                    folder + "/no_face_landscape.jpg"});
        if (outcome.status == 1 && (outcome.err + outcome.out).contains("This build of Mien has no dlib"))
            QSKIP("this build has no dlib");
        QCOMPARE(outcome.status, 3);
        QCOMPARE(outcome.rows().size(), 1);
        const QJsonObject face = outcome.rows()[0];
        QVERIFY(face["source"].toString().endsWith("portrait_1.jpg"));
        QCOMPARE(outcome.events("warning").size(), 1);
        QVERIFY(outcome.events("warning")[0]["message"].toString().contains("no face was found"));

        // The same face as the other detector's, though not the same box.
        const auto others = on({"predict", "--run", "r1", folder + "/portrait_1.jpg"}).rows();
        QVERIFY(!others.isEmpty()); // the largest first
        const auto boxOf = [](const QJsonObject &row) {
            const QJsonArray sides = row["box"].toArray();
            return QRectF(sides[0].toDouble(), sides[1].toDouble(), sides[2].toDouble(), sides[3].toDouble());
        };
        const QRectF own = boxOf(face), other = boxOf(others[0]);
        QVERIFY(own != other);
        QVERIFY(own.contains(other.center()) && other.contains(own.center()));
    }

    void predictNamesFaces()
    {
        QStringList pictures;
        QDirIterator media(m_project + "/media", {"*.png", "*.jpg"}, QDir::Files, QDirIterator::Subdirectories);
        while (media.hasNext() && pictures.size() < 2)
            pictures << media.next();
        QCOMPARE(pictures.size(), 2);
        const Outcome outcome = on(QStringList{"predict", "--run", "r1", "--detector", "none"} + pictures);
        QVERIFY2(outcome.status == 0, outcome.err);
        QCOMPARE(outcome.rows().size(), 2);
        QCOMPARE(outcome.rows()[0]["probabilities"].toObject().size(), 8);
        double sum = 0;
        for (const auto &value : outcome.rows()[0]["probabilities"].toObject())
            sum += value.toDouble();
        QVERIFY(std::abs(sum - 1) < 1e-4);
        const Outcome alone =
            runMien(QStringList{"predict", "--checkpoint", m_project + "/runs/r1/fold0/checkpoint.safetensors",
                                "--detector", "none", "--json"} +
                        pictures,
                    {.folder = m_folder.path()});
        QVERIFY2(alone.status == 0, alone.err);
        QCOMPARE(alone.rows().size(), 2);
        writeFile(m_folder.filePath("bad.safetensors"), "not a checkpoint");
        const Outcome bad =
            runMien(QStringList{"predict", "--checkpoint", m_folder.filePath("bad.safetensors"), "--detector", "none"} +
                    pictures);
        QCOMPARE(bad.status, 1);
        QCOMPARE(bad.errorLines(), 1);
    }

    void selfTestFindsWhatItFlipped()
    {
        const QByteArray flags = runMien({"flags", "-p", m_project, "--format", "jsonl"}).out;
        const QStringList arguments{"selftest", "--run", "r1", "--rate", "0.2", "--epochs", "1"};
        const Outcome outcome = on(arguments);
        QVERIFY2(outcome.status == 0, outcome.err);
        const QJsonObject result = outcome.result();
        QCOMPARE(result["flipped"].toInt(), qRound(0.2 * result["samples"].toInt()));
        const QJsonObject auroc = result["auroc"].toObject();
        for (const char *score : {"suspicion", "eac_noise", "arbex_noise", "cl_noise"})
            QVERIFY2(auroc[score].toDouble() > 0 && auroc[score].toDouble() < 1, score);
        QVERIFY(result["precision_at"].toObject().contains(result["best"].toString()));
        QCOMPARE(result["scores"].toArray()[0].toObject()["name"], result["best"]);
        // Nothing of the project has changed, and the copy is thrown away.
        QCOMPARE(runMien({"flags", "-p", m_project, "--format", "jsonl"}).out, flags);
        QCOMPARE(on({"runs", "list"}).rows().size(), 1);
        const QDir kept(m_project + "/runs/r1/selftests");
        QCOMPARE(kept.entryList(QDir::AllEntries | QDir::NoDotAndDotDot).size(), 1);
        const QJsonObject again = on(arguments).result();
        QVERIFY(again["reused"].toBool());
        QCOMPARE(again["auroc"], result["auroc"]);

        QCOMPARE(on({"selftest", "--run", "r9"}).status, 1);
        QCOMPARE(on({"selftest", "--run", "r1", "--rate", "0.9"}).status, 2);
        QCOMPARE(on({"selftest"}).status, 2);
    }

    void reviewSnapshotRetrainCompare()
    {
        const auto worst = runMien({"flags", "-p", m_project, "--top", "8", "--format", "jsonl"}).rows();
        for (const QJsonObject &row : worst) {
            writeFile(m_folder.filePath("one.txt"), QByteArray::number(row["id"].toInt()) + "\n");
            QCOMPARE(on({"label", "--samples", m_folder.filePath("one.txt"), "--class", row["suggested"].toString(),
                         "--by", "ann"})
                         .status,
                     0);
        }
        const Outcome again = on({"flag", "--run", "r1"}); // with answers
        QVERIFY2(again.status == 0, again.err);
        const QString snapshot = on({"snapshot", "create", "--name", "reviewed"}).result()["snapshot"].toString();
        const Outcome retrained = on({"train", "--from-run", "r1", "--snapshot", snapshot.left(10)});
        QVERIFY2(retrained.status == 0, retrained.err);
        QCOMPARE(retrained.result()["run"].toString(), "r2");
        const Outcome compared = on({"runs", "compare", "r1", "r2"});
        QVERIFY2(compared.status == 0, compared.err);
        const QJsonObject result = compared.result();
        QVERIFY(result["fixed"].isArray() && result["broken"].isArray() && result["both_wrong"].isArray());
        QCOMPARE(result["accuracy"].toArray().size(), 2);
        // What the corrections brought, by the pair that is there already.
        const Outcome effect = on({"runs", "effect", "r1", "--seeds", "1", "--snapshot", snapshot});
        QVERIFY2(effect.status == 0, effect.err);
        const QJsonObject pair = effect.result()["pairs"].toArray()[0].toObject();
        QCOMPARE(pair["before"].toString() + pair["after"].toString(), QString("r1r2"));
        QVERIFY(effect.result()["low"].toDouble() <= effect.result()["difference"].toDouble());
        QVERIFY(effect.result()["difference"].toDouble() <= effect.result()["high"].toDouble());
        QCOMPARE(on({"runs", "effect", "r2"}).status, 1); // its labels are those of now
        QCOMPARE(on({"runs", "list"}).rows().size(), 2);
        QCOMPARE(on({"runs", "show", "r2"}).result()["snapshot"].toString(), snapshot);
    }

    /// A person in train and test would flatter what is measured there: refused without folds, or noted.
    void leakingSplitsAreNotTrained()
    {
        const QString project = m_folder.filePath("leaking.mien");
        QVERIFY(runMien({"demo", project, "--samples", "120"}).status == 0);
        const QString person =
            on({"list", "--filter", "split:train", "--limit", "1"}, project).rows()[0]["subject"].toString();
        const auto theirs = on({"list", "--filter", "subject:" + person}, project).rows();
        QVERIFY(theirs.size() > 1);
        QByteArray table = "path,label,split,subject\n";
        const QString root = project + "/media";
        const auto rows = on({"list"}, project).rows();
        QVERIFY(!rows.isEmpty());
        for (const QJsonObject &row : rows) {
            const bool isMoved = row["id"] == theirs[0]["id"];
            QVERIFY(QFile::exists(root + "/" + row["source"].toString()));
            table += row["source"].toString().toUtf8() + ',' + row["label"].toString().toUtf8() + ',' +
                     (isMoved ? "test" : row["split"].toString().toUtf8()) + ',' + row["subject"].toString().toUtf8() +
                     '\n';
        }
        writeFile(root + "/leaking.csv", table);
        const QString again = m_folder.filePath("again.mien");
        QCOMPARE(runMien({"init", again}).status, 0);
        const Outcome imported = on({"import", root + "/leaking.csv"}, again);
        QVERIFY2(imported.status == 0, imported.err);
        QCOMPARE(on({"split", "--check"}, again).status, 1);

        const Outcome refused = on(QStringList{"train"} + m_tiny, again);
        QCOMPARE(refused.status, 1);
        QCOMPARE(refused.errorLines(), 1);
        QVERIFY2(refused.err.contains("subject " + person.toUtf8()) && refused.err.contains("--allow-leaks"),
                 refused.err);
        QCOMPARE(on({"runs", "list"}, again).rows().size(), 0);
        QVERIFY(on(QStringList{"train", "--folds", "2"} + m_tiny, again).status == 0); // measured out of fold
        const Outcome allowed = on(QStringList{"train", "--allow-leaks"} + m_tiny, again);
        QVERIFY2(allowed.status == 0, allowed.err);
        QVERIFY(allowed.result()["allowed_leaks"].toInt() >= 1);
        const QString run = allowed.result()["run"].toString();
        QVERIFY(on({"runs", "show", run}, again).result()["config"].toObject()["allowed_leaks"].toInt() >= 1);
        QVERIFY(
            QJsonDocument::fromJson(read(again + "/runs/" + run + "/config.json")).object()["allowed_leaks"].toInt() >=
            1);
        QCOMPARE(on(QStringList{"train", "--from-run", run}, again).status, 0); // as it was allowed
        QCOMPARE(on({"split", "--by", "subject"}, again).status, 0);
        const Outcome clean = on(QStringList{"train", "--seed", "1"} + m_tiny, again);
        QVERIFY2(clean.status == 0, clean.err);
        QVERIFY(!clean.result().contains("allowed_leaks"));
    }

    /// A training looks for pictures that are nearly the same by itself, where nobody did.
    void nearlyEqualPicturesLeakToo()
    {
        const QString root = m_folder.filePath("near"), project = m_folder.filePath("near.mien");
        const auto rows = on({"list", "--limit", "24"}).rows();
        QCOMPARE(rows.size(), 24);
        QString first;
        for (const QJsonObject &row : rows) {
            const QString source = m_project + "/media/" + row["source"].toString();
            const QString folder = root + "/train/" + row["label"].toString();
            QVERIFY(QDir().mkpath(folder));
            QVERIFY2(QFile::copy(source, folder + "/" + QString::number(row["id"].toInt()) + ".png"),
                     qPrintable(source));
            if (first.isEmpty()) {
                first = root + "/test/" + row["label"].toString();
                QVERIFY(QDir().mkpath(first) && QImage(source).save(first + "/copy.jpg", "JPEG", 60));
            }
        }
        QCOMPARE(runMien({"init", project}).status, 0);
        const Outcome imported = on({"import", root}, project);
        QVERIFY2(imported.status == 0, imported.err);
        const Outcome refused = on(QStringList{"train"} + m_tiny, project);
        QCOMPARE(refused.status, 1);
        QVERIFY2(refused.err.contains("near-duplicate") && refused.err.contains("--allow-leaks"), refused.err);
        QCOMPARE(on({"split", "--check"}, project).status, 1); // now it is known
        const Outcome allowed = on(QStringList{"train", "--allow-leaks"} + m_tiny, project);
        QVERIFY2(allowed.status == 0, allowed.err);
        QVERIFY(allowed.result()["allowed_leaks"].toInt() >= 1);
    }

    /// Samples imported after a run are scored by the mean of its networks, under its classes.
    void newSamplesAreScoredToo()
    {
        QByteArray table = fer2013Csv(21);
        table.replace("Training", "Testing");
        writeFile(m_folder.filePath("later/fer2013.csv"), table);
        const QString project = m_folder.filePath("votes0.mien");
        QVERIFY2(on({"import", m_folder.filePath("later/fer2013.csv")}, project).status != 1, "import");
        QCOMPARE(on({"label", "--filter", "id:3", "--class", "contempt"}, project).status,
                 0); // a class the run does not know
        const Outcome outcome = on({"flag", "--run", "r1"}, project);
        QVERIFY2(outcome.status == 0, outcome.err);
        QCOMPARE(outcome.result()["scored"].toInt(), 84 + 21);
    }

    void exportAndImportAgain_data()
    {
        QTest::addColumn<QString>("format");
        for (const char *format : {"class-folder", "csv"})
            QTest::newRow(format) << format;
    }

    void exportAndImportAgain()
    {
        QFETCH(QString, format);
        const QString out = m_folder.filePath("export-" + format);
        const Outcome exported = on({"export", "--format", format, out});
        QVERIFY2(exported.status == 0, exported.err);
        QVERIFY(exported.result()["files"].toInt() > 0);
        QVERIFY(exported.result()["bytes"].toDouble() > 0);
        const QString project = m_folder.filePath("again-" + format + ".mien");
        QCOMPARE(runMien({"init", project}).status, 0);
        const Outcome imported = on({"import", out}, project);
        QVERIFY2(imported.status == 0, imported.err);
        QMap<QString, int> before, after;
        for (const QString &label : labelsBySource(m_project))
            ++before[label];
        for (const QString &label : labelsBySource(project))
            ++after[label];
        QCOMPARE(after, before);
    }

    /// Stopped by SIGTERM it exits 130 and keeps what it did; the same command goes on and ends with the same weights.
    void stoppedTrainingGoesOn()
    {
        const QStringList longer = QStringList{"train", "--folds", "2", "--seed", "5"} + m_tiny +
                                   QStringList{"--set", "epochs=6", "-p", m_project, "--json"};
        QProcess training;
        startMien(training, longer);
        QVERIFY(training.waitForStarted());
        QByteArray said;
        while (!said.contains("\"epoch\":3") && training.waitForReadyRead(60'000))
            said += training.readAllStandardOutput();
        QVERIFY2(said.contains("\"epoch\":3"), said);
        ::kill(pid_t(training.processId()), SIGTERM);
        QElapsedTimer stopping;
        stopping.start();
        QVERIFY(training.waitForFinished(60'000));
        QCOMPARE(training.exitCode(), 130);
        QVERIFY2(stopping.elapsed() < 5000, qPrintable(QString::number(stopping.elapsed())));
        QCOMPARE(on({"runs", "show", "r3"}).result()["state"].toString(), "cancelled");

        const Outcome resumed = runMien(longer);
        QVERIFY2(resumed.status == 0, resumed.err);
        QCOMPARE(resumed.result()["run"].toString(), "r3");
        QVERIFY(resumed.result()["resumed_epoch"].toInt() >= 1 || resumed.result()["resumed_fold"].toInt() >= 1);
        const Outcome whole = on({"train", "--from-run", "r3"});
        QVERIFY2(whole.status == 0, whole.err);
        for (const char *fold : {"fold0", "fold1"})
            QVERIFY(read(m_project + "/runs/r3/" + fold + "/checkpoint.safetensors").size() > 0);
        const auto weights = [&](const QString &run) {
            return read(m_project + "/runs/" + run + "/predictions.safetensors").mid(600);
        };
        QCOMPARE(weights("r3").size(), weights(whole.result()["run"].toString()).size());
        QCOMPARE(on({"runs", "compare", "r3", whole.result()["run"].toString()}).result()["fixed"].toArray().size(), 0);
        QCOMPARE(on({"runs", "compare", "r3", whole.result()["run"].toString()}).result()["broken"].toArray().size(),
                 0);
        // A repeated run computes as the first one did, whatever this machine would choose now.
        QFile file(m_project + "/runs/r3/config.json");
        QVERIFY(file.open(QIODevice::ReadWrite));
        QJsonObject config = QJsonDocument::fromJson(file.readAll()).object();
        QJsonObject mode = config["mode"].toObject();
        mode["precision"] = "fp32";
        mode["memory_format"] = mode["memory_format"] == "contiguous" ? "channels_last" : "contiguous";
        config["mode"] = mode;
        QVERIFY(file.seek(0) && file.write(QJsonDocument(config).toJson()) > 0 && file.resize(file.pos()));
        file.close();
        const QJsonObject repeated = on({"train", "--from-run", "r3", "--set", "epochs=1"}).result();
        QCOMPARE(repeated["precision"].toString(), "fp32");
        QCOMPARE(repeated["memory_format"], mode["memory_format"]);

        const Outcome finished = on({"train", "--resume", "r3"});
        QCOMPARE(finished.status, 1);
        QVERIFY(finished.err.contains("--from-run"));
    }

    void aRecipeFileSaysHow()
    {
        const QString project = m_folder.filePath("recipe.mien"), path = m_folder.filePath("our recipe.json");
        QCOMPARE(runMien({"demo", project, "--samples", "60"}).status, 0);
        const auto trainWith = [&](const QByteArray &text, const QStringList &more = {}) {
            QFile file(path);
            return file.open(QIODevice::WriteOnly) && file.write(text) == text.size() && file.flush()
                       ? runMien(QStringList{"train", "-p", project, "--json", "--recipe-file", path} + more)
                       : Outcome();
        };
        const QByteArray good = R"({"format": "mien-recipe/1", "network": "eac-compact", "recipe": "quick", "folds": 2,
                                    "set": {"preset": "tiny", "epochs": 2, "precision": "fp32", "batch": "16"}})";
        const Outcome first = trainWith(good);
        QVERIFY2(first.status == 0, first.err);
        QCOMPARE(first.result()["folds"].toInt(), 2);
        QCOMPARE(first.result()["epochs"].toInt(), 2);
        const QByteArray config = read(project + "/runs/" + first.result()["run"].toString() + "/config.json");
        QCOMPARE(QJsonDocument::fromJson(config)["set"]["batch"].toInt(), 16);

        const Outcome other = trainWith(good, {"--set", "epochs=1", "--folds", "1"}); // what is said besides counts
        QVERIFY2(other.status == 0, other.err);
        QCOMPARE(other.result()["epochs"].toInt(), 1);
        QCOMPARE(other.result()["folds"].toInt(), 1);

        for (const QByteArray &wrong :
             {QByteArray("[]"), QByteArray("{"), QByteArray(R"({"network": "eac-compact"})"),
              QByteArray(R"({"format": "mien-recipe/1"})"),
              QByteArray(R"({"format": "mien-recipe/1", "network": "eac-compact", "seed": 3})"),
              QByteArray(R"({"format": "mien-recipe/1", "network": "eac-compact", "folds": 0})"),
              QByteArray(R"({"format": "mien-recipe/1", "network": "eac-compact", "set": {"lr": [1]}})"),
              QByteArray(R"({"format": "mien-recipe/1", "network": "eac-none"})")}) {
            const Outcome refused = trainWith(wrong);
            QVERIFY2(refused.status == 1 || refused.status == 2, wrong);
            QCOMPARE(refused.errorLines(), 1);
        }
        QCOMPARE(runMien({"runs", "list", "-p", project, "--json"}).rows().size(), 2);
    }

    void flagsOfAResearchersOwnModel()
    {
        QByteArray table = "id,anger,disgust,fear,happiness,neutral,sadness,surprise,contempt\n";
        const auto rows = on({"list", "--fields", "id,label"}).rows();
        const QList<QByteArray> classes{"anger",   "disgust", "fear",     "happiness",
                                        "neutral", "sadness", "surprise", "contempt"};
        int number = 0;
        for (const QJsonObject &row : rows) {
            table += QByteArray::number(row["id"].toInt());
            const bool wrong = ++number % 20 == 0;
            const auto given = classes.indexOf(row["label"].toString().toLatin1());
            const auto likely = wrong ? (given + 1) % classes.size() : given;
            for (int k = 0; k < classes.size(); ++k)
                table += k == likely ? ",0.65" : ",0.05";
            table += "\n";
        }
        writeFile(m_folder.filePath("own.csv"), table);
        const Outcome outcome = on({"flag", "--probabilities", m_folder.filePath("own.csv")});
        QVERIFY2(outcome.status == 0, outcome.err);
        QCOMPARE(runMien({"flags", "-p", m_project, "--format", "jsonl"}).rows().size(), 160);
    }
};

QTEST_GUILESS_MAIN(TestCliWay)
#include "tst_cli_way.moc"
