#include "studio/common/filter_field.h"
#include "studio/common/project_session.h"
#include "studio/common/sample_list_model.h"
#include "studio/common/stall_watchdog.h"
#include "studio/common/theme.h"
#include "studio/common/thumbnail_loader.h"
#include "studio/gallery/gallery_accessible.h"
#include "studio/gallery/gallery_view.h"
#include "studio/gallery/view_list.h"
#include "tests/support/filled_project.h"

#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QApplication>
#include <QElapsedTimer>
#include <QInputDialog>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace mien;

namespace {

constexpr int manySamples = 100'000;

ClassId classOf(std::int64_t id)
{
    return ClassId{1 + id % 7};
}

/// Rows made up on the spot; filters are "" and `label:"name"`, "wrong" fails.
SampleListModel::Source fakeSource(int count)
{
    SampleListModel::Source source;
    source.ids = [count](const std::string &filter, const SampleOrder &order) -> Result<std::vector<SampleId>> {
        if (filter == "wrong")
            return fail(ErrorCode::Invalid, "position 1: there is no field 'wrong'; possible: label, flag.");
        std::vector<SampleId> ids;
        for (std::int64_t id = 1; id <= count; ++id) {
            bool keep = filter.empty();
            for (const ExpressionClass &expression : canonicalClasses())
                keep |= filter == "label:\"" + expression.name + "\"" && expression.id == classOf(id) && id % 20 != 0;
            if (keep)
                ids.push_back(SampleId{id});
        }
        if (order.descending)
            std::reverse(ids.begin(), ids.end());
        return ids;
    };
    source.rows = [](std::span<const SampleId> ids) -> Result<std::vector<SampleRow>> {
        std::vector<SampleRow> rows;
        for (const SampleId id : ids) {
            SampleRow row;
            row.id = id;
            row.source = "row:" + std::to_string(id.value);
            row.given = classOf(id.value);
            row.givenState = row.state = LabelState::Ok;
            row.label = row.given;
            row.scored = true;
            row.suspicion = .81;
            row.suggested = ClassId{1};
            row.arbexConfidence = .41;
            row.flag = id.value % 3 == 0 ? FlagState::Open : FlagState::None;
            rows.push_back(row);
        }
        return rows;
    };
    return source;
}

QImage fakeFace(const SampleRow &sample, int side)
{
    QImage image(side, side, QImage::Format_RGB32);
    image.fill(QColor::fromHsv(int(sample.id.value % 360), 120, 200));
    return image;
}

std::vector<ExpressionClass> classes()
{
    const auto all = canonicalClasses();
    return {all.begin(), all.end()};
}

} // namespace

class tst_gallery : public QObject
{
    Q_OBJECT

private:
    struct Shown
    {
        SampleListModel model;
        GalleryView view;

        explicit Shown(int count, bool byLabel = false)
        {
            view.setAccessibleName(QStringLiteral("Faces"));
            view.resize(1000, 700);
            view.setModel(&model);
            view.thumbnails().setSource(fakeFace);
            model.setQuery({{}, {}, byLabel});
            QSignalSpy queried(&model, &SampleListModel::queried);
            model.setSource(fakeSource(count), classes());
            view.show();
            QVERIFY(QTest::qWaitForWindowExposed(&view));
            QTRY_COMPARE(model.rowCount(), count);
            QTRY_VERIFY(view.isSettled());
        }
    };

private Q_SLOTS:
    void initTestCase()
    {
        Theme::instance().install(*qApp);
        installGalleryAccessibility();
    }

    void modelIsSound()
    {
        SampleListModel model;
        QAbstractItemModelTester tester(&model);
        model.setSource(fakeSource(600), classes());
        QTRY_COMPARE(model.rowCount(), 600);
        QVERIFY(!model.rowAt(300));
        QTRY_VERIFY(model.rowAt(300));
        QCOMPARE(model.rowAt(300)->source, "row:301");
        QCOMPARE(model.rowOf(SampleId{17}), 16);
        model.setQuery({{}, {"id", true}, false});
        QTRY_COMPARE(model.idAt(0), SampleId{600});
    }

