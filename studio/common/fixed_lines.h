#pragma once

#include <QLabel>

namespace mien {

/// Text in the room of a fixed number of lines, however much there is to say: nothing moves when it changes. Every
/// paragraph gets a line, the first ones more while there are some left; what is cut shows whole in a tool tip.
class FixedLines : public QLabel
{
    Q_OBJECT

public:
    explicit FixedLines(int lines, QWidget *parent = nullptr);

    void setLineCount(int lines);
    int lineCount() const { return m_lines; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    int heightForWidth(int width) const override;

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    /// The lines as they are drawn; `cut` tells whether something was left out.
    QStringList shownLines(bool *cut = nullptr) const;

    int m_lines;
};

} // namespace mien
