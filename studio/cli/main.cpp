#include "pipeline/jobs/stoppable_compute.h"
#include "studio/cli/command_line.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <unistd.h>

int main(int argc, char **argv)
{
    // A job outlives the window that reads its lines: a closed pipe is an error of the write, not the end.
    std::signal(SIGPIPE, SIG_IGN);
    int status = mien::runCommandLine({argv + 1, argv + argc});
    // What commands print is checked as they print it; this is their help.
    if (std::fflush(stdout) != 0 && errno != EPIPE && status == 0) {
        std::fprintf(stderr, "mien: The output could not be written: %s.\n", std::strerror(errno));
        status = 1;
    }
    if (mien::isComputeAbandoned()) {
        std::fflush(nullptr);
        _exit(status);
    }
    return status;
}
