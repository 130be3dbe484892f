#pragma once

#include "models/base/result.h"

#include <QObject>
#include <QStringList>

namespace mien {

class Studio;

/// Says at the top of the page what could not be read of the project, once for each sentence, and offers to have the
/// project checked. It is the program's listener of read_failure.h while it lives. GUI thread.
class ReadFailureNotice : public QObject
{
    Q_OBJECT

public:
    explicit ReadFailureNotice(Studio &studio, QObject *parent = nullptr);
    ~ReadFailureNotice() override;

    void forget(); ///< With another project everything is worth saying again.

private:
    void show(const Error &error);

    Studio &m_studio;
    QStringList m_said;
};

} // namespace mien
