#include "models/train/run_log.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mien {

namespace {

constexpr auto kTellEvery = std::chrono::milliseconds(200);

std::filesystem::path metricsPath(const std::filesystem::path &folder)
{
    return folder / "metrics.jsonl";
}

} // namespace

ProgressMeter::ProgressMeter(const EventSink &events, std::string job, std::string unit, std::int64_t total)
    : m_events(events)
    , m_job(std::move(job))
    , m_unit(std::move(unit))
    , m_total(total)
    , m_begin(std::chrono::steady_clock::now())
    , m_told(m_begin - kTellEvery)
{
}

void ProgressMeter::skip(std::int64_t steps)
{
    m_done += steps;
    m_skipped += steps;
}

void ProgressMeter::advance(std::int64_t steps, std::int64_t images)
{
    m_done += steps;
    m_images += images;
    if (std::chrono::steady_clock::now() - m_told >= kTellEvery)
        tell(false);
}

void ProgressMeter::finish()
{
    m_done = m_total;
    tell(true);
}

void ProgressMeter::tell(bool last)
{
    if (!m_events)
        return;
    m_told = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(m_told - m_begin).count();
    nlohmann::json event = {
        {"event", "progress"}, {"job", m_job}, {"done", m_done}, {"total", m_total}, {"unit", m_unit}};
    if (const auto fresh = m_done - m_skipped; fresh > 0 && seconds > 0) {
        event["rate"] = double(fresh) / seconds;
        event["eta_s"] = last ? 0.0 : double(m_total - m_done) * seconds / double(fresh);
        if (m_images > 0)
            event["images_per_s"] = double(m_images) / seconds;
    }
    m_events(event);
}

RunLog::RunLog(std::filesystem::path folder, std::string run, const EventSink &events)
    : m_folder(std::move(folder))
    , m_run(std::move(run))
    , m_events(&events)
    , m_metrics(metricsPath(m_folder), std::ios::app)
    , m_log(m_folder / "log.txt", std::ios::app)
{
}

Result<RunLog> RunLog::open(const std::filesystem::path &folder, std::string run, const EventSink &events)
{
    RunLog log(folder, std::move(run), events);
    if (!log.m_metrics || !log.m_log)
        return fail(ErrorCode::Unreadable, (log.m_metrics ? folder / "log.txt" : metricsPath(folder)).string() +
                                               " cannot be written (" + std::strerror(errno) + ")");
    return log;
}

Result<> RunLog::forgetFrom(int fold, int epoch)
{
    std::string kept;
    {
        std::ifstream old(metricsPath(m_folder));
        for (std::string text; std::getline(old, text);) {
            const auto metric = nlohmann::json::parse(text, nullptr, false); // a line cut short is dropped
            if (metric.is_object() && !(metric.value("fold", 0) == fold && metric.value("epoch", 0) >= epoch))
                kept += text + "\n";
        }
    }
    m_metrics.close();
    if (const auto written = writeTextFile(metricsPath(m_folder), kept); !written)
        return written;
    m_metrics.open(metricsPath(m_folder), std::ios::app);
    return {};
}

void RunLog::metric(int fold, int epoch, const std::string &split, const std::string &name, double value)
{
    const nlohmann::json event = {{"event", "metric"}, {"run", m_run}, {"fold", fold},  {"epoch", epoch},
                                  {"split", split},    {"name", name}, {"value", value}};
    m_metrics << event.dump() << '\n' << std::flush;
    if (*m_events)
        (*m_events)(event);
}

void RunLog::line(const std::string &text)
{
    char stamp[32];
    const std::time_t now = std::time(nullptr);
    std::tm local = {};
    ::localtime_r(&now, &local);
    std::strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S  ", &local);
    m_log << stamp << text << '\n' << std::flush;
}

Result<> writeTextFile(const std::filesystem::path &path, const std::string &text)
{
    const auto temporary = std::filesystem::path(path.string() + ".part");
    const auto failed = [&](int reason) {
        std::error_code ignored;
        std::filesystem::remove(temporary, ignored);
        return fail(reason == ENOSPC || reason == EDQUOT ? ErrorCode::NoSpace : ErrorCode::Unreadable,
                    path.string() + " cannot be written (" + std::strerror(reason) + ")");
    };
    const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0)
        return failed(errno);
    for (std::size_t done = 0; done < text.size();) {
        const auto written = ::write(file, text.data() + done, text.size() - done);
        if (written < 0 && errno != EINTR) {
            const int reason = errno;
            ::close(file);
            return failed(reason);
        }
        done += std::size_t(std::max<ssize_t>(written, 0));
    }
    const bool synced = ::fsync(file) == 0;
    const int reason = errno;
    ::close(file);
    if (!synced)
        return failed(reason);
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        return failed(errno);
    return {};
}

} // namespace mien
