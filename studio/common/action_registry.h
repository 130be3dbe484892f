#pragma once

#include <QHash>
#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>

#include <functional>

class QAction;
class QSettings;
class QWidget;

namespace mien {

/// One verb of the program.
struct ActionSpec
{
    QString id;               ///< "gallery.relabel": stable; tests, settings and the shortcut editor use it.
    QString text;             ///< Menu text, "&Relabel…".
    QString icon;             ///< Name for icon(); may be empty.
    QList<QKeySequence> keys; ///< Defaults; the first is shown.
    QString menu;             ///< file, edit, view, go, labels, jobs, help; empty: palette and keys only.
    QString scope;            ///< Page id: works while that page is shown. Empty: everywhere.
    QString help;             ///< One sentence for tool tip, palette and key sheet.
    bool checkable = false;
    bool autoRepeat = false;
};

/// All verbs in one place: menus, command palette, key sheet, shortcut editor, tests and documents read it.
/// Keys are window-level: they work after any click and are left to a text field while one has the focus.
class ActionRegistry : public QObject
{
    Q_OBJECT

public:
    struct Entry
    {
        ActionSpec spec;
        QAction *action = nullptr;
        QString disabledReason; ///< Empty: enabled.
    };

    /// @param window    carries the actions, so their keys work in it
    /// @param settings  where changed keys are kept ("keys/<id>"); may be null in tests
    explicit ActionRegistry(QWidget *window, QSettings *settings = nullptr);

    /// Adds a verb. `run(checked)` is called when it is triggered, as long as `context` lives. Adding a known id hands
    /// the verb to the new context: a page that is made anew does so.
    QAction *add(const ActionSpec &spec, QObject *context, std::function<void(bool)> run);
    QAction *add(const ActionSpec &spec, QObject *context, std::function<void()> run);

    QAction *action(const QString &id) const; ///< Null when there is none.
    const QList<Entry> &entries() const { return m_entries; }
    const Entry *entry(const QString &id) const;

    /// Disables with a reason a person can act on; an empty reason enables.
    void setDisabledReason(const QString &id, const QString &reason);
    /// The page now shown: verbs of other scopes are off and hidden from menus.
    void setScope(const QString &page);
    QString scope() const { return m_scope; }

    /// Who else answers to this key where `id` works; null when nobody.
    const Entry *conflicting(const QString &id, const QKeySequence &key) const;
    /// Pairs of ids that answer to the same key in the same place: empty in a sound program.
    QList<std::pair<QString, QString>> conflicts() const;
    /// Sets and keeps keys. Returns the id that already has one of them, or an empty string when done.
    QString setKeys(const QString &id, const QList<QKeySequence> &keys);
    void resetKeys(const QString &id);

Q_SIGNALS:
    void changed(); ///< A verb was added, or keys or reasons changed.

private:
    Entry *find(const QString &id);
    void refresh(Entry &entry);

    QWidget *m_window;
    QSettings *m_settings;
    QList<Entry> m_entries;
    QHash<QString, int> m_index;
    QString m_scope;
};

} // namespace mien
