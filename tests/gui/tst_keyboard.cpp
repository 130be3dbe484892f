#include "studio/app/main_window.h"
#include "studio/common/action_registry.h"
#include "studio/common/theme.h"
#include "studio/review/face_view.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "tests/support/controls.h"
#include "tests/support/opened_window.h"
#include "tests/support/scored_project.h"

#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QImage>
#include <QLabel>
#include <QMenuBar>
#include <QPushButton>
#include <QStatusBar>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace mien;
using namespace mien::test;

/// Nobody needs a mouse: Tab reaches every control of every page and comes round, each control says what it is, and
/// the one that has the focus looks it.
class tst_keyboard : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    static QImage pictureOf(const QWidget *widget)
    {
        QWidget *window = widget->window();
        const QRect around(widget->mapTo(window, QPoint()) - QPoint(4, 4), widget->size() + QSize(8, 8));
        return window->grab(around & window->rect()).toImage();
    }

    /// Not scrolled away or cut off by what it lies in.
    static bool isInSight(const QWidget *widget)
    {
        QRect seen = widget->rect();
        for (; !widget->isWindow(); widget = widget->parentWidget())
            seen = seen.translated(widget->pos()) & widget->parentWidget()->rect();
        return !seen.isEmpty();
    }

    static bool looksFocused(QWidget *widget)
    {
        const QImage focused = pictureOf(widget);
        widget->clearFocus();
        const QImage plain = pictureOf(widget);
        widget->setFocus(Qt::TabFocusReason);
        return focused != plain;
    }

    /// What is wrong with the control that has the focus; empty: nothing.
    static QStringList faultsOf(QWidget *focus)
    {
        QStringList faults;
        const QWidget *control = isOurs(focus) ? focus : focus->parentWidget();
        if (!isNamed(focus) && !isNamed(control))
            faults << pathOf(focus) + QStringLiteral(" has no name");
        if (!isInSight(focus))
            faults << pathOf(focus) + QStringLiteral(" has the focus out of sight");
        else if (!looksFocused(focus))
            faults << pathOf(focus) + QStringLiteral(" looks the same with the focus");
        return faults;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        prepareWindowTests(FAKE_MIEN);
        Theme::instance().setMotion(false);
        QApplication::setCursorFlashTime(0); // two pictures differ by the focus alone
        const QString path = m_folder.filePath(QStringLiteral("keys.mien"));
        {
            Project project = scoredProject(path.toStdString(), 200);
            addFinishedRun(project, 7, 0.8);
        }
        m_window = std::make_unique<MainWindow>();
        QVERIFY(openProject(*m_window, path));
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }

    void cleanupTestCase() { m_window.reset(); }

    void tabWalksThePage_data()
    {
        QTest::addColumn<QString>("page");
        for (const QString &page : m_window->pageIds())
            QTest::newRow(qPrintable(page)) << page;
    }

    void tabWalksThePage()
    {
        QFETCH(QString, page);
        m_window->showPage(page);
        QTRY_VERIFY(m_window->isSettled());
        QTest::qWait(50);
        m_window->activateWindow(); // a combo box that is filled takes the activation away offscreen
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QVERIFY2(QApplication::focusWidget(), "nothing has the focus");
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab); // away from what only a click focuses
        QList<QWidget *> seen;
        QStringList faults;
        for (QWidget *focus = QApplication::focusWidget(); focus && !seen.contains(focus) && seen.size() < 300;) {
            seen << focus;
            faults += faultsOf(focus);
            QTest::keyClick(focus, Qt::Key_Tab);
            focus = QApplication::focusWidget();
        }
        QVERIFY(QApplication::focusWidget());
        if (QApplication::focusWidget() != seen.first())
            faults << pathOf(QApplication::focusWidget()) + QStringLiteral(" is where Tab is stuck");
        for (QWidget *widget : m_window->page(page)->findChildren<QWidget *>()) {
            const bool takesTab = widget->focusPolicy() & Qt::TabFocus;
            if (takesTab && isOurs(widget) && widget->isVisible() && widget->isEnabled() && !widget->focusProxy() &&
                !seen.contains(widget))
                faults << pathOf(widget) + QStringLiteral(" is not reached");
        }
        if (!faults.isEmpty()) {
            faults << QStringLiteral("The way was:");
            for (const QWidget *widget : std::as_const(seen))
                faults << pathOf(widget);
        }
        // And back again.
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Backtab, Qt::ShiftModifier);
        if (QApplication::focusWidget() != seen.last())
            faults << pathOf(QApplication::focusWidget()) + QStringLiteral(" is where Shift+Tab goes");
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
    }

    void escapeClosesEveryDialog_data()
    {
        QTest::addColumn<QString>("verb");
        for (const char *verb : {"help.palette", "help.keys", "help.about", "edit.annotator"})
            QTest::newRow(verb) << QString::fromLatin1(verb);
    }

    void escapeClosesEveryDialog()
    {
        QFETCH(QString, verb);
        m_window->actions().action(verb)->trigger();
        QDialog *dialog = nullptr;
        QTRY_VERIFY((dialog = m_window->findChild<QDialog *>()));
        QVERIFY(QTest::qWaitForWindowActive(dialog));
        QTRY_VERIFY(QApplication::focusWidget() && dialog->isAncestorOf(QApplication::focusWidget()));
        QWidget *const first = QApplication::focusWidget();
        QStringList faults;
        int stops = 0;
        do {
            faults += faultsOf(QApplication::focusWidget());
            QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        } while (QApplication::focusWidget() != first && ++stops < 50);
        if (stops == 50)
            faults << pathOf(QApplication::focusWidget()) + QStringLiteral(" is where Tab is stuck");
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QTRY_VERIFY(!m_window->findChild<QDialog *>());
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
    }

    void everyMenuHasItsLetter()
    {
        QStringList letters;
        for (const QAction *menu : m_window->menuBar()->actions()) {
            const qsizetype at = menu->text().indexOf(QLatin1Char('&'));
            QVERIFY2(at >= 0, qPrintable(menu->text()));
            letters << menu->text().mid(at + 1, 1).toUpper();
        }
        QVERIFY(letters.size() > 3);
        QCOMPARE(letters.removeDuplicates(), 0);
    }

    void returnPressesTheButtonWithTheFocus()
    {
        m_window->showPage(QStringLiteral("review"));
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTRY_VERIFY(m_window->isSettled());
        auto *page = qobject_cast<ReviewPage *>(m_window->page(QStringLiteral("review")));
        const auto answered = [page] { return page->desk()->queue().answered(); };
        auto *skip = page->findChild<QToolButton *>(QStringLiteral("button.review.skip"));
        for (const Qt::Key key : {Qt::Key_Return, Qt::Key_Enter}) {
            const int position = page->desk()->queue().position(), before = answered();
            skip->setFocus();
            QTest::keyClick(skip, key, key == Qt::Key_Enter ? Qt::KeypadModifier : Qt::NoModifier);
            QTRY_COMPARE(answered(), before + 1);
            QCOMPARE(page->desk()->queue().at(position).outcome, ReviewQueue::Outcome::Skipped);
            QTRY_VERIFY(page->desk()->face());
        }
        // Without a button it takes the suggestion, and in a text it is the text's.
        page->faceView().setFocus();
        const int position = page->desk()->queue().position();
        QTest::keyClick(&page->faceView(), Qt::Key_Return);
        QCOMPARE(page->desk()->queue().at(position).outcome, ReviewQueue::Outcome::Changed);

        m_window->showPage(QStringLiteral("train"));
        QTRY_VERIFY(m_window->isSettled());
        auto *compare =
            m_window->page(QStringLiteral("train"))->findChild<QPushButton *>(QStringLiteral("trainCompare"));
        QTRY_VERIFY(compare->isVisible());
        compare->setFocus();
        QTest::keyClick(compare, Qt::Key_Return);
        QCOMPARE(m_window->currentPage(), QStringLiteral("runs"));
    }

    void theKeysAreAKeyAway()
    {
        m_window->showPage(QStringLiteral("gallery"));
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTRY_VERIFY(m_window->isSettled() && QApplication::focusWidget());
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Question);
        QDialog *sheet = nullptr;
        QTRY_VERIFY((sheet = m_window->findChild<QDialog *>(QStringLiteral("keySheet"))));
        QTest::keyClick(sheet, Qt::Key_Escape);
        QTRY_VERIFY(!m_window->findChild<QDialog *>());
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTRY_VERIFY(QApplication::focusWidget());
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_F1);
        bool explained = false;
        for (const QLabel *label : m_window->statusBar()->findChildren<QLabel *>())
            explained = explained || !label->text().isEmpty();
        QVERIFY(explained || !m_window->statusBar()->currentMessage().isEmpty());
    }
};

QTEST_MAIN(tst_keyboard)
#include "tst_keyboard.moc"
