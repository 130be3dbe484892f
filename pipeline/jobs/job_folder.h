#pragma once

#include "models/base/result.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// `jobs/<id>/` of a project: what a long command was asked, what it said, and whether it still runs.
///
///     request.json   {"format":"mien-job/1","id":…,"command":"train","arguments":[…],"directory":…,"version":…,
///                     "pid":…,"process_start":…,"host":…,"started_at_ms":…}, written by rename before the first event.
///                     The job runs while a process `pid` lives on `host` whose start time (field 22 of
///                     /proc/PID/stat, clock ticks since boot) is `process_start`.
///     events.jsonl   every event as printed with --json, and as its last line
///                     {"event":"end","status":0|1|2|3|130,"message":…}. No such line and no process: it was killed.
///     stderr.log     what went to stderr
///     item           what each thread reads now, said before it is read, so that a crash names it (ReadingMark):
///     blocks
///                     of 4096 bytes, each a text that ends with a zero; the first is that of a thread that crashed
///
/// A program that starts a command may choose the id with `--job ID`; then the folder may exist already.
class JobFolder
{
public:
    /// @param id  empty: made from the time and the command. Unreadable or NoSpace when it cannot be made.
    static Result<JobFolder> create(const std::filesystem::path &project, const std::string &id,
                                    const std::string &command, const std::vector<std::string> &arguments);
    JobFolder(JobFolder &&) noexcept;
    ~JobFolder(); ///< Without end(): the folder reads as killed.

    const std::string &id() const;
    const std::filesystem::path &path() const;

    void append(const nlohmann::json &event);
    void appendLog(std::string_view line);
    void end(int status, const std::string &message);

private:
    struct State;
    explicit JobFolder(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

/// The right to compute, one job of a project at a time: LibTorch takes all cores and most of the memory.
class ComputeTurn
{
public:
    /// Waits while another job of the project computes, asking `waiting` about once a second; Cancelled when it says
    /// no.
    /// @param waiting  called with what the other job is; returns whether to go on waiting
    static Result<ComputeTurn> take(const std::filesystem::path &project, const std::string &who,
                                    const std::function<bool(const std::string &)> &waiting);
    ComputeTurn(ComputeTurn &&other) noexcept;
    ~ComputeTurn();

private:
    explicit ComputeTurn(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    int m_descriptor = -1;
};

} // namespace mien
