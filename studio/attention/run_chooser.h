#pragma once

#include <QString>
#include <QStringList>
#include <QToolButton>

#include <vector>

class QMenu;

namespace mien {

/// Which runs explain a face: one, or some beside each other.
class RunChooser : public QToolButton
{
    Q_OBJECT

public:
    explicit RunChooser(QWidget *parent = nullptr);

    static constexpr int kMost = 4; ///< Each keeps its networks in memory.

    struct Entry
    {
        QString id;      ///< "r3"
        QString network; ///< "eac-compact"
        QString words;   ///< "r3 · eac-compact · accuracy 0.71"
    };
    /// Newest first. Chosen runs that are gone are chosen no more; without one, `standard` is, else the first.
    void setRuns(std::vector<Entry> runs, const QString &standard);
    const std::vector<Entry> &runs() const { return m_runs; }
    const Entry *entry(const QString &id) const;

    QStringList chosen() const { return m_chosen; } ///< In the order of runs().
    void open();                                    ///< Shows the menu.
    void choose(const QStringList &ids);            ///< What is not there is left out; nothing of it: no change.

Q_SIGNALS:
    void chosenChanged();

private:
    void toggle(const QString &id, bool chosen);
    void take(const QStringList &ids);
    void refresh();

    QMenu *m_menu;
    std::vector<Entry> m_runs;
    QStringList m_chosen;
};

} // namespace mien
