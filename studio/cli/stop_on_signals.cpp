#include "studio/cli/stop_on_signals.h"

#include "pipeline/store/write_gate.h"

#include <csignal>
#include <pthread.h>
#include <thread>
#include <unistd.h>

namespace mien {

struct StopOnSignals::State
{
    std::stop_source source;
    sigset_t signals;
    sigset_t before;
    std::jthread listener;
};

StopOnSignals::StopOnSignals()
    : m_state(new State)
{
    // A handler may not touch a stop_source, so the signals are blocked everywhere and a thread waits for them.
    sigemptyset(&m_state->signals);
    for (const int signal : {SIGINT, SIGTERM, SIGTSTP, SIGUSR2})
        sigaddset(&m_state->signals, signal);
    pthread_sigmask(SIG_BLOCK, &m_state->signals, &m_state->before);
    m_state->listener = std::jthread([state = m_state](std::stop_token ended) {
        int interrupts = 0;
        while (true) {
            int signal = 0;
            if (sigwait(&state->signals, &signal) != 0 || ended.stop_requested())
                return;
            if (signal == SIGUSR2)
                continue;
            if (signal == SIGTSTP) {
                // SIGSTOP takes all threads; what comes meanwhile (SIGTERM, then SIGCONT) is pending and read next.
                const auto closure = WriteGate::close();
                ::kill(::getpid(), SIGSTOP);
                continue;
            }
            if (signal == SIGINT && ++interrupts > 1)
                _exit(130);
            state->source.request_stop();
        }
    });
}

StopOnSignals::~StopOnSignals()
{
    m_state->listener.request_stop();
    pthread_kill(m_state->listener.native_handle(), SIGUSR2);
    m_state->listener.join();
    pthread_sigmask(SIG_SETMASK, &m_state->before, nullptr);
    delete m_state;
}

std::stop_token StopOnSignals::token() const
{
    return m_state->source.get_token();
}

void StopOnSignals::requestStop()
{
    m_state->source.request_stop();
}

} // namespace mien