    void aWrongFilterKeepsTheRows()
    {
        SampleListModel model;
        model.setSource(fakeSource(60), classes());
        QTRY_COMPARE(model.rowCount(), 60);
        QSignalSpy failed(&model, &SampleListModel::failed);
        model.setQuery({QStringLiteral("wrong"), {}, false});
        QTRY_COMPARE(failed.count(), 1);
        QCOMPARE(model.rowCount(), 60);
    }

    void sectionsCoverEveryRow()
    {
        SampleListModel model;
        model.setQuery({{}, {}, true});
        model.setSource(fakeSource(1000), classes());
        QTRY_COMPARE(model.rowCount(), 1000);
        int next = 0;
        for (const SampleListModel::Section &section : model.sections()) {
            QCOMPARE(section.first, next);
            next += section.count;
        }
        QCOMPARE(next, 1000);
        QCOMPARE(model.sections().back().label, ClassId{});
        QCOMPARE(model.sections().back().count, 50);
    }

    void scrollsThroughAHundredThousand()
    {
        Shown shown(manySamples);
        StallWatchdog watchdog;
        QScrollBar *bar = shown.view.verticalScrollBar();
        std::vector<double> frames;
        for (int step = 0; step < 120; ++step) {
            bar->setValue(step < 60 ? bar->value() + 300 : int((step * 7919LL) % 100 * bar->maximum() / 100));
            QTest::qWait(1);
            shown.view.viewport()->repaint();
            frames.push_back(shown.view.lastPaintMs());
        }
        std::sort(frames.begin(), frames.end());
        qInfo("frame: median %.2f ms, p99 %.2f ms; longest stall %d ms", frames[frames.size() / 2],
              frames[frames.size() * 99 / 100], watchdog.longestMs());
        bar->setValue(bar->maximum());
        QTRY_VERIFY(shown.view.isSettled());
        QCOMPARE(shown.view.rowAtPoint(shown.view.cellRect(manySamples - 1).center()), manySamples - 1);
        QVERIFY(watchdog.stallsMs().empty());
    }

    void layoutFindsEveryCell_data()
    {
        QTest::addColumn<bool>("byLabel");
        QTest::newRow("plain") << false;
        QTest::newRow("sections") << true;
    }

    void layoutFindsEveryCell()
    {
        QFETCH(bool, byLabel);
        Shown shown(3000, byLabel);
        for (const int row : {0, 1, 17, 499, 1500, 2998, 2999}) {
            shown.view.scrollToRow(row);
            QCOMPARE(shown.view.rowAtPoint(shown.view.cellRect(row).center()), row);
            QVERIFY(shown.view.viewport()->rect().contains(shown.view.cellRect(row)));
        }
    }

