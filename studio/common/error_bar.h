#pragma once

#include "studio/common/studio.h"

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace mien {

/// Says what went wrong at the top of the page until it is dealt with; several wait behind each other.
class ErrorBar : public QFrame
{
    Q_OBJECT

public:
    explicit ErrorBar(QWidget *parent = nullptr);
    enum class Kind { Harm, Notice }; ///< A notice is amber: to be known, nothing broke.
    void show(const QString &message, const QString &details, std::vector<Studio::Remedy> remedies,
              Kind kind = Kind::Harm);
    void withdraw(const QString &message); ///< What it said is over; nothing happens when it is not there.
    QString message() const;               ///< Empty when nothing is wrong.
    void clear();

protected:
    void changeEvent(QEvent *event) override;

private:
    struct Item
    {
        QString message, details;
        std::vector<Studio::Remedy> remedies;
        Kind kind = Kind::Harm;
    };
    void showFirst();
    void drawIcon();

    std::vector<Item> m_items;
    QLabel *m_text, *m_icon;
    QHBoxLayout *m_buttons;
    QToolButton *m_copy, *m_close;
};

} // namespace mien
