#pragma once

#include <QListWidget>

namespace mien {

/// The filters at the left of the gallery: those that everybody needs, then the person's own, kept by project.
/// Delete or the context menu removes one of their own.
class ViewList : public QListWidget
{
    Q_OBJECT

public:
    explicit ViewList(QWidget *parent = nullptr);

    void setProject(const QString &folder);                ///< Empty without one.
    void showFilter(const QString &filter);                ///< Marks the view that has it, if any.
    void save(const QString &name, const QString &filter); ///< An own view of this name is replaced.

Q_SIGNALS:
    void filterChosen(const QString &filter);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void fill();
    void add(const QString &text, const QString &filter, const char *iconName, bool isOwn);
    void remove(const QListWidgetItem &item);
    QVariantMap ownViews() const;
    void setOwnViews(const QVariantMap &views);

    QString m_folder, m_filter;
};

} // namespace mien
