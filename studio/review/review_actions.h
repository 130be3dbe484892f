#pragma once

#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>

#include <functional>

class QAction;

namespace mien {

class ActionRegistry;
class ReviewPage;

/// The verbs of Review with their keys (`ux.md`, "Keys"): what is answered, where one goes, what is shown.
class ReviewActions : public QObject
{
    Q_OBJECT

public:
    explicit ReviewActions(ReviewPage &page);

    /// The verbs that stand as buttons below the classes, by action id.
    static QStringList keyRow();
    /// Whether the verb answers about a label or suggestion, so that it means nothing while they are hidden.
    static bool needsReveal(const QString &verb);
    /// Gives the buttons of the page ("button.<action id>") their actions; those without an icon show the key.
    void dressButtons() const;

private:
    /// What a verb is; the rest of ActionSpec is the same for all of them.
    struct Verb
    {
        QString id;
        QString text;
        QString icon;
        QList<QKeySequence> keys;
        QString menu;
        QString help;
        bool checkable = false;
    };
    QAction *add(const Verb &verb, std::function<void(bool)> run);
    void addDigits();
    void addAnswers();
    void addSteps();
    void addBlind();
    void addEvidence();
    void addNeighbours();
    void addSource();
    void addFaceView();

    ReviewPage &m_page;
    ActionRegistry &m_registry;
};

} // namespace mien
