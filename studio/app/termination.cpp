#include "studio/app/termination.h"

#include <QSocketNotifier>

#include <array>
#include <csignal>

#include <sys/socket.h>
#include <unistd.h>

namespace mien {

namespace {

constexpr std::array ends = {SIGTERM, SIGHUP, SIGINT};

int toProgram = -1, fromHandler = -1;

/// A handler may do next to nothing: it leaves a byte for the event loop. A second signal is not caught any more.
void leaveByte(int)
{
    const char byte = 0;
    [[maybe_unused]] const ssize_t sent = send(toProgram, &byte, 1, MSG_NOSIGNAL);
}

} // namespace

Termination::Termination(QObject *parent)
    : QObject(parent)
{
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) != 0)
        return; // Signals end the program at once, as they would without this class.
    toProgram = pair[0];
    fromHandler = pair[1];
    auto *notifier = new QSocketNotifier(fromHandler, QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, this, [this, notifier] {
        notifier->setEnabled(false);
        Q_EMIT requested();
    });
    struct sigaction action = {};
    action.sa_handler = leaveByte;
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    for (const int each : ends)
        sigaction(each, &action, nullptr);
}

Termination::~Termination()
{
    for (const int each : ends)
        std::signal(each, SIG_DFL);
    for (int *end : {&toProgram, &fromHandler}) {
        if (*end >= 0)
            close(*end);
        *end = -1;
    }
}

} // namespace mien
