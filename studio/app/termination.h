#pragma once

#include <QObject>

namespace mien {

/// Turns SIGTERM, SIGHUP and SIGINT (the end of the desktop session, a closed terminal, Ctrl+C) into a signal of Qt, so
/// that the window closes in order. One at a time in a program.
/// Not StopOnSignals of `mien`: what that blocks for its listening thread would stay blocked in every job started here.
class Termination : public QObject
{
    Q_OBJECT

public:
    explicit Termination(QObject *parent = nullptr);
    ~Termination() override;

Q_SIGNALS:
    void requested();
};

} // namespace mien
