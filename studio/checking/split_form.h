#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace mien {

/// How splits are dealt: rule, shares, seed. What comes of it is shown before it can be dealt.
class SplitForm : public QWidget
{
    Q_OBJECT

public:
    explicit SplitForm(QWidget *parent = nullptr);

    QStringList arguments() const; ///< Of `mien split`, without the person's name.
    /// What a preview was made of; another setting makes it stale.
    void setPreviewed(const QStringList &arguments);
    bool isPreviewed() const { return m_previewed == arguments(); }
    void setBusy(bool busy);                     ///< A preview or deal is being made: not the time for another deal.
    void setReadOnly(const QString &reason);     ///< Empty: may deal.
    void say(const QString &text, bool isWrong); ///< Below the buttons.

Q_SIGNALS:
    void previewWanted();
    void dealWanted();
    void settingsChanged(); ///< The preview, if there was one, is of other settings.

private:
    void refresh();

    QComboBox *m_rule;
    QSpinBox *m_train, *m_val, *m_test, *m_seed;
    QPushButton *m_preview, *m_deal;
    QLabel *m_words;
    QStringList m_previewed;
    QString m_readOnly;
    bool m_busy = false;
};

} // namespace mien
