#include "tests/e2e/mien_process.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtEndian>
#include <QtTest/QtTest>

#include <cmath>
#include <cstring>
#include <vector>

using namespace mien::test;

namespace {

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::vector<float> floatsOf(const QByteArray &bytes)
{
    std::vector<float> values(std::size_t(bytes.size()) / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

/// One F32 tensor of a safetensors file.
std::vector<float> tensorOf(const QString &path, const char *name)
{
    const QByteArray file = contentOf(path);
    quint64 header = 0;
    std::memcpy(&header, file.data(), sizeof header);
    const QJsonArray at =
        QJsonDocument::fromJson(file.mid(8, qsizetype(header)))[QLatin1String(name)]["data_offsets"].toArray();
    return floatsOf(file.mid(qsizetype(8 + header) + at[0].toInteger(), at[1].toInteger() - at[0].toInteger()));
}

} // namespace

/// Generated faces whose landmarks a detector found, and the networks that look there; training in two stages; votes.
class TestLandmarksWay : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_project, m_visi;

    Outcome on(const QStringList &arguments) { return runMien(arguments + QStringList{"-p", m_project, "--json"}); }
    Outcome trained(const QString &network, const QStringList &more)
    {
        return on(QStringList{"train", "--network", network, "--set", "preset=tiny", "--set", "precision=fp32"} + more);
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_project = m_folder.filePath("demo.mien");
        const Outcome demo = runMien({"demo", m_project, "--samples", "64", "--json"});
        QVERIFY2(demo.status == 0, demo.err);
        const Outcome extracted =
            on({"extract", "--filter", "space:expression", "--detector", "mtcnn", "--align", "none", "--size", "96"});
        QVERIFY2(extracted.status == 0 || extracted.status == 3, extracted.err);
        QVERIFY(extracted.result()["crops"].toInt() >= 60);
    }

    void packsHaveTheLandmarksOfTheDetector()
    {
        const Outcome packed = on({"pack", "--filter", "space:expression", "--size", "96"});
        QVERIFY2(packed.status == 0, packed.err);
        const auto points = floatsOf(
            contentOf(m_project + "/packs/" + packed.result()["pack"].toString().section('/', -1) + "/landmarks.f32"));
        QCOMPARE(points.size(), std::size_t(64 * 10));
        int known = 0;
        for (std::size_t at = 0; at < points.size(); at += 10) {
            if (!std::isfinite(points[at]))
                continue;
            ++known;
            QVERIFY(points[at] < points[at + 2]);                                        // left as seen
            QVERIFY(points[at + 1] < points[at + 5] && points[at + 5] < points[at + 7]); // eye, nose, mouth
            for (std::size_t i = 0; i < 10; ++i)
                QVERIFY(points[at + i] > 0 && points[at + i] < 96);
        }
        QVERIFY(known >= 60);
    }

    void landmarkQueriesTrainFlagAndExplain()
    {
        const Outcome visi = trained("visi", {"--folds", "2", "--set", "epochs=3"});
        QVERIFY2(visi.status == 0, visi.err);
        m_visi = visi.result()["run"].toString();
        const Outcome flagged = on({"flag", "--run", m_visi});
        QVERIFY2(flagged.status == 0, flagged.err);
        QCOMPARE(runMien({"flags", "-p", m_project, "--format", "jsonl"}).rows().size(), 64);

        const QString out = m_folder.filePath("queries");
        const Outcome explained =
            on({"explain", "--run", m_visi, "--sample", "1", "--sample", "2", "--kind", "queries", "--out", out});
        QVERIFY2(explained.status == 0, explained.err);
        QCOMPARE(explained.result()["parts"].toArray(), (QJsonArray{"left_eye", "right_eye", "nose", "mouth"}));
        const QByteArray npy = contentOf(out + "/1.queries.npy");
        QVERIFY(npy.contains("(4, 3, 3)"));
        const auto maps = floatsOf(npy.right(4 * 9 * 4));
        for (int part = 0; part < 4; ++part) { // shares of the patches; the rest is the class token's
            float sum = 0;
            for (int cell = 0; cell < 9; ++cell)
                sum += maps[std::size_t(part * 9 + cell)];
            QVERIFY(sum > 0.2f && sum < 1.0f);
        }
        for (const char *name : {"1.queries.png", "1.queries.left_eye.png", "2.queries.mouth.png"})
            QVERIFY2(QFileInfo(out + '/' + name).size() > 100, name);

        const auto asked = [&](const QByteArray &request) {
            Surroundings asking;
            asking.input = request + '\n';
            return runMien({"explain", "-p", m_project, "--run", m_visi, "--serve"}, asking).rows().value(0);
        };
        const QJsonObject nose = asked(R"({"id":1,"sample":1,"kind":"queries","part":"nose"})");
        const QJsonObject mean = asked(R"({"id":2,"sample":1,"kind":"queries"})");
        const QJsonObject ear = asked(R"({"id":3,"sample":1,"kind":"queries","part":"ear"})");
        QVERIFY2(nose["ok"].toBool() && mean["ok"].toBool(), qPrintable(nose["message"].toString()));
        QCOMPARE(nose["parts"].toArray().size(), 4);
        const auto map = [](const QJsonObject &answer) {
            return floatsOf(QByteArray::fromBase64(answer["map_f32"].toString().toLatin1()));
        };
        QCOMPARE(map(nose).size(), std::size_t(9));
        float all = 0;
        for (std::size_t part = 0; part < 4; ++part)
            all += maps[part * 9 + 4];
        QVERIFY(std::abs(map(nose)[4] - maps[2 * 9 + 4]) < 1e-5f && std::abs(map(mean)[4] - all / 4) < 1e-5f);
        QVERIFY(!ear["ok"].toBool() && ear["message"].toString().contains("left_eye, right_eye"));
        const Outcome refused = on({"explain", "--run", m_visi, "--sample", "1", "--kind", "heads", "--out", out});
        QCOMPARE(refused.status, 1);
        QVERIFY2(refused.err.contains("queries, rollout"), refused.err);
    }

    /// The same faces and the same networks, without the landmarks: eyes are looked for where they mostly are.
    void landmarksChangeTheScores()
    {
        const Outcome packed = on({"pack", "--filter", "space:expression", "--size", "48"});
        QVERIFY2(packed.status == 0, packed.err);
        const QString pack = m_project + "/packs/" + packed.result()["pack"].toString().section('/', -1);
        const QString bare = m_folder.filePath("bare");
        QVERIFY(QDir().mkpath(bare));
        QVERIFY(QFile::copy(pack + "/images.u8", bare + "/images.u8"));
        QVERIFY(QFile::copy(pack + "/votes.i32", bare + "/votes.i32"));
        QJsonObject index = QJsonDocument::fromJson(contentOf(pack + "/index.json")).object();
        QVERIFY(index.contains("landmarks_xxh128"));
        index.remove("landmarks_xxh128");
        writeFile(bare + "/index.json", QJsonDocument(index).toJson());
        const auto scored = [&](const QString &of, const char *name) {
            const QString out = m_folder.filePath(name);
            const QJsonObject config{{"run_folder", m_project + "/runs/" + m_visi}, {"pack", of}, {"out", out}};
            writeFile(m_folder.filePath("score.json"), QJsonDocument(config).toJson());
            QProcess worker;
            worker.start(QFileInfo(mienProgram()).path() + "/mien-worker", {"score", m_folder.filePath("score.json")});
            if (!worker.waitForFinished(120'000) || worker.exitCode() != 0)
                qWarning("%s", worker.readAllStandardError().constData());
            return tensorOf(out, "probabilities");
        };
        const auto with = scored(pack, "with.safetensors"), without = scored(bare, "without.safetensors");
        QCOMPARE(with.size(), std::size_t(64 * 8));
        QCOMPARE(without.size(), with.size());
        float largest = 0;
        for (std::size_t i = 0; i < with.size(); ++i)
            largest = std::max(largest, std::abs(with[i] - without[i]));
        qInfo("probabilities differ by up to %g", double(largest));
        QVERIFY(largest > 1e-4f);
    }

    void predictLooksWhereTheDetectorPoints()
    {
        const QString picture = m_project + "/media/S001/00001.png";
        const Outcome found = on({"predict", "--run", m_visi, picture});
        QVERIFY2(found.status == 0, found.err);
        const Outcome whole = on({"predict", "--run", m_visi, "--detector", "none", picture});
        QVERIFY2(whole.status == 0, whole.err);
        QCOMPARE(found.rows().size() + found.events("face").size() > 0, true);
    }

    void masksOfTheFaceItselfTrain()
    {
        const Outcome qmask = trained("qmask", {"--set", "mask=dynamic", "--set", "epochs=2", "--folds", "2"});
        QVERIFY2(qmask.status == 0, qmask.err);
        const Outcome flagged = on({"flag", "--run", qmask.result()["run"].toString()});
        QVERIFY2(flagged.status == 0, flagged.err);
    }

    void twoStagesAreTwoRuns()
    {
        const Outcome first =
            trained("mae-visi", {"--set", "pretrain=1", "--set", "epochs=3", "--set", "validation=0.3"});
        QVERIFY2(first.status == 0, first.err);
        const QString run = first.result()["run"].toString();
        QVERIFY(first.result()["metrics"].toObject().isEmpty()); // nothing to be right or wrong about
        QVERIFY(contentOf(m_project + "/runs/" + run + "/metrics.jsonl").contains(R"("split":"val")"));
        QVERIFY(!contentOf(m_project + "/runs/" + run + "/metrics.jsonl").contains("accuracy"));
        const Outcome flagged = on({"flag", "--run", run});
        QCOMPARE(flagged.status, 1);
        QVERIFY2(flagged.err.contains("pre-trained without labels") &&
                     flagged.err.contains("--initial " + run.toUtf8()),
                 flagged.err);
        QCOMPARE(flagged.errorLines(), 1);
        QCOMPARE(on({"predict", "--run", run, m_project + "/media/S001/00001.png"}).status, 1);

        // What it learned is to draw: hidden patches, the same ones each time.
        const QString drawings = m_folder.filePath("drawings");
        const Outcome drawn = on({"explain", "--run", run, "--sample", "1", "--sample", "2", "--out", drawings});
        QVERIFY2(drawn.status == 0, drawn.err);
        QVERIFY(contentOf(drawings + "/1.reconstruction.npy").contains("(3, 3, 48, 48)"));
        QVERIFY(contentOf(drawings + "/2.reconstruction.error.npy").contains("(3, 3)"));
        const QByteArray picture = contentOf(drawings + "/1.reconstruction.png"); // its size stands in its header
        const auto sizeAt = [&](qsizetype at) { return qFromBigEndian<quint32>(picture.constData() + at); };
        QVERIFY(picture.startsWith("\x89PNG") && picture.size() > 24);
        QVERIFY(sizeAt(16) > 4 * sizeAt(20) && sizeAt(20) >= 48); // four, with gaps between
        const QString unmade = drawings + "-refused";
        const Outcome mapless = on({"explain", "--run", run, "--sample", "1", "--kind", "rollout", "--out", unmade});
        QCOMPARE(mapless.status, 1);
        QVERIFY(!QFileInfo::exists(unmade));
        QVERIFY2(mapless.err.contains("possible are reconstruction"), mapless.err);
        const auto asked = [&](const QString &of, const QByteArray &request) {
            Surroundings asking;
            asking.input = request + '\n';
            return runMien({"explain", "-p", m_project, "--run", of, "--serve"}, asking).rows().value(0);
        };
        const QByteArray question = R"({"id":1,"sample":1,"kind":"reconstruction"})";
        const QJsonObject own = asked(run, question);
        QVERIFY2(own["ok"].toBool(), qPrintable(own["message"].toString()));
        QCOMPARE(own["run"].toString(), run);
        QCOMPARE(own["hidden"].toArray().size(), 5);
        QCOMPARE(own["errors"].toArray().size(), 5);
        QCOMPARE(QByteArray::fromBase64(own["drawn_u8"].toString().toLatin1()).size(), 3 * 48 * 48);
        QCOMPARE(asked(run, R"({"id":1,"sample":1,"kind":"attention"})"), own);

        for (const char *network : {"mae-visi", "visi"}) {
            QStringList more{"--initial", run, "--folds", "2", "--set", "epochs=2"};
            if (network == QLatin1String("mae-visi"))
                more << "--set" << "pretrain=0";
            const Outcome second = trained(network, more);
            QVERIFY2(second.status == 0, second.err);
            const QByteArray log = contentOf(m_project + "/runs/" + second.result()["run"].toString() + "/log.txt");
            QVERIFY2(log.contains("start from checkpoint.safetensors"), log);
            qInfo("%s: %s", network, log.mid(log.indexOf("start from"), 200).constData());
            QVERIFY(!second.result()["metrics"].toObject().isEmpty());
            // Repeated, it begins from the same run.
            const QByteArray kept =
                contentOf(m_project + "/runs/" + second.result()["run"].toString() + "/config.json");
            QVERIFY(kept.contains("/runs/" + run.toUtf8() + "/checkpoint.safetensors"));
            // It is drawn for by the run that it started from.
            const QString id = second.result()["run"].toString();
            const QJsonObject parents = asked(id, question);
            QVERIFY2(parents["ok"].toBool(), qPrintable(parents["message"].toString()));
            QCOMPARE(parents["run"].toString(), run);
            QCOMPARE(parents["hidden"].toArray(), own["hidden"].toArray());
            const QJsonArray kinds = asked(id, R"({"id":2,"kind":"kinds"})")["kinds"].toArray();
            QCOMPARE(kinds.last().toString(), QStringLiteral("reconstruction"));
        }
        const Outcome nowhere = trained("mae-visi", {"--set", "pretrain=0", "--initial", "r999"});
        QCOMPARE(nowhere.status, 1);
        QVERIFY2(nowhere.err.contains("r999"), nowhere.err);
    }

    void votesAreTargets()
    {
        const Outcome voted = trained("eac-compact", {"--set", "targets=votes", "--set", "epochs=2", "--folds", "2"});
        QVERIFY2(voted.status == 0, voted.err);
        QVERIFY(voted.result()["voted"].toInt() >= 60);
        const QString run = voted.result()["run"].toString();
        QVERIFY(contentOf(m_project + "/runs/" + run + "/log.txt").contains("targets: the votes of"));
        QVERIFY(contentOf(m_project + "/runs/" + run + "/config.json").contains(R"("targets": "votes")"));
        const Outcome ignored = on({"flag", "--run", run, "--ignore", "votes"});
        QCOMPARE(ignored.status, 1);
        QVERIFY2(ignored.err.contains("learned from votes"), ignored.err);
        QCOMPARE(on({"flag", "--run", run}).status, 0);
        QCOMPARE(on({"flag", "--run", m_visi, "--ignore", "votes"}).status, 0); // that one learned from labels
    }

    void consistencyNeedsClassMaps()
    {
        const Outcome refused = trained("posterpp", {"--set", "lambda=5"});
        QCOMPARE(refused.status, 1);
        QVERIFY2(refused.err.contains("has no class maps"), refused.err);
        QCOMPARE(refused.errorLines(), 1);
        for (const QJsonObject &run : on({"runs", "list"}).rows())
            QVERIFY(run["network"].toString() != "posterpp"); // nothing is left behind
    }
};

QTEST_GUILESS_MAIN(TestLandmarksWay)
#include "tst_landmarks_way.moc"
