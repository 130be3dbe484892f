#pragma once

#include <QElapsedTimer>
#include <QObject>

namespace mien {

class MainWindow;

/// Waits for the first painted window (of the project, when one is being opened), prints
/// {"first_window_ms":…,"first_window_cpu_s":…,"rss_mb":…} and quits: 0, or 1 when the project does not open.
class SelfTest : public QObject
{
    Q_OBJECT

public:
    explicit SelfTest(MainWindow &window);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void report();

    MainWindow &m_window;
    bool m_done = false;
};

} // namespace mien
