// Drowsiness in the window, with the real programs, on a demo project: faces found in its videos, the videos measured
// from Review, their curves read off, doubtful faces reviewed, a network trained on that space.
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/strips.h"
#include "studio/app/main_window.h"
#include "studio/common/action_registry.h"
#include "studio/common/face_source.h"
#include "studio/common/job_queue.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"
#include "studio/common/source_panel.h"
#include "studio/common/strip_panel.h"
#include "studio/review/class_bar.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "studio/training/train_form.h"
#include "studio/training/train_page.h"
#include "tests/support/filled_project.h"
#include "tests/support/opened_window.h"

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTranslator>

using namespace mien;
using namespace mien::test;

class tst_drowsiness_way : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QTranslator m_words; ///< Plurals.

    QString project() const { return m_folder.filePath(QStringLiteral("p.mien")); }

    static bool mien(const QStringList &arguments)
    {
        QProcess process;
        process.start(QStringLiteral(MIEN_PROGRAM_PATH), arguments);
        return process.waitForFinished(240'000) && process.exitCode() == 0;
    }

    /// Review of what matches, with the source beside the face.
    struct Desk
    {
        MainWindow window;
        ReviewPage *page = nullptr;
        StripPanel *strip = nullptr;

        Desk(const QString &project, const QString &filter, const QString &annotator = QStringLiteral("ann"))
        {
            if (!openProject(window, project))
                return;
            window.session()->setAnnotator(annotator);
            window.showPage(QStringLiteral("review"));
            page = window.findChild<ReviewPage *>();
            strip = page->findChild<StripPanel *>();
            window.studio().openQueue({QString(), {}, filter});
            QTRY_COMPARE_WITH_TIMEOUT(page->desk()->plan().filter, filter, 30'000);
            if (!page->isSourceShown())
                window.studio().actions().action(QStringLiteral("review.source"))->trigger();
            waitForFace();
        }
        void waitForFace() const { QTRY_VERIFY_WITH_TIMEOUT(page->desk()->face() && page->isSettled(), 60'000); }
    };

private Q_SLOTS:
    void initTestCase()
    {
        prepareWindowTests(MIEN_PROGRAM_PATH);
        QVERIFY(m_words.load(QStringLiteral(":/mien/mien_en.qm")) && QCoreApplication::installTranslator(&m_words));
        QVERIFY(mien({QStringLiteral("demo"), project(), QStringLiteral("--samples"), QStringLiteral("140")}));
        QVERIFY(mien({QStringLiteral("extract"), QStringLiteral("-p"), project(), QStringLiteral("--filter"),
                      QStringLiteral("space:drowsiness"), QStringLiteral("--per-video"), QStringLiteral("12")}));
    }
    void init() { settings().clear(); }

    void aVideoIsMeasuredFromReview()
    {
        Desk desk(project(), QStringLiteral("label:drowsy"));
        QVERIFY(desk.strip->isVisible());
        auto *measure = desk.strip->findChild<QPushButton *>(QStringLiteral("stripMeasure"));
        auto *all = desk.strip->findChild<QPushButton *>(QStringLiteral("stripMeasureAll"));
        QVERIFY(measure->isVisible() && measure->isEnabled() && all->isVisible() && !desk.strip->plot().isVisible());
        QCOMPARE(faultsOfLook(desk.window, QStringLiteral("strip-not-measured")), QStringList());
        measure->click();
        QTRY_VERIFY(!measure->isVisible());                                // it runs
        QTRY_VERIFY_WITH_TIMEOUT(desk.strip->plot().isVisible(), 120'000); // by itself
        QVERIFY(desk.strip->plot().strip().curves.timeS.size() > 100);
        QCOMPARE(QDir(project() + QStringLiteral("/strips")).entryList(QDir::Files).size(), 1); // of this one only
    }

    void theCurvesAreReadOffAndLeadToTheMoment()
    {
        QVERIFY(mien({QStringLiteral("drowsiness"), QStringLiteral("-p"), project()}));
        Desk desk(project(), QStringLiteral("drowsiness:doubt"));
        StripPlot &plot = desk.strip->plot();
        QTRY_VERIFY(plot.isVisible());
        QVERIFY(!plot.strip().doubts.empty());
        QCOMPARE(plot.strip().doubts.front().kind, EyesAgainstLabel::PlainlyOpen);
        const auto *facts = desk.strip->findChild<QLabel *>(QStringLiteral("stripFacts"));
        QVERIFY2(facts->text().contains(QStringLiteral("PERCLOS")) &&
                     facts->text().contains(QStringLiteral("blinks/min")) &&
                     facts->text().contains(QStringLiteral("measured on eye patches")),
                 qPrintable(facts->text()));
        QTRY_VERIFY_WITH_TIMEOUT(!desk.page->source().isPlaying(), 20'000);
        QTRY_VERIFY(plot.played().has_value());
        QCOMPARE(faultsOfLook(desk.window, QStringLiteral("strip")), QStringList());

        const double wantedS = plot.strip().curves.timeS[20];
        const QPoint place = QPointF(plot.xOf(wantedS), plot.lanesArea().center().y()).toPoint();
        QTest::mouseMove(&plot, place);
        QTRY_VERIFY2(facts->text().contains(QStringLiteral("eyes")), qPrintable(facts->text()));
        QTest::mouseClick(&plot, Qt::LeftButton, {}, place);
        QTRY_VERIFY_WITH_TIMEOUT(plot.played() && std::abs(*plot.played() - wantedS) < 0.06, 10'000);
        const auto *panel = desk.page->findChild<SourcePanel *>();
        QVERIFY2(panel->caption().contains(QStringLiteral("the face")), qPrintable(panel->caption()));

        plot.setFocus();
        const double beforeS = *plot.played();
        const int position = desk.page->desk()->queue().position();
        QTest::keyClick(&plot, Qt::Key_Right);
        QTRY_VERIFY_WITH_TIMEOUT(std::abs(*plot.played() - beforeS - 0.05) < 0.01, 10'000); // one frame of 20/s
        QTest::keyClick(&plot, Qt::Key_Left, Qt::ShiftModifier);
        QTRY_VERIFY_WITH_TIMEOUT(std::abs(*plot.played() - beforeS + 0.95) < 0.06, 10'000);
        QCOMPARE(desk.page->desk()->queue().position(), position); // the arrows were the strip's
        QTest::keyClick(&plot, Qt::Key_Escape);
        QVERIFY(!plot.hasFocus());
    }

    void doubtsAreAViewAndAQueue()
    {
        Desk desk(project(), QStringLiteral("label:happiness"));
        auto *menu = desk.window.findChild<QMenu *>(QStringLiteral("reviewQueueMenu"));
        Q_EMIT menu->aboutToShow();
        auto *doubts = menu->findChild<QAction *>(QStringLiteral("reviewQueueDrowsiness"));
        QVERIFY(doubts && doubts->isVisible());
        doubts->trigger();
        const ReviewDesk &review = *desk.page->desk();
        QTRY_COMPARE(review.plan().filter, QStringLiteral("drowsiness:doubt"));
        QTRY_VERIFY(!review.isLoading());
        QVERIFY(review.queue().size() > 0);
        desk.window.showPage(QStringLiteral("gallery"));
        const auto *views = desk.window.findChild<QListWidget *>(QStringLiteral("galleryViews"));
        QTRY_COMPARE(views->findItems(QStringLiteral("Drowsiness doubts"), Qt::MatchExactly).size(), 1);
        QCOMPARE(faultsOfLook(desk.window, QStringLiteral("gallery-drowsiness")), QStringList());
    }

    void aNetworkLearnsTheDrowsinessSpace()
    {
        MainWindow window;
        QVERIFY(openProject(window, project()));
        window.showPage(QStringLiteral("train"));
        auto *page = window.findChild<TrainPage *>();
        auto *form = page->findChild<TrainForm *>();
        auto *space = page->findChild<QComboBox *>(QStringLiteral("trainSpace"));
        QTRY_VERIFY_WITH_TIMEOUT(space->isVisible() && form->network(), 60'000);
        QCOMPARE(space->count(), 2);
        QCOMPARE(form->space(), QStringLiteral("expression")); // what most faces have
        form->restore({{QStringLiteral("network"), QStringLiteral("eac-compact")},
                       {QStringLiteral("settings"), QVariantMap{{QStringLiteral("preset"), QStringLiteral("tiny")}}},
                       {QStringLiteral("folds"), 2},
                       {QStringLiteral("epochs"), 1},
                       {QStringLiteral("space"), QStringLiteral("drowsiness")}});
        QCOMPARE(form->space(), QStringLiteral("drowsiness"));
        QVERIFY(form->arguments().join(QLatin1Char(' ')).contains(QStringLiteral("--space drowsiness")));
        const auto checks = [&] {
            QStringList words;
            for (const QLabel *label :
                 page->findChild<QWidget *>(QStringLiteral("trainChecklist"))->findChildren<QLabel *>())
                words << label->text();
            return words.join(QLatin1Char('\n'));
        };
        QTRY_VERIFY_WITH_TIMEOUT(checks().contains(QStringLiteral("72 labelled faces")), 60'000);
        QVERIFY(!form->probeArguments(48).contains(QStringLiteral("--space"))); // another project's
        auto *start = page->findChild<QPushButton *>(QStringLiteral("trainStart"));
        QVERIFY2(start->isEnabled(), qPrintable(start->toolTip()));
        start->click();
        JobQueue &jobs = window.session()->jobs();
        QTRY_VERIFY_WITH_TIMEOUT(!jobs.jobs().isEmpty() && jobs.jobs().first().isOver(), 240'000);
        const JobInfo job = jobs.jobs().first();
        QVERIFY2(job.state == JobState::Done, qPrintable(job.error));
        QVERIFY(job.arguments.contains(QStringLiteral("drowsiness")));
        QCOMPARE(faultsOfLook(window, QStringLiteral("train-drowsiness")), QStringList());
        const Project stored = must(Project::open(project().toStdString(), Project::Access::Read));
        QCOMPARE(runs(stored).size(), std::size_t(1));
    }

    void blindReviewSeesNoLabelInTheStrip()
    {
        settings().setValue(QStringLiteral("review/blind"), true);
        Desk desk(project(), QStringLiteral("label:drowsy"), QStringLiteral("bea")); // who saw none of these
        QTRY_VERIFY(desk.strip->plot().isVisible());
        QVERIFY(!desk.page->desk()->isRevealed() && !desk.strip->plot().areLabelsShown());
        QCOMPARE(faultsOfLook(desk.window, QStringLiteral("strip-blind")), QStringList());
    }

    void theDigitsMeanTheSpaceOfTheFace()
    {
        const auto names = [](const ReviewDesk &desk) {
            QStringList list;
            for (const ExpressionClass &expression : desk.classes())
                list << QString::fromStdString(expression.name);
            return list;
        };
        const QStringList drowsiness{QStringLiteral("alert"), QStringLiteral("low_vigilant"), QStringLiteral("drowsy")};
        for (const bool isBlind : {false, true}) {
            settings().setValue(QStringLiteral("review/blind"), isBlind);
            Desk desk(project(), QStringLiteral("label:drowsy"),
                      isBlind ? QStringLiteral("cai") : QStringLiteral("ann"));
            ReviewDesk &review = *desk.page->desk();
            QCOMPARE(review.isRevealed(), !isBlind);
            QCOMPARE(names(review), drowsiness);
            const auto *bar = desk.page->findChild<ClassBar *>();
            QCOMPARE(bar->accessibleDescription(), QStringLiteral("1 Alert, 2 Low vigilant, 3 Drowsy"));
            QCOMPARE(faultsOfLook(desk.window, isBlind ? QStringLiteral("drowsiness-classes-blind")
                                                       : QStringLiteral("drowsiness-classes")),
                     QStringList());
            const SampleId sample = review.face()->row.id;
            review.label(6); // there is no seventh
            QCOMPARE(review.queue().position(), 0);
            review.label(1);
            QTRY_COMPARE(review.queue().position(), 1);
            QTRY_COMPARE(desk.window.session()->savedState(), ProjectSession::SavedState::Saved);
            {
                const Project stored = must(Project::open(project().toStdString(), Project::Access::Read));
                const auto rows = must(sampleRows(stored, std::span(&sample, 1)));
                QCOMPARE(stored.className(rows.front().label.value()), "low_vigilant");
            }
            if (isBlind) { // the revision means the classes of the face that it revises
                review.reviseLast(0);
                QTRY_COMPARE(desk.window.session()->savedState(), ProjectSession::SavedState::Saved);
                const Project stored = must(Project::open(project().toStdString(), Project::Access::Read));
                QTRY_COMPARE(stored.className(must(sampleRows(stored, std::span(&sample, 1))).front().label.value()),
                             "alert");
            }
            desk.window.studio().openQueue({QString(), {}, QStringLiteral("label:happiness")});
            QTRY_VERIFY(review.face() && !review.isLoading());
            QTRY_VERIFY(names(review).contains(QStringLiteral("happiness")));
            QVERIFY(!names(review).contains(QStringLiteral("drowsy")));
            QVERIFY(bar->accessibleDescription().contains(QStringLiteral("Happiness")));
        }
    }

    void aDamagedStripIsMeasuredAgain()
    {
        QDir strips(project() + QStringLiteral("/strips"));
        for (const QString &name : strips.entryList(QDir::Files)) {
            QFile file(strips.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
            file.write("{\"format\":\"mien-strip/1\",\"time_s\":[0,");
        }
        Desk desk(project(), QStringLiteral("label:alert"));
        auto *all = desk.strip->findChild<QPushButton *>(QStringLiteral("stripMeasureAll"));
        QTRY_VERIFY(all->isVisible());
        all->click();
        QTRY_VERIFY_WITH_TIMEOUT(desk.strip->plot().isVisible(), 120'000);
    }
};

QTEST_MAIN(tst_drowsiness_way)
#include "tst_drowsiness_way.moc"
