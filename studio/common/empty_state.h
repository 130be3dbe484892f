#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace mien {

/// One sentence, one picture, one button: what an empty page shows.
class EmptyState : public QWidget
{
    Q_OBJECT

public:
    EmptyState(const QString &pictureName, const QString &sentence, const QString &buttonText,
               QWidget *parent = nullptr);
    void setSentence(const QString &sentence);
    void setPicture(const QString &pictureName);
    void setButton(const QString &text); ///< Empty hides it.

Q_SIGNALS:
    void clicked();

protected:
    void changeEvent(QEvent *event) override;

private:
    void drawPicture();

    QString m_pictureName;
    QLabel *m_picture, *m_sentence;
    QPushButton *m_button;
};

} // namespace mien
