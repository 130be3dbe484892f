#include "pipeline/jobs/job_folder.h"

#include "pipeline/jobs/reading_mark.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

namespace mien {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::size_t itemBytes = ReadingMark::blockBytes * ReadingMark::blocks;

/// Start time of this process in clock ticks since boot; with the pid it names a process for good.
std::int64_t processStart()
{
    std::ifstream stat("/proc/self/stat");
    const std::string text{std::istreambuf_iterator<char>(stat), {}};
    std::size_t at = text.rfind(')'); // the name before it may hold anything
    for (int field = 2; field < 22 && at != std::string::npos; ++field)
        at = text.find(' ', at + 1);
    return at == std::string::npos ? 0 : std::strtoll(text.c_str() + at, nullptr, 10);
}

std::string hostName()
{
    char name[256] = {};
    gethostname(name, sizeof name - 1);
    return name;
}

std::string timeStamp()
{
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &utc);
    return text;
}

std::string dumped(const json &value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

tl::unexpected<Error> failed(const fs::path &path, int error)
{
    return fail(error == ENOSPC || error == EDQUOT ? ErrorCode::NoSpace : ErrorCode::Unreadable,
                "Cannot write " + path.string() + ": " + std::strerror(error) + ".");
}

bool writeAll(int descriptor, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t count = ::write(descriptor, text.data(), text.size());
        if (count < 0 && errno != EINTR)
            return false;
        text.remove_prefix(std::size_t(std::max<ssize_t>(count, 0)));
    }
    return true;
}

} // namespace

struct JobFolder::State
{
    std::string id;
    fs::path path;
    int events = -1;
    int log = -1;
    char *items = nullptr;

    ~State()
    {
        if (items) {
            ReadingMark::keepIn(nullptr);
            munmap(items, itemBytes);
        }
        for (const int descriptor : {events, log})
            if (descriptor >= 0)
                ::close(descriptor);
    }
};

JobFolder::JobFolder(std::unique_ptr<State> state)
    : m_state(std::move(state))
{
}

JobFolder::JobFolder(JobFolder &&) noexcept = default;
JobFolder::~JobFolder() = default;

Result<JobFolder> JobFolder::create(const fs::path &project, const std::string &id, const std::string &command,
                                    const std::vector<std::string> &arguments)
{
    auto state = std::make_unique<State>();
    const fs::path jobs = project / "jobs";
    if (::mkdir(jobs.c_str(), 0777) != 0 && errno != EEXIST)
        return failed(jobs, errno);
    for (int attempt = 1;; ++attempt) {
        state->id = id.empty() ? timeStamp() + "-" + command + (attempt > 1 ? "-" + std::to_string(attempt) : "") : id;
        state->path = jobs / state->id;
        if (::mkdir(state->path.c_str(), 0777) == 0 || (errno == EEXIST && !id.empty()))
            break;
        if (errno != EEXIST || attempt > 1000)
            return failed(state->path, errno);
    }

    // Half a job says nothing; one that a program named is its to remove.
    struct Unfinished
    {
        fs::path path;
        ~Unfinished()
        {
            std::error_code error;
            if (!path.empty())
                fs::remove_all(path, error);
        }
    } unfinished{id.empty() ? state->path : fs::path()};

    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const json request = {{"format", "mien-job/1"},
                          {"id", state->id},
                          {"command", command},
                          {"arguments", arguments},
                          {"directory", fs::current_path().string()},
                          {"version", MIEN_VERSION},
                          {"pid", ::getpid()},
                          {"process_start", processStart()},
                          {"host", hostName()},
                          {"started_at_ms", std::chrono::duration_cast<std::chrono::milliseconds>(now).count()}};
    const fs::path partial = state->path / "request.json.part";
    const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const bool written = file >= 0 && writeAll(file, dumped(request) + "\n");
    const int error = errno;
    if (file >= 0)
        ::close(file);
    if (!written || ::rename(partial.c_str(), (state->path / "request.json").c_str()) != 0)
        return failed(partial, written ? errno : error);

    // O_APPEND: the studio may have opened the same log for our stderr.
    state->events = ::open((state->path / "events.jsonl").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    state->log = ::open((state->path / "stderr.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    const int item = ::open((state->path / "item").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (state->events < 0 || state->log < 0 || item < 0)
        return failed(state->path, errno);
    // Reserved, not only sized: a store into a hole of a full disk would be SIGBUS.
    if (const int full = ::posix_fallocate(item, 0, itemBytes); full != 0) {
        ::close(item);
        return failed(state->path / "item", full);
    }
    void *mapped = mmap(nullptr, itemBytes, PROT_READ | PROT_WRITE, MAP_SHARED, item, 0);
    ::close(item);
    if (mapped != MAP_FAILED) {
        state->items = static_cast<char *>(mapped);
        ReadingMark::keepIn(state->items);
    }
    unfinished.path.clear();
    return JobFolder(std::move(state));
}

const std::string &JobFolder::id() const
{
    return m_state->id;
}

const fs::path &JobFolder::path() const
{
    return m_state->path;
}

void JobFolder::append(const json &event)
{
    // A full disk must not end the job for the sake of its diary; the job meets the same disk and reports it.
    writeAll(m_state->events, dumped(event) + "\n");
}

void JobFolder::appendLog(std::string_view line)
{
    writeAll(m_state->log, std::string(line) + "\n");
}

void JobFolder::end(int status, const std::string &message)
{
    append({{"event", "end"}, {"status", status}, {"message", message}});
}

Result<ComputeTurn> ComputeTurn::take(const fs::path &project, const std::string &who,
                                      const std::function<bool(const std::string &)> &waiting)
{
    const fs::path path = project / "jobs" / "compute.lock";
    ::mkdir((project / "jobs").c_str(), 0777);
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return failed(path, errno);
    ComputeTurn turn(descriptor);
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return failed(path, errno);
        char holder[256] = {};
        const ssize_t length = ::pread(descriptor, holder, sizeof holder - 1, 0);
        if (!waiting(length > 0 ? std::string(holder, std::size_t(length)) : "another job"))
            return fail(ErrorCode::Cancelled, "Stopped while waiting for another job of this project.");
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    if (::ftruncate(descriptor, 0) == 0) [[maybe_unused]]
        const ssize_t ignored = ::pwrite(descriptor, who.data(), who.size(), 0);
    return turn;
}

ComputeTurn::ComputeTurn(ComputeTurn &&other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
{
}

ComputeTurn::~ComputeTurn()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor); // releases the lock
}

} // namespace mien
