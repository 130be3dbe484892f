#pragma once

#include "models/base/result.h"
#include "models/worker/compute.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace mien {

/// Tells how a long computation goes: progress with rate and remaining time, at most five times a second.
class ProgressMeter
{
public:
    ProgressMeter(const EventSink &events, std::string job, std::string unit, std::int64_t total);

    /// Work that an earlier start had done: it counts as done, but not for the rate.
    void skip(std::int64_t steps);
    /// @param images  that the steps saw, where a person would rather know their rate: `images_per_s` in the event
    void advance(std::int64_t steps, std::int64_t images = 0);
    void finish();

private:
    void tell(bool last);

    const EventSink &m_events;
    std::string m_job;
    std::string m_unit;
    std::int64_t m_total;
    std::int64_t m_done = 0;
    std::int64_t m_skipped = 0;
    std::int64_t m_images = 0;
    std::chrono::steady_clock::time_point m_begin;
    std::chrono::steady_clock::time_point m_told;
};

/// `metrics.jsonl` and `log.txt` of a run, and the same metrics as events.
class RunLog
{
public:
    static Result<RunLog> open(const std::filesystem::path &folder, std::string run, const EventSink &events);

    /// Drops what an interrupted start wrote about epochs that are trained again.
    Result<> forgetFrom(int fold, int epoch);

    void metric(int fold, int epoch, const std::string &split, const std::string &name, double value);
    void line(const std::string &text); ///< One sentence in log.txt, with the time.

private:
    RunLog(std::filesystem::path folder, std::string run, const EventSink &events);

    std::filesystem::path m_folder;
    std::string m_run;
    const EventSink *m_events;
    std::ofstream m_metrics;
    std::ofstream m_log;
};

/// Writes a small text file beside the target, flushes it to the disk and renames it.
Result<> writeTextFile(const std::filesystem::path &path, const std::string &text);

} // namespace mien
