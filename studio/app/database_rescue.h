#pragma once

#include "models/base/result.h"
#include "studio/common/studio.h"

#include <QObject>

namespace mien {

class Background;
struct Backup;

/// A damaged project: finds the newest good backup and offers to put it in place. The damaged file stays beside it.
class DatabaseRescue : public QObject
{
    Q_OBJECT

public:
    DatabaseRescue(Studio &studio, QObject *parent);

    /// True when a project that failed to open this way may be damaged (and not, say, made by a newer Mien).
    static bool fits(const Error &error, const QString &folder);
    /// Shows the one dialog, or says that there is no backup.
    void offer(const QString &folder, const QString &what);

private:
    void ask(const QString &folder, const QString &what, const Backup &backup);
    void restore(const QString &folder, const Backup &backup);

    Studio &m_studio;
    Background *m_background;
};

} // namespace mien
