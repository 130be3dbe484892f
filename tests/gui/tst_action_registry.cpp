#include "studio/common/action_registry.h"
#include "studio/common/command_palette.h"

#include <QAction>
#include <QLineEdit>
#include <QMainWindow>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace mien;

class tst_action_registry : public QObject
{
    Q_OBJECT

private:
    static ActionSpec spec(const char *id, Qt::Key key, const char *scope = "")
    {
        ActionSpec made;
        made.id = QLatin1String(id);
        made.text = QLatin1String(id);
        made.keys = {QKeySequence(key)};
        made.scope = QLatin1String(scope);
        return made;
    }

private Q_SLOTS:
    void sameKeyOnTwoPagesIsNoConflict()
    {
        QMainWindow window;
        ActionRegistry actions(&window);
        actions.add(spec("review.skip", Qt::Key_K, "review"), &window, [] {});
        actions.add(spec("gallery.keep", Qt::Key_K, "gallery"), &window, [] {});
        QVERIFY(actions.conflicts().isEmpty());
        actions.add(spec("view.kiosk", Qt::Key_K), &window, [] {});
        QCOMPARE(actions.conflicts().size(), 2);
    }

    void aTakenKeyIsRefused()
    {
        QTemporaryDir folder;
        QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        QMainWindow window;
        ActionRegistry actions(&window, &settings);
        actions.add(spec("a", Qt::Key_A), &window, [] {});
        actions.add(spec("b", Qt::Key_B), &window, [] {});
        QCOMPARE(actions.setKeys(QStringLiteral("a"), {QKeySequence(Qt::Key_B)}), QStringLiteral("b"));
        QCOMPARE(actions.action(QStringLiteral("a"))->shortcut(), QKeySequence(Qt::Key_A));
        QCOMPARE(actions.setKeys(QStringLiteral("a"), {QKeySequence(Qt::Key_C)}), QString());

        QMainWindow next;
        ActionRegistry again(&next, &settings);
        again.add(spec("a", Qt::Key_A), &next, [] {});
        QCOMPARE(again.action(QStringLiteral("a"))->shortcut(), QKeySequence(Qt::Key_C));
        again.resetKeys(QStringLiteral("a"));
        QCOMPARE(again.action(QStringLiteral("a"))->shortcut(), QKeySequence(Qt::Key_A));
    }

    void scopeAndReasonDisable()
    {
        QMainWindow window;
        ActionRegistry actions(&window);
        QAction *keep = actions.add(spec("review.keep", Qt::Key_Space, "review"), &window, [] {});
        QVERIFY(!keep->isEnabled());
        actions.setScope(QStringLiteral("review"));
        QVERIFY(keep->isEnabled());
        actions.setDisabledReason(QStringLiteral("review.keep"), QStringLiteral("Blind review."));
        QVERIFY(!keep->isEnabled());
        QVERIFY(keep->toolTip().contains(QStringLiteral("Blind review.")));
        actions.setDisabledReason(QStringLiteral("review.keep"), {});
        QVERIFY(keep->isEnabled());
    }

    void keysReachTheWindowButNotTextFields()
    {
        QMainWindow window;
        auto *field = new QLineEdit(&window);
        auto *other = new QWidget(&window);
        other->setFocusPolicy(Qt::StrongFocus);
        ActionRegistry actions(&window);
        int runs = 0;
        actions.add(spec("label1", Qt::Key_1), &window, [&] { ++runs; });
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        other->setFocus();
        QTest::keyClick(other, Qt::Key_1);
        QCOMPARE(runs, 1);
        QTest::keyClick(other, Qt::Key_1, Qt::KeypadModifier);
        QCOMPARE(runs, 2);
        field->setFocus();
        QTest::keyClick(field, Qt::Key_1);
        QCOMPARE(runs, 2);
        QCOMPARE(field->text(), QStringLiteral("1"));
    }

    void aPageMadeAnewTakesItsVerbsOver()
    {
        QMainWindow window;
        ActionRegistry actions(&window);
        int first = 0, second = 0;
        auto *page = new QObject;
        actions.add(spec("go", Qt::Key_G), page, [&] { ++first; });
        delete page;
        QAction *action = actions.add(spec("go", Qt::Key_G), &window, [&] { ++second; });
        action->trigger();
        QCOMPARE(first, 0);
        QCOMPARE(second, 1);
        QCOMPARE(actions.entries().size(), 1);
    }

    void paletteFindsByLetters()
    {
        QVERIFY(fuzzyScore(QStringLiteral("cmd"), QStringLiteral("Close project")) < 0);
        QVERIFY(fuzzyScore(QStringLiteral("clp"), QStringLiteral("Close project")) > 0);
        QVERIFY(fuzzyScore(QStringLiteral("exp"), QStringLiteral("Export")) >
                fuzzyScore(QStringLiteral("exp"), QStringLiteral("Leave exactly empty")));
    }

    void paletteRunsTheVerb()
    {
        QMainWindow window;
        ActionRegistry actions(&window);
        int runs = 0;
        actions.add(spec("Close project", Qt::Key_F2), &window, [&] { ++runs; });
        actions.add(spec("Quit", Qt::Key_F3), &window, [] {});
        CommandPalette palette(actions, &window);
        palette.show();
        auto *field = palette.findChild<QLineEdit *>(QStringLiteral("paletteText"));
        QTest::keyClicks(field, QStringLiteral("close"));
        QTest::keyClick(field, Qt::Key_Return);
        QTRY_COMPARE(runs, 1);
    }
};

QTEST_MAIN(tst_action_registry)
#include "tst_action_registry.moc"
