#pragma once

#include <QObject>

namespace mien {

/// Return and Enter press the button that has the focus, as Space does, in every page; a page's own meaning of the key
/// (Enter = take the suggestion) counts when no button has it. Give it to QApplication::installEventFilter().
class ReturnPresses : public QObject
{
public:
    using QObject::QObject;

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
};

} // namespace mien
