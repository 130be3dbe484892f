#pragma once

#include <QJsonArray>
#include <QWidget>

class QLabel;
class QPushButton;

namespace mien {

/// Asks whether links are followed out of the folder that was chosen, naming where they lead: what lies there was not
/// chosen, so it is left out until a person says otherwise.
class LinkQuestion : public QWidget
{
    Q_OBJECT

public:
    explicit LinkQuestion(QWidget *parent = nullptr);

    void showFor(const QJsonArray &links); ///< `links_out` of a check; hidden where there are none.
    bool isAgreed() const { return m_isAgreed; }
    void agree(bool agrees); ///< As a person who presses the button.
    void forget();           ///< Another data set: nothing is agreed to.

Q_SIGNALS:
    void changed(); ///< By a person.

private:
    bool m_isAgreed = false;
    QLabel *m_words;
    QPushButton *m_answer;
};

} // namespace mien
