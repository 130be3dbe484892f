#include "studio/app/main_window.h"
#include "studio/predicting/predicted_picture_view.h"
#include "studio/predicting/prediction_window.h"
#include "tests/support/opened_window.h"

#include <QComboBox>
#include <QDir>
#include <QDirIterator>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QLabel>
#include <QListWidget>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

using namespace mien;

/// Photos and a video dropped on the page of runs, with the real `mien`.
class tst_predictions : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_project, m_photo, m_video;

    static bool mien(const QStringList &arguments)
    {
        QProcess process;
        process.setStandardOutputFile(QProcess::nullDevice());
        process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process.start(QString::fromLocal8Bit(qgetenv("MIEN_PROGRAM")), arguments);
        return process.waitForFinished(240'000) && process.exitCode() == 0;
    }

    static void drop(QWidget &target, const QStringList &files)
    {
        QMimeData data;
        QList<QUrl> urls;
        for (const QString &file : files)
            urls << QUrl::fromLocalFile(file);
        data.setUrls(urls);
        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&target, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&target, &event);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        test::prepareWindowTests(MIEN_PROGRAM_PATH);
        qputenv("MIEN_PROGRAM", MIEN_PROGRAM_PATH);
        m_project = m_folder.filePath(QStringLiteral("Drawn.mien"));
        QVERIFY(mien({QStringLiteral("demo"), m_project, QStringLiteral("--samples"), QStringLiteral("160")}));
        QVERIFY(mien({QStringLiteral("train"), QStringLiteral("-p"), m_project, QStringLiteral("--network"),
                      QStringLiteral("eac-compact"), QStringLiteral("--set"), QStringLiteral("preset=tiny"),
                      QStringLiteral("--set"), QStringLiteral("epochs=1")}));
        const QDir media(m_project + QStringLiteral("/media"));
        const QStringList photos = QDir(media.filePath(QStringLiteral("S001"))).entryList({QStringLiteral("*.png")});
        QVERIFY(!photos.isEmpty());
        m_photo = media.filePath(QStringLiteral("S001/")) + photos.first();
        QDirIterator videos(media.path(), {QStringLiteral("*.mp4")}, QDir::Files, QDirIterator::Subdirectories);
        QVERIFY(videos.hasNext());
        m_video = videos.next();
    }

    void droppedPicturesAreJudged()
    {
        MainWindow window;
        QVERIFY(test::openProject(window, m_project));
        window.showPage(QStringLiteral("runs"));
        QTRY_VERIFY(window.isSettled());
        const QString broken = m_folder.filePath(QStringLiteral("broken.png"));
        QFile file(broken);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("\x89PNG\r\n\x1a\n") == 8);
        file.close();
        drop(window, {m_photo, m_video, broken});
        auto *sheet = window.findChild<PredictionWindow *>();
        QVERIFY(sheet);
        QTRY_VERIFY_WITH_TIMEOUT(!sheet->isBusy(), 60'000);

        const auto &pictures = sheet->pictures().all();
        QCOMPARE(int(pictures.size()), 14); // the photo, twelve frames, the broken file
        QVERIFY(std::any_of(pictures.begin(), pictures.end(), [](const auto &picture) { return picture.timeS; }));
        const auto of = [&](const QString &path) {
            const auto found = std::find_if(pictures.begin(), pictures.end(),
                                            [&](const auto &picture) { return picture.source == path; });
            return int(found - pictures.begin());
        };
        QVERIFY(of(broken) < 14);
        QVERIFY(pictures[std::size_t(of(broken))].faces.empty());
        QVERIFY(!pictures[std::size_t(of(broken))].problem.isEmpty());
        auto *list = sheet->findChild<QListWidget *>(QStringLiteral("predictPictures"));
        QCOMPARE(list->count(), 14);

        // A frame with its face: box, verdict and one bar a class.
        const auto withFace =
            std::find_if(pictures.begin(), pictures.end(), [](const auto &picture) { return !picture.faces.empty(); });
        QVERIFY(withFace != pictures.end());
        list->setCurrentRow(int(withFace - pictures.begin()));
        QTRY_VERIFY_WITH_TIMEOUT(!sheet->isBusy(), 30'000);
        const PredictedFace &face = withFace->faces.front();
        QCOMPARE(int(face.shares.size()), 8);
        double sum = 0;
        for (const auto &share : face.shares)
            sum += share.probability;
        QVERIFY(std::abs(sum - 1) < 1e-3);
        QVERIFY(face.shares.front().probability >= face.shares.back().probability);
        QVERIFY(face.box.width() > 10);
        auto *view = sheet->findChild<PredictedPictureView *>();
        QCOMPARE(view->chosen(), 0);
        QCOMPARE(sheet->findChild<QLabel *>(QStringLiteral("predictVerdict"))->text().toLower(),
                 face.shares.front().name);
        QCOMPARE(test::faultsOfLook(window, QStringLiteral("predictions")), QStringList());
        if (const QString folder = qEnvironmentVariable("MIEN_PICTURES"); !folder.isEmpty())
            QVERIFY(sheet->grab().save(folder + QStringLiteral("/prediction-window.png")));

        // Kept as a table; the project is as it was.
        const QByteArray csv = sheet->pictures().csv();
        QVERIFY(csv.startsWith("source,face,x,y,width,height,label,anger,"));
        std::size_t faces = 0;
        for (const auto &picture : pictures)
            faces += picture.faces.size();
        QCOMPARE(std::size_t(csv.count('\n')), faces + 1);

        // Each picture as a face: nothing is looked for.
        auto *detector = sheet->findChild<QComboBox *>(QStringLiteral("predictDetector"));
        detector->setCurrentIndex(detector->findData(QStringLiteral("none")));
        Q_EMIT detector->activated(detector->currentIndex());
        QTRY_VERIFY_WITH_TIMEOUT(!sheet->isBusy(), 60'000);
        QCOMPARE(int(sheet->pictures().all().size()), 14);
        QCOMPARE(std::count_if(sheet->pictures().all().begin(), sheet->pictures().all().end(),
                               [](const auto &picture) { return picture.faces.size() == 1; }),
                 std::ptrdiff_t(13));
        sheet->close();
    }

    void whatIsNoPictureGoesToImport()
    {
        MainWindow window;
        QVERIFY(test::openProject(window, m_project));
        window.showPage(QStringLiteral("runs"));
        QTRY_VERIFY(window.isSettled());
        const QString table = m_folder.filePath(QStringLiteral("labels.csv"));
        QFile file(table);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("a,b\n") > 0);
        file.close();
        drop(window, {table});
        QCOMPARE(window.currentPage(), QStringLiteral("import"));
        QVERIFY(!window.findChild<PredictionWindow *>());
    }

    void aRunWithoutNetworkIsSaid()
    {
        QDir(m_project + QStringLiteral("/runs/r1"))
            .rename(QStringLiteral("checkpoint.safetensors"), QStringLiteral("away"));
        MainWindow window;
        QVERIFY(test::openProject(window, m_project));
        PredictionWindow sheet(*window.session(), QStringLiteral("r1"));
        sheet.setAttribute(Qt::WA_DeleteOnClose, false);
        sheet.show();
        sheet.look({m_photo});
        QTRY_VERIFY_WITH_TIMEOUT(!sheet.isBusy(), 60'000);
        QVERIFY2(sheet.findChild<QLabel *>(QStringLiteral("predictNotice"))->text().contains(QStringLiteral("r1")),
                 qPrintable(sheet.findChild<QLabel *>(QStringLiteral("predictNotice"))->text()));
        QVERIFY(!sheet.findChild<QPushButton *>(QStringLiteral("predictSave"))->isEnabled());
    }
};

QTEST_MAIN(tst_predictions)
#include "tst_predictions.moc"
