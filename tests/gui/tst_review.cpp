#include "pipeline/store/labels.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "studio/app/main_window.h"
#include "studio/common/action_registry.h"
#include "studio/common/annotator_dialog.h"
#include "studio/common/job_queue.h"
#include "studio/common/plots/line_plot.h"
#include "studio/common/settings.h"
#include "studio/common/source_panel.h"
#include "studio/common/stall_watchdog.h"
#include "studio/review/answer_learning.h"
#include "studio/review/class_bar.h"
#include "studio/review/face_view.h"
#include "studio/review/neighbours_panel.h"
#include "studio/review/outlook_dialog.h"
#include "studio/review/queue_strip.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "tests/support/opened_window.h"
#include "tests/support/scored_project.h"
#include "tests/support/temporary_folder.h"

#include <QAbstractButton>
#include <QAction>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QScopeGuard>
#include <QSet>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>

#include <csignal>
#include <sys/resource.h>

using namespace mien;
using namespace mien::test;

namespace {

constexpr int kSamples = 200;

/// The real window with Review in front, as a person has it.
class Desk
{
public:
    explicit Desk(const std::filesystem::path &folder, const QString &annotator = QStringLiteral("ann"))
        : m_folder(folder)
    {
        if (!openProject(window, QString::fromStdString(folder.string())))
            return;
        window.session()->setAnnotator(annotator);
        window.showPage(QStringLiteral("review"));
        page = qobject_cast<ReviewPage *>(window.page(QStringLiteral("review")));
        page->findChild<QToolButton *>(QStringLiteral("button.review.attention"))->defaultAction()->setChecked(false);
        window.activateWindow();
        if (QTest::qWaitForWindowActive(&window))
            waitForFace();
    }

    ReviewDesk &desk() { return *page->desk(); }
    void waitForFace()
    {
        QTRY_VERIFY_WITH_TIMEOUT(page->desk() && !desk().isLoading() && (desk().queue().atEnd() || desk().face()),
                                 20'000);
    }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {})
    {
        waitForFace();
        ++presses;
        QWidget *target = window.focusWidget() ? window.focusWidget() : &window;
        QTest::keyClick(target, key, modifiers);
    }
    void waitForSaved()
    {
        QTRY_COMPARE_WITH_TIMEOUT(window.session()->savedState(), ProjectSession::SavedState::Saved, 20'000);
    }
    SampleId current() { return desk().queue().current().value_or(SampleId{}); }
    QString hint() const { return page->findChild<QLabel *>(QStringLiteral("reviewHint"))->text(); }
    /// Opinions of people, oldest first, read by another connection.
    std::vector<AnnotationRow> opinions(SampleId sample) const
    {
        const Project project = must(Project::open(m_folder, Project::Access::Read));
        auto rows = annotationsOf(project, sample);
        std::erase_if(rows, [](const AnnotationRow &row) { return row.source != "person"; });
        std::sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) { return a.edit < b.edit; });
        return rows;
    }

    MainWindow window;
    ReviewPage *page = nullptr;
    int presses = 0;

private:
    std::filesystem::path m_folder;
};

} // namespace

class ReviewTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        settings().clear();
        m_folder = std::make_unique<TemporaryFolder>();
        m_project = *m_folder / "study.mien";
        scoredProject(m_project, kSamples);
    }

    void cleanup() { m_folder.reset(); }

    void assistedByKeyboardAlone()
    {
        Desk desk(m_project);
        QVERIFY(!desk.desk().isBlind());
        QCOMPARE(desk.desk().classes().size() >= 7, true);
        const auto face = desk.desk().face();
        QVERIFY(face && face->row.given && face->row.suggested);
        QCOMPARE(face->pixels.width(), 8);
        QCOMPARE(face->probabilities.size(), std::size_t(7));

        const Qt::Key keys[] = {Qt::Key_Space, Qt::Key_Return, Qt::Key_3,     Qt::Key_U,
                                Qt::Key_X,     Qt::Key_K,      Qt::Key_Space, Qt::Key_Enter};
        std::vector<SampleId> seen;
        for (int i = 0; i < 24; ++i) {
            seen.push_back(desk.current());
            const int before = desk.desk().queue().position();
            desk.press(keys[i % 8]);
            QCOMPARE(desk.desk().queue().position(), before + 1);
        }
        QVERIFY2(desk.presses <= 1.1 * 24, qPrintable(QString::number(desk.presses)));
        desk.waitForSaved();
        const char *const verdicts[] = {"given",      "suggested", "third", "unsure",
                                        "not_a_face", "skip",      "given", "suggested"};
        const Project project = must(Project::open(m_project, Project::Access::Read));
        for (std::size_t i = 0; i < seen.size(); ++i) {
            const auto rows = desk.opinions(seen[i]);
            QCOMPARE(rows.size(), std::size_t(1));
            const SampleRow row = must(sampleRows(project, std::span(&seen[i], 1))).front();
            std::string expected = verdicts[i % 8];
            if (expected == "given")
                expected = project.className(*row.given);
            else if (expected == "suggested")
                expected = project.className(*row.suggested);
            else if (expected == "third")
                expected = desk.desk().classes()[2].name;
            QCOMPARE(QString::fromStdString(rows[0].verdict), QString::fromStdString(expected));
            QVERIFY(!rows[0].blind && !rows[0].afterReveal);
            QCOMPARE(QString::fromStdString(rows[0].annotator), QStringLiteral("ann"));
            QVERIFY(rows[0].seconds >= 0 && rows[0].seconds < 60);
            if (row.flag != FlagState::None && expected == project.className(*row.given))
                QCOMPARE(row.flag, FlagState::Rejected);
        }
        std::printf("assisted: %.2f key presses a face\n", desk.presses / 24.0);
    }

    void blindByKeyboardAlone()
    {
        Desk desk(m_project);
        // The first face was seen with its label; blind review begins with the next one.
        desk.press(Qt::Key_Space);
        desk.press(Qt::Key_B);
        QVERIFY(desk.desk().isBlind());
        const auto hidden = [&] {
            return desk.page->findChild<QLabel *>(QStringLiteral("evidenceHidden"))->isVisible();
        };
        QVERIFY(!hidden()); // that next face was on the screen when B was pressed
        const auto keyShown = [&](const char *verb) {
            return desk.page->findChild<QToolButton *>(QStringLiteral("button.review.") + QLatin1String(verb))
                ->isVisible();
        };
        QVERIFY(keyShown("keep") && keyShown("take"));
        desk.press(Qt::Key_1);
        desk.presses = 0;
        QTRY_VERIFY(hidden());
        QVERIFY(!keyShown("keep") && !keyShown("take") && keyShown("unsure"));
        QCOMPARE(desk.window.studio().currentSample(), SampleId{}); // the inspector tells nothing either

        desk.press(Qt::Key_Space);
        QVERIFY2(desk.hint().contains(QStringLiteral("Space")), qPrintable(desk.hint()));
        desk.press(Qt::Key_Return);
        QVERIFY2(desk.hint().contains(QStringLiteral("Enter")), qPrintable(desk.hint()));
        desk.presses = 0;

        std::vector<SampleId> seen;
        for (int i = 0; i < 20; ++i) {
            QTRY_VERIFY(hidden());
            seen.push_back(desk.current());
            desk.press(Qt::Key(Qt::Key_1 + i % 7));
            // As soon as the next face is loaded.
            QTRY_VERIFY(desk.page->findChild<QWidget *>(QStringLiteral("lastAnswerCard"))->isVisible());
            if (i == 9)
                desk.press(Qt::Key_2, Qt::AltModifier); // the reveal changed this person's mind
        }
        QVERIFY2(desk.presses <= 1.1 * 20, qPrintable(QString::number(desk.presses)));
        desk.waitForSaved();
        for (std::size_t i = 0; i < seen.size(); ++i) {
            const auto rows = desk.opinions(seen[i]);
            QCOMPARE(rows.size(), std::size_t(i == 9 ? 2 : 1));
            QVERIFY(rows[0].blind && !rows[0].afterReveal);
            QCOMPARE(QString::fromStdString(rows[0].verdict),
                     QString::fromStdString(desk.desk().classes()[i % 7].name));
            if (i == 9) {
                QVERIFY(rows[1].blind && rows[1].afterReveal);
                QCOMPARE(QString::fromStdString(rows[1].verdict),
                         QString::fromStdString(desk.desk().classes()[1].name));
            }
        }
        std::printf("blind: %.2f key presses a face\n", desk.presses / 20.0);
    }

    void theFaceHasTheKeysWhenTheQueueComesLate()
    {
        MainWindow window;
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        // Entered at once, before any queue can be there.
        connect(&window, &MainWindow::projectOpened, &window, [&window] { window.showPage(QStringLiteral("review")); });
        window.openProject(QString::fromStdString(m_project.string()));
        ReviewPage *page = nullptr;
        QTRY_VERIFY((page = qobject_cast<ReviewPage *>(window.page(QStringLiteral("review")))));
        QTRY_VERIFY(page->desk() && page->desk()->face());
        QCOMPARE(window.focusWidget(), &page->faceView());
        window.session()->setAnnotator(QStringLiteral("ann"));
        const auto face = page->desk()->queue().current();
        QTest::keyClick(window.focusWidget(), Qt::Key_Return);
        QVERIFY(page->desk()->queue().current() != face);
    }

    void blindMayStayOnTheFace()
    {
        Desk desk(m_project);
        desk.press(Qt::Key_B);
        desk.press(Qt::Key_1);
        desk.desk().setStayAfterVote(true);
        const SampleId face = desk.current();
        desk.press(Qt::Key_4);
        QCOMPARE(desk.current(), face);
        QTRY_VERIFY(desk.desk().isRevealed());
        desk.press(Qt::Key_Space); // after the reveal Space means the given label again
        QVERIFY(desk.current() != face);
        desk.waitForSaved();
        const auto rows = desk.opinions(face);
        QCOMPARE(rows.size(), std::size_t(2));
        QVERIFY(rows[0].blind && !rows[0].afterReveal && rows[1].afterReveal);
        // A second face whose first vote stands: K goes on without a row.
        const SampleId other = desk.current();
        desk.press(Qt::Key_4);
        desk.press(Qt::Key_K);
        QVERIFY(desk.current() != other);
        desk.waitForSaved();
        QCOMPARE(desk.opinions(other).size(), std::size_t(1));
    }

    void aSeenFaceIsNeverBlindAgain()
    {
        const auto isBlindVote = [](Desk &desk, SampleId face) {
            desk.waitForSaved();
            const auto rows = desk.opinions(face);
            return !rows.empty() && rows.back().blind;
        };
        const auto reopen = [](Desk &desk, const QString &title, SampleId first, SampleId second) {
            desk.window.studio().openQueue({title, {first, second}, {}});
            QTRY_COMPARE(desk.desk().plan().title, title);
            desk.waitForFace();
            QTRY_COMPARE(desk.current(), first);
        };
        SampleId open, voted, fresh{190}, relabelled{191}, inspected{192};
        {
            Desk desk(m_project);
            auto *title = desk.page->findChild<QToolButton *>(QStringLiteral("reviewQueueButton"));
            open = desk.current(); // with its label
            desk.press(Qt::Key_B);
            reopen(desk, QStringLiteral("Anger predicted as Fear"), open, fresh);
            QVERIFY(desk.desk().isRevealed());
            QCOMPARE(title->text(), QStringLiteral("Anger predicted as Fear"));
            desk.press(Qt::Key_2);
            QVERIFY(!desk.desk().isRevealed());
            QCOMPARE(title->text(), QStringLiteral("Hidden queue")); // its name would tell the label
            voted = desk.current();
            desk.press(Qt::Key_3);
            QVERIFY(!isBlindVote(desk, open));
            QVERIFY(isBlindVote(desk, voted));
            // Its answer revealed it; an edit of the gallery and the inspector do so too.
            reopen(desk, QStringLiteral("Again"), voted, SampleId{193});
            QVERIFY(desk.desk().isRevealed());
            desk.press(Qt::Key_4);
            QVERIFY(!isBlindVote(desk, voted));
            QVERIFY(!desk.desk().isRevealed());
            desk.window.session()->edit([relabelled](Project &project) {
                Verdict verdict;
                verdict.kind = Verdict::Kind::Unsure;
                return annotate(project, relabelled, verdict, "ann");
            });
            desk.waitForSaved();
            desk.window.studio().setCurrentSample(inspected);
            open = SampleId{194};
            desk.press(Qt::Key_B); // 193 with its label
            reopen(desk, QStringLiteral("Left open"), open, SampleId{195});
            desk.press(Qt::Key_B);
        }
        Desk desk(m_project);
        QVERIFY(desk.desk().isBlind());
        for (const SampleId face : {open, SampleId{193}, relabelled, inspected}) {
            reopen(desk, QString::number(face.value), face, SampleId{189});
            QVERIFY2(desk.desk().isRevealed(), qPrintable(QString::number(face.value)));
            desk.press(Qt::Key_5);
            QVERIFY2(!isBlindVote(desk, face), qPrintable(QString::number(face.value)));
        }
        QVERIFY(!desk.desk().isRevealed());
        desk.press(Qt::Key_5);
        QVERIFY(isBlindVote(desk, SampleId{189}));
        // Somebody else has not seen any of them.
        desk.window.session()->setAnnotator(QStringLiteral("bea"));
        reopen(desk, QStringLiteral("Of another person"), open, relabelled);
        QVERIFY(!desk.desk().isRevealed());
    }

    void evidenceSaysWhatItsQueueKnows()
    {
        addFinishedRun(*std::make_unique<Project>(must(Project::open(m_project, Project::Access::Write))), 1, 0.1);
        Desk desk(m_project);
        const auto text = [&desk](const char *name) {
            return desk.page->findChild<QLabel *>(QLatin1String(name))->text();
        };
        // A drawn face is marked, unless blind review hides how it came here.
        const QString drawn = QStringLiteral("drawn at random");
        bool seenDrawn = false, seenRanked = false;
        for (int i = 0; i < 20; ++i) {
            const bool random = desk.desk().queue().at(i).random;
            QCOMPARE(text("evidenceSuspicion").contains(drawn), random);
            (random ? seenDrawn : seenRanked) = true;
            desk.press(Qt::Key_K);
            desk.waitForFace();
        }
        QVERIFY(seenDrawn && seenRanked);
        QVERIFY(desk.page->findChild<QToolButton *>(QStringLiteral("reviewQueueButton"))
                    ->toolTip()
                    .contains(QStringLiteral("at random")));
        QVERIFY(!text("evidenceReasons").contains(QStringLiteral("said")));
        desk.window.studio().openQueue({QStringLiteral("Fixed by r2"), {SampleId{9}}, {}, {"r1", "r2"}});
        QTRY_COMPARE(desk.current(), SampleId{9});
        QTRY_VERIFY2(text("evidenceReasons").contains(QStringLiteral("r2 said ")), qPrintable(text("evidenceReasons")));
        QVERIFY2(text("evidenceReasons").contains(QStringLiteral("• r1 said ")), qPrintable(text("evidenceReasons")));
    }

    /// look.md: nothing moves between two faces but the face.
    void nothingMovesBetweenTwoFaces_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::addColumn<int>("least"); // Height of the map's panel.
        QTest::newRow("small") << QSize(1020, 640) << 110;
        QTest::newRow("laptop") << QSize(1280, 720) << 190;
        QTest::newRow("large") << QSize(1600, 1000) << 300;
    }

    void nothingMovesBetweenTwoFaces()
    {
        QFETCH(QSize, size);
        QFETCH(int, least);
        Desk desk(m_project);
        desk.page->findChild<QToolButton *>(QStringLiteral("button.review.attention"))
            ->defaultAction()
            ->setChecked(true);
        desk.window.resize(size);
        const auto places = [&] {
            QStringList found;
            for (const char *name :
                 {"attentionPanel", "evidenceReasons", "evidenceSuspicion", "classBar", "reviewNote"}) {
                const auto *part = desk.page->findChild<QWidget *>(QLatin1String(name));
                const QRect place(part->mapTo(desk.page, QPoint()), part->size());
                found << QStringLiteral("%1 %2,%3 %4x%5")
                             .arg(QLatin1String(name))
                             .arg(place.x())
                             .arg(place.y())
                             .arg(place.width())
                             .arg(place.height());
            }
            return found;
        };
        desk.waitForFace();
        QTest::qWait(50); // the layout of the new size
        const QStringList first = places();
        QSet<qsizetype> reasons;
        for (int i = 0; i < 12; ++i) {
            reasons << desk.page->findChild<QLabel *>(QStringLiteral("evidenceReasons"))->text().count(u'\n');
            if (const QString folder = qEnvironmentVariable("MIEN_PICTURES"); !folder.isEmpty() && i < 4)
                QVERIFY(desk.window.grab().save(
                    QStringLiteral("%1/review-%2-%3.png").arg(folder, QLatin1String(QTest::currentDataTag())).arg(i)));
            desk.press(Qt::Key_K);
            desk.waitForFace();
            QTest::qWait(20);
            QCOMPARE(places(), first);
        }
        QVERIFY(reasons.size() > 2);
        const auto *map = desk.page->findChild<QWidget *>(QStringLiteral("attentionPanel"));
        QVERIFY2(map->height() >= least, qPrintable(first.join(QLatin1Char('\n'))));
    }

    void clocksStandStillWhileNobodyLooks()
    {
        Desk desk(m_project);
        const SampleId face = desk.current();
        desk.window.showPage(QStringLiteral("train"));
        const auto before = desk.desk().sitting().elapsed(ReviewSession::Clock::now() + std::chrono::seconds(30));
        QTest::qWait(1200);
        desk.window.showPage(QStringLiteral("review"));
        desk.press(Qt::Key_1);
        desk.waitForSaved();
        QVERIFY2(desk.opinions(face).at(0).seconds < 1.0, qPrintable(QString::number(desk.opinions(face)[0].seconds)));
        QVERIFY(before.count() < 30);
    }

    void drawnFacesKeepTheirProbability_data()
    {
        QTest::addColumn<bool>("blind");
        QTest::newRow("assisted") << false;
        QTest::newRow("blind") << true;
    }

    void drawnFacesKeepTheirProbability()
    {
        QFETCH(bool, blind);
        settings().setValue(QStringLiteral("review/blind"), blind);
        Desk desk(m_project);
        std::vector<std::pair<SampleId, std::optional<double>>> answered;
        int drawn = 0;
        for (int i = 0; i < 20; ++i) {
            const auto probability = desk.desk().queue().drawProbability(i);
            QCOMPARE(probability.has_value(), desk.desk().queue().at(i).random);
            drawn += probability.has_value();
            answered.emplace_back(desk.current(), probability);
            desk.press(Qt::Key(Qt::Key_1 + i % 7));
        }
        QVERIFY(drawn >= 3 && drawn < 20);
        desk.waitForSaved();
        const auto isStored = [&](int i) {
            const auto rows = desk.opinions(answered[static_cast<std::size_t>(i)].first);
            return rows.size() == 1 && !rows[0].withdrawn && rows[0].blind == blind &&
                   rows[0].samplingProbability == answered[static_cast<std::size_t>(i)].second;
        };
        for (int i = 0; i < 20; ++i)
            QVERIFY2(isStored(i), qPrintable(QString::number(i)));
        // Undone and done again: the same rows count.
        for (int i = 0; i < 20; ++i) {
            QTest::keyClick(&desk.window, Qt::Key_Z, Qt::ControlModifier);
            QTRY_COMPARE(desk.desk().queue().answered(), 19 - i);
        }
        for (int i = 0; i < 20; ++i) {
            QTest::keyClick(&desk.window, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
            QTRY_COMPARE(desk.desk().queue().answered(), i + 1);
        }
        desk.waitForSaved();
        for (int i = 0; i < 20; ++i)
            QVERIFY2(isStored(i), qPrintable(QString::number(i)));
        // Answered anew after Backspace: drawn still.
        desk.press(Qt::Key_Backspace);
        QTRY_COMPARE(desk.desk().queue().answered(), 19);
        desk.press(Qt::Key_5);
        desk.waitForSaved();
        const auto again = desk.opinions(answered[19].first);
        QCOMPARE(again.size(), std::size_t(2));
        QVERIFY(again[1].samplingProbability == answered[19].second);
    }

    void undoReturnsToTheFace()
    {
        Desk desk(m_project);
        std::vector<SampleId> seen;
        for (int i = 0; i < 4; ++i) {
            seen.push_back(desk.current());
            desk.press(Qt::Key_2);
        }
        for (int i = 3; i >= 1; --i) {
            desk.press(Qt::Key_Backspace);
            QTRY_COMPARE(desk.current(), seen[static_cast<std::size_t>(i)]);
        }
        desk.waitForSaved();
        QCOMPARE(desk.desk().queue().answered(), 1);
        QVERIFY(desk.opinions(seen[3]).empty() || desk.opinions(seen[3]).front().withdrawn);
        // Ctrl+Z is the same for the newest answer, and redo brings it back.
        QTest::keyClick(&desk.window, Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(desk.current(), seen[0]);
        QTest::keyClick(&desk.window, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(desk.desk().queue().answered(), 1);
        QTRY_COMPARE(desk.desk().queue().at(0).outcome != ReviewQueue::Outcome::None, true);
    }

    void undoLeavesOtherEditsAlone()
    {
        Desk desk(m_project);
        desk.press(Qt::Key_2);
        desk.waitForSaved();
        QSignalSpy changed(desk.window.session(), &ProjectSession::undoChanged);
        desk.window.session()->edit([](Project &project) {
            const SampleId samples[] = {SampleId{150}};
            return addTag(project, samples, "glasses", "ann");
        });
        QVERIFY(changed.wait(10'000));
        desk.press(Qt::Key_Backspace);
        QTRY_VERIFY2(desk.hint().contains(QStringLiteral("Ctrl+Z")), qPrintable(desk.hint()));
        QCOMPARE(desk.desk().queue().answered(), 1);
    }

    void typingInTheNoteLabelsNothing()
    {
        Desk desk(m_project);
        const SampleId face = desk.current();
        desk.press(Qt::Key_N);
        auto *note = desk.page->findChild<QLineEdit *>(QStringLiteral("reviewNote"));
        QTRY_VERIFY(note->hasFocus());
        QTest::keyClicks(note, QStringLiteral("1 brow up, u x k"));
        QCOMPARE(desk.current(), face);
        QCOMPARE(note->text(), QStringLiteral("1 brow up, u x k"));
        QTest::keyClick(note, Qt::Key_Return);
        QVERIFY(!note->hasFocus());
        desk.press(Qt::Key_3);
        desk.waitForSaved();
        QCOMPARE(QString::fromStdString(desk.opinions(face).at(0).note), QStringLiteral("1 brow up, u x k"));
        QTRY_VERIFY(note->text().isEmpty());
        // It comes back with its face, and what the undo said goes with the next action.
        desk.press(Qt::Key_Backspace);
        QTRY_COMPARE(desk.current(), face);
        QTRY_COMPARE(note->text(), QStringLiteral("1 brow up, u x k"));
        QVERIFY(desk.hint().startsWith(QStringLiteral("Undone")));
        desk.press(Qt::Key_3);
        QVERIFY2(desk.hint().isEmpty(), qPrintable(desk.hint()));
        desk.waitForSaved();
        QCOMPARE(QString::fromStdString(desk.opinions(face).at(1).note), QStringLiteral("1 brow up, u x k"));
    }

    void keysWorkAfterAnyClick()
    {
        Desk desk(m_project);
        for (const char *name : {"reviewFace", "queueStrip", "evidencePanel", "classBar"}) {
            auto *widget = desk.page->findChild<QWidget *>(QLatin1String(name));
            QVERIFY(widget);
            QTest::mouseClick(widget, Qt::LeftButton, {}, QPoint(3, 3));
            const int before = desk.desk().queue().position();
            desk.press(Qt::Key_U);
            QCOMPARE(desk.desk().queue().position(), before + 1);
        }
        // The numpad equals the digit row; a click on a class equals its key.
        const SampleId face = desk.current();
        desk.press(Qt::Key_5, Qt::KeypadModifier);
        auto *bar = desk.page->findChild<ClassBar *>();
        desk.waitForFace();
        const SampleId next = desk.current();
        QTest::mouseClick(bar, Qt::LeftButton, {}, bar->cellRect(1).center().toPoint());
        desk.waitForSaved();
        QCOMPARE(QString::fromStdString(desk.opinions(face).at(0).verdict),
                 QString::fromStdString(desk.desk().classes()[4].name));
        QCOMPARE(QString::fromStdString(desk.opinions(next).at(0).verdict),
                 QString::fromStdString(desk.desk().classes()[1].name));
    }

    void shiftGivesTheSecondChoice()
    {
        Desk desk(m_project);
        const SampleId face = desk.current();
        desk.press(Qt::Key_2, Qt::ShiftModifier);
        QCOMPARE(desk.current(), face);
        desk.press(Qt::Key_1);
        desk.waitForSaved();
        const auto rows = desk.opinions(face);
        QCOMPARE(QString::fromStdString(rows.at(0).verdict), QString::fromStdString(desk.desk().classes()[0].name));
        QCOMPARE(QString::fromStdString(rows.at(0).second.value_or("")),
                 QString::fromStdString(desk.desk().classes()[1].name));
    }

    void theAnnotatorIsAskedOnce()
    {
        Desk desk(m_project, {});
        const SampleId face = desk.current();
        desk.press(Qt::Key_1);
        auto *dialog = desk.page->findChild<AnnotatorDialog *>();
        QVERIFY(dialog);
        QCOMPARE(desk.current(), face); // nothing is labelled before the name is known
        auto *name = dialog->findChild<QLineEdit *>();
        QVERIFY(name);
        name->setText(QStringLiteral("Ada"));
        dialog->accept();
        QTRY_VERIFY(desk.current() != face);
        QVERIFY(QTest::qWaitForWindowActive(&desk.window));
        desk.press(Qt::Key_1);
        desk.waitForSaved();
        QCOMPARE(QString::fromStdString(desk.opinions(face).at(0).annotator), QStringLiteral("Ada"));
    }

    void whatCannotBeSavedIsNeverLost()
    {
        Desk desk(m_project);
        desk.press(Qt::Key_1);
        desk.waitForSaved();
        const SampleId face = desk.current();

        // No file may grow beyond a page: the log of the database cannot be written.
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        rlimit small = before;
        small.rlim_cur = 4096;
        setrlimit(RLIMIT_FSIZE, &small);
        desk.press(Qt::Key_2);
        QTRY_COMPARE_WITH_TIMEOUT(desk.window.session()->savedState(), ProjectSession::SavedState::NotSaved, 20'000);
        setrlimit(RLIMIT_FSIZE, &before);

        QTRY_COMPARE(desk.current(), face); // it comes back
        QCOMPARE(desk.desk().unsaved(), 1);
        desk.press(Qt::Key_3); // refused: the other answer waits
        QVERIFY(desk.hint().contains(QStringLiteral("Not saved")));
        QCOMPARE(desk.current(), face);
        desk.window.session()->retrySave();
        desk.waitForSaved();
        QTRY_VERIFY(desk.current() != face);
        const auto rows = desk.opinions(face);
        QCOMPARE(rows.size(), std::size_t(1));
        QCOMPARE(QString::fromStdString(rows[0].verdict), QString::fromStdString(desk.desk().classes()[1].name));
    }

    void newScoresReorderOnlyWhatWasNotSeen()
    {
        Desk desk(m_project);
        for (int i = 0; i < 6; ++i)
            desk.press(Qt::Key_Space);
        desk.waitForSaved();
        std::vector<SampleId> seen;
        for (int i = 0; i <= 6; ++i)
            seen.push_back(desk.desk().queue().at(i).sample);
        int next = 7;
        while (desk.desk().queue().at(next).random)
            ++next; // what was drawn keeps its place, what was ranked does not
        const SampleId upcoming = desk.desk().queue().at(next).sample;
        {
            // As `mien flag` does it, under the window's lease: the order upside down.
            qputenv("MIEN_LEASE", desk.window.session()->childEnvironment().first().mid(11).toUtf8());
            Project project = must(Project::open(m_project, Project::Access::Write));
            qunsetenv("MIEN_LEASE");
            FlaggingRow flagging = *currentFlagging(project);
            std::vector<ScoreRow> scores;
            for (const SampleId id : must(samplesMatching(project, ""))) {
                if (auto score = scoreOf(project, id)) {
                    score->suspicion = 1 - score->suspicion;
                    scores.push_back(*score);
                }
            }
            must(storeFlagging(project, flagging, scores));
        }
        QTRY_VERIFY_WITH_TIMEOUT(desk.desk().queue().at(next).sample != upcoming, 20'000);
        for (int i = 0; i <= 6; ++i)
            QCOMPARE(desk.desk().queue().at(i).sample, seen[static_cast<std::size_t>(i)]);
        QCOMPARE(desk.desk().queue().position(), 6);
    }

    void theSittingGoesOnAfterARestart()
    {
        SampleId current;
        std::vector<SampleId> seen;
        {
            Desk desk(m_project);
            for (int i = 0; i < 5; ++i) {
                seen.push_back(desk.current());
                desk.press(Qt::Key_2);
            }
            desk.waitForSaved();
            current = desk.current();
        }
        Desk desk(m_project);
        QCOMPARE(desk.desk().queue().position(), 5);
        QCOMPARE(desk.current(), current);
        QCOMPARE(desk.desk().queue().answered(), 5);
        desk.press(Qt::Key_Backspace);
        QTRY_COMPARE(desk.current(), seen[4]);
        desk.press(Qt::Key_Backspace);
        QTRY_COMPARE(desk.current(), seen[3]);
    }

    void queuesOfFiltersAndSelections()
    {
        Desk desk(m_project);
        desk.window.studio().openQueue({QStringLiteral("Picked"), {SampleId{9}, SampleId{4}}, {}});
        QTRY_COMPARE(desk.desk().queue().size(), 2);
        QCOMPARE(desk.current(), SampleId{9});
        desk.press(Qt::Key_Space);
        QCOMPARE(desk.current(), SampleId{4});
        desk.press(Qt::Key_Space);
        QVERIFY(desk.desk().queue().atEnd());
        desk.waitForSaved();

        desk.desk().open(QueuePlan::ofConfusion(QStringLiteral("anger"), {}));
        QTRY_VERIFY(desk.desk().queue().size() > 10);
        const Project project = must(Project::open(m_project, Project::Access::Read));
        for (int i = 0; i < desk.desk().queue().size(); ++i) {
            const SampleId id = desk.desk().queue().at(i).sample;
            QCOMPARE(project.className(must(sampleRows(project, std::span(&id, 1))).front().label.value()),
                     std::string("anger"));
        }
        QueuePlan wrong;
        wrong.kind = QueuePlan::Kind::Filter;
        wrong.filter = QStringLiteral("labl:anger");
        QSignalSpy problem(&desk.desk(), &ReviewDesk::problem);
        const int before = desk.desk().queue().size();
        desk.desk().open(wrong);
        QTRY_COMPARE(problem.count(), 1);
        QCOMPARE(desk.desk().queue().size(), before); // the queue at work stays
    }

    void howManyToReview()
    {
        Desk desk(m_project);
        desk.press(Qt::Key_H, Qt::ShiftModifier);
        QTRY_VERIFY(desk.page->findChild<OutlookDialog *>());
        auto *dialog = desk.page->findChild<OutlookDialog *>();
        QTRY_VERIFY(dialog->isVisible());
        auto *faces = dialog->findChild<QSpinBox *>(QStringLiteral("reviewOutlookFaces"));
        auto *curve = dialog->findChild<LinePlot *>(QStringLiteral("reviewOutlookCurve"));
        QCOMPARE(faces->value(), faces->maximum()); // fewer than a thousand
        faces->setValue(40);
        QCOMPARE(curve->marker(), std::optional(40.0));
        // The plot may be dragged, too.
        const QPointF place = curve->positionOf({60, 10});
        QTest::mousePress(curve, Qt::LeftButton, {}, place.toPoint());
        QTest::mouseRelease(curve, Qt::LeftButton, {}, place.toPoint());
        QVERIFY(std::abs(faces->value() - 60) <= 2);
        faces->setValue(40);
        QVERIFY(dialog->findChild<QLabel *>(QStringLiteral("reviewOutlookWords"))
                    ->text()
                    .contains(QStringLiteral("wrong labels")));
        if (const QString folder = qEnvironmentVariable("MIEN_PICTURES"); !folder.isEmpty())
            QVERIFY(dialog->grab().save(folder + QStringLiteral("/outlook-dialog.png")));
        const QStringList faults = faultsOfLook(desk.window, QStringLiteral("outlook"));
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
        QTest::keyClick(faces, Qt::Key_Return);
        QTRY_COMPARE(desk.desk().plan().most, 40);
        desk.waitForFace();
        int ranked = 0;
        for (int i = 0; i < desk.desk().queue().size(); ++i)
            ranked += !desk.desk().queue().at(i).random;
        QVERIFY2(ranked <= 40 && ranked > 25, qPrintable(QString::number(ranked))); // some of the 40 are drawn, too
        QVERIFY(desk.desk().plan().title.contains(QStringLiteral("40")));
    }

    void answersAreLearned()
    {
        {
            Project project = must(Project::open(m_project, Project::Access::Write));
            const auto ids = must(samplesMatching(project, "scored:yes"));
            QTest::qWait(2); // later than the flagging
            must(annotateAll(project, std::span(ids).last(98), {.label = ClassId{1}}, "ann"));
        }
        Desk desk(m_project);
        const auto isFlagging = [](const JobInfo &job) { return job.arguments.value(0) == QStringLiteral("flag"); };
        const auto count = [&] {
            const QList<JobInfo> jobs = desk.window.session()->jobs().jobs();
            return std::count_if(jobs.begin(), jobs.end(), isFlagging);
        };
        desk.press(Qt::Key_2);
        desk.waitForSaved();
        QTest::qWait(2500);
        QCOMPARE(count(), 0); // 99 answers
        AnswerLearning::setOn(false);
        desk.press(Qt::Key_2);
        desk.waitForSaved();
        QTest::qWait(2500);
        QCOMPARE(count(), 0); // a setting
        AnswerLearning::setOn(true);
        desk.press(Qt::Key_2);
        QTRY_COMPARE_WITH_TIMEOUT(count(), 1, 20'000);
        const QList<JobInfo> jobs = desk.window.session()->jobs().jobs();
        const JobInfo job = *std::find_if(jobs.begin(), jobs.end(), isFlagging);
        QCOMPARE(job.arguments, QStringList({"flag", "--run", "r1", "--method", "fused"}));
        QVERIFY2(job.title.contains(QStringLiteral("101")), qPrintable(job.title));
        desk.press(Qt::Key_2);
        desk.waitForSaved();
        QTest::qWait(2500);
        QCOMPARE(count(), 1); // not again before there are half as many more
    }

    void faceKeysChangeOnlyTheView()
    {
        Desk desk(m_project);
        auto *face = desk.page->findChild<FaceView *>();
        const SampleId sample = desk.current();
        QVERIFY2(face->height() >= 0.4 * desk.window.height(), qPrintable(QString::number(face->height())));
        desk.press(Qt::Key_Plus);
        QVERIFY(face->zoom() > 1.2);
        desk.press(Qt::Key_BracketRight);
        QCOMPARE(face->contrast(), 1);
        desk.press(Qt::Key_P);
        QVERIFY(!face->isSmooth());
        desk.press(Qt::Key_H);
        QVERIFY(face->isHiddenFace());
        QCOMPARE(desk.window.studio().currentSample(), SampleId{}); // the inspector hides it too
        desk.press(Qt::Key_0);
        QCOMPARE(face->zoom(), 1.0);
        QCOMPARE(desk.current(), sample);
        desk.press(Qt::Key_K);
        QTRY_VERIFY(!face->isHiddenFace()); // the next face is shown
    }

    void theSourceOfATableIsItsRows()
    {
        Desk desk(m_project);
        auto *panel = desk.page->findChild<SourcePanel *>();
        QVERIFY(!panel->isVisible());
        desk.press(Qt::Key_V);
        QVERIFY(panel->isVisible());
        auto *facts = panel->findChild<QLabel *>(QStringLiteral("sourceFacts"));
        const auto row = [&] { return QStringLiteral("faces.csv, row %1\n").arg(desk.current().value - 1); };
        QTRY_VERIFY2(facts->text().startsWith(row()), qPrintable(facts->text()));
        QVERIFY2(facts->text().contains(QStringLiteral("labelled")), qPrintable(facts->text()));
        QVERIFY(panel->rows().size() >= 5);
        QCOMPARE(std::count_if(panel->rows().begin(), panel->rows().end(), [](const auto &one) { return one.current; }),
                 1);
        QVERIFY(std::any_of(panel->rows().begin(), panel->rows().end(),
                            [](const auto &one) { return one.given.has_value(); }));

        // Blind: the place may be seen, what it says about labels not.
        desk.press(Qt::Key_B);
        desk.press(Qt::Key_1);
        QVERIFY(!desk.desk().isRevealed());
        QTRY_VERIFY2(facts->text().startsWith(row()), qPrintable(facts->text()));
        QVERIFY2(!facts->text().contains(QStringLiteral("labelled")), qPrintable(facts->text()));
        QVERIFY(std::none_of(panel->rows().begin(), panel->rows().end(),
                             [](const auto &one) { return one.given.has_value(); }));
        desk.press(Qt::Key_V);
        QVERIFY(!panel->isVisible());
    }

    void neighboursSayWhatTheyAre_data()
    {
        QTest::addColumn<QStringList>("labels");
        QTest::addColumn<QString>("given");
        QTest::addColumn<QString>("suggested");
        QTest::addColumn<QString>("words");
        const QStringList eight = QStringList(QList<QString>(8, QStringLiteral("Sadness")))
                                  << QStringLiteral("Fear") << QStringLiteral("Neutral");
        QTest::newRow("against the given label")
            << eight << QStringLiteral("Anger") << QStringLiteral("Neutral")
            << QStringLiteral("8 of the 10 nearest faces are Sadness, none with the given label, Anger.");
        QTest::newRow("as suggested")
            << eight << QStringLiteral("Fear") << QStringLiteral("Sadness")
            << QStringLiteral("8 of the 10 nearest faces are Sadness, as suggested, 1 with the given label, Fear.");
        QTest::newRow("for the given label")
            << eight << QStringLiteral("Sadness") << QStringLiteral("Fear")
            << QStringLiteral("8 of the 10 nearest faces carry the given label, Sadness.");
        QTest::newRow("nothing given") << eight << QString() << QString()
                                       << QStringLiteral("8 of the 10 nearest faces are Sadness.");
    }

    void neighboursSayWhatTheyAre()
    {
        QFETCH(QStringList, labels);
        QFETCH(QString, given);
        QFETCH(QString, suggested);
        QFETCH(QString, words);
        std::vector<NeighbourFace> faces;
        for (const QString &label : labels)
            faces.push_back({SampleId{1}, {}, std::nullopt, label, {}});
        QCOMPARE(NeighboursPanel::summary(faces, given, suggested), words);
    }

    void neighboursByKeyboard()
    {
        qputenv("MIEN_PROGRAM", FAKE_MIEN); // the neighbours of sample N are N+1 to N+10
        const auto restore = qScopeGuard([] { qunsetenv("MIEN_PROGRAM"); });

        Desk desk(m_project);
        desk.desk().open(QueuePlan::ofConfusion(QStringLiteral("anger"), {}));
        QTRY_VERIFY(desk.desk().plan().kind == QueuePlan::Kind::Filter);
        desk.waitForFace();
        auto *panel = desk.page->findChild<NeighboursPanel *>();
        QVERIFY(!panel->isVisible());
        desk.press(Qt::Key_G);
        QVERIFY(panel->isVisible());
        QTRY_COMPARE_WITH_TIMEOUT(panel->count(), 10, 20'000);
        const SampleId face = desk.current();
        desk.press(Qt::Key_G, Qt::ShiftModifier);
        auto *first = panel->findChild<QAbstractButton *>(QStringLiteral("neighbour1"));
        QVERIFY(first->hasFocus());
        QVERIFY(first->accessibleName().startsWith(QStringLiteral("Neighbour 1, ")));
        desk.press(Qt::Key_Right);
        auto *second = panel->findChild<QAbstractButton *>(QStringLiteral("neighbour2"));
        QVERIFY(second->hasFocus());
        desk.press(Qt::Key_Return); // the neighbour, not the suggestion
        QCOMPARE(desk.current(), face);
        QCOMPARE(desk.window.studio().currentSample(), SampleId{face.value + 2});
        desk.press(Qt::Key_Escape);
        QVERIFY(!second->hasFocus());
        // The digits go on labelling, also while a neighbour has the focus; the next face brings its own.
        desk.press(Qt::Key_G, Qt::ShiftModifier);
        desk.press(Qt::Key_1);
        QVERIFY(desk.current() != face);
        QTRY_COMPARE_WITH_TIMEOUT(panel->count(), 10, 20'000);

        // Blind: nothing of them until the vote.
        desk.press(Qt::Key_B);
        desk.press(Qt::Key_1);
        QVERIFY(!desk.desk().isRevealed());
        QCOMPARE(panel->count(), 0);
        QVERIFY(panel->findChild<QLabel *>()->text().contains(QStringLiteral("Blind")));
        desk.desk().setStayAfterVote(true);
        desk.press(Qt::Key_2);
        QTRY_COMPARE_WITH_TIMEOUT(panel->count(), 10, 20'000);

        // A double click opens it in the gallery.
        const SampleId wanted{desk.current().value + 3};
        QTest::mouseDClick(panel->findChild<QAbstractButton *>(QStringLiteral("neighbour3")), Qt::LeftButton);
        QCOMPARE(desk.window.currentPage(), QStringLiteral("gallery"));
        QTRY_COMPARE_WITH_TIMEOUT(desk.window.studio().currentSample(), wanted, 20'000);
    }

    void theWindowNeverBlocks()
    {
        Desk desk(m_project);
        StallWatchdog watchdog;
        // Every page this room has, with answers in between.
        for (const char *page : {"review", "train", "runs", "review"}) {
            desk.window.showPage(QLatin1String(page));
            QTest::qWait(150);
        }
        desk.window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&desk.window));
        for (int i = 0; i < 60 && !desk.desk().queue().atEnd(); ++i)
            desk.press(Qt::Key(Qt::Key_1 + i % 7));
        for (int i = 0; i < 20; ++i)
            desk.press(Qt::Key_Backspace);
        desk.waitForSaved();
        QVERIFY2(watchdog.stallsMs().empty(), qPrintable(QString::number(watchdog.longestMs())));
    }

    void theClassGuideClosesFromThePage()
    {
        Desk desk(m_project);
        const SampleId face = desk.current();
        desk.press(Qt::Key_I);
        auto *guide = desk.page->findChild<QDialog *>(QStringLiteral("classGuide"));
        QTRY_VERIFY(guide && guide->isVisible());
        desk.window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&desk.window));
        desk.press(Qt::Key_Escape);
        QVERIFY(!guide->isVisible());
        desk.press(Qt::Key_I);
        QTRY_VERIFY(guide->isVisible());
        QCOMPARE(desk.current(), face);
    }

    void noKeyIsTakenTwice()
    {
        Desk desk(m_project);
        for (const auto &[a, b] : desk.window.actions().conflicts())
            QVERIFY2(!a.startsWith(QStringLiteral("review.")) && !b.startsWith(QStringLiteral("review.")),
                     qPrintable(a + QLatin1Char(' ') + b));
    }

private:
    std::unique_ptr<TemporaryFolder> m_folder;
    std::filesystem::path m_project;
};

QTEST_MAIN(ReviewTest)
#include "tst_review.moc"