    void selectsAsPeopleExpect()
    {
        Shown shown(500);
        GalleryView &view = shown.view;
        const auto click = [&](int row, Qt::KeyboardModifiers modifiers = {}) {
            QTest::mouseClick(view.viewport(), Qt::LeftButton, modifiers, view.cellRect(row).center());
        };
        click(3);
        QCOMPARE(view.selection().count(), 1);
        click(8, Qt::ShiftModifier);
        QCOMPARE(view.selection().count(), 6);
        click(20, Qt::ControlModifier);
        QCOMPARE(view.selection().count(), 7);
        click(20, Qt::ControlModifier);
        QCOMPARE(view.selection().count(), 6);
        click(0);
        QCOMPARE(view.selectedIds(), std::vector<SampleId>{SampleId{1}});

        QTest::keyClick(&view, Qt::Key_Right);
        QTest::keyClick(&view, Qt::Key_Down, Qt::ShiftModifier);
        QCOMPARE(view.selection().count(), view.columns() + 1);
        QTest::keyClick(&view, Qt::Key_End);
        QCOMPARE(view.currentRow(), 499);
        QVERIFY(view.viewport()->rect().contains(view.cellRect(499)));
        QTest::keyClick(&view, Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(view.selection().count(), 500);
        QTest::keyClick(&view, Qt::Key_Escape);
        QCOMPARE(view.selection().count(), 0);
    }

    void rubberBandTakesWhatItTouches()
    {
        Shown shown(500);
        GalleryView &view = shown.view;
        const QPoint from = view.cellRect(0).center(), to = view.cellRect(view.columns() + 2).center();
        QTest::mousePress(view.viewport(), Qt::LeftButton, {}, from);
        QMouseEvent move(QEvent::MouseMove, to, view.viewport()->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
        QCoreApplication::sendEvent(view.viewport(), &move);
        QTest::mouseRelease(view.viewport(), Qt::LeftButton, {}, to);
        QCOMPARE(view.selection().count(), 6);
        QVERIFY(view.selection().contains(view.columns() + 1));
        QVERIFY(!view.selection().contains(3));
    }

    void selectionSurvivesARefresh()
    {
        Shown shown(500);
        RangeSelection selection;
        selection.add(10, 12);
        shown.view.setSelection(selection);
        shown.model.setQuery({{}, {"id", true}, false});
        QTRY_COMPARE(shown.model.idAt(0), SampleId{500});
        const std::vector<SampleId> expected{SampleId{13}, SampleId{12}, SampleId{11}};
        QCOMPARE(shown.view.selectedIds(), expected);
    }

    void zoomKeepsThePlace()
    {
        Shown shown(5000);
        shown.view.scrollToRow(2500, true);
        const int first = shown.view.firstVisibleRow();
        shown.view.setCellSide(48);
        QVERIFY(std::abs(shown.view.firstVisibleRow() - first) <= shown.view.columns());
    }

    void cellsSpeak()
    {
        Shown shown(500);
        QAccessibleInterface *list = QAccessible::queryAccessibleInterface(&shown.view);
        QVERIFY(list);
        QCOMPARE(list->childCount(), 500);
        QAccessibleInterface *cell = list->child(11);
        QVERIFY(cell);
        QCOMPARE(cell->role(), QAccessible::ListItem);
        QCOMPARE(cell->text(QAccessible::Name),
                 QStringLiteral("row 12, given disgust, suggested neutral, suspicion 0.81, reliability 0.41, flagged"));
        QCOMPARE(list->indexOfChild(cell), 11);
        QVERIFY(!cell->state().selected);
        shown.view.setCurrentRow(11);
        QVERIFY(cell->state().selected);
    }

    void loaderDropsOldWishes()
    {
        ThumbnailLoader loader;
        std::atomic<int> decoded = 0;
        loader.setSource([&](const SampleRow &sample, int side) {
            ++decoded;
            QTest::qSleep(2);
            return fakeFace(sample, side);
        });
        std::vector<ThumbnailLoader::Wish> many(500);
        for (int i = 0; i < 500; ++i)
            many[std::size_t(i)] = {SampleRow{.id = SampleId{i + 1}}, 32};
        loader.want(many);
        loader.want({{SampleRow{.id = SampleId{1000}}, 32}});
        QTRY_VERIFY(loader.find(SampleId{1000}, 32));
        QTRY_VERIFY(!loader.isBusy());
        QVERIFY(decoded < 50);
    }

    void savedViewsLiveInTheProject()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("study.mien"));
        test::filledProject(path.toStdString(), 30);
        ProjectSession writer(test::must(ProjectSession::open(path.toStdString())));
        ProjectSession other(test::must(ProjectSession::open(path.toStdString()))); // reads only: another window
        QVERIFY(writer.isWritable() && !other.isWritable());
        const auto names = [](const ViewList &list) {
            QStringList found;
            for (int i = 0; i < list.count(); ++i)
                found << list.item(i)->text();
            return found;
        };
        const auto answer = [](ViewList &list, const char *dialogName, const char *name) {
            auto *dialog = list.findChild<QInputDialog *>(QLatin1String(dialogName));
            QVERIFY(dialog);
            dialog->setTextValue(QLatin1String(name));
            dialog->accept();
        };
        ViewList list, elsewhere;
        list.setSession(&writer);
        elsewhere.setSession(&other);
        QTRY_VERIFY(list.isSettled() && elsewhere.isSettled());
        const QStringList usual = names(list);
        QCOMPARE(usual.first(), QStringLiteral("All"));
        const ViewList::View doubtful{QStringLiteral("label:fear suspicion>0.5"), QStringLiteral("suspicion"), true};
        list.save(doubtful);
        answer(list, "saveViewDialog", "  Doubtful fear ");
        const QStringList withOwn = usual + QStringList{QStringLiteral("Doubtful fear")};
        QTRY_COMPARE(names(list), withOwn);
        QTRY_COMPARE(names(elsewhere), withOwn); // noticed, not told
        QCOMPARE(list.savedName(), QStringLiteral("Doubtful fear"));
        QVERIFY(!writer.nextUndo()); // no fact about the data

        QSignalSpy chosen(&list, &ViewList::chosen);
        list.show();
        list.setCurrentRow(1);
        QTest::keyClick(&list, Qt::Key_Delete); // the usual ones stay
        QTest::keyClick(&list, Qt::Key_Return);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(chosen[0][0].value<ViewList::View>().filter, QStringLiteral("flag:open"));
        list.setCurrentRow(list.count() - 1);
        QTest::keyClick(&list, Qt::Key_Return);
        QCOMPARE(chosen[1][0].value<ViewList::View>().sortKey, QStringLiteral("suspicion"));
        QVERIFY(chosen[1][0].value<ViewList::View>().descending);

        list.setShown({doubtful.filter, QStringLiteral("id"), false}); // the filter alone is not the view
        QVERIFY(!list.currentItem());
        list.setShown(doubtful);
        QCOMPARE(list.savedName(), QStringLiteral("Doubtful fear"));
        list.save(doubtful);
        QSignalSpy failed(&list, &ViewList::failed);
        answer(list, "saveViewDialog", "Doubtful fear");
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("already")));

        list.rename();
        answer(list, "renameViewDialog", "Fear, worst first");
        QTRY_COMPARE(names(elsewhere).last(), QStringLiteral("Fear, worst first"));
        QTRY_COMPARE(list.savedName(), QStringLiteral("Fear, worst first"));
        QTest::keyClick(&list, Qt::Key_Delete);
        QTRY_COMPARE(names(list), usual);
        QTRY_COMPARE(names(elsewhere), usual);
        list.setSession(nullptr);
        QCOMPARE(list.count(), 0);
    }

    void filterFieldWaitsAndMarks()
    {
        FilterField field;
        field.setClasses(classes());
        field.show();
        QSignalSpy chosen(&field, &FilterField::filterChosen);
        field.setFocus();
        QTest::keyClicks(&field, QStringLiteral("flag:open"));
        QCOMPARE(chosen.count(), 0);
        QTRY_COMPARE(chosen.count(), 1);
        QCOMPARE(field.filter(), QStringLiteral("flag:open"));
        field.setProblem(QStringLiteral("position 1: there is no field 'flg'."));
        QVERIFY(field.property("wrong").toBool());
        QCOMPARE(field.toolTip(), field.problem());
        QTest::keyClicks(&field, QStringLiteral(" x"));
        QTRY_COMPARE(chosen.count(), 2);
        QVERIFY(field.problem().isEmpty());
    }

    void filterFieldCompletes()
    {
        FilterField field;
        field.setClasses(classes());
        QVERIFY(field.completions(QStringLiteral("susp")).contains(QStringLiteral("suspicion:")));
        QCOMPARE(field.completions(QStringLiteral("flag:open label:ha")),
                 QStringList{QStringLiteral("label:happiness")});
        QVERIFY(field.completions(QStringLiteral("-flag:")).contains(QStringLiteral("flag:open")));
        QVERIFY(field.completions({}).isEmpty());
    }
};

QTEST_MAIN(tst_gallery)
#include "tst_gallery.moc"
