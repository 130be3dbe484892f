#include "pipeline/store/bin.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/doctor.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "tests/e2e/kill_loop.h"
#include "tests/support/face_clips.h"
#include "tests/support/filled_project.h"
#include "tests/support/reliability.h"
#include "tests/support/temporary_folder.h"

#include <SQLiteCpp/Database.h>

#include <QDir>
#include <QImage>
#include <QtTest/QtTest>

#include <functional>
#include <set>

using namespace mien;
using namespace mien::test;

namespace {

using End = KillLoop::End;

Project opened(const QString &folder)
{
    return must(Project::open(folder.toStdString(), Project::Access::Read));
}

/// What an examination finds. To who only reads, names that a killed writer left are no complaint; to who writes they
/// are, for opening clears them.
QString complaintAbout(const QString &folder, Project::Access access = Project::Access::Read)
{
    Project project = must(Project::open(folder.toStdString(), access));
    for (const ProjectProblem &problem : must(examine(project, false, {})))
        if (problem.kind != "leftover" || access != Project::Access::Read)
            return QString::fromStdString(problem.kind + ": " + problem.what);
    return {};
}

/// The same, read at every kill, and written at every second: so that the command that is run again meets what the
/// killed one left as well.
QString complaintAfter(const KillLoop &loop, const QString &folder)
{
    const QString read = complaintAbout(folder);
    const QString complaint =
        read.isEmpty() && loop.killed() % 2 == 0 ? complaintAbout(folder, Project::Access::Write) : read;
    return complaint.isEmpty() ? complaint : complaint + " " + loop.said();
}

/// Everything an import stores of each sample, by its source: label, split, votes, group size, pixels.
QMap<QString, QByteArray> importedFacts(const QString &folder)
{
    const Project project = opened(folder);
    const CropReader crops(project);
    QMap<QString, QByteArray> facts;
    const std::vector<SampleId> ids = must(samplesMatching(project, ""));
    for (const SampleRow &row : must(sampleRows(project, ids))) {
        QByteArray fact = QByteArray::fromStdString(
            (row.given ? project.className(*row.given) : "-") + " " + std::string(nameOf(row.givenState)) + " " +
            std::string(nameOf(row.split)) + " " + std::to_string(row.duplicateGroupSize));
        for (const auto &[option, count] : row.votes)
            fact += QByteArray::fromStdString(" " + option + "=" + std::to_string(count));
        if (row.crop) {
            const CropPixels pixels = must(crops.read(*row.crop));
            fact += QByteArray(reinterpret_cast<const char *>(pixels.bytes.data()), qsizetype(pixels.bytes.size()));
        }
        const QString source = QString::fromStdString(row.source);
        facts.insert(facts.contains(source) ? source + " (again)" : source, fact);
    }
    return facts;
}

/// How many entries of `expected` are missing or different in `found`, or too many there.
int differences(const QMap<QString, QByteArray> &found, const QMap<QString, QByteArray> &expected)
{
    int differing = 0;
    for (auto entry = expected.begin(); entry != expected.end(); ++entry)
        differing += !found.contains(entry.key()) || found[entry.key()] != entry.value();
    for (auto entry = found.begin(); entry != found.end(); ++entry)
        differing += !expected.contains(entry.key());
    return differing;
}

QString firstDifference(const QMap<QString, QByteArray> &found, const QMap<QString, QByteArray> &expected)
{
    for (auto entry = expected.begin(); entry != expected.end(); ++entry)
        if (!found.contains(entry.key()) || found[entry.key()] != entry.value())
            return entry.key() + (found.contains(entry.key()) ? " differs" : " is missing");
    for (auto entry = found.begin(); entry != found.end(); ++entry)
        if (!expected.contains(entry.key()))
            return entry.key() + " is too many";
    return {};
}

} // namespace

