#include "pipeline/jobs/own_child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace mien {
namespace {

constexpr std::size_t kMostText = 16u << 20;
constexpr int kStopPollMs = 100;

struct Pipe
{
    int read = -1, write = -1;

    Pipe()
    {
        std::array<int, 2> ends{-1, -1};
        if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
            read = ends[0];
            write = ends[1];
        }
    }
    ~Pipe()
    {
        closeWrite();
        closeRead();
    }
    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;

    void closeRead() { close(read); }
    void closeWrite() { close(write); }

private:
    static void close(int &end)
    {
        if (end >= 0)
            ::close(end);
        end = -1;
    }
};

/// Takes what is there; closes the pipe at its end.
void take(Pipe &pipe, std::string &text)
{
    std::array<char, 65536> buffer;
    const ssize_t count = ::read(pipe.read, buffer.data(), buffer.size());
    if (count > 0)
        text.append(buffer.data(), std::min(std::size_t(count), kMostText - text.size()));
    else if (count == 0 || (errno != EINTR && errno != EAGAIN))
        pipe.closeRead();
}

tl::unexpected<Error> notStarted(int error)
{
    return fail(ErrorCode::Internal,
                "A process of its own cannot be started (" + std::generic_category().message(error) + ").");
}

Result<pid_t> spawned(const std::vector<std::string> &arguments, const Pipe &out, const Pipe &err)
{
    std::vector<char *> argv{const_cast<char *>("mien")};
    for (const std::string &argument : arguments)
        argv.push_back(const_cast<char *>(argument.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return notStarted(error);
    return pid;
}

} // namespace

Result<ChildEnd> runOwnChild(const std::vector<std::string> &arguments, const Job &job)
{
    Pipe out, err;
    if (out.read < 0 || err.read < 0)
        return notStarted(errno);
    const auto pid = spawned(arguments, out, err);
    if (!pid)
        return fail(pid.error());
    out.closeWrite();
    err.closeWrite();

    ChildEnd end{.pid = *pid};
    while ((out.read >= 0 || err.read >= 0) && !job.stop.stop_requested()) {
        std::array<pollfd, 2> waiting{pollfd{out.read, POLLIN, 0}, pollfd{err.read, POLLIN, 0}};
        if (::poll(waiting.data(), waiting.size(), kStopPollMs) <= 0)
            continue;
        if (waiting[0].revents != 0)
            take(out, end.out);
        if (waiting[1].revents != 0)
            take(err, end.err);
    }
    if (job.stop.stop_requested())
        ::kill(*pid, SIGKILL);
    int status = 0;
    while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status))
        end.status = WEXITSTATUS(status);
    else if (WIFSIGNALED(status))
        end.signal = WTERMSIG(status);
    return end;
}

} // namespace mien
