#include "studio/cli/line_server.h"

#include "pipeline/jobs/newest_request.h"
#include "studio/cli/session.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>
#include <thread>

namespace mien {

using nlohmann::json;

namespace {

/// Gives each line of standard input to `line` until the input or `stop` ends.
void readLines(std::stop_token stop, const std::function<void(std::string)> &line)
{
    std::string pending;
    char buffer[4096];
    while (!stop.stop_requested()) {
        pollfd input{STDIN_FILENO, POLLIN, 0};
        if (::poll(&input, 1, 100) <= 0)
            continue;
        const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        pending.append(buffer, std::size_t(count));
        for (std::size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1))
            if (end > 0)
                line(pending.substr(0, end));
    }
    if (!pending.empty() && !stop.stop_requested())
        line(pending);
}

/// What is wrong with a request whatever it asks for; nullptr: nothing.
const char *faultOf(const json &request)
{
    if (!request.is_object())
        return "A request is one JSON object on one line.";
    const auto id = request.find("id");
    if (id == request.end() || !(id->is_number() || id->is_string()))
        return "A request has an \"id\", a number or a text, which its answer repeats.";
    return nullptr;
}

} // namespace

int serveLines(Session &session, const std::function<json(const json &)> &answer)
{
    std::mutex output;
    const auto reply = [&](const json &line) {
        const std::lock_guard lock(output);
        session.out().row(line);
        session.out().flush();
    };
    NewestRequest requests([&](const std::string &older) {
        reply({{"id", json::parse(older).at("id")}, {"ok", false}, {"message", "superseded"}});
    });
    std::jthread reader([&, stop = session.job().stop](std::stop_token ended) {
        readLines(stop, [&](std::string line) {
            if (ended.stop_requested())
                return;
            // A line that asks for nothing gives way to nothing, and nothing gives way to it.
            if (const char *fault = faultOf(json::parse(line, nullptr, false)))
                reply({{"id", nullptr}, {"ok", false}, {"message", fault}});
            else
                requests.put(std::move(line));
        });
        requests.end();
    });
    while (const auto line = requests.take(session.job().stop))
        reply(answer(json::parse(*line)));
    session.out().flush();
    return session.isStopped() ? 130 : 0;
}

} // namespace mien
