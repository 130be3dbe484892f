#include "studio/app/main_window.h"
#include "studio/common/job_queue.h"
#include "studio/common/plots/line_plot.h"
#include "studio/common/project_session.h"
#include "studio/training/network_chooser.h"
#include "studio/training/run_details.h"
#include "studio/training/run_trials.h"
#include "studio/training/train_form.h"
#include "tests/support/opened_window.h"
#include "tests/support/scored_project.h"

#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>

using namespace mien;

/// The page of runs and the choice of a network, with the real `mien`.
class tst_runs : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    /// Two runs: r1 wrong on every 5th face, r2 on every 10th; r2 kept curves and settings.
    QString project(const char *name) const
    {
        const QString path = m_folder.filePath(QLatin1String(name));
        Project project = test::scoredProject(path.toStdString(), 400);
        test::addFinishedRun(project, 10, 0.9);
        const QString run = path + QStringLiteral("/runs/r2");
        QDir().mkpath(run);
        QFile metrics(run + QStringLiteral("/metrics.jsonl")), config(run + QStringLiteral("/config.json"));
        if (metrics.open(QIODevice::WriteOnly))
            for (int epoch = 0; epoch < 6; ++epoch) {
                const auto line = [&](const char *split, const char *what, double value) {
                    metrics.write(
                        QStringLiteral(
                            "{\"epoch\":%1,\"fold\":0,\"name\":\"%2\",\"run\":\"r2\",\"split\":\"%3\",\"value\":%4}\n")
                            .arg(epoch)
                            .arg(QLatin1String(what), QLatin1String(split))
                            .arg(value)
                            .toUtf8());
                };
                line("train", "loss", 2.0 / (epoch + 1));
                line("val", "nll", 2.2 / (epoch + 1));
                line("val", "accuracy", 0.2 + 0.1 * epoch);
            }
        if (config.open(QIODevice::WriteOnly))
            config.write(
                R"({"network": "eac-compact", "classes": ["anger", "fear"], "set": {"lr": 0.004, "epochs": 6}})");
        return path;
    }

    static QString cell(const QTableWidget &table, int row, int column) { return table.item(row, column)->text(); }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        test::prepareWindowTests(MIEN_PROGRAM_PATH);
        qputenv("MIEN_PROGRAM", MIEN_PROGRAM_PATH);
        qputenv("LC_ALL", "C");
    }

    void detailsAreThoseOfTheRun()
    {
        MainWindow window;
        QVERIFY(test::openProject(window, project("details.mien")));
        window.showPage(QStringLiteral("runs"));
        QTRY_VERIFY(window.isSettled());
        auto *details = window.findChild<RunDetails *>();
        const RunJudgement &judgement = details->judgement();
        QVERIFY(judgement.classes.size() >= 6);
        int faces = 0, right = 0;
        for (std::size_t label = 0; label < judgement.classes.size(); ++label) {
            int predicted = 0;
            for (std::size_t other = 0; other < judgement.classes.size(); ++other) {
                faces += judgement.counts.counts[label][other];
                predicted += judgement.counts.counts[other][label];
            }
            const int hits = judgement.counts.counts[label][label];
            right += hits;
            QCOMPARE(*judgement.precision(label), double(hits) / predicted);
            QCOMPARE(*judgement.recall(label), double(hits) / judgement.counts.rowTotal(int(label)));
            const double p = *judgement.precision(label), r = *judgement.recall(label);
            QCOMPARE(*judgement.f1(label), 2 * p * r / (p + r));
        }
        QVERIFY2(faces > 300, qPrintable(QString::number(faces))); // those that have a label
        QVERIFY2(std::abs(double(right) / faces - 0.9) < 0.05,
                 qPrintable(QString::number(double(right) / faces))); // of r2

        // Every prediction says 0.6 and nine in ten are right.
        QCOMPARE(int(judgement.tenths.size()), 10);
        QCOMPARE(judgement.tenths[6].faces, faces);
        QVERIFY(std::abs(judgement.calibrationError() - (double(right) / faces - 0.6)) < 1e-6);

        const auto &classes = *details->findChild<QTableWidget *>(QStringLiteral("runsClasses"));
        QCOMPARE(classes.rowCount(), int(judgement.classes.size()));
        QCOMPARE(cell(classes, 0, 0), judgement.counts.names.first());
        QVERIFY(cell(classes, 0, 2).endsWith(QStringLiteral("%")));
        const auto &settings = *details->findChild<QTableWidget *>(QStringLiteral("runsSettings"));
        QStringList rows;
        for (int row = 0; row < settings.rowCount(); ++row)
            rows << cell(settings, row, 0) + QLatin1Char('=') + cell(settings, row, 1);
        QCOMPARE(rows, QStringList({QStringLiteral("classes=anger, fear"), QStringLiteral("network=eac-compact"),
                                    QStringLiteral("set.epochs=6"), QStringLiteral("set.lr=0.004")}));
        const auto *loss = details->findChild<LinePlot *>(QStringLiteral("runsLoss"));
        QCOMPARE(int(loss->lines().size()), 2);
        QCOMPARE(int(loss->lines().front().points.size()), 6);
        const auto *calibration = details->findChild<LinePlot *>(QStringLiteral("runsCalibration"));
        QCOMPARE(int(calibration->lines().size()), 2);
        QCOMPARE(int(calibration->lines().back().points.size()), 1);
        for (int tab = 0; tab < details->count(); ++tab) {
            details->setCurrentIndex(tab);
            QCOMPARE(test::faultsOfLook(window, QStringLiteral("run-details-%1").arg(tab)), QStringList());
        }
    }

    /// What self-tests and the effect of corrections found, and the jobs that are asked for.
    void trialsOfARun()
    {
        const QString path = project("trials.mien");
        const QString run = path + QStringLiteral("/runs/r2");
        QDir().mkpath(run + QStringLiteral("/selftests"));
        const auto write = [&](const QString &name, const QByteArray &text) {
            QFile file(run + name);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(text);
        };
        const char *test = R"({"rate":0.1,"shape":"%1","flipped":40,"at_ms":%2,"best":"suspicion","method":"fused",
            "reviewed":[0.01,0.1,0.5],"scores":[
            {"name":"suspicion","auroc":0.97,"auroc_low":0.95,"auroc_high":0.99,"precision":0.8,"precision_low":0.65,
             "precision_high":0.9,"found":[0.1,0.8,1.0]},
            {"name":"cl_noise","auroc":0.9,"auroc_low":0.87,"auroc_high":0.93,"precision":0.7,"precision_low":0.55,
             "precision_high":0.82,"found":[0.08,0.7,0.95]}]})";
        write(QStringLiteral("/selftests/a.json"),
              QString::fromLatin1(test).arg(QStringLiteral("uniform")).arg(1e12).toUtf8());
        write(QStringLiteral("/selftests/b.json"),
              QString::fromLatin1(test).arg(QStringLiteral("confusion")).arg(2e12).toUtf8());
        write(QStringLiteral("/effect.json"), R"({"accuracy_before":0.70,"accuracy_after":0.72,"difference":0.02,
            "low":0.012,"high":0.028,"pairs":[{},{},{}],"fixed":[3,4],"broken":[5]})");

        MainWindow window;
        QVERIFY(test::openProject(window, path));
        window.showPage(QStringLiteral("runs"));
        QTRY_VERIFY(window.isSettled());
        auto *details = window.findChild<RunDetails *>();
        details->setCurrentWidget(&details->trials());
        auto *shown = details->findChild<QComboBox *>(QStringLiteral("trialsShown"));
        QTRY_COMPARE(shown->count(), 2);
        QVERIFY2(shown->currentText().contains(QStringLiteral("confused")),
                 qPrintable(shown->currentText())); // newest first
        const auto &scores = *details->findChild<QTableWidget *>(QStringLiteral("trialsScores"));
        QCOMPARE(scores.rowCount(), 2);
        QCOMPARE(cell(scores, 0, 1), QStringLiteral("0.970 (0.950 to 0.990)"));
        const auto *found = details->findChild<LinePlot *>(QStringLiteral("trialsFound"));
        QCOMPARE(int(found->lines().front().points.size()), 4); // and nothing at the beginning
        QCOMPARE(test::faultsOfLook(window, QStringLiteral("run-trials")), QStringList());

        details->findChild<QSpinBox *>(QStringLiteral("trialsRate"))->setValue(20);
        details->findChild<QPushButton *>(QStringLiteral("trialsTest"))->click();
        details->findChild<QPushButton *>(QStringLiteral("trialsMeasure"))->click();
        QStringList commands;
        for (const JobInfo &job : window.session()->jobs().jobs())
            commands << job.arguments.join(QLatin1Char(' '));
        commands.sort();
        QCOMPARE(commands, QStringList({QStringLiteral("runs effect r2 --seeds 3"),
                                        QStringLiteral("selftest --run r2 --rate 0.2 --shape uniform")}));
        details->findChild<QPushButton *>(QStringLiteral("trialsFixed"))->click();
        QTRY_COMPARE(window.currentPage(), QStringLiteral("review"));
    }

    void aClassOpensItsFaces()
    {
        MainWindow window;
        QVERIFY(test::openProject(window, project("classes.mien")));
        window.showPage(QStringLiteral("runs"));
        QTRY_VERIFY(window.isSettled());
        auto *details = window.findChild<RunDetails *>();
        auto *classes = details->findChild<QTableWidget *>(QStringLiteral("runsClasses"));
        details->setCurrentIndex(1);
        classes->setFocus();
        classes->setCurrentCell(1, 0);
        QTest::keyClick(classes, Qt::Key_Return);
        QCOMPARE(window.currentPage(), QStringLiteral("review"));
    }

    void theCostOfANetworkIsMeasured()
    {
        MainWindow window;
        QVERIFY(test::openProject(window, project("cards.mien")));
        window.showPage(QStringLiteral("train"));
        QTRY_VERIFY_WITH_TIMEOUT(window.isSettled(), 60'000);
        window.findChild<QPushButton *>(QStringLiteral("trainCards"))->click();
        auto *chooser = window.findChild<NetworkChooser *>();
        QVERIFY(chooser);
        auto *cards = chooser->findChild<QListWidget *>(QStringLiteral("networkCards"));
        QVERIFY(cards->count() >= 20);
        cards->setCurrentItem(cards->findItems(QStringLiteral("native-keras"), Qt::MatchExactly).value(0));
        QCOMPARE(chooser->current(), QStringLiteral("native-keras"));
        auto *measure = chooser->findChild<QPushButton *>(QStringLiteral("networkMeasure"));
        measure->click();
        QVERIFY(chooser->isMeasuring() && !measure->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(!chooser->isMeasuring(), 120'000);
        const QString cost = chooser->findChild<QLabel *>(QStringLiteral("networkCost"))->text();
        QVERIFY2(cost.contains(QStringLiteral("faces a second here; an epoch of")), qPrintable(cost));
        QCOMPARE(test::faultsOfLook(window, QStringLiteral("networks")), QStringList());
        chooser->findChild<QPushButton *>(QStringLiteral("networkUse"))->click();
        QCOMPARE(window.findChild<TrainForm *>()->network()->name, QStringLiteral("native-keras"));
    }

    void aRunWithoutFilesSaysSo()
    {
        const QString path = m_folder.filePath(QStringLiteral("bare.mien"));
        test::scoredProject(path.toStdString(), 60); // r1 has no folder
        MainWindow window;
        QVERIFY(test::openProject(window, path));
        window.showPage(QStringLiteral("runs"));
        QTRY_VERIFY(window.isSettled());
        auto *details = window.findChild<RunDetails *>();
        QVERIFY(!details->judgement().classes.empty());
        const auto *loss = details->findChild<LinePlot *>(QStringLiteral("runsLoss"));
        QVERIFY(loss->lines().front().points.empty());
        QVERIFY(!loss->emptyText().isEmpty());
        QCOMPARE(details->findChild<QTableWidget *>(QStringLiteral("runsSettings"))->rowCount(), 0);
    }
};

QTEST_MAIN(tst_runs)
#include "tst_runs.moc"
