#include "tests/e2e/mien_process.h"
#include "tests/support/filled_project.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include <sys/resource.h>

using namespace mien::test;

/// What everyday commands load and cost: no LibTorch, no OpenCV, no Qt.
class TestCliStart : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_project;

    /// Every library the loader opened for one run of the program.
    QByteArray loadedBy(const QStringList &arguments)
    {
        static int number = 0;
        const QString log = m_folder.filePath(QString("ld%1").arg(++number));
        Surroundings traced;
        traced.environment.insert("LD_DEBUG", "files");
        traced.environment.insert("LD_DEBUG_OUTPUT", log);
        const Outcome outcome = runMien(arguments, traced);
        if (outcome.status != 0)
            return "failed: " + outcome.err;
        QByteArray all;
        for (const QFileInfo &file : QDir(m_folder.path()).entryInfoList({QFileInfo(log).fileName() + ".*"})) {
            QFile opened(file.filePath());
            if (opened.open(QFile::ReadOnly))
                all += opened.readAll();
        }
        return all;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_project = m_folder.filePath("start.mien");
        const auto project = filledProject(m_project.toStdString(), 3000);
        writeFile(m_folder.filePath("fer2013.csv"), fer2013Csv(14));
    }

    void heavyLibrariesStayOut_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("version") << QStringList{"version"};
        QTest::newRow("list") << QStringList{"list", "-p", m_project};
        QTest::newRow("label") << QStringList{"label", "-p", m_project, "--filter", "id:7", "--class", "fear"};
        QTest::newRow("undo") << QStringList{"undo", "-p", m_project};
        QTest::newRow("info") << QStringList{"info", "-p", m_project};
        QTest::newRow("completion") << QStringList{"completion", "bash"};
        QTest::newRow("import of a table") << QStringList{"import", m_folder.filePath("fer2013.csv"), "-p", m_project};
    }

    void heavyLibrariesStayOut()
    {
        QFETCH(QStringList, arguments);
        const QByteArray loaded = loadedBy(arguments);
        QVERIFY2(loaded.contains("libsqlite3"), loaded.left(400)); // the trace works
        for (const char *heavy : {"libtorch", "libc10", "libmien-compute", "libmien-imaging", "libmien-video",
                                  "libopencv", "libdlib", "libavcodec", "libQt6"})
            QVERIFY2(!loaded.contains(heavy), heavy);
    }

    void cpuOfEverydayCommands()
    {
        for (const QStringList &arguments :
             {QStringList{"version"}, QStringList{"list", "-p", m_project},
              QStringList{"label", "-p", m_project, "--filter", "id:7", "--class", "fear"},
              QStringList{"undo", "-p", m_project}}) {
            rusage before{}, after{};
            getrusage(RUSAGE_CHILDREN, &before);
            QCOMPARE(runMien(arguments).status, 0);
            getrusage(RUSAGE_CHILDREN, &after);
            const auto seconds = [](const rusage &usage) {
                return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
            };
            qInfo("%s: %.3f s CPU with 3,000 samples", qPrintable(arguments[0]), seconds(after) - seconds(before));
        }
    }
};

QTEST_GUILESS_MAIN(TestCliStart)
#include "tst_cli_start.moc"
