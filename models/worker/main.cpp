#include "models/worker/compute_verbs.h"

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kIncomplete = 3;
constexpr int kCancelled = 130;

constexpr const char *kUsage = "usage: mien-worker train|score|predict|embed|explain|networks|devices CONFIG.json\n"
                               "       mien-worker golden DIR [--filter TEXT]\n"
                               "       mien-worker --version | --help\n";

/// OpenMP reads its settings when its library is loaded, before main(). Threads that wait spin for about a tenth of
/// a millisecond and then sleep: sleeping at once makes small batches five times slower (a wake-up costs more than the
/// work), spinning for as long as the default takes the processor from whatever else runs, also from the thread that
/// is waited for.
void settleOpenMp(int, char **, char **)
{
    ::setenv("GOMP_SPINCOUNT", "5000", /*overwrite=*/0);
}
__attribute__((section(".preinit_array"), used)) void (*const beforeAnyLibrary)(int, char **, char **) = settleOpenMp;

/// SIGINT and SIGTERM become a stop request. Made before any other thread, so that all inherit the blocked signals.
class StopOnSignals
{
public:
    StopOnSignals()
    {
        sigemptyset(&m_signals);
        sigaddset(&m_signals, SIGINT);
        sigaddset(&m_signals, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &m_signals, nullptr);
        m_watcher = std::jthread([this](const std::stop_token &over) {
            const timespec nap{0, 50'000'000};
            while (!over.stop_requested())
                if (sigtimedwait(&m_signals, nullptr, &nap) > 0)
                    m_stop.request_stop();
        });
    }

    std::stop_token token() const { return m_stop.get_token(); }

private:
    sigset_t m_signals;
    std::stop_source m_stop;
    std::jthread m_watcher;
};

int failed(const mien::Error &error)
{
    if (error.code == mien::ErrorCode::Cancelled)
        return kCancelled;
    std::cerr << error.message << '\n';
    return kFailed;
}

int usage(const std::string &why)
{
    std::cerr << why << '\n' << kUsage;
    return kWrongUsage;
}

} // namespace

int main(int argc, char **argv)
{
    const StopOnSignals signals;
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() == 1 && arguments[0] == "--version") {
        std::cout << "mien-worker " << MIEN_VERSION << '\n';
        return 0;
    }
    if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help")) {
        std::cout << kUsage << std::flush;
        return std::cout ? 0 : kFailed;
    }
    if (arguments.size() < 2)
        return usage("mien-worker needs a verb and a file");

    nlohmann::json config;
    const std::string &verb = arguments[0];
    if (verb == "golden") {
        config["folder"] = arguments[1];
        if (arguments.size() == 4 && arguments[2] == "--filter")
            config["filter"] = arguments[3];
        else if (arguments.size() != 2)
            return usage("golden takes a folder and --filter TEXT");
    } else {
        if (arguments.size() != 2)
            return usage(verb + " takes one configuration file");
        std::ifstream file(arguments[1]);
        if (!file) {
            std::cerr << arguments[1] << " cannot be opened\n";
            return kFailed;
        }
        config = nlohmann::json::parse(file, nullptr, false);
        if (!config.is_object()) {
            std::cerr << arguments[1] << " is not a JSON object\n";
            return kFailed;
        }
    }

    const auto print = [](const nlohmann::json &event) {
        std::cout << event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
    };
    auto result = mien::makeCompute()->run(verb, config, print, {signals.token()});
    if (!result)
        return failed(result.error());
    nlohmann::json closing = {{"event", "result"}};
    closing.update(*result);
    print(closing);
    if (result->value("failed", 0) > 0)
        return kFailed;
    return result->value("skipped", 0) > 0 || result->value("not_built", 0) > 0 ? kIncomplete : 0;
}