/// kill -9 in the middle of everything that writes: what was there or was acknowledged is there, what was half done is
/// taken up again. Ten moments each; hundreds with MIEN_LONG_TESTS.
class TestKills : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_table, m_faces;

    QString path(const QString &name) const { return m_folder.filePath(name); }

    void makeProject(const QString &name, const QString &source)
    {
        const Outcome made = runMien({"init", path(name)});
        const Outcome imported = source.isEmpty() ? made : runMien({"import", source, "-p", path(name)});
        if (made.status != 0 || imported.status != 0)
            qFatal("%s", (made.err + imported.err).constData());
    }

    void facesInFolders()
    {
        for (int i = 0; i < 300; ++i) {
            QImage picture(40, 40, QImage::Format_Grayscale8);
            unsigned noise = unsigned(i / 2) * 7919u + 1; // every second one is a copy
            for (int y = 0; y < 40; ++y)
                for (int x = 0; x < 40; ++x) {
                    noise = noise * 1664525u + 1013904223u;
                    picture.scanLine(y)[x] = uchar(noise >> 24);
                }
            const QString file = QString("%1/%2/%3.png").arg(m_faces, i % 3 ? "happy" : "sad").arg(i);
            QDir().mkpath(QFileInfo(file).path());
            QVERIFY(picture.save(file));
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_table = path("fer2013.csv");
        m_faces = path("faces");
        writeFile(m_table, fer2013Csv(4200));
        facesInFolders();
    }

    void importsGoOn_data()
    {
        QTest::addColumn<QString>("source");
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("batchRows");
        QTest::addColumn<QByteArray>("what");
        QTest::newRow("table") << m_table << 4200 << 300 << QByteArray("mien import of a table, SIGKILL:");
        QTest::newRow("folders") << m_faces << 300 << 20 << QByteArray("mien import of class folders, SIGKILL:");
    }

    /// R10: no sample twice, none missing, none altered. Batches are small, so that kills come between two of them.
    void importsGoOn()
    {
        QFETCH(QString, source);
        QFETCH(int, rows);
        QFETCH(int, batchRows);
        QFETCH(QByteArray, what);
        Surroundings small;
        small.environment.insert("MIEN_BATCH_ROWS", QString::number(batchRows));
        const QString tag = QTest::currentDataTag(), project = path(tag + ".mien"), empty = path(tag + "-empty.mien");
        makeProject(tag + "-empty.mien", {});
        copyFolder(empty, project);
        const QStringList import{"import", source, "-p", project};
        KillLoop loop(project, pointsOf(10, 150), 11);
        const Outcome whole = loop.measure(import, small);
        QVERIFY2(whole.status == 0, whole.err);
        const auto expected = importedFacts(project);
        QCOMPARE(expected.size(), rows);
        int lost = 0, midway = 0; ///< midway: kills that left some rows stored and some not.
        while (!loop.isOver()) {
            copyFolder(empty, project);
            End end = End::Killed;
            while (end == End::Killed) {
                end = loop.run(import, small);
                QVERIFY2(end != End::Failed, qPrintable(loop.said()));
                const auto stored = must(countMatching(opened(project), ""));
                midway += end == End::Killed && stored > 0 && stored < rows;
                const QString complaint = complaintAfter(loop, project);
                QVERIFY2(complaint.isEmpty(), qPrintable(complaint));
                if (loop.isOver() && end == End::Killed) {
                    const Outcome last = runMien(import, small);
                    QVERIFY2(last.status == 0, last.err + loop.said().toUtf8());
                    end = End::Done;
                }
            }
            const auto found = importedFacts(project);
            lost += differences(found, expected);
            QVERIFY2(lost == 0, qPrintable(firstDifference(found, expected) + " " + loop.said()));
            Project done = opened(project);
            for (const ProjectProblem &problem : must(examine(done, false, {})))
                QVERIFY2(false, problem.what.c_str());
        }
        qInfo("%d of %d kills came between two batches", midway, loop.killed());
        reportReliability("R10", what, loop.killed(), lost, loop.seed());
        QVERIFY(midway > 0);
        QVERIFY(loop.killed() >= pointsOf(10, 150));
    }

    void extractionsGoOn_data()
    {
        QTest::addColumn<QStringList>("sampling");
        QTest::addColumn<QByteArray>("what");
        QTest::newRow("followed") << QStringList{"--every-frames", "1", "--faces", "all"}
                                  << QByteArray("mien extract, faces followed through videos, SIGKILL:");
        QTest::newRow("apart") << QStringList{"--per-video", "24"}
                               << QByteArray("mien extract, frames apart, SIGKILL:");
    }

    /// R10: killed in the middle of a video, it goes on there: no half crop, no face twice, none missing, and ids,
    /// tracks and measures of the undisturbed run.
    void extractionsGoOn()
    {
        QFETCH(QStringList, sampling);
        QFETCH(QByteArray, what);
        const QString tag = QTest::currentDataTag(), tree = path("UTA " + tag);
        for (const char *file : {"0.mp4", "10.mp4"})
            makeFaceClip((tree + "/Fold1_part1/01/" + file).toStdString(),
                         {.person = 5, .frames = 60, .emptyFrom = 20, .emptyTo = 28});
        const QString project = path(tag + ".mien"), empty = path(tag + "-unextracted.mien");
        makeProject(tag + "-unextracted.mien", tree);
        copyFolder(empty, project);
        const QStringList extract = QStringList{"extract", "-p", project, "--size", "64"} + sampling;
        Surroundings small;
        small.environment.insert("MIEN_BATCH_ROWS", "6"); // frames of a part
        const auto listed = [&] {
            const Outcome all = runMien(
                {"list", "-p", project, "--format", "jsonl", "--fields", "id,source,label,width,track,quality.*"});
            if (all.status != 0)
                qFatal("%s", all.err.constData());
            return all.out;
        };
        const auto exported = [&] {
            QDir(path("faces out")).removeRecursively();
            const Outcome out = runMien({"export", "--format", "csv", path("faces out"), "-p", project});
            if (out.status != 0)
                qFatal("%s", out.err.constData());
            return filesBelow(path("faces out"));
        };
        KillLoop loop(project, pointsOf(10, 60), 23);
        const Outcome whole = loop.measure(extract, small);
        QVERIFY2(whole.status == 0, whole.err);
        const QByteArray expected = listed();
        const auto expectedFacts = importedFacts(project), expectedExport = exported();
        const auto faces = must(countMatching(opened(project), ""));
        QVERIFY(faces >= 20);
        int lost = 0, midway = 0; ///< midway: kills within a video of which a part is stored.
        while (!loop.isOver()) {
            copyFolder(empty, project);
            End end = End::Killed;
            while (end == End::Killed) {
                end = loop.run(extract, small);
                QVERIFY2(end != End::Failed, qPrintable(loop.said()));
                midway += opened(project).database().execAndGet("SELECT count(*) FROM extractions_begun").getInt();
                const QString complaint = complaintAfter(loop, project);
                QVERIFY2(complaint.isEmpty(), qPrintable(complaint));
                if (loop.isOver() && end == End::Killed) {
                    const Outcome last = runMien(extract, small);
                    QVERIFY2(last.status == 0, last.err + loop.said().toUtf8());
                    end = End::Done;
                }
            }
            const auto facts = importedFacts(project);
            lost += differences(facts, expectedFacts);
            QVERIFY2(lost == 0, qPrintable(firstDifference(facts, expectedFacts) + " " + loop.said()));
            lost += listed() != expected || exported() != expectedExport;
            QVERIFY2(lost == 0, qPrintable(loop.said()));
            Project done = opened(project);
            for (const ProjectProblem &problem : must(examine(done, false, {})))
                QVERIFY2(false, problem.what.c_str());
            QCOMPARE(done.database().execAndGet("SELECT count(*) FROM extractions_begun").getInt(), 0);
        }
        qInfo("%d of %d kills left a video stored in part", midway, loop.killed());
        reportReliability("R10", what, loop.killed(), lost, loop.seed());
        QVERIFY(midway > 0);
        QVERIFY(loop.killed() >= pointsOf(10, 60));
    }

    /// R1: an edit whose command ended is there; one that was killed is there as a whole or not at all.
    void labelsStay()
    {
        const QString project = path("labels.mien"), list = path("ids.txt");
        writeFile(path("small.csv"), fer2013Csv(70));
        makeProject("labels.mien", path("small.csv"));
        const auto labels = [&] {
            const Project open = opened(project);
            QMap<int, QString> found;
            for (const SampleRow &row : must(sampleRows(open, must(samplesMatching(open, "")))))
                found[int(row.id.value)] = row.label ? QString::fromStdString(open.className(*row.label)) : "-";
            return found;
        };
        KillLoop loop(project, pointsOf(10, 1000), 7);
        QMap<int, QString> expected = labels();
        QCOMPARE(expected.size(), 70);
        const QStringList classes{"anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"};
        int lost = 0, acknowledged = 0;
        while (!loop.isOver()) {
            QMap<int, QString> wanted = expected;
            const QString name = classes[int(loop.random()() % 7)];
            QByteArray ids;
            for (int count = 1 + int(loop.random()() % 30); count > 0; --count) {
                const int sample = 1 + int(loop.random()() % 70);
                wanted[sample] = name;
                ids += QByteArray::number(sample) + "\n";
            }
            writeFile(list, ids);
            const QStringList label{"label", "-p", project, "--samples", list, "--class", name, "--by", "ann"};
            End end = End::Done;
            if (loop.killed() == 0 && acknowledged == 0)
                QCOMPARE(loop.measure(label).status, 0);
            else
                end = loop.run(label);
            QVERIFY2(end != End::Failed, qPrintable(loop.said()));
            acknowledged += end == End::Done;
            const auto found = labels();
            const bool isWhole = found == wanted || (end == End::Killed && found == expected);
            lost += !isWhole;
            QVERIFY2(isWhole, qPrintable(loop.said()));
            expected = found;
            const QString complaint = complaintAfter(loop, project);
            QVERIFY2(complaint.isEmpty(), qPrintable(complaint));
        }
        reportReliability("R1", "mien label, SIGKILL:", loop.killed(), lost, loop.seed());
        QVERIFY(loop.killed() >= pointsOf(10, 1000));
        QVERIFY(acknowledged > 0);
    }

    /// A removed import is out or in, never in part.
    void removalsAreWholeOrNot()
    {
        const QString project = path("removal.mien");
        writeFile(path("some.csv"), fer2013Csv(700));
        makeProject("removal.mien", path("some.csv"));
        QCOMPARE(runMien({"import", m_faces, "-p", project}).status, 0);
        const auto all = importedFacts(project);
        KillLoop loop(project, pointsOf(10, 100), 13);
        QCOMPARE(loop.measure({"imports", "remove", "1", "-p", project}).status, 0);
        const auto rest = importedFacts(project);
        QCOMPARE(all.size(), 1000);
        QCOMPARE(rest.size(), 300);
        bool isIn = false;
        int lost = 0;
        while (!loop.isOver()) {
            const End end = loop.run({"imports", isIn ? "remove" : "restore", "1", "-p", project});
            QVERIFY2(end != End::Failed, qPrintable(loop.said()));
            const auto found = importedFacts(project);
            const bool isWhole = found == (isIn ? rest : all) || (end == End::Killed && found == (isIn ? all : rest));
            lost += !isWhole;
            QVERIFY2(isWhole, qPrintable(loop.said()));
            isIn = found == all;
            QVERIFY2(complaintAbout(project).isEmpty(), qPrintable(complaintAbout(project) + " " + loop.said()));
        }
        reportReliability("R10", "mien imports remove and restore, SIGKILL:", loop.killed(), lost, loop.seed());
        QVERIFY(loop.killed() >= pointsOf(10, 100));
    }

    /// What was in the bin for long goes as a whole, and its bytes go with the next writer at the latest.
    void emptyingTheBinGoesOn()
    {
        const QString original = path("old.mien"), project = path("emptied.mien"), list = path("kept.txt");
        writeFile(path("old.csv"), fer2013Csv(700));
        makeProject("old.mien", path("old.csv"));
        QCOMPARE(runMien({"import", m_faces, "-p", original}).status, 0);
        QCOMPARE(runMien({"imports", "remove", "1", "-p", original}).status, 0);
        const auto rest = importedFacts(original);
        {
            Project old = must(Project::open(original.toStdString(), Project::Access::Write));
            old.database().exec("UPDATE imports SET removed_at_ms = 1 WHERE id = 1");
        }
        writeFile(list, "701\n");
        const QStringList label{"label", "-p", project, "--samples", list, "--class", "fear", "--by", "ann"};
        copyFolder(original, project);
        KillLoop loop(project, pointsOf(10, 100), 17);
        QCOMPARE(loop.measure(label).status, 0);
        int lost = 0;
        while (!loop.isOver()) {
            copyFolder(original, project);
            const End end = loop.run(label);
            QVERIFY2(end != End::Failed, qPrintable(loop.said()));
            QVERIFY2(complaintAbout(project).isEmpty(), qPrintable(complaintAbout(project) + " " + loop.said()));
            const Outcome after = runMien(label);
            QVERIFY2(after.status == 0, after.err + loop.said().toUtf8());
            const auto found = importedFacts(project);
            lost += found != rest;
            QVERIFY2(found == rest, qPrintable(firstDifference(found, rest) + " " + loop.said()));
            QVERIFY2(!isBinDue(opened(project)), qPrintable(loop.said()));
            for (const QByteArray &bytes : filesBelow(project + "/crops"))
                QVERIFY2(bytes.count('\0') == bytes.size(), qPrintable(loop.said()));
        }
        reportReliability("R10", "the bin being emptied, SIGKILL:", loop.killed(), lost, loop.seed());
        QVERIFY(loop.killed() >= pointsOf(10, 100));
    }

    void exportsAreWholeOrAbsent_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("place");
        QTest::addColumn<QByteArray>("what");
        QTest::newRow("csv") << QStringList{"export", "--format", "csv", path("out/set")} << path("out/set")
                             << QByteArray("mien export as a table with pictures, SIGKILL:");
        QTest::newRow("fer2013") << QStringList{"export", "--format", "fer2013", path("out/set")} << path("out/set")
                                 << QByteArray("mien export as FER2013, SIGKILL:");
        QTest::newRow("class folders") << QStringList{"export", "--format", "class-folder", path("out/set")}
                                       << path("out/set") << QByteArray("mien export as class folders, SIGKILL:");
        QTest::newRow("pack") << QStringList{"pack", "--size", "48"} << path("export.mien/packs")
                              << QByteArray("mien pack, SIGKILL:");
    }

    /// R4: after a kill the place is absent, or holds byte for byte what an undisturbed run writes.
    void exportsAreWholeOrAbsent()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, place);
        QFETCH(QByteArray, what);
        const QString project = path("export.mien");
        if (!QDir(project).exists()) {
            writeFile(path("middle.csv"), fer2013Csv(350));
            makeProject("export.mien", path("middle.csv"));
        }
        const bool isPack = arguments[0] == "pack";
        arguments += {"-p", project};
        const auto clear = [&] {
            QDir(isPack ? place : path("out")).removeRecursively();
            QDir().mkpath(isPack ? place : path("out"));
        };
        /// What others see: hidden names are scratch.
        const auto visible = [&] {
            QMap<QString, QByteArray> files = filesBelow(place);
            for (const QString &file : files.keys())
                if (file.startsWith("/."))
                    files.remove(file);
            return files;
        };
        clear();
        KillLoop loop(isPack ? place : path("out"), pointsOf(10, 200), 5);
        const Outcome whole = loop.measure(arguments);
        QVERIFY2(whole.status == 0, whole.err);
        const auto expected = visible();
        QVERIFY(expected.size() >= 2);
        int lost = 0;
        while (!loop.isOver()) {
            clear();
            const End end = loop.run(arguments);
            QVERIFY2(end != End::Failed, qPrintable(loop.said()));
            const auto found = visible();
            const bool isAbsent = isPack ? found.isEmpty() : !QDir(place).exists();
            const bool isWhole = found == expected || (end == End::Killed && isAbsent);
            lost += !isWhole;
            QVERIFY2(isWhole, qPrintable(firstDifference(found, expected) + " " + loop.said()));
            if (isAbsent) { // run again, it leaves the whole and nothing beside it
                const Outcome again = runMien(arguments);
                QVERIFY2(again.status == 0, again.err + loop.said().toUtf8());
                QVERIFY2(visible() == expected, qPrintable(firstDifference(visible(), expected) + " " + loop.said()));
                const QStringList left = QDir(isPack ? place : path("out"))
                                             .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
                QVERIFY2(left.size() == 1, qPrintable(left.join(' ') + " " + loop.said()));
            }
        }
        reportReliability("R4", what, loop.killed(), lost, loop.seed());
        QVERIFY(loop.killed() >= pointsOf(10, 200));
    }
};

QTEST_GUILESS_MAIN(TestKills)
#include "tst_kills.moc"
