#include "studio/app/read_failure_notice.h"

#include "pipeline/store/read_failure.h"
#include "studio/common/job_queue.h"
#include "studio/common/project_session.h"
#include "studio/common/studio.h"

#include <QCoreApplication>
#include <QMetaObject>
#include <QPointer>

namespace mien {

ReadFailureNotice::ReadFailureNotice(Studio &studio, QObject *parent)
    : QObject(parent)
    , m_studio(studio)
{
    // Told on whatever thread was reading; the program outlives every one of them, this notice need not.
    setReadFailureListener([notice = QPointer(this)](const Error &error) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [notice, error] {
                if (notice)
                    notice->show(error);
            },
            Qt::QueuedConnection);
    });
}

ReadFailureNotice::~ReadFailureNotice()
{
    setReadFailureListener({});
}

void ReadFailureNotice::forget()
{
    m_said.clear();
}

void ReadFailureNotice::show(const Error &error)
{
    QString message = QString::fromStdString(error.message);
    if (m_said.contains(message) || !m_studio.session())
        return;
    m_said << message;
    if (!message.contains(QStringLiteral("mien doctor")))
        message += tr(" What is shown may be incomplete; mien doctor says what is wrong.");
    m_studio.showError(message, m_studio.session()->folder(),
                       {{tr("Check the project"), [this] {
                             if (m_studio.session())
                                 m_studio.jobs().start(tr("Check the project"), {QStringLiteral("doctor")}, false);
                         }}});
}

} // namespace mien
