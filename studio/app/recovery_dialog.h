#pragma once

#include "studio/app/session_keeper.h"

#include <QDialog>

namespace mien {

struct JobInfo;

/// After a crash: says what was found and asks whether to take it up again. Escape postpones, and deletes nothing.
class RecoveryDialog : public QDialog
{
    Q_OBJECT

public:
    /// @param jobs  what still runs of the project
    RecoveryDialog(const WindowState &state, const QList<JobInfo> &jobs, QWidget *parent);

Q_SIGNALS:
    void restoreChosen();
    void withoutChosen();
    void folderChosen(); ///< The dialog stays.
};

} // namespace mien
