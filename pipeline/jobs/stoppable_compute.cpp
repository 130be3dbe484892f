#include "pipeline/jobs/stoppable_compute.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace mien {

namespace {

constexpr std::chrono::milliseconds lookEvery(50);
constexpr std::chrono::milliseconds patience(700); ///< After a stop, for the step to end and the state to be kept.

std::atomic<bool> abandoned = false;

/// What the computing and the waiting thread share; the later of them frees it.
struct Call
{
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Result<nlohmann::json>> result;
    bool isLeft = false;
    EventSink events; ///< The caller's, as is `job`: not to be touched once it has left.
    Job job;
};

using Work = std::function<Result<nlohmann::json>(const EventSink &, const Job &)>;

Result<nlohmann::json> runUnlessStopped(Work work, const EventSink &events, const Job &job)
{
    if (job.stop.stop_requested()) // meanwhile, in the step before: patience is for one step
        return fail(ErrorCode::Cancelled, "Stopped; what was finished is kept.");
    const auto call = std::make_shared<Call>();
    call->events = events;
    call->job = job;
    std::thread([call, work = std::move(work)] {
        const auto gated = [&call](const auto &tell) {
            const std::lock_guard lock(call->mutex);
            if (!call->isLeft)
                tell();
        };
        const Job own{call->job.stop, [&](const Progress &progress) { gated([&] { call->job.report(progress); }); }};
        auto result = work([&](const nlohmann::json &event) { gated([&] { call->events(event); }); }, own);
        const std::lock_guard lock(call->mutex);
        call->result = std::move(result);
        call->changed.notify_one();
    }).detach();

    std::unique_lock lock(call->mutex);
    const auto isDone = [&] { return call->result.has_value(); };
    while (!call->changed.wait_for(lock, lookEvery, isDone) && !job.stop.stop_requested())
        continue;
    if (!call->changed.wait_for(lock, patience, isDone)) {
        call->isLeft = true;
        abandoned = true;
        return fail(ErrorCode::Cancelled, "Stopped; what was finished is kept.");
    }
    return std::move(*call->result);
}

} // namespace

Result<nlohmann::json> runStoppable(Compute &compute, std::string_view verb, const nlohmann::json &config,
                                    const EventSink &events, const Job &job)
{
    return runUnlessStopped([&compute, verb = std::string(verb), config](
                                const EventSink &told, const Job &own) { return compute.run(verb, config, told, own); },
                            events, job);
}

Result<> runStoppable(std::function<void()> step, const Job &job)
{
    const auto done = runUnlessStopped(
        [step = std::move(step)](const EventSink &, const Job &) -> Result<nlohmann::json> {
            step();
            return nlohmann::json();
        },
        {}, job);
    return done ? Result<>() : fail(done.error());
}

bool isComputeAbandoned()
{
    return abandoned;
}

} // namespace mien
