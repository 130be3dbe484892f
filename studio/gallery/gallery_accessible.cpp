#include "studio/gallery/gallery_accessible.h"

#include "studio/common/sample_list_model.h"
#include "studio/gallery/gallery_view.h"

#include <QAccessible>
#include <QAccessibleWidget>

#include <unordered_map>

namespace mien {

namespace {

class GalleryCell : public QAccessibleInterface
{
public:
    GalleryCell(GalleryView *view, int row)
        : m_view(view)
        , m_row(row)
    {
    }

    bool isValid() const override { return m_view && m_view->model() && m_row < m_view->model()->rowCount(); }
    QObject *object() const override { return nullptr; }
    QWindow *window() const override { return m_view ? m_view->window()->windowHandle() : nullptr; }
    QAccessibleInterface *childAt(int, int) const override { return nullptr; }
    QAccessibleInterface *parent() const override { return QAccessible::queryAccessibleInterface(m_view); }
    QAccessibleInterface *child(int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface *) const override { return -1; }
    QString text(QAccessible::Text kind) const override
    {
        if (!isValid() || (kind != QAccessible::Name && kind != QAccessible::Description))
            return {};
        return kind == QAccessible::Name
                   ? m_view->model()->spoken(m_row)
                   : m_view->model()->data(m_view->model()->index(m_row), SampleListModel::SourceRole).toString();
    }
    void setText(QAccessible::Text, const QString &) override {}
    QRect rect() const override
    {
        if (!isValid())
            return {};
        const QRect cell = m_view->cellRect(m_row);
        return {m_view->viewport()->mapToGlobal(cell.topLeft()), cell.size()};
    }
    QAccessible::Role role() const override { return QAccessible::ListItem; }
    QAccessible::State state() const override
    {
        QAccessible::State state;
        state.selectable = state.multiSelectable = state.focusable = true;
        if (isValid()) {
            state.selected = m_view->selection().contains(m_row);
            state.focused = m_view->hasFocus() && m_view->currentRow() == m_row;
            state.offscreen = !m_view->viewport()->rect().intersects(m_view->cellRect(m_row));
        } else {
            state.invalid = true;
        }
        return state;
    }

private:
    QPointer<GalleryView> m_view;
    int m_row;
};

/// Cells get an interface when they are asked for; those of rows left behind are dropped from time to time.
class GalleryList : public QAccessibleWidget
{
public:
    explicit GalleryList(GalleryView *view)
        : QAccessibleWidget(view, QAccessible::List)
        , m_view(view)
    {
    }
    ~GalleryList() override { forget(); }

    int childCount() const override { return m_view->model() ? m_view->model()->rowCount() : 0; }
    QAccessibleInterface *child(int row) const override
    {
        if (row < 0 || row >= childCount())
            return nullptr;
        if (m_cells.size() > 4096)
            forget();
        if (const auto at = m_cells.find(row); at != m_cells.end())
            return QAccessible::accessibleInterface(at->second);
        auto *cell = new GalleryCell(m_view, row);
        m_cells.emplace(row, QAccessible::registerAccessibleInterface(cell));
        return cell;
    }
    QAccessibleInterface *childAt(int x, int y) const override
    {
        return child(m_view->rowAtPoint(m_view->viewport()->mapFromGlobal(QPoint(x, y))));
    }
    QAccessibleInterface *focusChild() const override { return child(m_view->currentRow()); }
    int indexOfChild(const QAccessibleInterface *cell) const override
    {
        for (const auto &[row, id] : m_cells) {
            if (QAccessible::accessibleInterface(id) == cell)
                return row;
        }
        return -1;
    }

private:
    void forget() const
    {
        for (const auto &[row, id] : m_cells)
            QAccessible::deleteAccessibleInterface(id);
        m_cells.clear();
    }

    GalleryView *m_view;
    mutable std::unordered_map<int, QAccessible::Id> m_cells;
};

QAccessibleInterface *makeInterface(const QString &name, QObject *object)
{
    if (name == QLatin1String("mien::GalleryView"))
        return new GalleryList(static_cast<GalleryView *>(object));
    return nullptr;
}

} // namespace

void installGalleryAccessibility()
{
    static const bool once = [] {
        QAccessible::installFactory(makeInterface);
        return true;
    }();
    Q_UNUSED(once)
}

} // namespace mien
