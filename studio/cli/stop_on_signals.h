#pragma once

#include <stop_token>

namespace mien {

/// Turns SIGINT and SIGTERM into a stop request while it lives; a second SIGINT ends the program at once (130).
/// SIGTSTP (Pause, or Ctrl+Z in a terminal) stops the process between two transactions, until SIGCONT.
/// Make it before any thread is started, so that only its own thread receives the signals. One at a time.
class StopOnSignals
{
public:
    StopOnSignals();
    ~StopOnSignals();
    StopOnSignals(const StopOnSignals &) = delete;
    StopOnSignals &operator=(const StopOnSignals &) = delete;

    std::stop_token token() const;
    void requestStop(); ///< As if a signal had come.

private:
    struct State;
    State *m_state;
};

} // namespace mien
