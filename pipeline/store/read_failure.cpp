#include "pipeline/store/read_failure.h"

#include "pipeline/store/connection.h"

#include <mutex>

namespace mien {
namespace {

struct Listening
{
    std::mutex mutex;
    std::function<void(const Error &)> listener;
};

Listening &listening()
{
    static Listening one;
    return one;
}

} // namespace

void setReadFailureListener(std::function<void(const Error &)> listener)
{
    const std::lock_guard lock(listening().mutex);
    listening().listener = std::move(listener);
}

void tellReadFailure(const Error &error)
{
    std::function<void(const Error &)> listener;
    {
        const std::lock_guard lock(listening().mutex);
        listener = listening().listener;
    }
    if (listener)
        listener(error);
}

Result<> guardedRead(const Project &project, const std::function<void()> &read)
{
    const auto whole = guarded(project.folder() / "project.db", "Reading the project", [&]() -> Result<> {
        read();
        return {};
    });
    if (!whole)
        tellReadFailure(whole.error());
    return whole;
}

} // namespace mien
