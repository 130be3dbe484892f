#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <QObject>

#include <functional>
#include <memory>
#include <type_traits>

namespace mien {

/// Short work away from the GUI thread (a query, a thumbnail), with the answer brought back to it.
///
/// One Background does one thing at a time: starting again asks the former work to stop and drops its answer.
/// The work takes values and touches no QObject. The destructor requests stop, then waits.
class Background : public QObject
{
    Q_OBJECT

public:
    explicit Background(QObject *parent = nullptr);
    ~Background() override;

    /// @param work  called on a worker thread: `R work(const Job &)`
    /// @param done  called on this object's thread: `void done(const R &)`, unless replaced or stopped before
    template <typename Work, typename Done>
    void start(Work work, Done done)
    {
        using Answer = std::invoke_result_t<Work, const Job &>;
        run([work = std::move(work), done = std::move(done)](const Job &job) mutable -> std::function<void()> {
            auto answer = std::make_shared<Answer>(work(job));
            return [answer, done = std::move(done)]() mutable { done(*answer); };
        });
    }

    void stop(); ///< Only asks; the answer is dropped.
    bool isBusy() const;

private:
    struct State;
    void run(std::function<std::function<void()>(const Job &)> work);
    std::shared_ptr<State> m_state;
};

} // namespace mien
